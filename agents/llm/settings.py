"""Which models answer, at what price and within which limits; all of it checked at the door."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .calls import Purpose

type Mode = Literal["live", "record", "replay", "auto"]
"""Where replies come from: live (always asked), record (asked and kept), replay (recorded ones
only), auto (recorded ones, asked where there are none)."""

DEFAULT_TIER = "default"
FAST, STRONG = "fast", "strong"
"""The tiers that routing by complexity chooses between, where both are there."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TierConfig(_Frozen):
    """One model behind one endpoint, and how it is asked."""

    model: str = Field(min_length=1)
    """`provider/name`, as litellm names it."""
    api_base: str | None = None
    """The endpoint, where it is not the provider's own."""
    api_key_env: str | None = None
    """The environment variable with the key, where it is not the provider's usual one."""
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 64
    """The most calls in flight at a time."""
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """How long one attempt may take."""
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    """Attempts after the first, for failures that may pass."""
    usd_per_million_input: Annotated[float | None, Field(ge=0)] = None
    """None takes the price from litellm's own list; 0 where that has none."""
    usd_per_million_output: Annotated[float | None, Field(ge=0)] = None
    usd_per_million_cached: Annotated[float | None, Field(ge=0)] = None
    """Input tokens that the provider had in its cache."""
    warm_up: bool | None = None
    """Whether one call goes ahead of a burst, so that the rest find the shared prefix in the
    provider's cache. None decides by the price."""


class Cap(_Frozen):
    """The most that may be spent; None is no limit."""

    tokens: Annotated[int | None, Field(ge=0)] = None
    usd: Annotated[float | None, Field(ge=0)] = None


class BudgetConfig(Cap):
    """Caps of a whole run, and within it of tiers, roles, each agent and classes of work."""

    tiers: dict[str, Cap] = Field(default_factory=dict)
    roles: dict[str, Cap] = Field(default_factory=dict)
    agent: Cap = Cap()
    """What each single agent may spend."""
    classes: dict[Purpose, Cap] = Field(default_factory=dict)


class RoutingConfig(_Frozen):
    """When a question goes to the strong tier at once, and when it is asked there again."""

    strong_above: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Questions more complex than this go to the strong tier at once."""
    escalate_below: Annotated[float, Field(ge=0, le=1)] = 0.6
    """An answer of the fast tier that is less confident is asked for again from the strong."""


class TeamConfig(_Frozen):
    """All models of a run: its tiers, who uses which, budget and routing."""

    tiers: dict[str, TierConfig]
    roles: dict[str, str] = Field(default_factory=dict)
    """The tier of each role that does not leave the choice to routing."""
    budget: BudgetConfig = BudgetConfig()
    routing: RoutingConfig = RoutingConfig()
    recording: Mode = "record"
    embedding: TierConfig | None = None
    """The model that measures distances between texts; None measures them here."""
    recorded: str | None = None
    """Another run's directory or `llm.sqlite` to take replies from."""

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if not self.tiers:
            raise ValueError("at least one tier is needed, with its model")
        for role, tier in self.roles.items():
            if tier not in self.tiers:
                raise ValueError(
                    f"role {role} is to use the tier {tier!r}; there are {', '.join(self.tiers)}"
                )
        return self

    @property
    def first(self) -> str:
        """The tier of those who name none and are not routed."""
        return next(iter(self.tiers))
