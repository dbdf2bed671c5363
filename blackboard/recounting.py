"""Counting a log's decisions again: the ballots and the rule, and nothing of what was announced."""

from collections.abc import Iterable, Iterator

from .counting import decide
from .errors import InvalidAction
from .records import Decided, Record
from .replica import Replica
from .rule_text import parse_rule
from .rules import Rule


def recount(
    records: Iterable[Record], *, known: Iterable[Rule] = ()
) -> Iterator[tuple[Decided, Decided | None]]:
    """Yield each decision of a log, and what its ballots come to when counted again.

    The gate that a decision names is taken as it stands; a person's decision is not recounted.

    Args:
        records: The log, oldest first.
        known: Rules of the user's own, which cannot be read back from their names.

    Raises:
        InvalidAction: a rule is neither built in nor known, or what was decided is not open.
    """
    replica, rules = Replica(), tuple(known)
    for record in records:
        if isinstance(record, Decided):
            yield record, _again(record, replica, rules)
        replica.fold(record)


def _again(record: Decided, replica: Replica, known: tuple[Rule, ...]) -> Decided | None:
    proposal = replica.open.get(record.proposal)
    if proposal is None:
        raise InvalidAction(f"the log decides {record.proposal}, which is not open there")
    rule = parse_rule(proposal.opened.rule, known=known)
    at = (record.round, record.stage)
    return decide(proposal, replica, rule=rule, gate=lambda _: record.gate, at=at)
