"""Populations: agents of one role that join together, and how a stage's actions are collected."""

import traceback
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blackboard import Abstain, Draft, InvalidAction, SwarmboardError, View

from .base import Agent, Cohort
from .competence import Competence
from .llm.calls import Ask, Outcome
from .state import Stateful, restore_to, state_of

FEW = 4
"""So many agents act faster one by one than as columns."""

type Report = Callable[[NDArray[np.uint32], str], None]
"""Told which agents failed, and the traceback or reason."""
type Run = tuple[type[Agent], list[Agent]]
type Called = tuple[list[Run], NDArray[np.uint32]]
"""Neighbours of one class, and the board's numbers of all of them."""
type Sees = Callable[[View, int], View]
"""A structure's choice of what an agent sees of the board."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that an agent wants to have asked, and where its answer goes."""

    agent: Agent
    ask: Ask
    view: View
    draft: Draft
    report: Report

    def result(self, outcome: Outcome) -> Any:
        """Return what the agent does with what came of its question; else it abstains."""
        if outcome.cause:
            return Abstain(outcome.cause, detail=outcome.detail)
        try:
            return self.agent.answer(self.view, outcome)
        except Exception:  # whatever an agent's code raises is its abstention
            return Abstain("error", detail=traceback.format_exc())

    @staticmethod
    def finish(asked: Sequence["Asked"], outcomes: Iterable[Outcome]) -> None:
        """Have agents act on what came of their questions, in the order given."""
        pairs = zip(asked, outcomes, strict=True)
        for _, alike in groupby(pairs, lambda pair: (id(pair[0].draft), id(pair[0].report))):
            group = list(alike)
            one = group[0][0]
            indices = np.array([question.agent.index for question, _ in group], np.uint32)
            results = [question.result(outcome) for question, outcome in group]
            _collect(indices, results, one.draft, one.report)


@dataclass(eq=False)
class Population(Stateful):
    """Agents of one role, as objects or as one cohort."""

    role: str
    members: Sequence[Agent] | Cohort
    votes: bool = True
    """Whether its members belong to the default electorate."""
    names: Sequence[str] = ()
    """What people call the members, in the case's own words; empty for no names."""
    competence: Competence | None = None
    """How often members are right, and how much together, where the scenario models that."""
    capabilities: Sequence[str] | Mapping[str, Sequence[int]] = ()
    """What all members can do; or by name which of them can, counted from 0."""
    indices: NDArray[np.uint32] = field(init=False)
    asked: list[Asked] = field(init=False, repr=False, default_factory=list)
    """The questions of this stage that wait to be asked, in agent order."""
    _called: dict[range | None, Called] = field(init=False, repr=False)
    """Who acts here, by the part of the run's agents that this process acts for."""

    @property
    def size(self) -> int:
        """How many agents these are."""
        return self.members.size if isinstance(self.members, Cohort) else len(self.members)

    def seat(self, first: int) -> None:
        """Give the members their numbers on the board."""
        self.indices = np.arange(first, first + self.size, dtype=np.uint32)
        if isinstance(self.members, Cohort):
            self.members.indices = self.indices
        else:
            for index, member in enumerate(self.members, first):
                member.index = index
            self._called = {None: (_neighbours(self.members), self.indices)}

    def act(
        self,
        view: View,
        draft: Draft,
        *,
        sees: Sees | None,
        report: Report,
        left: Container[int] = (),
        span: range | None = None,
        called: Sequence[int] | None = None,
    ) -> None:
        """Let the members act on the same view and put what they do into the draft.

        Who has left is not asked any more; a cohort's rows of leavers the draft leaves out.

        Args:
            view: The board as of the stage's start.
            draft: Takes what they do.
            sees: What each of them sees of the board; None means all of it.
            report: Told who failed.
            left: Who has left the run.
            span: The board's numbers of the agents that this process acts for; None means all.
                Objects outside are not asked; a cohort acts as ever, and its rows outside are
                left out behind all checks, so that a wrong row fails it in every process.
            called: The board's numbers of those who act; None means all. A cohort acts as ever,
                and its brief tells it who.
        """
        if isinstance(self.members, Cohort):
            _act_together(self.members, view, draft, report, span)
            return
        if called is not None:
            members = self._among(called, span, left)
            if len(members) <= FEW:
                self.asked += _act_few(members, view, draft, sees=sees, report=report)
                return
            indices = np.array([member.index for member in members], np.uint32)
            self.asked += _act_each(
                _neighbours(members), indices, view, draft, sees=sees, report=report
            )
            return
        runs, indices = self._called.get(span) or self._call(span)
        if left:
            staying = [member for _, run in runs for member in run if member.index not in left]
            indices = np.array([member.index for member in staying], np.uint32)
            runs = _neighbours(staying)
        self.asked += _act_each(runs, indices, view, draft, sees=sees, report=report)

    def take_asked(self) -> list[Asked]:
        """Return the questions that wait to be asked, which are then no longer here."""
        asked, self.asked = self.asked, []
        return asked

    def state(self, span: range | None = None) -> Any:
        """Return what the members remember: a value each, or a cohort's; None for nothing.

        With a span only that of its agents; a cohort remembers as a whole, whoever asks it.
        """
        if isinstance(self.members, Cohort):
            return state_of(self.members)
        states = [state_of(self.members[row]) for row in self._part(span)]
        return states if any(state is not None for state in states) else None

    def restore(self, state: Any, span: range | None = None) -> None:
        """Give the members of a span, or all, what `state` returned of them.

        Raises:
            SwarmboardError: it is the state of another number of members.
        """
        if isinstance(self.members, Cohort):
            restore_to(self.members, state)
            return
        part = self._part(span)
        states = [None] * len(part) if state is None else state
        if len(states) != len(part):
            raise SwarmboardError(
                f"the state of {len(states)} agents of role {self.role!r} was to be given to "
                f"{len(part)}; restore with the config and the span that it was taken with"
            )
        for row, its in zip(part, states, strict=True):
            restore_to(self.members[row], its)

    def _part(self, span: range | None) -> range:
        """Return the rows of the members that belong to a span of the board's numbers."""
        rows = range(self.size)
        if span is None or not rows:
            return rows
        first = int(self.indices[0])
        return rows[max(span.start - first, 0) : max(span.stop - first, 0)]

    def _among(
        self, called: Sequence[int], span: range | None, left: Container[int]
    ) -> list[Agent]:
        """Return those of the called who belong here and to a span, and have not left."""
        assert not isinstance(self.members, Cohort)
        first, part = int(self.indices[0]), self._part(span)
        rows = (agent - first for agent in called if agent not in left)
        return [self.members[row] for row in rows if row in part]

    def _call(self, span: range | None) -> Called:
        """Note whom a span calls on, which is the same in each of its stages."""
        part = self._part(span)
        assert not isinstance(self.members, Cohort)
        members = self.members[part.start : part.stop]
        self._called[span] = _neighbours(members), self.indices[part.start : part.stop]
        return self._called[span]


def _act_together(
    cohort: Cohort, view: View, draft: Draft, report: Report, span: range | None
) -> None:
    try:
        blocks = cohort.act(view)
        if blocks is None:
            return
        for block in blocks if isinstance(blocks, Sequence) else (blocks,):
            draft.add(cohort.indices, block)
    except InvalidAction as error:
        draft.abstain(cohort.indices, "invalid")
        report(cohort.indices, str(error))
    except Exception:  # whatever an agent's code raises is its abstention
        draft.abstain(cohort.indices, "error")
        report(cohort.indices, traceback.format_exc())
    finally:
        if span is not None:
            draft.keep(span)


def _act_each(
    runs: Sequence[Run],
    indices: NDArray[np.uint32],
    view: View,
    draft: Draft,
    *,
    sees: Sees | None,
    report: Report,
) -> list[Asked]:
    """Let agents act, put what they do into the draft, and return what they want to have asked."""
    results: list[Any] = []
    asked: list[Asked] = []
    for kind, agents in runs:
        act: Any = kind.action_in(view.stage_name)
        if act is None:
            results.extend(repeat(None, len(agents)))
        elif sees is None:
            _extend(results, map(act, agents, repeat(view)), len(agents))
        else:
            views = map(sees, repeat(view), [agent.index for agent in agents])
            _extend(results, map(act, agents, views), len(agents))
        if kind.asks:
            for row, agent in enumerate(agents, len(results) - len(agents)):
                if isinstance(ask := results[row], Ask):
                    seen = view if sees is None else sees(view, agent.index)
                    asked.append(Asked(agent, ask, seen, draft, report))
                    results[row] = None
    _collect(indices, results, draft, report)
    return asked


def _act_few(
    agents: Sequence[Agent], view: View, draft: Draft, *, sees: Sees | None, report: Report
) -> list[Asked]:
    """Let a few agents act, as `_act_each` does with many."""
    asked: list[Asked] = []
    for agent in agents:
        act: Any = type(agent).action_in(view.stage_name)
        if act is None:
            continue
        seen = view if sees is None else sees(view, agent.index)
        try:
            result = act(agent, seen)
        except Exception:  # whatever an agent's code raises is its abstention
            result = Abstain("error", detail=traceback.format_exc())
        if agent.asks and isinstance(result, Ask):
            asked.append(Asked(agent, result, seen, draft, report))
        else:
            _put(agent.index, result, draft, report)
    return asked


def _neighbours(members: Sequence[Agent]) -> list[Run]:
    """Group neighbours of one class, who take the same way through a stage."""
    return [(kind, list(group)) for kind, group in groupby(members, _class)]


def _class(member: Agent) -> type[Agent]:
    return type(member)


def _extend(results: list[Any], calls: Iterator[Any], count: int) -> None:
    """Append what each call returns; whatever an agent's code raises is its abstention.

    `extend` keeps what came before an exception, and a map goes on behind it (a generator would
    not). A StopIteration looks to it like the end of the calls, hence the count.
    """
    end = len(results) + count
    while len(results) < end:
        try:
            results.extend(calls)
            if len(results) < end:
                results.append(Abstain("error", detail="StopIteration"))
        except Exception:
            results.append(Abstain("error", detail=traceback.format_exc()))


def _collect(indices: NDArray[np.uint32], results: list[Any], draft: Draft, report: Report) -> None:
    """Put results into the draft: as columns where many are alike, else one by one."""
    if len(results) > FEW and draft.act_alike(indices, results):
        return
    for index, result in zip(indices.tolist(), results, strict=True):
        _put(index, result, draft, report)


def _put(index: int, result: Any, draft: Draft, report: Report) -> None:
    """Put what one agent returned into the draft; what is wrong with it is its abstention."""
    if result is None:
        return
    actions: Iterable[Any] = result if isinstance(result, list | tuple) else (result,)
    for action in actions:
        try:
            draft.act(index, action)
        except InvalidAction as error:
            draft.abstain(np.array([index], np.uint32), "invalid")
            report(np.array([index], np.uint32), str(error))
        if isinstance(action, Abstain) and action.detail:
            report(np.array([index], np.uint32), str(action.detail))
