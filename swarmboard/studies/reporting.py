"""The report of a study: its figures and tables, and all that makes them again."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from blackboard import BadInput, StudyDirectory
from viz import study_report as shown

from .analysis import MethodSample
from .figures import choose_figures, survey_of
from .figures.cautions import LIMIT, LIMIT_IS_GIVEN
from .figures.decided import decided_figures, policy_facts
from .figures.evidence import with_models
from .figures.shortening import with_short_values
from .jobs import COMMON
from .report_config import make_report_config
from .study_result import as_frame
from .surroundings import files_told
from .table import column_of

REPORT = "report"
DIGEST_SAYS = (
    "SHA-256 over the digests of all runs, one a line, in ascending order, each ended by a line "
    "feed; runs that failed have none and take no part"
)
_ANALYSED_WITH = ("scipy", "pandas", "SALib", "matplotlib")
_LONGEST_VALUES = 12
_EXACT_DIGITS = 15
"""Up to which a float is told as it was written."""


def write_study_report(path: Path | str, out: Path | None = None) -> Path:
    """Write the report of a study, and return its page.

    Args:
        path: The study directory.
        out: The folder of the report; `report` in the study directory if not given.

    Raises:
        BadInput: there is no study, no run came to its end, `[report]` names a column that there
            is not, or the folder cannot be written.
    """
    return report_study(path, out).path


def report_study(path: Path | str, out: Path | None = None) -> shown.WrittenStudy:
    """Write the report of a study, and return what it came to."""
    directory = StudyDirectory.open(Path(path))
    if directory is None:
        raise BadInput(f"{path} holds no study: `swarmboard sweep STUDY.toml --out DIR` makes one")
    table = as_frame(directory.table())
    if table.empty:
        raise BadInput(f"the study in {path} has no finished run yet: nothing to report")
    told = tell(table, directory.describe() or {}, name=directory.path.resolve().name)
    return shown.write_study_report(told, out or directory.path / REPORT)


def tell(table: pd.DataFrame, description: Mapping[str, Any], *, name: str) -> shown.StudyTold:
    """Return a study's report as plain data.

    Args:
        table: One row a run.
        description: The content of `study.json`.
        name: Of the study.
    """
    study = description["study"]
    config = make_report_config(study.get("report", {}))
    known = with_models(_with_limit(table, study), study)
    survey = survey_of(
        with_short_values(known, description["varied"]),
        description["varied"],
        config,
        sample=_sample(description),
        has_common_streams=study.get("streams") == COMMON,
    )
    chosen = choose_figures(survey, bounds=_bounds(study), seed=int(study.get("seed", 0)))
    failed = table[table["status"] == "failed"]
    scenarios = study.get("scenario") or " and ".join(study["vary"]["scenario"])
    return shown.StudyTold(
        f"{scenarios}: {', '.join(description['varied'])}",
        f"{name}: {len(survey.table):,} runs of {scenarios}, "
        f"{table['point'].nunique():,} settings, seed {study.get('seed', 0)}",
        _facts(table, description),
        (*decided_figures(survey, description), *chosen.figures),
        (_runs(table, description["varied"]),),
        f"swarmboard sweep study.toml --out {name}\nswarmboard report {name}",
        overall_digest(table["digest"]),
        DIGEST_SAYS,
        _versions(description),
        files_told(description.get("files", {})) + study_toml(study),
        chosen.not_drawn,
        [(str(row.key), str(row.error or row.status)) for row in failed.itertuples()],
    )


def overall_digest(digests: pd.Series) -> str:
    """Return the digest over the digests of runs, whatever their order."""
    lines = "".join(f"{digest}\n" for digest in sorted(digests.dropna()))
    return hashlib.sha256(lines.encode()).hexdigest()


def study_toml(study: Mapping[str, Any]) -> str:
    """Return a study as the text of its file, without what belongs to one machine."""
    plain = {n: v for n, v in study.items() if v is not None and n != "board"}
    lines = [f"{name} = {_toml(v)}" for name, v in plain.items() if not isinstance(v, Mapping)]
    for table, content in plain.items():
        if isinstance(content, Mapping) and content:
            lines += ["", f"[{table}]"]
            lines += [f"{_key(n)} = {_toml(v)}" for n, v in content.items() if v is not None]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(n)} = {_toml(v)}' for n, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return _text(value)


def _key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    return name if bare else _text(name)


def _text(value: Any) -> str:
    """Return a value as TOML has it, whose texts know no pairs of surrogates and no bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _bounds(study: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    ranges = {n: v for n, v in study.get("vary", {}).items() if isinstance(v, Mapping)}
    return {column_of(name): (float(v["low"]), float(v["high"])) for name, v in ranges.items()}


def _sample(description: Mapping[str, Any]) -> MethodSample | None:
    """Return the design of a study that one method of sensitivity analysis reads row by row."""
    if (visits := description.get("visits")) is None:
        return None
    study = description["study"]
    varied, levels = tuple(description["varied"]), study.get("levels")
    return MethodSample(study["design"], varied, tuple(visits), levels)


def _with_limit(table: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table with each run's limit of rounds, and whether the study gave it."""
    given = table.get("vary.rounds", study.get("fixed", {}).get("rounds"))
    if given is None:
        return table
    return table.assign(**{LIMIT: table.get(LIMIT, given), LIMIT_IS_GIVEN: True})


def _facts(table: pd.DataFrame, description: Mapping[str, Any]) -> list[tuple[str, str]]:
    study = description["study"]
    ends, planned = table["status"].value_counts(), description.get("runs")
    design = study.get("design", "grid")
    rows = [(f"varied: {name}", _values(table[name])) for name in description["varied"]]
    fixed = ", ".join(f"{n} = {_toml(v)}" for n, v in study.get("fixed", {}).items())
    rows.append(("fixed", fixed or "nothing but the scenario's defaults"))
    points, sizes = table["point"].nunique(), table.groupby("point").size()
    fewest, most = int(sizes.min()), int(sizes.max())
    many = f"{fewest:,} to {most:,}" if fewest < most else f"{most:,}"
    rows.append(("design", f"{design}, {points:,} points, {many} replicates a point"))
    rows += policy_facts(study)
    streams = study.get("streams", "independent")
    rows.append(
        (
            "random numbers",
            f"seed {study.get('seed', 0)}, "
            f"{'the same for each point' if streams == 'common' else 'independent for each run'}",
        )
    )
    of = f" of {planned:,} planned" if planned else ""
    stopped = ends.get("stopped", 0)
    said = f", {stopped:,} stopped by their budget" if stopped else ""
    failed = ends.get("failed", 0)
    rows.append(("runs", f"{ends.get('done', 0):,} done{of}{said}, {failed:,} failed"))
    if (keep := study.get("keep_runs", "all")) != "all":
        kept = "those of failed runs alone" if keep == "failed" else "none"
        rows.append(("run directories", f"{kept} were kept: digests and rows are all there is"))
    rows.append(("code", str(description.get("code", "unknown"))))
    return rows


def _values(column: pd.Series) -> str:
    values = sorted(column.dropna().unique().tolist())
    if len(values) <= _LONGEST_VALUES:
        return ", ".join(map(_exactly, values))
    return f"{len(values):,} values, {_exactly(values[0])} to {_exactly(values[-1])}"


def _exactly(value: Any) -> str:
    """Return a value as it was run: 1,048,576, 0.125, 1e-9."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 10**_EXACT_DIGITS):
        return f"{int(value):,}"
    return shown.number(value, _EXACT_DIGITS)


def _runs(table: pd.DataFrame, varied: list[str]) -> shown.Sheet:
    names = ["key", *varied, "replicate", "seed", "status", "rounds", "digest"]
    kept = table[[name for name in names if name in table]].astype(object)
    kept = kept.where(kept.notna(), None)
    columns = {name: kept[name].tolist() for name in kept}
    if "seed" in columns:  # more digits than a spreadsheet keeps of a number
        columns["seed"] = [str(seed) for seed in columns["seed"]]
    return shown.Sheet("runs", columns)


def _versions(description: Mapping[str, Any]) -> str:
    runs = ", ".join(f"{name} {text}" for name, text in description.get("versions", {}).items())
    analysis = ", ".join(f"{name} {version(name)}" for name in _ANALYSED_WITH)
    return f"runs: {runs}; analysis: {analysis}"
