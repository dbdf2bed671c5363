"""Writes a study's report: the page, its figures, and its tables."""

import re
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

from blackboard import BadInput

from .described import Figure, Sheet, StudyTold
from .drawing import draw, inlined
from .study_page import caption_words, page

PAGE = "index.html"
_NAMED = re.compile(r"href='((?:figures|tables)/[\w-]+\.\w+)'")


@dataclass(frozen=True, slots=True)
class WrittenStudy:
    """What a study's report came to."""

    path: Path
    """The page."""
    size: int
    """Of the page, in bytes."""
    figures: int
    tables: int


def write_study_report(told: StudyTold, folder: Path) -> WrittenStudy:
    """Write `index.html`, `figures/*.svg` and `.png`, `tables/*.csv` and `.parquet`.

    Each file is replaced in one step, and equal reports are equal bytes.

    Raises:
        BadInput: the folder cannot be written.
    """
    try:
        for name in ("figures", "tables"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        pictures = {}
        for place, figure in enumerate(told.figures, start=1):
            if figure.drawing is not None:
                pictures[figure.sheet.name] = _write_figure(figure, told, folder, place)
        sheets = [*(figure.sheet for figure in told.figures), *told.sheets]
        for sheet in sheets:
            _write_sheet(sheet, folder / "tables")
        content = page(told, pictures).encode()
        _remove_former(folder, content.decode())
        _replace(folder / PAGE, content)
    except OSError as error:
        raise BadInput(
            f"the report cannot be written to {folder} ({error.strerror}): name another folder "
            "with --out"
        ) from error
    return WrittenStudy(folder / PAGE, len(content), len(pictures), len(sheets))


def _remove_former(folder: Path, page: str) -> None:
    """Remove what the report had before, and has no more: files that its last page names."""
    last = folder / PAGE
    named = _NAMED.findall(last.read_text("utf-8", "replace")) if last.is_file() else []
    for name in set(named) - set(_NAMED.findall(page)):
        (folder / name).unlink(missing_ok=True)


def _write_figure(figure: Figure, told: StudyTold, folder: Path, place: int) -> str:
    """Write a figure's files, and return it as the page has it."""
    assert figure.drawing is not None
    name = figure.sheet.name
    svg, png = draw(figure.drawing, salt=name)
    words = escape(caption_words(figure, told))
    start = svg.index(">", svg.index("<svg")) + 1
    described = f"{svg[:start]}\n <title>{escape(figure.title)}</title>\n <desc>{words}</desc>"
    _replace(folder / "figures" / f"{name}.svg", (described + svg[start:]).encode())
    _replace(folder / "figures" / f"{name}.png", png)
    return inlined(svg, prefix=f"f{place}", label=f"{figure.title}. {figure.caption}")


def _write_sheet(sheet: Sheet, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    table = pa.table({name: list(values) for name, values in sheet.columns.items()})
    for ending, write in (("csv", pa.csv.write_csv), ("parquet", pq.write_table)):
        partial = folder / f".{sheet.name}.{ending}.partial"
        try:
            write(table, partial)
            partial.replace(folder / f"{sheet.name}.{ending}")
        finally:
            partial.unlink(missing_ok=True)


def _replace(target: Path, content: bytes) -> None:
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(target)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
