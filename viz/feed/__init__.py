"""Where moments come from: boards of runs that go on, and the directories of those that ended."""

from .book import Book
from .curve import Curve, entropy_bits
from .feed import Feed
from .hub import Hub, the_hub
from .lines import Cast, Line, Query
from .live import LiveRun
from .past import PastRun
from .runs import RunList, RunRow, list_runs
from .teller import Teller

__all__ = [
    "Book",
    "Cast",
    "Curve",
    "Feed",
    "Hub",
    "Line",
    "LiveRun",
    "PastRun",
    "Query",
    "RunList",
    "RunRow",
    "Teller",
    "entropy_bits",
    "list_runs",
    "the_hub",
]
