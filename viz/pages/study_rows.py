"""Studies as rows of tables and as key figures: plain values from what a study says of itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..feed import StudyRow
from .figures import Figure
from .rows import began_text

MOST_TOLD = 50
"""So many failures, or points that have stopped, are shown."""
_TONES = {"running": "is-good", "failed": "is-bad", "broken off": "is-bad"}
_SYMBOLS = {
    "running": "●",
    "done": "✓",
    "stopped": "■",
    "failed": "✕",
    "broken off": "⚡",
    "not begun": "○",
}


def study_path(key: str) -> str:
    """Return the path of a study's page."""
    return f"/studies/{key}"


def report_path(key: str) -> str:
    """Return where the report of a study is served."""
    return f"/study-report/{key}"


def study_table_row(row: StudyRow) -> dict[str, Any]:
    """Return a study as the table of studies takes it."""
    ended = row.done + row.failed
    return {
        "key": row.key,
        "link": study_path(row.key),
        "status": row.status,
        "tone": _tone(row),
        "symbol": _SYMBOLS.get(row.status, ""),
        "scenario": row.scenario,
        "varied": row.error or ", ".join(row.varied),
        "percent": round(100 * ended / row.planned, 1) if row.planned else 0,
        "runs": f"{row.done:,} of {row.planned:,}{'+' if _may_grow(row) else ''}",
        "failed": f"{row.failed:,}" if row.failed else "",
        "eta": to_go(row),
        "began": began_text(row.began),
        "report": report_path(row.key) if row.has_report else "",
    }


def study_figures(row: StudyRow) -> list[Figure]:
    """Return how far a study is as key figures."""
    grows = "at least; it decides as it goes" if _may_grow(row) else ""
    figures: list[Figure] = [
        ("Status", row.status, "", _tone(row)),
        ("Runs done", f"{row.done:,}", f"of {row.planned:,}{' ' + grows if grows else ''}", ""),
        ("Failed", f"{row.failed:,}", "", "is-bad" if row.failed else ""),
    ]
    if row.status == "running":
        figures.append(("Running now", f"{row.running:,}", "", ""))
        figures.append(("To go", to_go(row) or "-", "at its pace so far", ""))
    if row.retried:
        figures.append(("Tried again", f"{row.retried:,}", "", "is-warn"))
    return figures


def failure_rows(
    failures: Mapping[str, tuple[Sequence[Any], str]], varied: Sequence[str]
) -> list[list[str]]:
    """Return the runs that failed, with the first line of why."""
    rows = []
    for key, (setting, error) in list(failures.items())[:MOST_TOLD]:
        named = [f"{n}={v}" for n, v in zip(varied, setting, strict=True) if v is not None]
        rows.append([key, ", ".join(named), (error.splitlines() or [""])[0]])
    return rows


def stop_rows(row: StudyRow) -> list[list[str]]:
    """Return why points got no more replicates."""
    return [
        [
            ", ".join(f"{n}={v}" for n, v in stop["varied"].items() if v is not None)
            or f"point {stop['point']}",
            f"{stop['replicates']:,}",
            str(stop["why"]),
        ]
        for stop in row.stops[:MOST_TOLD]
    ]


def to_go(row: StudyRow) -> str:
    """Return how long a running study may take: `45 s`, `12 min` or `3 h 20 min`."""
    if row.status != "running" or row.eta_s is None:
        return ""
    if row.eta_s < 90:
        return f"{row.eta_s:.0f} s"
    minutes = round(row.eta_s / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _tone(row: StudyRow) -> str:
    return "is-warn" if row.status == "done" and row.failed else _TONES.get(row.status, "")


def _may_grow(row: StudyRow) -> bool:
    return row.is_adaptive and row.status != "done"
