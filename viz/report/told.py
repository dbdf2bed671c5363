"""What a report says in words: given by whoever knows the summary, not read here."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """The words and files around the views of a report."""

    rows: Sequence[tuple[str, str]]
    """Names and texts of the summary, most important first."""
    command: str
    """What repeats the run."""
    config: str
    """The configuration as JSON, which `command` may name as `run.json`."""
    versions: str
    """What the run was made with, in one line."""
