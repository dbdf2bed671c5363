"""Opening proposals: the records that fix their terms, and the rules that will decide them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from .errors import InvalidAction, NotPlain
from .records import (
    NO_DEADLINE,
    OPERATIONAL,
    OUTCOME,
    Abstained,
    Electorate,
    Entries,
    Entry,
    Note,
    Opened,
    Record,
    entry_id,
    plain,
    u4,
)
from .replica import Replica
from .rule_text import parse_rule
from .rules import Rule, describe
from .seats import panel_name
from .terms import check_terms, electorate_of, read_terms
from .writes import Proposal


class Openings:
    """Remembers, for one leader, what was opened on which terms."""

    def __init__(self, replica: Replica, *, rule: Rule, sealed: bool) -> None:
        self._replica, self._rule, self._sealed = replica, rule, sealed
        self._rules: dict[str, Rule] = {}
        self._electorates: dict[bytes, str] = {}
        self._count = 0
        self._default = (-1, "")
        """How many groups had joined when all voters were last put down, and under which name."""

    def records(self, name: str, proposal: Proposal, at: tuple[int, int]) -> list[Record]:
        """Return the records that open a proposal: its electorate, when that is new, and itself.

        Raises:
            InvalidAction: it could not be voted on.
        """
        check_terms(proposal, self._replica, rule=self._rule)
        records: list[Record] = []
        electorate = (
            self._electorate(proposal, at, records)
            if proposal.panel is None
            else panel_name(proposal)
        )
        rule = self._rules[name] = self._rule if proposal.rule is None else proposal.rule
        opened = Opened(
            OUTCOME,
            *at,
            name,
            tuple(proposal.options),
            electorate,
            describe(rule),
            NO_DEADLINE
            if self._replica.now_s is not None
            else at[0] + proposal.deadline_rounds - 1,
            self._sealed if proposal.sealed is None else proposal.sealed,
            plain(proposal.payload),
            None if proposal.impact is None else float(proposal.impact),
        )
        return [*records, opened]

    def state(self) -> dict[str, Any]:
        """Return what was opened on which terms, as plain values.

        Raises:
            NotPlain: an open proposal's rule is a function that nobody can read back.
        """
        for name, rule in self._rules.items():
            try:
                parse_rule(describe(rule), known=(self._rule,))
            except InvalidAction as error:
                raise NotPlain(f"rule of proposal {name}", describe(rule)) from error
        return {
            "rules": {name: describe(rule) for name, rule in self._rules.items()},
            "electorates": dict(self._electorates),
            "count": self._count,
            "default": self._default,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Know again what was opened on which terms."""
        self._rules = {
            name: parse_rule(text, known=(self._rule,)) for name, text in state["rules"].items()
        }
        self._electorates, self._default = dict(state["electorates"]), state["default"]
        self._count = state["count"]

    def rule_of(self, proposal: str) -> Rule:
        """Return the rule that decides an open proposal."""
        return self._rules[proposal]

    def forget(self, proposal: str) -> None:
        """Let go of a proposal that was decided."""
        self._rules.pop(proposal, None)

    def proposed(
        self, records: Iterable[Record], own: dict[str, Proposal], at: tuple[int, int]
    ) -> Iterator[list[Record]]:
        """Yield what opens each proposal that agents made in a stage, in canonical order.

        Each has to be folded before the next is asked for. One that cannot be voted on opens
        nothing: its agent abstains, and a note says why.

        Args:
            records: The stage's merged records.
            own: Those made in this process, whose rules may be any function.
            at: The round and stage.
        """
        for record in records:
            for entry in record.entries if isinstance(record, Entries) else ():
                if entry.kind == "proposal":
                    name = entry_id(record.round, record.stage, entry.agent, entry.seq)
                    yield self._opened_or_refused(name, entry, own.get(name), at)

    def _opened_or_refused(
        self, name: str, entry: Entry, own: Proposal | None, at: tuple[int, int]
    ) -> list[Record]:
        try:
            return self.records(name, own or self._read(entry.payload), at)
        except InvalidAction as error:
            return [
                Abstained(OUTCOME, *at, None, "invalid", u4([entry.agent])),
                Note(OPERATIONAL, *at, "refused", {"proposal": name, "why": str(error)}),
            ]

    def _read(self, payload: dict[str, Any]) -> Proposal:
        return read_terms(payload, known=(self._rule, *self._rules.values()))

    def _electorate(self, proposal: Proposal, at: tuple[int, int], records: list[Record]) -> str:
        """Return the name of an electorate, recording it when it is new."""
        is_default = proposal.electorate is None and proposal.weights is None
        is_known = self._default[1] in self._replica.seats
        if is_default and is_known and self._default[0] == len(self._replica.joined):
            return self._default[1]
        agents = u4(electorate_of(proposal, self._replica))
        weights = b"" if proposal.weights is None else np.asarray(proposal.weights, "<i8").tobytes()
        key = agents + b"/" + weights
        seats = self._replica.seats
        if self._electorates.get(key) not in seats:
            if len(self._electorates) > 2 * len(seats) + 16:
                self._electorates = {k: n for k, n in self._electorates.items() if n in seats}
            self._count += 1
            name = self._electorates[key] = f"e{self._count}"
            records.append(Electorate(OUTCOME, *at, name, agents, weights))
        if is_default:
            self._default = (len(self._replica.joined), self._electorates[key])
        return self._electorates[key]
