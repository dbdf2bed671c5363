"""What the colour and the shape of an agent stand for: its vote, its faction, or a value."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..moment import NO_CHOICE, Moment, RunFacts, Vote
from .cells import places_of
from .words import ABSTAINED, leading_option

VOTE_MODES = ("vote", "confidence", "faction")
SHAPES = ("disc", "square", "triangle", "diamond", "wedge", "plus")
COLOURS = 6
"""How many factions have a colour of their own; each that follows has another shape."""

_CODE = re.compile(r"\s*(-?\d+) ([^,]+)")
_KNOWN = {
    "approve": ("approve", "disc"),
    "reject": ("reject", "cross"),
    "abstain": ("abstain", "ring"),
    "no ballot": ("none", "dot"),
}
"""Names of codes that look as they do in a vote."""

type Item = tuple[str, str, str]
"""What a code is called, its colour in the palette, its shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Colouring:
    """A code and a value for each agent, and what they mean."""

    items: tuple[Item, ...]
    """One for each code."""
    codes: NDArray[np.uint8]
    values: NDArray[np.float64] | None
    """None where there is none to show."""
    value_name: str
    value_unit: str
    is_by_value: bool
    """Whether the value is what the colour shows."""


def modes(facts: RunFacts) -> tuple[str, ...]:
    """Return what agents can be coloured by."""
    return (*VOTE_MODES, *(name for name, _ in _fields(facts)))


def edge_fields(facts: RunFacts) -> dict[str, str]:
    """Return the names and units of the values per edge."""
    fields = facts.scene.fields if facts.scene else {}
    prefix = "edge:"
    return {name.removeprefix(prefix): unit for name, unit in fields.items() if prefix in name}


def colouring(facts: RunFacts, moment: Moment, mode: str, *, with_votes: bool = True) -> Colouring:
    """Say how each agent is drawn.

    A field whose unit lists codes, as `0 waits, 1 drafts`, gives each code a colour and a shape.

    Args:
        facts: the run.
        moment: what to draw.
        mode: one of `modes`.
        with_votes: whether the shape of an agent says its vote where the colour says a value.

    Raises:
        ValueError: there is no such mode.
    """
    if mode not in modes(facts):
        raise ValueError(f"no agents are coloured by {mode!r}; there is {', '.join(modes(facts))}")
    vote = moment.vote
    items, codes = _choices(facts, vote, is_by_faction=mode != "vote")
    if mode in VOTE_MODES:
        values = None if vote is None else _confidence(facts, vote)
        return Colouring(items, codes, values, "confidence", "%", mode == "confidence")
    unit = dict(_fields(facts))[mode]
    given = moment.frame.get(mode)
    values = np.full(facts.agents, np.nan)
    if given is not None:
        values[: given.size] = given[: facts.agents]
    if coded := _coded(unit, values, drawn=places_of(facts)):
        return Colouring(*coded, None, mode, "", is_by_value=False)
    if not with_votes:
        items, codes = (("agent", "none", "disc"),), np.zeros(facts.agents, np.uint8)
    return Colouring(items, codes, values, mode, unit, is_by_value=True)


def codes_of(unit: str) -> dict[int, str]:
    """Return the codes that a unit lists; none where it is an ordinary unit.

    `0 waits, 1 drafts, 2 reviews` lists three.
    """
    parts = [_CODE.fullmatch(part) for part in unit.split(",")]
    found = {int(part[1]): part[2].strip() for part in parts if part}
    return found if len(found) == len(parts) > 1 else {}


def _coded(
    unit: str, values: NDArray[np.float64], *, drawn: int
) -> tuple[tuple[Item, ...], NDArray[np.uint8]] | None:
    """Return an item for each code that a unit lists; None where the values are no such codes."""
    names = codes_of(unit)
    known = np.isfinite(values)
    if not names or not known.any() or not np.isin(values[known], list(names)).all():
        return None
    codes = np.full(values.size, len(names), np.uint8)
    items: list[Item] = []
    for place, (code, name) in enumerate(names.items()):
        codes[values == code] = place
        items.append(_item_of_code(code, name, sum(x > 0 for x in names if x < code)))
    if not known[:drawn].all():
        items.append(("nothing published", "none", "dash"))
    return tuple(items), codes


def look_of_name(facts: RunFacts, name: str) -> tuple[str, str] | None:
    """Return the colour and the shape of a code that a field of the map calls so, if one does."""
    for _, unit in _fields(facts):
        names = codes_of(unit)
        for code, known in names.items():
            if known == name:
                return _item_of_code(code, name, sum(x > 0 for x in names if x < code))[1:]
    return None


def _item_of_code(code: int, name: str, rank: int) -> Item:
    """Return how a code looks: nothing is a small grey ring, all else has a colour."""
    if name in _KNOWN:
        return (name, *_KNOWN[name])
    if code <= 0:
        return (name, "abstain", "ring")
    return (name, f"factions.{rank % COLOURS}", SHAPES[(rank + rank // COLOURS) % len(SHAPES)])


def is_yes_or_no(vote: Vote) -> bool:
    """Say whether a vote is about one proposal rather than between options."""
    return set(vote.options) == {"approve", "reject"}


def item_of_option(vote: Vote, option: int) -> Item:
    """Return the name, colour and shape of an option."""
    name = vote.options[option]
    if is_yes_or_no(vote):
        return (name, name, "disc" if name == "approve" else "cross")
    shape = SHAPES[(option + option // COLOURS) % len(SHAPES)]
    return (name, f"factions.{option % COLOURS}", shape)


def _fields(facts: RunFacts) -> list[tuple[str, str]]:
    fields = facts.scene.fields.items() if facts.scene else ()
    return [(name, unit) for name, unit in fields if not name.startswith("edge:")]


def _choices(
    facts: RunFacts, vote: Vote | None, *, is_by_faction: bool
) -> tuple[tuple[Item, ...], NDArray[np.uint8]]:
    silent: Item = ("no ballot yet", "none", "dot")
    if vote is None:
        return (silent,), np.zeros(facts.agents, np.uint8)
    if vote.is_sealed:
        return _seated([("ballot sealed, or none yet", "none", "dot")], np.zeros(256), facts, vote)
    named = [item_of_option(vote, option) for option in range(len(vote.options))]
    code_of = np.arange(256)
    if not is_by_faction and not is_yes_or_no(vote):
        leading = vote.options.index(leading_option(vote))
        name, colour, shape = named[leading]
        named[leading] = (f"{name} (leads)", colour, shape)
        if len(named) > COLOURS:
            named = [named[leading], ("another option", "faint", "plus")]
            code_of = np.array([*(option != leading for option in range(256))], np.int64)
    abstain = len(named)
    code_of[[ABSTAINED, NO_CHOICE]] = abstain, abstain + 1
    if vote.outcome is not None:
        silent = ("no ballot", "none", "dot")
    return _seated([*named, ("abstain", "abstain", "ring"), silent], code_of, facts, vote)


def _seated(
    items: list[Item], code_of: NDArray[np.number], facts: RunFacts, vote: Vote
) -> tuple[tuple[Item, ...], NDArray[np.uint8]]:
    """Give each agent the code of its seat's choice; a last code to those without a seat."""
    seats = vote.agents < facts.agents
    codes = np.full(facts.agents, len(items), np.uint8)
    codes[vote.agents[seats]] = code_of[vote.choices[seats]]
    if (codes == len(items)).any():
        return (*items, ("no seat in this vote", "none", "dash")), codes
    return tuple(items), codes


def _confidence(facts: RunFacts, vote: Vote) -> NDArray[np.float64] | None:
    """Return the confidence of those who chose, in percent; None where it says nothing."""
    if not vote.confidence.size or vote.is_sealed:
        return None
    has_chosen = (vote.choices != NO_CHOICE) & (vote.agents < facts.agents)
    values = np.full(facts.agents, np.nan)
    values[vote.agents[has_chosen]] = 100 * vote.confidence[has_chosen]
    return values
