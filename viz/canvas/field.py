"""The agents as a field of marks, or on the scenario's own map."""

from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from ..moment import Moment, RunFacts
from .cells import Cells, beside_words, lay_out, places_of
from .colouring import VOTE_MODES, Colouring, colouring, edge_fields, modes
from .joining import joined
from .packing import bits_for, nice_range, pack, quantised
from .view import CanvasView, Cell, Table
from .words import agent_name, choice_name, empty_words, role_of, sealed_words, vote_words, when

MOST_BYTES_OF_1024 = 1_450
"""What codes, values and edges may take for 1,024 agents, so that all fits into 1.9 kB."""
STRAINS = (0.5, 0.8, 0.95)
"""Where edges are drawn stronger, as shares of the highest value."""


class FieldView(CanvasView):
    """One mark per agent, coloured by vote, confidence, faction or a field of the scenario.

    Beyond 5,000 agents, cells of neighbours are drawn by what most of them do, or by their mean.
    """

    _esm = joined("field.js")

    ground = traitlets.Dict().tag(sync=True)
    places = traitlets.Bytes(b"").tag(sync=True)
    sizes = traitlets.Bytes(b"").tag(sync=True)
    edges = traitlets.Bytes(b"").tag(sync=True)
    widths = traitlets.Bytes(b"").tag(sync=True)
    legend = traitlets.Dict().tag(sync=True)
    votes = traitlets.Bytes(b"").tag(sync=True)
    values = traitlets.Bytes(b"").tag(sync=True)
    strains = traitlets.Bytes(b"").tag(sync=True)
    tally: Any = traitlets.List().tag(sync=True)
    """How many agents have each code."""
    picked = traitlets.Int(-1).tag(sync=True)
    """The cell that was clicked; -1 for none."""
    selected = traitlets.Int(-1)
    """The agent that was clicked, the first of its cell; -1 for none."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._moment: Moment | None = None
        self._shown: Colouring | None = None
        self._cells: Cells | None = None

    def show(
        self,
        facts: RunFacts,
        moment: Moment,
        *,
        mode: str = "vote",
        edges: str | None = None,
        with_votes: bool = True,
    ) -> None:
        """Draw a moment.

        Args:
            facts: the run; its map is sent once.
            moment: what to draw.
            mode: what colour stands for, one of `modes`.
            edges: the field of the edges, without `edge:`; the first one if not given.
            with_votes: whether shapes say the votes where colours say a value.
        """
        arrays = self._ground(facts)
        shown = colouring(facts, moment, mode, with_votes=with_votes)
        self._facts, self._moment, self._shown = facts, moment, shown
        assert self._cells is not None
        packed = _packed(self._cells, shown, *_strained(facts, moment, edges, self._cells))
        packed["legend"]["mode"] = mode
        drawn = shown.codes[: self._cells.of_agent.size]
        tally = np.bincount(drawn, minlength=len(shown.items)).tolist()
        label = self._words(facts, moment, mode, packed["legend"]["scale"])
        notice = _notice(facts, moment, shown)
        self._publish(**arrays, **packed, tally=tally, label=label, notice=notice)

    def modes(self, facts: RunFacts) -> tuple[str, ...]:
        """Return what agents can be coloured by."""
        return modes(facts)

    def edge_modes(self, facts: RunFacts) -> tuple[str, ...]:
        """Return the fields that edges can be drawn by."""
        return tuple(edge_fields(facts))

    def table(self) -> Table:
        """Return a row for each agent; for each role and choice where agents share cells."""
        if self._facts is None or self._moment is None or self._shown is None:
            return Table(("agent",), ())
        assert self._cells is not None
        if self._cells.is_binned:
            return _table_of_roles(self._facts, self._shown)
        return _table_of_agents(self._facts, self._moment, self._shown)

    def tables(self) -> tuple[tuple[str, Table], ...]:
        """Return the agents, and where lines are drawn these as well."""
        found = ("row", self.table())
        if self._facts is None or self._moment is None or not (self._cells and self._cells.edges):
            return (found,)
        return (("agent", found[1]), ("line", _table_of_edges(self._facts, self._moment)))

    def _ground(self, facts: RunFacts) -> dict[str, Any]:
        """Return what has to be sent of the places; nothing for the same facts again."""
        if self._facts is facts:
            return {}
        self._cells = lay_out(facts)
        if not self._is_same_run(facts):
            self.selected = self.picked = -1
        return {"ground": self._cells.shape, **self._cells.arrays}

    def _words(
        self, facts: RunFacts, moment: Moment, mode: str, scale: dict[str, Any] | None
    ) -> str:
        said = vote_words(moment.vote) if moment.vote else "nothing to vote on yet"
        by = f"{facts.agents:,} agents by {mode}"
        if beside := beside_words(facts):
            by += f", of whom {beside}"
        if scale is not None and mode not in ("vote", "faction"):
            by += f", {scale['low']:g} to {scale['high']:g} {scale['unit']}"
        return f"{by}. {when(facts, moment).capitalize()}: {said}."

    @traitlets.observe("picked")
    def _pick(self, change: dict[str, Any]) -> None:
        cell = change["new"]
        if self._cells is None or not 0 <= cell < self._cells.count:
            self.selected = -1
        elif self.selected < 0 or self._cells.of_agent[self.selected] != cell:
            self.selected = int(self._cells.first[cell])

    @traitlets.observe("selected")
    def _select(self, change: dict[str, Any]) -> None:
        agent = change["new"]
        is_known = self._cells is not None and 0 <= agent < self._cells.of_agent.size
        self.picked = int(self._cells.of_agent[agent]) if is_known and self._cells else -1


def _notice(facts: RunFacts, moment: Moment, shown: Colouring) -> str:
    if not facts.agents:
        return "No agents have joined yet."
    if shown.is_by_value and (shown.values is None or not np.isfinite(shown.values).any()):
        if moment.vote is not None and moment.vote.is_sealed and shown.value_name == "confidence":
            return _sentence(sealed_words(moment.vote))
        if shown.value_name == "confidence" and moment.vote is not None:
            return "All ballots so far were cast with full confidence."
        return f"No {shown.value_name} has been published at this moment; colour by something else."
    if shown.is_by_value:
        return ""
    if shown.value_name not in VOTE_MODES:
        return ""
    if moment.vote is None:
        return empty_words(moment)
    return _sentence(sealed_words(moment.vote)) if moment.vote.is_sealed else ""


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."


def _packed(
    cells: Cells, shown: Colouring, strains: NDArray[np.uint8], edge: dict[str, Any] | None
) -> dict[str, Any]:
    """Return codes, values and strains as bytes, as exact as there is room, and their legend."""
    codes, unit, name = shown.codes[: cells.of_agent.size], shown.value_unit, shown.value_name
    values = None if shown.values is None else shown.values[: cells.of_agent.size]
    if cells.is_binned:
        shares = cells.shares(codes, len(shown.items))
        codes = shares.argmax(axis=1).astype(np.uint8)
        if shown.is_by_value:
            values = None if values is None else cells.means(values)
        else:
            values, unit, name = 100 * shares.max(axis=1), "%", "of the agents here"
    bits = bits_for(len(shown.items))
    scale, packed, value_bits = None, b"", 0
    if values is not None:
        low, high = (0.0, 100.0) if unit == "%" else nice_range(values)
        room = MOST_BYTES_OF_1024 * max(1.0, cells.count / 1024) - len(codes) * bits / 8
        room -= strains.size / 4
        value_bits = int(min(8, max(4, 8 * room // max(1, values.size))))
        packed = pack(quantised(values, low, high, value_bits), value_bits)
        scale = {"name": name, "unit": unit, "low": low, "high": high}
    legend = {
        "items": [list(item) for item in shown.items],
        "bits": [bits, value_bits],
        "scale": scale,
        "by_value": shown.is_by_value,
        "edge": edge,
    }
    return {
        "legend": legend,
        "votes": pack(codes, bits),
        "values": packed,
        "strains": pack(strains, 2) if strains.size else b"",
    }


def _strained(
    facts: RunFacts, moment: Moment, name: str | None, cells: Cells
) -> tuple[NDArray[np.uint8], dict[str, Any] | None]:
    """Return a class from 0 to 3 for each edge, and what the classes mean."""
    fields = edge_fields(facts)
    name = name or next(iter(fields), None)
    given = moment.frame.get(f"edge:{name}")
    if name is None or given is None or cells.is_binned:
        return np.zeros(0, np.uint8), None
    strength = np.nan_to_num(np.abs(given))
    unit = fields.get(name, "")
    high = 100.0 if unit.startswith("%") else nice_range(strength)[1]
    cuts = [share * high for share in STRAINS]
    return np.digitize(strength, cuts).astype(np.uint8), {"name": name, "unit": unit, "cuts": cuts}


def _table_of_agents(facts: RunFacts, moment: Moment, shown: Colouring) -> Table:
    vote = moment.vote
    chosen = {} if vote is None else dict(zip(vote.agents.tolist(), vote.choices, strict=True))
    columns: tuple[str, ...] = ("agent", "role", "vote")
    is_coded = shown.value_name not in VOTE_MODES
    if is_coded and shown.values is None:
        columns += (shown.value_name,)
    if shown.values is not None:
        columns += (f"{shown.value_name} ({shown.value_unit})",)
    rows: list[tuple[Cell, ...]] = []
    for agent in range(places_of(facts) if is_coded else facts.agents):
        code = chosen.get(agent)
        said = "no seat" if vote is None or code is None else choice_name(vote, int(code))
        row: tuple[Cell, ...] = (agent_name(facts, agent), role_of(facts, agent), said)
        if shown.values is not None:
            value = float(shown.values[agent])
            row += (round(value, 4) if np.isfinite(value) else None,)
        elif is_coded:
            code = shown.codes[agent]
            row += (shown.items[code][0] if code < len(shown.items) else None,)
        rows.append(row)
    return Table(columns, tuple(rows))


def _table_of_edges(facts: RunFacts, moment: Moment) -> Table:
    """Return a row for each line of the map, with all that is published of it."""
    ends = facts.scene.edges.tolist() if facts.scene else []
    columns: list[list[Cell]] = []
    for name in (fields := edge_fields(facts)):
        given = moment.frame.get(f"edge:{name}", np.empty(0))[: len(ends)].tolist()
        told = [round(value, 4) if np.isfinite(value) else None for value in given]
        columns.append([*told, *[None] * (len(ends) - len(told))])
    rows = tuple(
        (agent_name(facts, one), agent_name(facts, two), *values)
        for (one, two), *values in zip(ends, *columns, strict=True)
    )
    units = (f"{name} ({unit})" if unit else name for name, unit in fields.items())
    return Table(("from", "to", *units), rows)


def _table_of_roles(facts: RunFacts, shown: Colouring) -> Table:
    columns = ("role", *(name for name, _, _ in shown.items))
    if shown.values is not None:
        columns += (f"mean {shown.value_name} ({shown.value_unit})",)
    rows: list[tuple[Cell, ...]] = []
    for role, first, many in facts.roles or (("agents", 0, facts.agents),):
        span = slice(first, first + many)
        counts = np.bincount(shown.codes[span], minlength=len(shown.items))
        row: tuple[Cell, ...] = (role, *counts[: len(shown.items)].tolist())
        if shown.values is not None:
            known = shown.values[span][np.isfinite(shown.values[span])]
            row += (round(float(known.mean()), 4) if known.size else None,)
        rows.append(row)
    return Table(columns, tuple(rows))
