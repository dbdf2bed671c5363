"""The options that every scenario with language models takes."""

from typing import ClassVar

from pydantic import Field

from agents import Mode

from .base import ScenarioOptions


class ModelOptions(ScenarioOptions):
    """Which model answers, where its replies come from, and what agents share."""

    name_models: ClassVar[bool] = True

    model: str = Field(
        "planted",
        min_length=1,
        description="PROVIDER/NAME as litellm names it; `planted` is a simulated one, built in",
    )
    api_base: str | None = Field(None, description="the endpoint, where it is not the provider's")
    recording: Mode = Field("record", description="live, record, replay or auto")
    recorded: str | None = Field(None, description="a run whose replies replay and auto take")
    embedding: str | None = Field(
        None, description="PROVIDER/NAME that measures drift; empty: local text vectors"
    )
    archetypes: int = Field(0, ge=0, le=4096, description="shared voices; 0: one per agent")
    temperature: float = Field(0.7, ge=0, le=2, description="of the model's sampling")
    max_tokens: int = Field(700, ge=16, le=32_000, description="of one reply")
    concurrency: int = Field(64, ge=1, le=4096, description="most calls in flight")
    timeout_s: float = Field(60.0, gt=0, le=3600, description="of one attempt, in seconds")
    retries: int = Field(3, ge=0, le=10, description="attempts after the first")
    budget_tokens: int | None = Field(None, ge=0, description="most tokens of the run")
    budget_usd: float | None = Field(None, ge=0, description="most US dollars of the run")
