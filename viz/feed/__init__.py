"""Where moments come from: boards of runs that go on, and the directories of those that ended."""

from .book import Book
from .curve import Curve, entropy_bits
from .feed import Feed
from .hub import Hub, the_hub
from .lines import Cast, Line, Query
from .live import LiveRun
from .past import PastRun
from .runs import RunList, RunRow, list_runs
from .studies import Studies, StudyRow, find_study, study_folders, the_studies
from .study_lines import StudyLine, StudyPoint, choices_of, lines_of
from .study_table import StudyTable
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
    "Studies",
    "StudyLine",
    "StudyPoint",
    "StudyRow",
    "StudyTable",
    "Teller",
    "choices_of",
    "entropy_bits",
    "find_study",
    "lines_of",
    "list_runs",
    "study_folders",
    "the_hub",
    "the_studies",
]
