"""What a study that decides on its own runs came to, and how far that may be trusted."""

from collections.abc import Mapping
from typing import Any

from viz import study_report as shown

from .evidence import evidence_of
from .survey import Survey
from .wording import short

_CAUTIONS = {
    "until": (
        "Points were looked at again and again until their intervals were narrow: such intervals "
        "hold the truth somewhat less often than they say."
    ),
    "halving": (
        "The best of many looks better than it is: a study with other seeds says how good it is."
    ),
    "find": (
        "The response is taken to rise or to fall all the way; where a row is not sure, "
        "max_replicates ended the comparison and its mean decided."
    ),
    "search": (
        "The best of many looks better than it is: a study with other seeds says how good it is."
    ),
}


def policy_facts(study: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what decided on the runs of a study; nothing where its file said them all.

    Args:
        study: The study as it was given.
    """
    kind = _kind(study)
    if kind is None:
        return []
    asked = study[kind]
    words = asked if isinstance(asked, str) else ", ".join(_settings(asked))
    most = study.get("max_replicates")
    most_said = f"; at most {most:,} replicates a point" if most else ""
    begun = f"; begun with {study.get('replicates', 1):,}" if kind in ("until", "find") else ""
    return [("decided during the study", f"{kind}: {words}{begun}{most_said}. {_CAUTIONS[kind]}")]


def decided_figures(survey: Survey, description: Mapping[str, Any]) -> list[shown.Figure]:
    """Return what an adaptive study has found as a table; nothing of any other.

    Args:
        survey: The study's runs.
        description: The content of `study.json`.
    """
    kind = _kind(description["study"])
    found = description.get("adaptive", {}).get("found", [])
    if kind is None or not found:
        return []
    names = list(dict.fromkeys(name for row in found for name in row))
    columns = {name: [_cell(row.get(name)) for row in found] for name in names}
    unsure = sum(row.get("is_sure") is False for row in found)
    doubt = f"{unsure:,} of {len(found):,} rows are not sure: max_replicates was reached."
    varied = ", ".join(short(name) for name in description["varied"] if name in names)
    return [
        shown.Figure(
            "What the study found",
            f"{len(found):,} row{'s' if len(found) > 1 else ''} by {varied}, from "
            f"{len(survey.table):,} runs; the study decided during its course which runs it needed "
            f"({kind}).",
            evidence_of(survey),
            "intervals that decided: Wilson's of shares of runs, Student's of means",
            shown.Sheet("found", columns),
            warnings=(_CAUTIONS[kind], *((doubt,) if unsure else ())),
        )
    ]


def _kind(study: Mapping[str, Any]) -> str | None:
    return next((name for name in _CAUTIONS if study.get(name) is not None), None)


def _settings(asked: Mapping[str, Any]) -> list[str]:
    given = {name: value for name, value in asked.items() if value is not None}
    lists = {n: ", ".join(map(str, v)) for n, v in given.items() if isinstance(v, list | tuple)}
    return [f"{name} = {value}" for name, value in (given | lists).items()]


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value
