"""The options of grid dispatch, each with its unit and range."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ..base import ScenarioOptions


def _off_is_none(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "off" else value


Share = Annotated[float, Field(ge=0, le=1)]
Price = Annotated[float | None, Field(allow_inf_nan=False)]


class GridOptions(ScenarioOptions):
    """What is dispatched, how strict the vote is, and what goes wrong on purpose."""

    case: str | None = Field(
        None,
        description="ieee14|ieee30|ieee57|ieee118|ieee300, pglib:NAME, FILE.m or synthetic:N "
        "(default ieee118; with --agents N: synthetic:N)",
    )
    convention: Literal["pglib", "matpower"] | None = Field(
        None, description="DC convention (default: pglib for pglib cases, else matpower)"
    )
    population: Literal["cohort", "objects"] = Field(
        "cohort", description="node agents as one numpy cohort or as Python objects"
    )
    planners: int = Field(2, ge=1, le=16, description="planners; the others check and take over")
    weight: Literal["node", "capacity"] = Field(
        "node", description="one vote a node, or one per kW of capacity"
    )
    regret_percent: float = Field(
        1.0, gt=0, le=100, description="regret a node accepts, in percent of its stake"
    )
    certificate_percent: Annotated[float | None, BeforeValidator(_off_is_none)] = Field(
        1.0, gt=0, description="largest certified gap in percent of revealed cost, or off"
    )
    open_offers: bool | None = Field(
        None,
        description="nodes also post their price at the lower limit (default: with intervals > 1)",
    )
    price_floor: Price = Field(
        None, description="$/MWh no node may declare below (default: min offer or 0)"
    )
    price_cap: Price = Field(
        None, description="$/MWh no node may declare above (default: 10 x dearest offer)"
    )
    silent: Share = Field(0.0, description="share of voters that fall silent from round 3")
    byzantine: Share = Field(0.0, description="share that bids at random and posts regret 0")
    bluffers: Share = Field(0.0, description="share that always bids its maximum and approves")
    liars: Share = Field(0.0, description="share that declares 1.5 x its cost")
    quarantine: bool = Field(True, description="hold nodes that break the supply law")
    trip: str | None = Field(
        None, pattern=r"^largest@[1-9]\d*$", description="largest@ROUND: the largest unit trips"
    )
    intervals: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="dispatch intervals of five minutes (default: 1, or the rows of series)",
    )
    series: str | None = Field(
        None, description="FILE.csv with a row an interval: load (factor), unit_ID (MW available)"
    )
    interval_rounds: int = Field(80, ge=1, description="most rounds an interval may take")

    @model_validator(mode="after")
    def _price_limits_leave_room(self) -> Self:
        if (
            self.price_floor is not None
            and self.price_cap is not None
            and self.price_floor >= self.price_cap
        ):
            raise ValueError(
                f"price_floor {self.price_floor:g} $/MWh is not below price_cap "
                f"{self.price_cap:g} $/MWh"
            )
        return self
