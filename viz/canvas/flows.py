"""Who changed sides: factions from voting round to voting round."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from ..moment import Moment, RunFacts, Vote
from .colouring import Item, item_of_option
from .joining import joined
from .view import CanvasView, Cell, Table

ROUNDS = 12
"""How many voting rounds are drawn."""
NAMED = 4
"""How many options have a ribbon of their own; the others share one."""
FULL = 65_535
NOTHING = (
    "Nothing to compare: flips show from the second voting round of a proposal on, and from one "
    "proposal to the next where the scenario says that both answer the same question."
)


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """The flips of one voting round."""

    number: int
    options: tuple[str, ...]
    flips: NDArray[np.int64]
    vote: Vote


class FlowsView(CanvasView):
    """Ribbons from choice to choice, over the last voting rounds of one set of options."""

    _esm = joined("flows.js")

    items: Any = traitlets.List().tag(sync=True)
    """Name, colour and shape of each band, from the top."""
    numbers: Any = traitlets.List().tag(sync=True)
    """The voting rounds that the flows lead to."""
    unit = traitlets.Unicode("round").tag(sync=True)
    flows = traitlets.Bytes(b"").tag(sync=True)
    """(rounds, from, to) uint16."""
    seats_per_step = traitlets.Float(1.0).tag(sync=True)
    """What 1 in `flows` stands for; 1.0 wherever all counts fit."""
    text = traitlets.Unicode("")
    """The same in lines of words; not sent to the canvas."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._turns: list[_Turn] = []
        self._bands: list[tuple[str, list[int]]] = []

    def show(self, facts: RunFacts, moment: Moment) -> None:
        """Draw up to a moment; what came after it is forgotten."""
        self.show_all(facts, [moment])

    def show_all(self, facts: RunFacts, moments: Sequence[Moment]) -> None:
        """Draw up to the last of some moments that follow each other, oldest first."""
        if not self._is_same_run(facts):
            self._turns = []
        self._facts = facts
        for moment in moments:
            self._turns = [turn for turn in self._turns if turn.number < moment.number]
            self._add(moment)
        self._draw(facts)

    def load(self, facts: RunFacts, moments: Iterable[Moment]) -> None:
        """Draw the voting rounds of these moments, in rising order."""
        self._facts, self._turns = facts, []
        for moment in moments:
            self._add(moment)
        self._draw(facts)

    def table(self) -> Table:
        """Return a row for each way that somebody went in a voting round."""
        named = [name for name, _ in self._bands]
        rows: list[tuple[Cell, ...]] = []
        for turn, flows in zip(self._turns, self._banded(), strict=True):
            for before, after in zip(*np.nonzero(flows), strict=True):
                seats = int(flows[before, after])
                rows.append((turn.number, named[before], named[after], seats))
        return Table((self.unit, "from", "to", "seats"), tuple(rows))

    def _add(self, moment: Moment) -> None:
        if moment.flips is None or moment.vote is None:
            return
        turn = _Turn(moment.number, moment.vote.options, moment.flips, moment.vote)
        if self._turns and self._turns[-1].options != turn.options:
            self._turns = []
        self._turns = [*self._turns, turn][-ROUNDS:]

    def _draw(self, facts: RunFacts) -> None:
        items = self._choose_bands()
        banded = self._banded()
        most = max((int(flows.max()) for flows in banded), default=0)
        step = max(1.0, most / FULL)
        packed = b"".join(np.rint(flows / step).astype("<u2").tobytes() for flows in banded)
        self.text = self._lines(banded)
        last = self.text.rpartition("\n")[2]
        self._publish(
            items=[list(item) for item in items],
            numbers=[turn.number for turn in self._turns],
            unit="instant" if facts.is_event_driven else "round",
            flows=packed,
            seats_per_step=step,
            label=f"Flips between choices over {len(banded)} voting rounds. {last}"[:240],
            notice="" if banded else NOTHING,
        )

    def _choose_bands(self) -> list[Item]:
        """Name the bands: the options most had over these rounds, others, abstentions, none."""
        if not self._turns:
            self._bands = []
            return []
        vote, count = self._turns[-1].vote, len(self._turns[-1].options)
        ever = sum((turn.flips.sum(axis=0)[:count] for turn in self._turns), np.zeros(count))
        top = sorted(np.argsort(-ever, kind="stable")[:NAMED].tolist())
        others = [option for option in range(count) if option not in top]
        items = [item_of_option(vote, option) for option in top]
        self._bands = [(vote.options[option], [option]) for option in top]
        if others:
            items.append(("other options", "faint", "plus"))
            self._bands.append(("other options", others))
        items += [("abstain", "abstain", "ring"), ("no ballot", "none", "dot")]
        self._bands += [("abstain", [count]), ("no ballot", [count + 1])]
        return items

    def _banded(self) -> list[NDArray[np.int64]]:
        """Return the flips of each voting round between bands."""
        if not self._turns:
            return []
        merged = np.zeros((len(self._bands), len(self._turns[-1].options) + 2), np.int64)
        for band, (_, choices) in enumerate(self._bands):
            merged[band, choices] = 1
        return [merged @ turn.flips @ merged.T for turn in self._turns]

    def _lines(self, banded: list[NDArray[np.int64]]) -> str:
        lines = []
        for turn, flows in zip(self._turns, banded, strict=True):
            moved = flows - np.diag(np.diag(flows))
            order = np.argsort(-moved, axis=None, kind="stable")[:3]
            ways = [divmod(int(i), len(flows)) for i in order]
            names = [name for name, _ in self._bands]
            said = [
                f"{moved[a, b]:,} from {names[a]} to {names[b]}" for a, b in ways if moved[a, b]
            ]
            total = f"{int(moved.sum()):,} of {int(flows.sum()):,} seats changed"
            lines.append(f"{self.unit} {turn.number}: {total}{': ' * bool(said)}{', '.join(said)}")
        return "\n".join(lines)
