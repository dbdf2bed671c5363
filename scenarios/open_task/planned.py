"""The calls that a team may make: every stage of every attempt, at the least and at the most.

At the least, each task is decided at its first attempt, nobody is asked to correct anything, and
prompts hold nothing but the task. At the most, all attempts are made, everybody is asked to
correct itself, and the board shows as much as fits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from agents import (
    EMBEDDED_AT_ONCE,
    EMBEDDING,
    RULES,
    PlannedCalls,
    Purpose,
    Voice,
    complexity_of,
)

from . import instructions as say
from .board import DISSENT, LINES, RECENT_ROUNDS
from .checks import PANEL as SETTLING
from .checks import SUBJECTS
from .deliberation import SIMPLE, SURVEYOR
from .options import Task
from .places import APPROVAL
from .results import REASON_KEPT
from .seats import CRITIC, Seat
from .servants import LESSONS
from .suspicion import PANEL as TESTING
from .suspicion import SUSPECTS

HEADER_CHARS = 55
"""Who is asked for what, and the names of the sections."""
THOUGHT_CHARS, TEXT_CHARS = 850, 600
"""A long entry as a prompt shows it: reasoning, and a contribution, an objection or a plan."""
LINE_CHARS = 250
"""A line on a conflict or a request."""
SURVEYED_CHARS = {"reason": 600, "contribute": 400}
"""The stages after which an embedding model may be asked, and the longest text of one agent."""
LESSON_CHARS = 450
OWN_LINES_CHARS = 1_200
"""What single agents are told at the most: corrections, requests taken on, and the task again."""
SHORT_REPLY = 15
"""Tokens of the shortest reply: a few words of reasoning."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One stage of one attempt, and who is asked in it."""

    stage: str
    instruction: str
    roles: Sequence[str]
    sections: int
    """Characters of the board at the most, the task left out."""
    votes: Sequence[str] = ()
    purpose: Purpose = "work"
    most: Callable[[int], int] | None = None
    """Of a role's agents, how many are asked; None asks all."""
    is_sure: bool = True
    """Whether it takes place whatever happens."""


@dataclass(slots=True)
class Planning:
    """Plans the calls of a team.

    Args:
        options: The scenario's options.
        structure: Who acts when, and who sees what.
        team: Who is in it.
        voices: The voice of each agent of each role.
    """

    options: Any
    structure: str
    team: Sequence[Seat]
    voices: Mapping[str, Sequence[Voice | None]]
    asked: dict[str, Seat] = field(init=False)
    """The seats for whom a model is asked, by role."""

    def __post_init__(self) -> None:
        self.asked = {seat.role: seat for seat in self.team if seat.asks_model}

    def calls(self, tasks: Sequence[Task], rounds: int) -> list[PlannedCalls]:
        """Return the calls of so many rounds, first attempts before second ones."""
        attempts = [(n, task) for n in range(self.options.attempts) for task in tasks][:rounds]
        return [
            call
            for number, (attempt, task) in enumerate(attempts, 1)
            for call in self._attempt(number, attempt, task)
        ]

    @property
    def _size(self) -> int:
        return sum(seat.count for seat in self.team)

    @property
    def _is_coordinated(self) -> bool:
        return self.structure == "swarm" and "coordination" in self.options.layers

    @property
    def _is_surveyed(self) -> bool:
        """Whether an embedding model measures how far what was said is from the task."""
        return bool(self.options.embedding) and (self._is_coordinated or self.structure == "solo")

    def _attempt(self, number: int, attempt: int, task: Task) -> Iterator[PlannedCalls]:
        """Plan one attempt, which is only certain to be made if it is a task's first."""
        is_routed = (
            self.options.route == "auto"
            and self._size > 1
            and self.structure != "chorus"
            and complexity_of(task.task) <= SIMPLE
        )
        if self.structure == "chorus":
            yield from self._chorus(number, attempt, task)
            return
        if is_routed and attempt == 0:
            votes = task.choices or APPROVAL
            alone = Asking("answer", say.ANSWER, [self.team[0].role], 0, votes, most=_one)
            yield from self._stage(alone, number, task, is_sure=True)
        is_sure = attempt == 0 and not is_routed
        for stage in self._together(task, attempt):
            yield from self._stage(stage, number, task, is_sure=is_sure)
            if self._is_surveyed and stage.stage in SURVEYED_CHARS:
                yield self._survey(stage, number, task, is_sure=is_sure)

    def _together(self, task: Task, attempt: int) -> Iterator[Asking]:
        """Yield the stages in which a team reasons, corrects itself, contributes and votes."""
        layers = self.options.layers
        everybody = [seat.role for seat in self.team]
        contributors = [role for role in everybody if role != CRITIC] or everybody
        perhaps: dict[str, Any] = {"is_sure": False}
        earlier = min(attempt, RECENT_ROUNDS - 1)
        before, now = self._board(earlier, earlier), self._board(earlier + 1, earlier)
        if "reasoning" in layers:
            yield Asking("reason", say.REASON, contributors, before)
            if CRITIC in everybody and "coordination" in layers:
                coordinating: dict[str, Any] = {"purpose": "coordination"}
                yield Asking("critique", say.CRITIQUE, [CRITIC], now, **coordinating)
            if self._is_coordinated:
                if self.options.corrections:
                    yield Asking(
                        "correct", say.CORRECT, contributors, now, (), "coordination", **perhaps
                    )
                for subject in range(1, SUBJECTS + 1):
                    yield self._panel(f"settle {subject}", say.SETTLE, now, SETTLING)
        if not task.choices:
            yield Asking("contribute", say.CONTRIBUTE, contributors, now)
            if sum(seat.count for seat in self.team if seat.role in contributors) > 1:
                largest = max(self.team, key=lambda s: (s.role in contributors, s.count)).role
                yield Asking("edit", say.EDIT, [largest], now, (), "coordination", _one)
        votes, words = task.choices or APPROVAL, say.VOTE_CHOICE if task.choices else say.VOTE_PLAN
        if self._is_coordinated and self.options.quarantine:
            for trial in range(1, 2 + SUSPECTS + 1):
                told = f"{words} {say.TRIAL}"
                yield self._panel(f"probe {trial}", told, now + TEXT_CHARS, TESTING)
        yield Asking("vote", words, everybody, now + TEXT_CHARS, votes)

    def _panel(self, stage: str, words: str, sections: int, size: int) -> Asking:
        """Return a stage that asks a few of all, drawn from all roles."""
        drawn = min(size, self._size) / self._size
        everybody = [seat.role for seat in self.team]
        return Asking(
            *(stage, words, everybody, sections, APPROVAL, "verification"),
            most=lambda count: ceil(count * drawn),
            is_sure=False,
        )

    def _board(self, rounds: int, failed: int) -> int:
        """Return the most characters of a board that shows so many rounds and failed votes."""
        layers, is_whole = self.options.layers, self.structure == "separate"
        critics = sum(seat.count for seat in self.team if seat.role == CRITIC)
        others = max(1, self._size - critics)

        def shown(entries: int) -> int:
            return entries if is_whole else min(entries, self.options.top)

        chars = 0
        if "reasoning" in layers:
            corrected = 2 if self._is_coordinated else 1
            chars += shown(rounds * others * corrected) * THOUGHT_CHARS
        if "coordination" in layers:
            chars += shown(rounds * critics) * TEXT_CHARS
        if "task" in layers:
            chars += shown(rounds * others) * TEXT_CHARS
        if rounds and self._is_coordinated:
            chars += 3 * LINES * LINE_CHARS
        return chars + failed * (1 + DISSENT) * REASON_KEPT

    def _chorus(self, number: int, attempt: int, task: Task) -> Iterator[PlannedCalls]:
        """Plan an attempt in which one reply speaks for everybody."""
        roles, seats = [self.team[0].role], self._size
        before = min(attempt, 1) * ((1 + DISSENT) * REASON_KEPT + self.options.top * TEXT_CHARS)
        list_of_seats = seats * (len("seat 1000: agent 1000, role \n") + len(roles[0]))
        now = before + min(seats, self.options.top) * TEXT_CHARS
        stages = [Asking("chorus", say.CHORUS, roles, now, task.choices or APPROVAL, most=_one)]
        if not task.choices:
            stages.insert(0, Asking("contribute", say.CHORUS, roles, before, most=_one))
        for stage in stages:
            terms = {"seats": seats, "more": list_of_seats}
            yield from self._stage(stage, number, task, is_sure=attempt == 0, **terms)

    def _stage(
        self,
        stage: Asking,
        number: int,
        task: Task,
        *,
        is_sure: bool,
        seats: int = 1,
        more: int = 0,
    ) -> Iterator[PlannedCalls]:
        """Yield the calls of each role in a stage.

        Args:
            stage: The stage.
            number: The round.
            task: What is worked on.
            is_sure: Whether the attempt comes so far whatever happens.
            seats: For how many agents one reply speaks.
            more: Further characters of each prompt.
        """
        told = sum(len(f"Fact: {a} is {b}") for a, b in task.facts.items())
        told += len(task.task) + sum(len(choice) + 3 for choice in task.choices)
        own = HEADER_CHARS + len(stage.instruction) + sum(len(vote) + 3 for vote in stage.votes)
        least = len(RULES) + told + own + more
        lessons = LESSONS * LESSON_CHARS if self.options.memory else 0
        most = least + stage.sections + lessons + (0 if seats > 1 else 80)
        most += OWN_LINES_CHARS if self._is_coordinated else 0
        shared = len(RULES) + (told if self.structure != "separate" else 0)
        for role in dict.fromkeys(stage.roles):
            if not (count := self._count(role, stage)):
                continue
            yield PlannedCalls(
                stage=f"{number}.{stage.stage}",
                role=role,
                count=count,
                count_low=count if stage.is_sure and is_sure else 0,
                prompt_chars_low=least,
                prompt_chars_high=most,
                output_low=SHORT_REPLY * seats,
                output_high=self.options.max_tokens * seats,
                purpose=stage.purpose,
                complexity=complexity_of(task.task),
                shared_share=shared / least * (count - 1) / count,
            )

    def _survey(self, stage: Asking, number: int, task: Task, *, is_sure: bool) -> PlannedCalls:
        """Return the calls to an embedding model after a stage; equal texts are sent once."""
        texts = sum(seat.count for seat in self.team if seat.role in stage.roles)
        calls = ceil((1 + texts) / EMBEDDED_AT_ONCE)
        chars = len(task.task) + texts * SURVEYED_CHARS[stage.stage]
        return PlannedCalls(
            stage=f"{number}.survey {stage.stage}",
            role=SURVEYOR,
            count=calls,
            count_low=1 if is_sure else 0,
            prompt_chars_low=len(task.task),
            prompt_chars_high=ceil(chars / calls),
            output_low=0,
            output_high=0,
            purpose="coordination",
            tier=EMBEDDING,
        )

    def _count(self, role: str, stage: Asking) -> int:
        """Return how many questions of a role there are; who shares a voice asks together."""
        seat = self.asked.get(role)
        if seat is None:
            return 0
        voices = self.voices.get(role, ())
        distinct = seat.count if None in voices else len(set(voices))
        return min(distinct, stage.most(seat.count)) if stage.most else distinct


def _one(agents: int) -> int:
    return min(1, agents)
