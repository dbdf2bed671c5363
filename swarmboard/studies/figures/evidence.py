"""What kind of evidence a figure is."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..analysis.estimates import numeric
from .survey import Survey

MODELS = "models.evidence"
"""The column that says which models answered in a run, where that is known."""
PLANTED = "planted"
_STUBBED = "stubbed"
_YARDSTICK = "yardstick.evidence"
_CALLS, _RECALLED = "tokens.calls", "tokens.recorded_calls"


def evidence_of(survey: Survey, *columns: str) -> str:
    """Return the evidence class of a figure that shows some columns."""
    if any(name.startswith("timing.") for name in columns):
        return "measured, in wall-clock time of the machine that ran it, which no digest repeats"
    table = survey.table
    planted = _says(table, MODELS, PLANTED)
    stubbed = _says(table, _YARDSTICK, _STUBBED) & ~planted
    others = ~planted & ~stubbed
    kinds = {
        "planted models, which answer as they are made to": planted,
        "stubbed models": stubbed,
        "answers of models as recorded": others & _above_0(table, _RECALLED),
        "answers of live models": others & _above_0(table, _CALLS),
    }
    told = " and ".join(kind for kind, runs in kinds.items() if runs.any())
    return f"simulated, with {told}" if told else "simulated"


def with_models(table: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table that says of each run whether all its models are planted, by their names.

    Args:
        table: One row a run.
        study: As it was given; models that it does not name are planted.
    """
    fixed = study.get("fixed", {})
    if "tiers" in table:
        return table.assign(**{MODELS: None})
    asked = _above_0(table, _CALLS) | _above_0(table, _RECALLED)
    if tiers := fixed.get("tiers"):
        planted = asked & all(is_planted(tier.get("model")) for tier in tiers.values())
    else:
        names = table.get("model", pd.Series(fixed.get("model"), table.index, dtype=object))
        planted = names.map(is_planted) | (names.isna() & asked)
    return table.assign(**{MODELS: planted.map({True: PLANTED, False: None})})


def is_planted(model: Any) -> bool:
    """Say whether a name is that of a stand-in, which is made to answer as it does."""
    return isinstance(model, str) and model.partition("/")[0] == "planted"


def _says(table: pd.DataFrame, column: str, kind: str) -> "pd.Series[bool]":
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column] == kind


def _above_0(table: pd.DataFrame, column: str) -> "pd.Series[bool]":
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return numeric(table[column]).fillna(0) > 0
