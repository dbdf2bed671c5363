"""The options of the customer-service cluster, each with its unit and range."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from ..base import ScenarioOptions

MOST_GENERATED = 2_000_000


def _by_skill(given: Any) -> Any:
    """Read `0.8`, or `billing=0.9,returns=0.7` where skills differ."""
    if not isinstance(given, str) or not any(mark in given for mark in "=:"):
        return given
    pairs = (part.replace(":", "=").partition("=") for part in given.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _number_or_path(given: Any) -> Any:
    """Read `500`, as a command line has it, as a number."""
    return int(given) if isinstance(given, str) and given.strip().isdecimal() else given


Share = Annotated[float, Field(ge=0, le=1)]


class CustomerServiceOptions(ScenarioOptions):
    """What customers bring, what staff can do, and how replies are decided."""

    tickets: Annotated[int | str, BeforeValidator(_number_or_path)] = Field(
        1000, description="how many customers come, or FILE.csv with arrival, skill, text, outcome"
    )
    arrivals_per_s: float | None = Field(
        None, gt=0, description="tickets per second (default: 33/128 an agent; one alone: 5/3)"
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
        None, gt=0, description="mean seconds a draft takes (default: 0.2; one agent alone: 0.4)"
    )
    review_s: float = Field(0.05, gt=0, description="mean seconds a review takes")
    early: bool = Field(True, description="decide as soon as the outcome is certain")
    parts: Share = Field(0.0, description="share of generated tickets that touch several skills")
    conflicts: Share = Field(
        0.3, description="share of replies of several parts whose drafts contradict each other"
    )
    coordination: bool = Field(
        True, description="compare the parts of a reply, and mend what conflicts, before the vote"
    )
    patience_s: float | None = Field(
        None, gt=0, description="mean seconds after which a customer who still waits gives up"
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
    day_s: float = Field(86_400.0, gt=0, description="seconds of a day, after which shifts repeat")
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
        if isinstance(self.competence, float) and not 0 <= self.competence <= 1:
            raise ValueError(f"competence={self.competence:g} is no chance from 0 to 1")
        return self

    @property
    def is_file(self) -> bool:
        """Whether the tickets are a user's own."""
        return isinstance(self.tickets, str)
