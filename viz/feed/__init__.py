"""Where moments come from: boards of runs that go on, and the directories of those that ended."""

from .asking import Asking
from .book import Book
from .calls import CLASSES, Calls, read_calls
from .curve import Curve, entropy_bits
from .feed import Feed
from .hub import Hub, the_hub
from .last_digest import LastDigest
from .lines import Cast, Line, Query
from .live import LiveRun
from .past import PastRun
from .prompts import Prompts
from .runs import RunList, RunRow, list_runs
from .sight import Sight, Sighting
from .studies import Studies, StudyRow, find_study, study_folders, the_studies
from .study_lines import StudyLine, StudyPoint, choices_of, lines_of
from .study_table import StudyTable
from .teller import Teller

__all__ = [
    "CLASSES",
    "Asking",
    "Book",
    "Calls",
    "Cast",
    "Curve",
    "Feed",
    "Hub",
    "LastDigest",
    "Line",
    "LiveRun",
    "PastRun",
    "Prompts",
    "Query",
    "RunList",
    "RunRow",
    "Sight",
    "Sighting",
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
    "read_calls",
    "study_folders",
    "the_hub",
    "the_studies",
]
