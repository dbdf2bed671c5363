"""What faults do to those they hit, and what the platform notices of it by itself."""

from .afflictions import Affliction
from .impaired_draft import ImpairedDraft
from .memory import Memory
from .recovery import Account, Signs, summary_row
from .stage_faults import StageFaults, faults_of

__all__ = [
    "Account",
    "Affliction",
    "ImpairedDraft",
    "Memory",
    "Signs",
    "StageFaults",
    "faults_of",
    "summary_row",
]
