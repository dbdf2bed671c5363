"""Why a vote came out as it did, in sentences: the outcome, then what brought it about."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

import numpy as np

from blackboard import NO_BALLOT

from .casefile import CaseFile, KindOnBoard
from .chain import payload_text
from .facts import Count, Dissent, moment
from .people import People, listed
from .pivotal import Election, rule_layers

REJECT = 1
ENTRIES_BEHIND = 3


class Causes:
    """Puts the facts of one decision into sentences."""

    def __init__(
        self,
        case: CaseFile,
        people: People,
        count: Count | None,
        election: Election | None,
        dissent: Sequence[Dissent],
    ) -> None:
        self._case, self._people, self._count = case, people, count
        self._election, self._dissent = election, dissent
        self._layers = list(rule_layers(case.opened.rule))
        self._outcome = case.decided.outcome if case.decided else "open"

    def decision(self) -> str:
        """Return the outcome in one sentence."""
        case, count, decided = self._case, self._count, self._case.decided
        if decided is None:
            head = f"still open since {moment(case.opened.round, case.opened_s)}"
        else:
            option = f" {decided.option!r}" if decided.option else ""
            head = f"{decided.outcome}{option} in {moment(decided.round, case.decided_s)}"
            if decided.by and decided.by != "veto":
                head += f" by {decided.by}"
        if count is None:
            return f"{head}; no ballots have been counted"
        if self._is_shut:
            return f"{head} although {self._support()}: a gate was shut ({case.decided_gate})"
        return f"{head}: {self._support()}"

    def why(self) -> Iterator[str]:
        """Yield what brought the outcome about, the weightiest first."""
        yield from self._person()
        if self._count is None or self._case.is_overruled:
            return
        if self._is_shut:
            yield from self._gate()
        elif self._outcome == "vetoed":
            yield from self._veto()
        elif self._outcome == "accepted":
            yield from self._accepted()
        else:
            yield from self._failed()
        yield from self._differs()

    @property
    def _is_shut(self) -> bool:
        return bool(self._case.decided_gate)

    @property
    def _counted(self) -> Count:
        assert self._count is not None
        return self._count

    def _support(self) -> str:
        """Say how much of the electorate stood behind it, and how much was needed."""
        count = self._counted
        what = "weight " if count.is_weighted else ""
        verb = "approved" if count.supported == "approve" else f"chose {count.supported!r}"
        said = f"{what}{count.support:,} of {count.eligible:,} ({count.percent:.1f} %) {verb}"
        if count.needed is None:
            return said
        asked = f"{count.threshold_percent} % = {count.needed:,}"
        if count.support >= count.needed:
            return f"{said}, {asked} were needed"
        return f"{said}, {count.needed - count.support:,} short of the {asked} that were needed"

    def _gate(self) -> Iterator[str]:
        yield (
            "The vote alone would have accepted it. A gate is a condition of the scenario besides "
            "the vote, and nothing is executed while it is shut."
        )
        if since := self._shut_since():
            yield f"Since round {since} every attempt has failed by a gate, none by the vote."
        yield from self._behind_gate()

    def _shut_since(self) -> int | None:
        """Return the round since when the attempts failed by a gate; None if the last did not."""
        attempts = self._case.attempts
        shut = list(takewhile(lambda attempt: attempt.gate, reversed(attempts)))
        return shut[-1].round if shut else None

    def _behind_gate(self) -> Iterator[str]:
        """Name the entries of a kind that the gate's own words speak of."""
        gate = (self._case.decided_gate or "").lower()
        for kinds, when in ((self._case.kinds, ""), (self._case.earlier_kinds, ", posted earlier")):
            spoken = [kind for kind in kinds if re.search(rf"\b{re.escape(kind.lower())}", gate)]
            for kind in spoken:
                yield f"On the board{when}: {self._entries(kind, kinds[kind])}."
            if spoken:
                return

    def _entries(self, kind: str, found: KindOnBoard) -> str:
        shown = [
            f"{name} by {self._people.name(agent)} ({payload_text(payload)})"
            for name, agent, payload in found.rows[:ENTRIES_BEHIND]
        ]
        more = found.entries - len(shown)
        return f"{kind} {listed(shown)}" + (f" and {more:,} more" if more else "")

    def _person(self) -> Iterator[str]:
        """Say what a person had to do with it."""
        decided, answer = self._case.decided, self._case.answer
        reason = f": {answer.reason!r}" if answer and answer.reason else ""
        if self._case.is_overruled:
            assert decided is not None
            came_to = f"the vote came to {self._election.ending.outcome}" if self._election else ""
            yield f"{decided.by} decided it{reason}" + (f"; {came_to}." if came_to else ".")
        elif decided and decided.by not in (None, "veto"):
            yield f"The vote accepted it, and {decided.by} approved it{reason}."

    def _veto(self) -> Iterator[str]:
        voted = self._case.voting[-1]
        roles = {str(args[0]) for name, args in self._layers if name == "veto"}
        agents = self._case.agents.tolist()
        for seat in np.flatnonzero(voted.tally.choices == REJECT).tolist():
            if voted.tally.roles and voted.tally.roles[seat] in roles:
                reason = f": {voted.texts[seat]!r}" if voted.texts and voted.texts[seat] else ""
                name, role = self._people.name(agents[seat]), voted.tally.roles[seat]
                yield f"{name} rejected, and the role {role!r} has a veto{reason}."

    def _accepted(self) -> Iterator[str]:
        attempts, count = self._case.attempts, self._counted
        if count.needed is not None and count.support >= count.needed:
            spare = count.support - count.needed
            yield (
                f"The threshold was passed with {spare:,} to spare."
                if spare
                else ("The threshold was met exactly: not one approval could be missing.")
            )
        if not attempts:
            return
        last = attempts[-1]
        if since := self._shut_since():
            when = f"From round {since} to" if since < last.round else "In"
            yield (
                f"{when} round {last.round} a gate, not the vote, held it back (last: "
                f"{last.gate}); now none was shut."
            )
        else:
            yield f"The attempt before, in round {last.round}, was {last.outcome}."

    def _failed(self) -> Iterator[str]:
        count = self._counted
        quorums = [int(str(args[0])) for name, args in self._layers if name == "quorum"]
        cast = count.eligible - count.absent
        for quorum in quorums:
            if 100 * cast < quorum * count.eligible:
                yield (
                    f"The quorum was missed: {cast:,} of {count.eligible:,} cast a ballot, "
                    f"{quorum} % = {-(-quorum * count.eligible // 100):,} have to."
                )
        if self._outcome == "rejected" and count.needed is not None:
            most = count.eligible - count.weights.get("reject", 0)
            yield (
                f"The rejections alone forbid it: without them {most:,} are left, and "
                f"{count.needed:,} are needed."
            )
        elif len(tied := self._tied()) > 1:
            names = listed([repr(name) for name in tied])
            yield f"It is a tie between {names}, which decides nothing."
        elif count.needed is not None and count.support < count.needed:
            yield from self._short()

    def _tied(self) -> list[str]:
        count = self._counted
        top = max(count.weights.values())
        names = [name for name, args in self._layers]
        if "plurality" in names:
            return [name for name, weight in count.weights.items() if weight == top]
        if count.needed is None or self._case.voting[-1].tally.is_motion:
            return []
        return [name for name, weight in count.weights.items() if weight >= count.needed]

    def _short(self) -> Iterator[str]:
        """Say whether absence or dissent is what was missing."""
        count, missing = self._counted, self._counted.needed or 0
        voted = self._case.voting[-1]
        against = count.eligible - count.absent - count.support
        if not count.absent:
            yield f"Everybody voted: {against:,} not in favour kept it from the threshold."
            return
        absent = self._case.agents[voted.tally.choices == NO_BALLOT].tolist()
        who = listed(self._people.names(absent), most=3)
        if count.support + count.absent >= missing:
            why = listed(list(dict.fromkeys(voted.absent.values())))
            yield (
                f"Missing ballots kept it from the threshold: {who} cast none ({why}), and "
                f"{missing - count.support:,} of those {count.absent:,} approving would have "
                "been enough."
            )
        else:
            yield (
                f"Even with all {count.absent:,} that cast no ballot it would have been "
                f"{missing - count.support - count.absent:,} short: {against:,} were not in favour."
            )

    def _differs(self) -> Iterator[str]:
        decided, election = self._case.decided, self._election
        if decided is None or election is None:
            return
        if (election.ending.outcome, election.ending.option) != (decided.outcome, decided.option):
            yield (
                f"Counted again, the ballots come to {election.ending.outcome}, which is not what "
                "the log says: `swarmboard replay` tells where."
            )
