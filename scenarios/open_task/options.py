"""The options of `open-task`, and the tasks that they name."""

import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from blackboard import ABSTAINED

from ..model_options import ModelOptions
from .places import APPROVAL

LAYERS = ("task", "reasoning", "coordination")
DEMO = "Where shall the town build its new library? Weigh access, cost and noise."
DEMO_CHOICES = ("market square", "old mill", "school hill")
CHOICE_CHARS = 160
"""As long as the vote in a reply may be."""
MOST_CHOICES = ABSTAINED - 1
"""What a ballot has numbers for."""


class Task(BaseModel):
    """One task: an open one, or a question with choices, of which one may be known to be right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str = Field(min_length=1, max_length=20_000)
    choices: tuple[str, ...] = ()
    answer: str | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    """What is so by the task itself: subjects and what holds for them."""

    @field_validator("choices")
    @classmethod
    def _can_be_voted_for(cls, choices: tuple[str, ...]) -> tuple[str, ...]:
        stripped = tuple(choice.strip() for choice in choices)
        if choices and not 2 <= len(choices) <= MOST_CHOICES:
            raise ValueError(f"choices have to be two or more different ones, up to {MOST_CHOICES}")
        if len(set(stripped)) < len(stripped):
            raise ValueError("choices have to be two or more different ones")
        for number, choice in enumerate(stripped, 1):
            if not 1 <= len(choice) <= CHOICE_CHARS or not choice.isprintable():
                raise ValueError(
                    f"choice {number} has to be one line of 1 to {CHOICE_CHARS} characters that "
                    f"can be seen, and has {len(choice):,}"
                )
            if " | " in choice or choice in (*APPROVAL, "abstain"):
                raise ValueError(
                    f"choice {number} has to be without ' | ', and not 'approve', 'reject' or "
                    "'abstain', which are votes already"
                )
        return stripped

    @field_validator("answer")
    @classmethod
    def _stripped(cls, answer: str | None) -> str | None:
        return None if answer is None else answer.strip()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.answer is not None and self.answer not in self.choices:
            raise ValueError(f"the answer {self.answer!r} has to be one of the choices")
        return self


class OpenTaskOptions(ModelOptions):
    """What the team works on, who is in it, and what of the board it reads."""

    task: str | None = Field(
        None, description="what is to be done or answered; without: a demonstration"
    )
    choices: tuple[str, ...] = Field((), description="answers to choose from: a|b|c")
    answer: str | None = Field(None, description="the right choice, where it is known")
    tasks: tuple[Task, ...] = Field(
        (), description="several: a .jsonl file with task, choices, answer"
    )
    attempts: int = Field(3, ge=1, le=100, description="rounds for one task until it expires")
    team: tuple[tuple[str, int], ...] = Field(
        (), description="roles: planner:6,critic:2; critics judge, all others contribute"
    )
    skills: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="by role, for requests that name a skill (in a file)"
    )
    layers: tuple[str, ...] = Field(
        LAYERS, description="of the board that are read: task,reasoning,coordination or none"
    )
    top: int = Field(8, ge=1, le=200, description="most entries of a kind in a prompt")
    route: Literal["team", "auto"] = Field(
        "team", description="auto asks one agent first, and the team where that is unsure"
    )
    corrections: int = Field(1, ge=0, le=10, description="requests to correct one contradiction")
    anchor: bool = Field(True, description="remind agents that drift of the task")
    quarantine: bool = Field(True, description="test and hide entries that command their readers")
    memory: str | None = Field(None, description="a file with what past runs learned")
    learn: bool = Field(False, description="whether this run adds to the memory")

    @field_validator("task")
    @classmethod
    def _says_something(cls, task: str | None) -> str | None:
        if task is not None and not task.strip():
            raise ValueError("say what is to be done or answered, or leave task away")
        return task

    @field_validator("choices", mode="before")
    @classmethod
    def _read_choices(cls, given: Any) -> Any:
        if isinstance(given, str):
            separator = "|" if "|" in given else ","
            return tuple(part.strip() for part in given.split(separator) if part.strip())
        return given

    @field_validator("layers", mode="before")
    @classmethod
    def _read_layers(cls, given: Any) -> Any:
        names = given.replace(",", " ").split() if isinstance(given, str) else list(given)
        if names == ["none"]:
            return ()
        for name in names:
            if name not in LAYERS:
                raise ValueError(f"there are {', '.join(LAYERS)}, or none")
        return tuple(name for name in LAYERS if name in names)

    @field_validator("team", mode="before")
    @classmethod
    def _read_team(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        team = []
        for part in given.split(","):
            role, _, count = part.strip().partition(":")
            if not role.isidentifier() or not (count or "1").isdigit():
                raise ValueError("write it as role:number,role:number")
            team.append((role, int(count or 1)))
        return tuple(team)

    @field_validator("tasks", mode="before")
    @classmethod
    def _read_tasks(cls, given: Any) -> Any:
        if not isinstance(given, str | Path):
            return given
        try:
            lines = Path(given).read_text("utf-8-sig").split("\n")
        except OSError as error:
            raise ValueError(f"the file cannot be read ({error.strerror})") from error
        tasks = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                tasks.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"line {number} is no JSON ({error})") from error
        if not tasks:
            raise ValueError("the file has no tasks: write one JSON object a line")
        return tasks

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.tasks and (self.task is not None or self.choices or self.answer):
            raise ValueError("give either tasks, or task with choices and answer")
        if self.team and any(count < 1 for _, count in self.team):
            raise ValueError("each role of a team needs at least one agent")
        if self.team and len({role for role, _ in self.team}) < len(self.team):
            raise ValueError("name each role of a team once")
        if "task" not in self.layers and self.layers:
            raise ValueError("layers without the task layer leave nothing to work on; add task")
        if self.learn and not self.memory:
            raise ValueError("learn=true needs a memory=FILE to learn into")
        Task(task=self.task or DEMO, choices=self.choices, answer=self.answer)
        return self

    def all_tasks(self) -> tuple[Task, ...]:
        """Return what the team works on, one after the other."""
        if self.tasks:
            return self.tasks
        if self.task is None:
            return (Task(task=DEMO, choices=self.choices or DEMO_CHOICES, answer=self.answer),)
        return (Task(task=self.task, choices=self.choices, answer=self.answer),)
