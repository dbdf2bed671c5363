"""What a log is about: its proposals, decisions and links, and which proposal is meant."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blackboard import (
    NO_DEADLINE,
    BadInput,
    Decided,
    Entries,
    Entry,
    Opened,
    Record,
    entry_id,
    read_log,
)

IDS_NAMED = 5

type Moment = tuple[int, int]
"""A round and a stage."""


@dataclass(slots=True)
class Contents:
    """What a log is about: its proposals and decisions, and how its entries are linked."""

    opened: dict[str, Opened] = field(default_factory=dict)
    decisions: list[Decided] = field(default_factory=list)
    links: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """The links of each entry that has any."""
    rounds: int = 0
    has_inputs: bool = False

    @property
    def decisive(self) -> str | None:
        """The last accepted proposal, else the last decided, else the last opened."""
        accepted = [d.proposal for d in self.decisions if d.outcome == "accepted"]
        decided = [d.proposal for d in self.decisions]
        found = accepted[-1:] or decided[-1:] or list(self.opened)[-1:]
        return found[0] if found else None


def read_contents(log: Path) -> Contents:
    """Read what a log is about."""
    contents = Contents()
    for record in read_log(log):
        contents.rounds = record.round
        contents.has_inputs |= record.event_class == "input"
        match record:
            case Opened(proposal=proposal):
                contents.opened[proposal] = record
            case Decided():
                contents.decisions.append(record)
            case Entries():
                for name, entry in named(record):
                    if entry.links:
                        contents.links[name] = entry.links
    return contents


def choose(contents: Contents, wanted: str | None) -> str:
    """Return the proposal that is meant: by its id, the beginning of its id, or its round.

    Raises:
        BadInput: there is none, or several; the message names some ids.
    """
    known = list(contents.opened)
    if wanted is None:
        if (decisive := contents.decisive) is None:
            raise BadInput("the run has opened no proposal yet: there is nothing to explain")
        return decisive
    if wanted in contents.opened:
        return wanted
    if wanted.isdigit():
        found = [d.proposal for d in contents.decisions if d.round == int(wanted)]
        is_event_driven = any(o.deadline_round == NO_DEADLINE for o in contents.opened.values())
        what = f"decided in {'instant' if is_event_driven else 'round'} {wanted}"
    else:
        found = [name for name in known if name.startswith(wanted)]
        what = f"named {wanted!r}"
    if len(found) == 1:
        return found[0]
    some = found or known[-IDS_NAMED:]
    shown = ", ".join(some[:IDS_NAMED]) + (", ..." if len(some) > IDS_NAMED else "")
    count = f"{len(found):,} proposals are" if found else "no proposal is"
    raise BadInput(f"{count} {what}: name one by its id, such as {shown or 'none yet'}")


def read_entries(log: Path, wanted: Collection[str]) -> dict[str, Entry]:
    """Return entries with free payloads by their ids; ids of nothing are left out."""
    found: dict[str, Entry] = {}
    if wanted:
        rounds = {int(name.split(".")[0]) for name in wanted}
        for record in read_log(log):
            if record.round in rounds and isinstance(record, Entries):
                found |= {name: entry for name, entry in named(record) if name in wanted}
    return found


def since(contents: Contents, opened: Opened, attempts: Sequence[Decided] = ()) -> Moment:
    """Return the moment of the last decision before a proposal opened, or before its attempts."""
    began = contents.opened[attempts[0].proposal] if attempts else opened
    at = (began.round, began.stage)
    return max(((d.round, d.stage) for d in contents.decisions if _at(d) < at), default=(0, 0))


def attempts_before(
    contents: Contents, opened: Opened, decided: Decided | None
) -> tuple[Decided, ...]:
    """Return the failed decisions right before this one on the same kind of question.

    Proposals decided together are questions side by side, not attempts at one, and so are those
    of event-driven runs, which come and go as their work does.
    """
    if opened.deadline_round == NO_DEADLINE:
        return ()
    alone: dict[Moment, int] = {}
    for decision in contents.decisions:
        alone[_at(decision)] = alone.get(_at(decision), 0) + 1
    if decided and alone[_at(decided)] > 1:
        return ()
    found: list[Decided] = []
    for decision in reversed(contents.decisions):
        if _at(decision) > (opened.round, opened.stage) or decision is decided:
            continue
        terms = contents.opened[decision.proposal]
        is_alike = (terms.options, terms.electorate) == (opened.options, opened.electorate)
        if decision.outcome == "accepted" or alone[_at(decision)] > 1 or not is_alike:
            break
        found.append(decision)
    return tuple(reversed(found))


def named(record: Entries) -> Iterator[tuple[str, Entry]]:
    """Yield entries with free payloads, each behind its id."""
    for entry in record.entries:
        yield entry_id(record.round, record.stage, entry.agent, entry.seq), entry


def _at(record: Record) -> Moment:
    return record.round, record.stage
