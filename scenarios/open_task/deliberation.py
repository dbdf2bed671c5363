"""How a team works on a task: the stages of one attempt, and what each of them asks."""

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from agents import Briefing, Purpose, Randomness, Stage, Voice, complexity_of, quoted, text_of
from blackboard import BoardEntry, ClosedStage, Gate, OpenProposal, Proposal, View, threshold

from . import instructions as say
from .board import Reading, failed_vote
from .checks import correct, probe, settle
from .coordination import Coordination
from .options import OpenTaskOptions
from .places import APPROVAL, place_of, round_of, surest
from .results import Verdicts
from .seats import CRITIC
from .suspicion import commands

SIMPLE = 0.6
"""Tasks that look harder than this go to the team, also where one agent may try them alone."""
SURE = 0.6
"""The confidence from which one agent's answer stands without the team."""

LIBRARIAN = "librarian"
"""The role of the agent that looks up what past runs learned; it has no vote."""
SURVEYOR = "surveyor"
"""The role of the agent that has distances measured by an embedding model; it has no vote."""
type Closes[T] = Generator[Stage, ClosedStage, T]


@dataclass(eq=False)
class Deliberation:
    """One attempt at the current task, stage by stage."""

    options: OpenTaskOptions
    structure: str
    roles: Sequence[str]
    """The role of each agent, by its number on the board."""
    random: Randomness
    reading: Reading
    verdicts: Verdicts
    coordination: Coordination
    voices: Sequence[Voice | None]
    """The voice that each agent shares with others, or None for one of its own."""
    needed_percent: int | None
    since: int = 1
    """The round in which work on the current task began."""
    round: int = 0
    longest: int = 0
    """Characters of the longest board that a prompt held."""

    def stages(self, board: View) -> Closes[None]:
        """Yield the stages of one attempt."""
        self.round = board.round
        if self.verdicts.attempt == 0:
            self.since = board.round
            self.coordination.begin_task(self.verdicts.task)
            if self.options.memory:
                yield from self._recall(board)
        number = self.verdicts.number
        if self.structure == "chorus":
            yield from self._in_chorus(board)
            return
        if self._may_be_simple():
            yield from self._alone(board)
        if self.verdicts.number == number:
            yield from self._together(board)

    @property
    def everybody(self) -> tuple[str, ...]:
        """All roles of the team, in order."""
        return tuple(dict.fromkeys(self.roles))

    @property
    def _contributors(self) -> tuple[str, ...]:
        return tuple(role for role in self.everybody if role != CRITIC) or self.everybody

    @property
    def _is_coordinated(self) -> bool:
        """Whether the board points out what cannot be so, and who is to look again."""
        return self.structure == "swarm" and "coordination" in self.options.layers

    def _together(self, board: View) -> Closes[None]:
        """Reason, correct each other, contribute, and vote."""
        task, layers = self.verdicts.task, self.options.layers
        if "reasoning" in layers:
            yield self.stage(board, "reason", say.REASON, self._contributors)
            yield from self._look(board, "reasoning")
            if CRITIC in self.everybody and "coordination" in layers:
                yield self.stage(board, "critique", say.CRITIQUE, (CRITIC,), purpose="coordination")
            if self._is_coordinated:
                self.coordination.assign(self.entries(board), board)
                yield from correct(self, board)
                yield from settle(self, board)
        plan = None
        if not task.choices:
            yield self.stage(board, "contribute", say.CONTRIBUTE, self._contributors)
            yield from self._look(board, "contribution")
        if self._is_coordinated and self.options.quarantine:
            yield from probe(self, board)
        if not task.choices:
            plan = yield from self._edit(board)
            if plan is None:
                self.verdicts.pass_over(attempts=self.options.attempts)
                return
        yield from self._vote(board, plan)

    def _recall(self, board: View) -> Closes[None]:
        """Have the librarian look up what past runs learned of tasks like this one."""
        yield Stage("recall", (LIBRARIAN,))
        found = [entry for entry in self.entries(board) if entry.kind == "lesson"]
        own = [text_of(entry) for entry in found if entry.agent == len(self.roles)]
        self.coordination.lessons = [f"- {quoted(text)}" for text in own if not commands(text)]

    def _look(self, board: View, kind: str) -> Closes[None]:
        """Watch for drift, where the board coordinates."""
        if not self._is_coordinated and self.structure != "solo":
            return
        entries = [e for e in self.entries(board) if e.kind == kind and round_of(e) == self.round]
        far = None
        if self.options.embedding and entries:
            texts = [self.verdicts.task.task, *map(self.coordination.watched, entries)]
            brief = {"texts": texts, "authors": [entry.agent for entry in entries]}
            yield Stage("survey", (SURVEYOR,), brief=brief)
            surveyor = len(self.roles) + bool(self.options.memory)
            found = [
                e for e in self.entries(board) if e.kind == "distances" and e.agent == surveyor
            ]
            if not found or place_of(found[-1]) != (board.round, board.stage):
                return
            far = np.array(found[-1].payload["far"], np.float64)
        self.coordination.watch(entries, self.round, kind, far)

    def _edit(self, board: View) -> Closes[BoardEntry | None]:
        """Have one contributor put the contributions together; return what is put to the vote."""
        made = self.contributions(board)
        if len(made) < 2:
            return made[0] if made else None
        drawn = self.random.everyone("editor", round=board.round).integers(0, len(made))
        editor = made[int(drawn)].agent
        yield self.stage(
            *(board, "edit", say.EDIT, self.everybody), purpose="coordination", asked={editor}
        )
        at = (board.round, board.stage)
        plans = [e for e in self.entries(board) if e.kind == "plan" and place_of(e) == at]
        plan = next((entry for entry in plans if entry.agent == editor), None)
        return plan or surest(made)

    def contributions(self, board: View) -> list[BoardEntry]:
        """Return the members' contributions of this round that are shown."""
        hidden, team = self.coordination.hidden, len(self.roles)
        return [
            entry
            for entry in self.entries(board)
            if entry.kind == "contribution"
            and round_of(entry) == board.round
            and entry.agent < team
            and entry.id not in hidden
        ]

    def _vote(self, board: View, plan: BoardEntry | None) -> Closes[None]:
        """Put a plan, or the choices of a question, to everybody."""
        proposal = self._proposal(plan)
        closed = yield self.stage(
            *(board, "vote", say.VOTE_PLAN if plan else say.VOTE_CHOICE, self.everybody),
            plan=plan,
            votes=proposal.options,
            proposal=proposal,
        )
        self._take(closed, plan.payload["text"] if plan else None, range(len(self.roles)))

    def _may_be_simple(self) -> bool:
        return (
            self.options.route == "auto"
            and self.verdicts.attempt == 0
            and len(self.roles) > 1
            and complexity_of(self.verdicts.task.task) <= SIMPLE
        )

    def _alone(self, board: View) -> Closes[None]:
        """Ask one agent; its answer stands if it is sure, else the team is asked."""
        task = self.verdicts.task
        options = task.choices or APPROVAL
        proposal = Proposal(
            options=options,
            electorate=[0],
            rule=threshold(100),
            payload={"task": task.task},
        )
        closed = yield self.stage(
            *(board, "answer", say.ANSWER, self.everybody),
            votes=options,
            proposal=proposal,
            gate=partial(self._unsure, board),
            asked={0},
        )
        decided = closed.decisions[-1] if closed.decisions else None
        if decided and decided.outcome == "accepted":
            made = [entry for entry in self.contributions(board) if entry.agent == 0]
            text = made[-1].payload["text"] if made else ""
            self._take(closed, None if task.choices else text, [0])

    def _unsure(self, board: View, proposal: OpenProposal) -> str | None:
        """Shut the gate where the one who answered is not sure, or gave no plan."""
        has_plan = bool(self.verdicts.task.choices) or any(
            entry.kind == "contribution" and entry.agent == 0 and text_of(entry)
            for entry in self.entries(board)
        )
        if not has_plan:
            return "no plan"
        confidence = float(proposal.box.confidence[0]) if len(proposal.box.confidence) else 1.0
        return None if confidence >= SURE else f"unsure ({confidence:.2f})"

    def _in_chorus(self, board: View) -> Closes[None]:
        """Have one reply speak for everybody."""
        task = self.verdicts.task
        seats = list(enumerate(self.roles))
        plan: BoardEntry | None = None
        if not task.choices:
            yield self.stage(board, "contribute", say.CHORUS, self.everybody, seats=seats)
            made = self.contributions(board)
            plan = surest(made) if made else None
            if plan is None:
                self.verdicts.pass_over(attempts=self.options.attempts)
                return
        proposal = self._proposal(plan)
        closed = yield self.stage(
            *(board, "chorus", say.CHORUS, self.everybody),
            plan=plan,
            votes=proposal.options,
            proposal=proposal,
            seats=seats,
        )
        self._take(closed, plan.payload["text"] if plan else None, range(len(self.roles)))

    def _shared[T](self, own: Mapping[int, T]) -> Mapping[int, T]:
        """Tell all who share a voice the same: what the first of them is told.

        They said the same, so that what is asked of one is asked of all, and asked once.
        """
        first: dict[tuple[str, Voice], T] = {}
        shared: dict[int, T] = {}
        for agent in sorted(agent for agent in own if agent < len(self.voices)):
            voice = self.voices[agent]
            if voice is None:
                shared[agent] = own[agent]
            else:
                first.setdefault((self.roles[agent], voice), own[agent])
        if first:
            for agent, (role, voice) in enumerate(zip(self.roles, self.voices, strict=True)):
                if voice is not None and (role, voice) in first:
                    shared[agent] = first[role, voice]
        return shared

    def _proposal(self, plan: BoardEntry | None) -> Proposal:
        """Return what is put to the vote of the team; whoever joined from outside has none."""
        task, team = self.verdicts.task, np.arange(len(self.roles), dtype=np.uint32)
        if plan is None:
            payload = {"task": task.task}
            return Proposal(options=task.choices, electorate=team, payload=payload)
        payload = {"task": task.task, "plan": plan.payload["text"]}
        return Proposal(id=plan.id, electorate=team, payload=payload)

    def _take(self, closed: ClosedStage, plan: str | None, seats: Sequence[int]) -> None:
        eligible = np.array(seats, np.uint32)
        self.verdicts.take(closed, plan, attempts=self.options.attempts, seats=eligible)

    def entries(self, board: View) -> list[BoardEntry]:
        """Return what was said about the current task."""
        return [entry for entry in board.entries() if round_of(entry) >= self.since]

    def stage(
        self,
        board: View,
        name: str,
        instruction: str,
        roles: Sequence[str],
        *,
        purpose: Purpose = "work",
        plan: BoardEntry | None = None,
        votes: tuple[str, ...] = (),
        proposal: Proposal | None = None,
        gate: Gate | None = None,
        asked: Collection[int] | None = None,
        own: Mapping[int, Sequence[str]] | None = None,
        cites: Mapping[int, Collection[str]] | None = None,
        hidden: Collection[str] = (),
        seats: Sequence[tuple[int, str]] = (),
    ) -> Stage:
        """Return a stage whose members are all shown the same board."""
        task, coordination = self.verdicts.task, self.coordination
        entries = self.entries(board)
        lines, cited = coordination.lines(entries, hidden) if self._is_coordinated else ((), ())
        digest = self.reading.digest(
            board,
            task,
            since=self.since,
            hidden={*hidden, *coordination.hidden},
            plan=plan,
            failed=failed_vote(self.verdicts.last, self.verdicts.attempt, self.needed_percent),
            coordination=lines,
            cited=cited,
            lessons=coordination.lessons,
        )
        self.longest = max(self.longest, len(digest.text))
        briefing = Briefing(
            stage=name,
            instruction=instruction,
            digest=digest,
            purpose=purpose,
            votes=votes,
            asked=asked,
            own=self._shared(coordination.own_lines(own or {}, entries, hidden)),
            cites=self._shared(cites or {}),
            roles=coordination.role_lines,
            seats=seats,
            context="transcript" if self.structure == "separate" else "board",
            complexity=complexity_of(task.task),
            max_tokens=self.options.max_tokens,
            temperature=self.options.temperature,
        )
        brief: dict[str, Any] = {"briefing": briefing}
        opened = (proposal,) if proposal else ()
        return Stage(name, tuple(roles), opened, proposal is not None, brief, gate=gate)
