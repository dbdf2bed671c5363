"""The latest moments of a run that goes on, the newest of them with their frames."""

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..moment import Moment
from .shelf import Kept, Shelf

MOST_MOMENTS = 2000
MOST_BYTES, MOST_FRAME_BYTES = 64 << 20, 32 << 20
"""What votes and numbers take at the most, and frames."""
_NO_FRAME: Mapping[str, NDArray[np.float32]] = {}


class Ring:
    """Keeps the latest moments; the oldest make room, and give up their frames before."""

    def __init__(
        self, *, most: int = MOST_MOMENTS, most_frame_bytes: int = MOST_FRAME_BYTES
    ) -> None:
        self.shelf = Shelf(most=most, most_bytes=MOST_BYTES, thins=False)
        self.last: Moment | None = None
        """The latest."""
        self._most_frame_bytes, self._frame_bytes = most_frame_bytes, 0
        self._framed: deque[tuple[Kept, int]] = deque()

    def add(self, moment: Moment) -> None:
        """Keep a moment in place of those that have its number or a later one."""
        self.last = moment
        self.shelf.add(moment, moment.frame)
        size = sum(column.nbytes for column in moment.frame.values())
        self._framed.append((self.shelf.find(moment.number), size))
        self._frame_bytes += size
        while self._frame_bytes > self._most_frame_bytes and len(self._framed) > 1:
            oldest, size = self._framed.popleft()
            oldest.frame, self._frame_bytes = None, self._frame_bytes - size

    def moment(self, number: int) -> Moment:
        """Return a moment, or the one before it; older ones have no frame any more.

        Raises:
            LookupError: there is none yet.
        """
        return _whole(self.shelf.find(number))

    def since(self, number: int) -> list[Moment]:
        """Return the moments after a number, oldest first."""
        return [_whole(kept) for kept in self.shelf.since(number)]


def _whole(kept: Kept) -> Moment:
    return kept.whole(kept.frame or _NO_FRAME)
