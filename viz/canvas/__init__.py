"""What moves on a page: canvases that draw moments of a run, and the tables behind them."""

from .blocks import BlocksView
from .course import CourseView
from .curve import CurveView
from .field import FieldView
from .flows import FlowsView
from .palette import PALETTES, Palette
from .parts import PartsView
from .series import SeriesView, series_names, title_of, unit_of
from .stack import Bar, BarsView
from .study import StudyView
from .view import CanvasView, Table

__all__ = [
    "PALETTES",
    "Bar",
    "BarsView",
    "BlocksView",
    "CanvasView",
    "CourseView",
    "CurveView",
    "FieldView",
    "FlowsView",
    "Palette",
    "PartsView",
    "SeriesView",
    "StudyView",
    "Table",
    "series_names",
    "title_of",
    "unit_of",
]
