"""What a study file says about its report, under `[report]`."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from blackboard import BadInput


class ReportConfig(BaseModel):
    """Columns of the table that the report shows; what is left away is chosen from the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    responses: tuple[str, ...] = ()
    """What is shown against the parameters."""
    x: str | None = None
    """The parameter on the axis of curves."""
    by: str | None = None
    """The parameter of which each value is a curve of its own."""
    quality: str | None = None
    cost: str | None = None
    more_is_better: bool | None = None
    """Of the quality; known of some columns, needed of others."""
    conditions: tuple[str, ...] = ()
    """Varied parameters that the world sets, so that each value has a front of its own."""
    throughput: str | None = None
    """The column that the universal scalability law is fitted to."""


def make_report_config(content: Any) -> ReportConfig:
    """Check what stands under `[report]`.

    Raises:
        BadInput: names the first wrong name or value.
    """
    names = ", ".join(ReportConfig.model_fields)
    if isinstance(content, ReportConfig):
        return content
    if not isinstance(content, Mapping):
        raise BadInput(f"report = {content!r} is no table: write it as [report]")
    for name in content:
        if name not in ReportConfig.model_fields:
            raise BadInput(f"unknown name in [report] {name!r}: there are {names}")
    try:
        return ReportConfig(**content)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        is_list = name in ("responses", "conditions")
        shape = "a list of columns" if is_list else "the name of a column"
        shape = "true or false" if name == "more_is_better" else shape
        raise BadInput(f"report.{name} = {problem['input']!r} is wrong: give {shape}") from error
