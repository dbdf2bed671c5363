"""A study as figures, tables, and one page that needs no network."""

from .described import (
    Axis,
    Bar,
    Cell,
    Curves,
    Drawing,
    Figure,
    Forest,
    Heat,
    Plane,
    Point,
    Series,
    Sheet,
    Spot,
    StudyTold,
)
from .telling import DIGITS, number
from .writing import WrittenStudy, write_study_report

__all__ = [
    "DIGITS",
    "Axis",
    "Bar",
    "Cell",
    "Curves",
    "Drawing",
    "Figure",
    "Forest",
    "Heat",
    "Plane",
    "Point",
    "Series",
    "Sheet",
    "Spot",
    "StudyTold",
    "WrittenStudy",
    "number",
    "write_study_report",
]
