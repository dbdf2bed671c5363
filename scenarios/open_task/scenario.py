"""A team of language-model agents reasons on one board, contributes, criticises and votes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from agents import (
    Agent,
    CallableMember,
    Lesson,
    Member,
    PlannedCalls,
    Population,
    Stages,
    TextVectors,
)
from blackboard import BadInput, Decided, Record, View, decode

from ..base import Dissent, Scenario, Setup, Yardstick
from .board import Reading
from .coordination import Coordination
from .deliberation import LIBRARIAN, SURVEYOR, Deliberation
from .formats import DATA_FORMATS
from .options import OpenTaskOptions
from .planned import Planning
from .results import Verdicts
from .scribe import Scribe
from .seats import Seat, first_of_each, seats_of, voices_of
from .servants import Librarian, Surveyor


class OpenTask(Scenario):
    """Members reason, correct each other, contribute, and vote on one answer to a task."""

    name = "open-task"
    summary = "language-model agents reason on one board and vote on the answer to a task"
    Options = OpenTaskOptions
    data_formats = DATA_FORMATS
    structures = ("swarm", "solo", "separate", "chorus")
    changeable = (
        *("model", "api_base", "recording", "recorded", "temperature", "layers", "top"),
        *("budget_tokens", "budget_usd"),
    )
    default_agents = 8
    seats: Sequence[Seat] = ()
    """The team, where it is given in Python; else the options say it."""

    @classmethod
    def resolve(cls, options: Any, asked: int | None) -> tuple[Any, int]:
        """Return the number of agents that the team comes to."""
        size = sum(seat.count for seat in cls.seats) or sum(count for _, count in options.team)
        if size and asked not in (None, size):
            raise BadInput(
                f"--agents {asked} and a team of {size}: leave one of them away, or make them agree"
            )
        return options, size or (cls.default_agents if asked is None else asked)

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.team = self._team()
        roles = tuple(seat.role for seat in self.team for _ in range(seat.count))
        vectors = TextVectors()
        self.voices = voices_of(self.team, self.options.archetypes, self.random)
        voices = [voice for seat in self.team for voice in self.voices[seat.role]]
        spoken_by = list(zip(roles, voices, strict=True))
        self.verdicts = Verdicts(
            self.options.all_tasks(), roles=roles, heard=first_of_each(spoken_by)
        )
        self.coordination = Coordination(
            self.options,
            self.team,
            self.random,
            vectors,
            voices=spoken_by,
        )
        reading = Reading(
            layers=self.options.layers,
            top=self.options.top,
            vectors=vectors,
            roles=lambda agent: roles[agent] if agent < len(roles) else "outsider",
            is_bounded=setup.structure != "separate",
        )
        self.deliberation = Deliberation(
            self.options,
            setup.structure,
            roles,
            setup.random,
            reading,
            self.verdicts,
            self.coordination,
            voices,
            setup.threshold_percent,
        )

    def round_limit(self) -> int:
        """Return the rounds that all attempts at all tasks take."""
        return len(self.verdicts.tasks) * int(self.options.attempts)

    def is_done(self) -> bool:
        """Say whether every task is decided, or out of attempts."""
        return self.verdicts.is_done

    def populate(self, model: Any) -> Sequence[Population]:
        """Create the members, role by role."""
        scribe = Scribe()
        team = [Population(seat.role, self._members(model, seat, scribe)) for seat in self.team]
        if self.options.memory:
            path, learns = Path(self.options.memory), self.options.learn
            librarian = Librarian(model, path, self._task_text, may_be_missing=learns)
            team.append(Population(LIBRARIAN, [librarian], votes=False))
        if self.options.embedding:
            team.append(Population(SURVEYOR, [Surveyor(model)], votes=False))
        return team

    def stages(self, board: View) -> Stages:
        """Yield the stages of one attempt at the current task."""
        yield from self.deliberation.stages(board)

    def observe(self, records: Sequence[Record]) -> None:
        """Watch what agents of the user's own do, whose texts may say nothing."""
        self.coordination.observe(self.deliberation.round, records)

    def change(self, options: Any) -> None:
        """Read other layers, or more of them, from the next round on."""
        super().change(options)
        self.deliberation.options = self.coordination.options = options
        self.deliberation.reading.change(options)

    def state(self) -> Any:
        """Return what was decided, found and corrected so far, as plain values."""
        return {
            "verdicts": self.verdicts.state(),
            "coordination": self.coordination.state(),
            "since": self.deliberation.since,
            "longest": self.deliberation.longest,
        }

    def restore(self, state: Any) -> None:
        """Go on behind the attempt after which `state` was taken."""
        self.verdicts.restore(state["verdicts"])
        self.coordination.restore(state["coordination"])
        self.deliberation.since = state["since"]
        self.deliberation.longest = state["longest"]

    def row(self) -> Mapping[str, float | int | str | None]:
        """Return which task the round was about, and how far the vote came."""
        return self.verdicts.row() | self.coordination.row()

    def metrics(self) -> Mapping[str, float | int | None]:
        """Return how tasks ended, how good votes were, and what coordination found."""
        longest = {"longest_board_chars": self.deliberation.longest}
        return self.verdicts.metrics() | self.coordination.metrics() | longest

    def yardstick(self) -> Yardstick | None:
        """Hold the answers against the known ones, where there are any."""
        ours = self.verdicts.metrics().get("correct")
        if ours is None:
            return None
        return Yardstick("known answers", 1.0, ours, 100 * (1 - ours))

    def answer_text(self) -> str | None:
        """Return the plan or the choice that was agreed on; of several tasks, how they ended."""
        return self.verdicts.answer()

    def votes_against(self) -> Sequence[Dissent]:
        """Return who voted against the answer, where there is one."""
        return self.verdicts.dissent_from_answer()

    def model_roles(self) -> Sequence[str] | None:
        """Return the roles of the team; a baseline of one agent has none of them."""
        return None if self.setup.structure == "solo" else [seat.role for seat in self.team]

    def planned_calls(self, rounds: int) -> Sequence[PlannedCalls]:
        """Return the calls of every stage of so many attempts."""
        planning = Planning(self.options, self.setup.structure, self.team, self.voices)
        return planning.calls(self.verdicts.tasks, rounds)

    def truths(self) -> Mapping[str, str]:
        """Return the right choice of the last vote on each task whose answer is known."""
        return self.verdicts.truths()

    def tables(self) -> Mapping[str, Mapping[str, ArrayLike]]:
        """Return the tasks, the dissent, and the corrections that were asked for."""
        return {**self.verdicts.tables(), **self.coordination.tables()}

    def decisive(self) -> Decided | None:
        """Return the last vote on a task; votes that settle a contradiction decide none."""
        if self.verdicts.decisive is None:
            return None
        decided = decode(self.verdicts.decisive[1])
        assert isinstance(decided, Decided)
        return decided

    def voters_with_choice(self) -> int | None:
        """Count those who voted: who gave no answer had none."""
        return len(self.verdicts.decisive[2]) if self.verdicts.decisive else 0

    def effective_voters(self, eligible: int) -> float | None:
        """Count voices that are shared once, and discount what was seen to err together.

        Who cast no vote is worth nothing.
        """
        voices = self._distinct_voices()
        rho = self.verdicts.correlation
        if rho is None or voices < 2:
            return voices
        return voices / (1 + (voices - 1) * min(max(rho, 0.0), 1.0))

    def _distinct_voices(self) -> float:
        cast = set(self.verdicts.decisive[2]) if self.verdicts.decisive else set()
        if self.setup.structure == "chorus":
            return float(bool(cast))
        voices = [
            (seat.role, voice) if voice else None
            for seat in self.team
            for voice in self.voices[seat.role]
        ]
        own = sum(voice is None for agent, voice in enumerate(voices) if agent in cast)
        shared = {voice for agent, voice in enumerate(voices) if agent in cast and voice}
        return float(own + len(shared))

    def lessons(self) -> list[Lesson]:
        """Return what this run learned, for the memory."""
        return [
            Lesson(
                row["text"],
                f"{row['result']} (agreed by {row['percent']:.0f} %)",
                row["outcome"],
                None if row["is_right"] is None else float(row["is_right"]),
                "",
                self.name,
            )
            for row in self.verdicts.rows
            if row["result"]
        ]

    def _team(self) -> tuple[Seat, ...]:
        if self.setup.structure == "solo":
            return (Seat("solo", 1),)
        team = tuple(self.seats) or seats_of(self.options.team, self.agents)
        own = [seat.role for seat in team if not seat.asks_model]
        if own and self.setup.structure == "chorus":
            raise BadInput(
                f"structure chorus has one model speak for everybody, and {own[0]!r} has a "
                "function or class of its own: leave that away, or choose another structure"
            )
        return tuple(replace(s, skills=self.options.skills.get(s.role, ())) for s in team)

    def _members(self, model: Any, seat: Seat, scribe: Scribe) -> list[Agent]:
        if seat.agent is not None:
            return [seat.agent(model) for _ in range(seat.count)]
        if seat.callee is None:
            return [Member(model, seat.role, scribe, voice=v) for v in self.voices[seat.role]]
        terms: dict[str, Any] = {"task": self._task_text, "timeout_s": self.options.timeout_s}
        return [
            CallableMember(model, seat.role, scribe, seat.callee, **terms)
            for _ in range(seat.count)
        ]

    def _task_text(self) -> str:
        return self.verdicts.task.task
