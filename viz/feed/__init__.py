"""Where moments come from: boards of runs that go on, and the directories of those that ended."""

from .curve import Curve, entropy_bits
from .feed import Feed
from .hub import Hub, the_hub
from .live import LiveRun
from .past import PastRun
from .runs import RunList, RunRow, list_runs
from .teller import Teller

__all__ = [
    "Curve",
    "Feed",
    "Hub",
    "LiveRun",
    "PastRun",
    "RunList",
    "RunRow",
    "Teller",
    "entropy_bits",
    "list_runs",
    "the_hub",
]
