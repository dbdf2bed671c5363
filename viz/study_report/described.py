"""What a study's report shows, as plain values: whoever knows the study fills them in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

type Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a figure."""

    label: str
    """With its unit in brackets."""
    is_log: bool = False
    ticks: tuple[float, ...] = ()
    """Where to put ticks; empty leaves it to the figure."""
    names: tuple[str, ...] = ()
    """What stands at the ticks in place of numbers."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value with the ends of its interval, where it has one."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One colour, marker and line of a figure."""

    label: str
    points: tuple[Point, ...] = ()
    fit: tuple[tuple[float, float], ...] = ()
    """A fitted line, drawn without markers; points then stand alone."""
    fit_label: str = ""
    is_steps: bool = False
    """Whether values hold until the next one, as those of a distribution do."""
    place: int | None = None
    """Which colour, marker and line it has, from 0 on; its place in the figure if None."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Values over an axis."""

    x: Axis
    y: Axis
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """A value at each pair of two parameters."""

    x: Axis
    y: Axis
    values: tuple[tuple[float | None, ...], ...]
    """By value of y, then of x."""
    label: str
    """Of the value, with its unit."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a forest plot."""

    label: str
    value: float
    low: float | None
    high: float | None
    is_told_apart: bool = False
    """Whether it is filled: told apart from nothing, after correction."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Values with intervals, one below the other, against a line at `origin`."""

    axis: Axis
    bars: tuple[Bar, ...]
    origin: float = 0.0
    legend: tuple[str, str] | None = None
    """What filled and open marks say."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A setting in a plane."""

    x: Point
    """Its cost as `y`, with an interval."""
    y: Point
    """Its quality as `y`, with an interval."""
    label: str
    is_on_front: bool


@dataclass(frozen=True, slots=True)
class Plane:
    """Settings by two numbers, those that nothing beats joined by a line."""

    x: Axis
    y: Axis
    spots: tuple[Spot, ...]


type Drawing = Curves | Heat | Forest | Plane


@dataclass(frozen=True, slots=True)
class Sheet:
    """Columns of one length."""

    name: str
    """Of its files, without an ending."""
    columns: Mapping[str, Sequence[Cell]]

    @property
    def height(self) -> int:
        """How many rows it has."""
        return max((len(values) for values in self.columns.values()), default=0)


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture or a table, with all that a reader has to be told of it."""

    title: str
    caption: str
    """What is seen, with n."""
    evidence: str
    """The evidence class: simulated, measured, stubbed ..."""
    method: str
    sheet: Sheet
    """Its numbers; its name is the figure's as well."""
    drawing: Drawing | None = None
    """None shows the numbers themselves."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyTold:
    """A whole report."""

    title: str
    about: str
    facts: Sequence[tuple[str, str]]
    """What was run: names and words."""
    figures: Sequence[Figure]
    sheets: Sequence[Sheet]
    """Further tables: the runs, above all."""
    command: str
    """What makes the study and this report again."""
    digest: str
    """Over the digests of all runs."""
    digest_says: str
    """How it is made."""
    versions: str
    study: str
    """The study file."""
    not_drawn: Sequence[str] = field(default=())
    """What was left out, and why."""
    failures: Sequence[tuple[str, str]] = field(default=())
    """Keys of failed runs, and what failed."""
