"""The options of the customer-service cluster, each with its unit and range."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ..model_options import ModelOptions

MOST_GENERATED = 2_000_000
MOST_TURNS = 100
type Staff = Literal["rules", "models", "gold", "nothing"]
_OF_CHANCE = ("competence", "reviewer_competence", "correlation", "parts", "conflicts")
"""Options that say what is drawn, which only staff by rules heeds."""


def _by_skill(given: Any) -> Any:
    """Read `0.8`, or `billing=0.9,returns=0.7` where skills differ."""
    if not isinstance(given, str) or not any(mark in given for mark in "=:"):
        return given
    pairs = (part.replace(":", "=").partition("=") for part in given.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs}


NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")


def _number_or_path(given: Any) -> Any:
    """Read `500`, as a command line has it, as a number."""
    if isinstance(given, str) and NUMBER.fullmatch(given.strip()):
        return int(float(given)) if float(given).is_integer() else float(given)
    return given


Share = Annotated[float, Field(ge=0, le=1)]


class CustomerServiceOptions(ModelOptions):
    """What customers bring, what staff can do, and how replies are decided."""

    tickets: Annotated[int | str, BeforeValidator(_number_or_path)] = Field(
        1000, description="how many customers come, or FILE.csv with arrival, skill, text, outcome"
    )
    staff: Staff = Field(
        "rules",
        description="who answers: rules, models, or with tau2 gold or nothing (scripts)",
    )
    tau2: str | None = Field(
        None, description="DIR of tau2-bench's retail tasks (tasks.json, db.json, policy.md)"
    )
    repeats: int = Field(1, ge=1, le=100, description="with tau2: how often each task is tried")
    turns: int = Field(
        12, ge=1, le=MOST_TURNS, description="with tau2: most turns of lookups that a draft takes"
    )
    max_tokens: int = Field(1500, ge=16, le=32_000, description="of one reply")
    arrivals_per_s: float | None = Field(
        None,
        ge=1e-12,
        le=1e12,
        description="tickets per second (default: 33/128 an agent; one alone: 5/3)",
    )
    arrivals: str | None = Field(
        None, description="FILE.csv with from_s, until_s, arrivals_per_s: a profile that repeats"
    )
    load: float = Field(
        1.0, gt=0, le=1, description="share of the arrivals that come to this team (0-1)"
    )
    competence: Annotated[float | dict[str, Share], BeforeValidator(_by_skill)] = Field(
        0.81, description="chance that a draft is good (0-1), or skill=chance,skill=chance"
    )
    reviewer_competence: Share = Field(
        0.70, description="chance that a reviewer judges a reply rightly (0-1)"
    )
    correlation: Share = Field(0.0, description="how much reviewers of a reply err together (0-1)")
    panel: int | None = Field(
        None, ge=0, le=253, description="reviewers of a reply (default: 5, or all but its authors)"
    )
    max_drafts: int = Field(
        3, ge=1, le=100, description="drafts until a ticket is escalated to a person"
    )
    draft_s: float | None = Field(
        None,
        gt=0,
        le=1e12,
        description="mean seconds a draft takes (default: 0.2; one agent alone: 0.4)",
    )
    review_s: float = Field(0.05, gt=0, le=1e12, description="mean seconds a review takes")
    early: bool = Field(True, description="decide as soon as the outcome is certain")
    parts: Share = Field(0.0, description="share of generated tickets that touch several skills")
    conflicts: Share = Field(
        0.3, description="share of replies of several parts whose drafts contradict each other"
    )
    coordination: bool = Field(
        True, description="compare the parts of a reply, and mend what conflicts, before the vote"
    )
    patience_s: float | None = Field(
        None,
        gt=0,
        le=1e12,
        description="mean seconds after which a customer who still waits gives up",
    )
    fades_s: float = Field(
        8.0, gt=0, description="seconds in which a customer's satisfaction falls to 37 %"
    )
    cross_training: int | None = Field(
        None,
        ge=1,
        description="skills an agent has (default: 1; all where agents are too few)",
    )
    shifts: int = Field(1, ge=1, le=24, description="into how many shifts the day is divided")
    day_s: float = Field(86_400.0, ge=1, description="seconds of a day, after which shifts repeat")
    roster: str | None = Field(
        None, description="FILE.csv with agents, skills, from_s, until_s in place of --agents"
    )
    teams: int = Field(8, ge=1, description="teams of the router, with --structure hierarchy")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if isinstance(self.tickets, int) and not 1 <= self.tickets <= MOST_GENERATED:
            raise ValueError(f"tickets={self.tickets}: 1 to {MOST_GENERATED:,} can be generated")
        if self.is_file:
            for name in ("arrivals", "arrivals_per_s"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} and a file of tickets, which has its own arrivals")
            if self.parts:
                raise ValueError("parts is for generated tickets; in a file, join skills with +")
        elif self.arrivals is not None and self.arrivals_per_s is not None:
            raise ValueError("arrivals and arrivals_per_s exclude each other")
        self._check_staff()
        if isinstance(self.competence, float) and not 0 <= self.competence <= 1:
            raise ValueError(f"competence={self.competence:g} is no chance from 0 to 1")
        return self

    def _check_staff(self) -> None:
        """Refuse what nobody would heed, and a staff that has nothing to answer."""
        if self.tau2 is None:
            self._refuse(("repeats", "turns"), "is for tau2=DIR")
        elif self.is_file:
            raise ValueError(f"tickets={self.tickets} and tau2 both say who comes: leave one away")
        elif self.staff == "rules":
            raise ValueError("tau2=DIR needs somebody to answer: set staff=models, gold or nothing")
        else:
            self._refuse(("load",), "is not for tau2, whose tasks all come")
        if self.staff in ("gold", "nothing") and self.tau2 is None:
            raise ValueError(f"staff={self.staff} follows the tasks of a benchmark: set tau2=DIR")
        if self.staff == "models":
            self._refuse(("archetypes", "embedding"), "is not for this scenario")
            if self.tau2 is None and not self.is_file:
                raise ValueError(
                    "staff=models needs what customers write: set tickets=FILE.csv with a column "
                    "text, or tau2=DIR"
                )
        else:
            self._refuse(ModelOptions.model_fields, "is for staff=models")
        if self.staff != "models":
            self._refuse(("turns",), "is for staff=models")
        if self.staff != "rules":
            self._refuse(_OF_CHANCE, "is for staff=rules, which draws")

    def _refuse(self, names: Iterable[str], why: str) -> None:
        """Refuse options of these names that are not as they are by default."""
        fields = type(self).model_fields
        for name in names:
            if (value := getattr(self, name)) != fields[name].default:
                raise ValueError(f"{name}={value} {why}: leave it away")

    @property
    def is_file(self) -> bool:
        """Whether the tickets are a user's own."""
        return isinstance(self.tickets, str)
