"""What searches of the board found so far: each goes on where it stopped the last time."""

from collections import OrderedDict
from collections.abc import Sequence

from .lines import Line, Query

SEARCHES_KEPT = 8
MOST_LINES = 2_000
"""Entries that are kept of a search at the most; stretches beyond are searched again."""


class Search:
    """The entries that one query takes, by stretch of the log, in stretches searched so far."""

    def __init__(self) -> None:
        self._found: OrderedDict[int, Sequence[Line]] = OrderedDict()
        self._nothing: set[int] = set()
        """Where stretches begin that have no such entry."""
        self._lines = 0

    def found(self, begin: int) -> Sequence[Line] | None:
        """Return what was found in the stretch that begins there; None where nobody looked."""
        if begin in self._nothing:
            return ()
        if begin in self._found:
            self._found.move_to_end(begin)
        return self._found.get(begin)

    def keep(self, begin: int, lines: Sequence[Line]) -> None:
        """Keep what a stretch has; those asked for the longest time ago make room."""
        if not lines:
            self._nothing.add(begin)
            return
        self._found[begin] = lines
        self._lines += len(lines)
        while self._lines > MOST_LINES and len(self._found) > 1:
            self._lines -= len(self._found.popitem(last=False)[1])


class Searches:
    """The latest searches of one board."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Query, Search] = OrderedDict()

    def of(self, query: Query) -> Search:
        """Return where the search for a query stands."""
        search = self._kept.setdefault(query, Search())
        self._kept.move_to_end(query)
        if len(self._kept) > SEARCHES_KEPT:
            self._kept.popitem(last=False)
        return search
