"""A study's report as one page: pictures inside, numbers below each, nothing fetched."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from .described import Cell, Figure, Sheet, StudyTold
from .telling import compact, number
from .themes import style

MOST_ROWS = 60
"""Rows of a table on the page; its file has all."""
FOLDER = Path(__file__).parent


def page(told: StudyTold, pictures: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        told: What it says.
        pictures: The SVG of each figure that has one, by the name of its sheet.
    """
    values = {
        "TITLE": escape(told.title),
        "ABOUT": escape(told.about),
        "STYLE": _filled((FOLDER / "study_page.css").read_text("utf-8"), _themes()),
        "FACTS": "".join(
            f"<tr><th scope='row'>{escape(name)}</th><td>{escape(words)}</td></tr>"
            for name, words in told.facts
        ),
        "FAILURES": _failures(told.failures),
        "CONTENTS": "".join(
            f"<li><a href='#{figure.sheet.name}'>{escape(figure.title)}</a></li>"
            for figure in told.figures
        ),
        "FIGURES": "".join(
            _figure(place, figure, pictures.get(figure.sheet.name), told)
            for place, figure in enumerate(told.figures, start=1)
        ),
        "NOT_DRAWN": _not_drawn(told.not_drawn),
        "COMMAND": escape(told.command),
        "STUDY": escape(told.study),
        "DIGEST": escape(told.digest),
        "DIGEST_SAYS": escape(told.digest_says),
        "VERSIONS": escape(told.versions),
        "SHEETS": "".join(_sheet(sheet, sheet.name) for sheet in told.sheets),
    }
    return _filled((FOLDER / "study_page.html").read_text("utf-8"), values)


def caption_words(figure: Figure, told: StudyTold) -> str:
    """Return all that stands below a figure as plain text: it goes into the files as well."""
    command = "; ".join(told.command.splitlines())
    said = [figure.caption, *figure.warnings, f"Evidence: {figure.evidence}."]
    return " ".join([*said, f"Method: {figure.method}. Made by: {command}. Digest: {told.digest}."])


def _figure(place: int, figure: Figure, picture: str | None, told: StudyTold) -> str:
    name = figure.sheet.name
    warnings = "".join(f"<li class='warning'>{escape(text)}</li>" for text in figure.warnings)
    kind = "Figure" if picture else "Table"
    table = _table(figure.sheet)
    files = [
        f"<a href='tables/{name}.{ending}'>{ending.upper()}</a>" for ending in ("csv", "parquet")
    ]
    if picture:
        files += [
            f"<a href='figures/{name}.{ending}'>{ending.upper()}</a>" for ending in ("svg", "png")
        ]
        table = f"<details><summary>its numbers</summary>{table}</details>"
    return (
        f"<figure id='{name}'><h2>{escape(figure.title)}</h2>{picture or table}"
        f"<figcaption><p><b>{kind} {place}.</b> {escape(figure.caption)}</p>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}"
        f"<p class='small'>Evidence: {escape(figure.evidence)}. "
        f"Method: {escape(figure.method)}.</p>"
        f"<p class='small'>Made by <code class='long'>"
        f"{escape('; '.join(told.command.splitlines()))}</code>, digest "
        f"<code>{escape(told.digest[:16])}</code>. Files: {', '.join(files)}.</p>"
        f"{table if picture else ''}</figcaption></figure>"
    )


def _sheet(sheet: Sheet, title: str) -> str:
    shown = (
        f"{min(sheet.height, MOST_ROWS):,} of {sheet.height:,}" if sheet.height > MOST_ROWS else ""
    )
    words = f"{title} ({shown or f'{sheet.height:,}'} rows)"
    return (
        f"<details><summary>{escape(words)}</summary>{_table(sheet)}<p class='small'>Files: "
        f"<a href='tables/{sheet.name}.csv'>CSV</a>, "
        f"<a href='tables/{sheet.name}.parquet'>PARQUET</a>.</p></details>"
    )


def _table(sheet: Sheet) -> str:
    numeric = {name: _is_numeric(values) for name, values in sheet.columns.items()}
    large = {name for name, is_so in numeric.items() if is_so and _has_large(sheet, name)}
    head = "".join(
        f"<th scope='col'{_of(numeric[name])}>{escape(name)}</th>" for name in sheet.columns
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{_of(numeric[name])}>{_cell(values[row], is_compact=name in large)}</td>"
            for name, values in sheet.columns.items()
        )
        + "</tr>"
        for row in range(min(sheet.height, MOST_ROWS))
    )
    return (
        f"<div class='wide' tabindex='0' role='region' aria-label='{escape(sheet.name)}'><table>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(value: Cell, *, is_compact: bool = False) -> str:
    """Return a cell's text; all numbers of a column that has large ones are compact."""
    if value is None:
        return "–"  # noqa: RUF001 - an en dash
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return compact(value) if is_compact and value else number(value)
    return escape(str(value))


def _is_numeric(values: Sequence[Cell]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and len(_numbers(known)) == len(known)


def _numbers(values: Sequence[Cell]) -> list[float]:
    return [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]


def _has_large(sheet: Sheet, name: str) -> bool:
    return any("e" in number(value) and abs(value) > 1 for value in _numbers(sheet.columns[name]))


def _of(is_number: bool) -> str:
    return " class='number'" if is_number else ""


def _failures(failures: Sequence[tuple[str, str]]) -> str:
    if not failures:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(key)}</code></td><td>{escape(error)}</td></tr>"
        for key, error in failures[:MOST_ROWS]
    )
    return (
        f"<details><summary>{len(failures):,} failed runs, which stand in no figure</summary>"
        f"<div class='wide' tabindex='0' role='region' aria-label='failed runs'><table><thead><tr>"
        f"<th scope='col'>key</th><th scope='col'>error</th></tr></thead><tbody>{rows}</tbody>"
        f"</table></div></details>"
    )


def _not_drawn(reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return (
        "<section aria-labelledby='left'><h2 id='left'>What is not shown</h2>"
        f"<ul>{items}</ul></section>"
    )


def _themes() -> dict[str, str]:
    return {"LIGHT": style("light"), "DARK": style("dark")}


def _filled(form: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], form)
