"""What a study varies and what came of it: from this the figures are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from blackboard import BadInput

from ..analysis import MethodSample
from ..analysis.estimates import Statistic, is_boolean, numeric, statistic_of
from ..report_config import ReportConfig
from .throughputs import with_throughputs

MOST_RESPONSES = 6
MOST_CURVES = 6
"""Curves in one figure, at the most: colours and markers that can be told apart."""
MOST_LEVELS = 20
"""More values of a parameter are binned."""
_TOKENS = ("tokens.input", "tokens.output")
_FIRST = ("rounds", "simulated_s", "yardstick.gap_percent")
_THEN = (
    "measures.consensus.deadlock_share",
    "measures.messages.count",
    "tokens.total",
    "timing.wall_s",
    "measures.turns",
)
_EXPECTED = "yardstick.expected."


@dataclass(frozen=True, slots=True)
class Survey:
    """A study's runs that did not fail, and what there is to show of them."""

    table: pd.DataFrame
    varied: tuple[str, ...]
    numeric: tuple[str, ...]
    """Varied parameters that are numbers, of which there is more than one value."""
    categories: tuple[str, ...]
    """The other varied parameters of more than one value."""
    responses: tuple[str, ...]
    x: str | None
    """The parameter on the axis of curves; None where nothing has three values."""
    by: str | None
    """The parameter of which each value is a curve of its own."""
    config: ReportConfig
    not_shown: tuple[str, ...]
    sample: MethodSample | None = None
    """The design, where one method of sensitivity analysis reads it row by row."""
    unit: str | None = None
    """The column of which equal values are one observation: the seed, where points share it."""

    @property
    def pooled(self) -> tuple[str, ...]:
        """What varies besides the axis and the curves, and is pooled in a curve."""
        return tuple(n for n in (*self.numeric, *self.categories) if n not in (self.x, self.by))

    @property
    def settings(self) -> list[str]:
        """The parameters that tell points apart."""
        return [*self.categories, *self.numeric]

    def expected(self, response: str) -> str | None:
        """Return the column of a response's exact value, where theory has one."""
        column = _EXPECTED + response.removeprefix("metrics.")
        return column if response.startswith("metrics.") and column in self.table else None

    def statistic(self, response: str) -> Statistic:
        """Return what is estimated of a response in every figure, whichever runs are in it."""
        return statistic_of(self.table[response])


def survey_of(
    table: pd.DataFrame,
    varied: Sequence[str],
    config: ReportConfig,
    *,
    sample: MethodSample | None = None,
    has_common_streams: bool = False,
) -> Survey:
    """Look a study's table over.

    Args:
        table: One row a run.
        varied: The columns that the study varies.
        config: What the study file asks for.
        sample: The design, where one method of sensitivity analysis reads it row by row.
        has_common_streams: Whether all points have the same seeds.

    Raises:
        BadInput: every run failed, or the study file names a column that there is not.
    """
    done = table[table["status"] != "failed"].reset_index(drop=True)
    if done.empty:
        raise BadInput(
            f"none of the {len(table)} runs of the study came to its end: there is nothing to "
            "report; failures/ in its directory says why"
        )
    done = with_throughputs(_with_tokens(done))
    _check(config, done, varied)
    several = [name for name in varied if done[name].nunique() > 1]
    numbers = [name for name in several if _is_number(done[name])]
    categories = [name for name in several if name not in numbers]
    responses, not_shown = _responses(done, varied, config)
    ladders = [name for name in numbers if done[name].nunique() >= 3]
    ladders.sort(key=lambda name: name != "agents")
    x = config.x or (ladders[0] if ladders else None)
    others = [n for n in (*categories, *numbers) if n != x]
    by = config.by or next((n for n in others if done[n].nunique() <= MOST_CURVES), None)
    return Survey(
        done,
        tuple(varied),
        tuple(numbers),
        tuple(categories),
        tuple(responses),
        x,
        by,
        config,
        tuple(not_shown),
        sample,
        "seed" if has_common_streams and "seed" in done else None,
    )


def _responses(
    done: pd.DataFrame, varied: Sequence[str], config: ReportConfig
) -> tuple[list[str], list[str]]:
    """Return the columns to show, and why others of them are not."""
    exact = [n.removeprefix(_EXPECTED) for n in done.columns if n.startswith(_EXPECTED)]
    rest = [name for name in done.columns if name.startswith("metrics.")]
    usual = [*(f"metrics.{name}" for name in exact), *_FIRST, *_THEN, *rest]
    shown: list[str] = []
    told: list[str] = []
    for name in dict.fromkeys(config.responses or usual):
        if name not in done or name in varied:
            continue
        values = numeric(done[name])
        if values.nunique() < 2:
            why = "has no value in any run" if values.isna().all() else "is the same in all runs"
            told += [f"{name} {why}."] if name in (*config.responses, *_FIRST) else []
            continue
        twin = next((other for other in shown if _is_same(values, numeric(done[other]))), None)
        if twin and not config.responses:
            told.append(f"{name} says the same as {twin}.")
            continue
        shown.append(name)
    most = len(shown) if config.responses else MOST_RESPONSES
    if left := shown[most:]:
        told.append(f"Further columns that differ: {', '.join(left)}; name them in [report].")
    return shown[:most], told


def _is_same(one: pd.Series, other: pd.Series) -> bool:
    """Say whether one column is the other but for a factor and a constant."""
    both = one.notna() & other.notna()
    if both.sum() < 3 or not one.notna().equals(other.notna()) or other[both].nunique() < 2:
        return False
    return bool(abs(one[both].corr(other[both])) > 1 - 1e-12)


def _with_tokens(done: pd.DataFrame) -> pd.DataFrame:
    if not all(name in done for name in _TOKENS):
        return done
    return done.assign(**{"tokens.total": sum(numeric(done[name]) for name in _TOKENS)})


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column)) and not is_boolean(column)


def _check(config: ReportConfig, done: pd.DataFrame, varied: Sequence[str]) -> None:
    asked = {"quality": config.quality, "cost": config.cost, "throughput": config.throughput}
    columns = list(done.columns)
    names = [("responses", name, columns) for name in config.responses]
    names += [(what, name, columns) for what, name in asked.items() if name]
    names += [(w, n, list(varied)) for w, n in (("x", config.x), ("by", config.by)) if n]
    for what, name, known in names:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else "table.csv of the study has the names"
            raise BadInput(f"report.{what}: there is no column {name!r}: {hint}")
        if what != "by" and not (_is_number(done[name]) or is_boolean(done[name])):
            raise BadInput(f"report.{what}: the column {name!r} holds no numbers")
    if config.by and config.by == config.x:
        raise BadInput(f"report.by and report.x are both {config.by!r}: name another parameter")
    if config.by and done[config.by].nunique() > MOST_CURVES:
        raise BadInput(
            f"report.by: {config.by} has {done[config.by].nunique()} values, and {MOST_CURVES} "
            "curves can be told apart"
        )
