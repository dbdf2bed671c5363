"""Telling those who look how far a sweep is."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from blackboard import StudyDirectory, SwarmboardError

from .sweep_progress import SweepProgress

WRITTEN_EVERY_S = 0.5
"""`progress.json` is replaced no more often."""

type Watch = Callable[[Mapping[str, Any]], None]
"""Told how far the sweep is, with the names of `progress.json`, as runs begin and end."""


class Teller:
    """Tells whoever watches at once, and `progress.json` within half a second.

    The file is written by a thread, so that what it says holds also when nothing begins or ends
    for an hour, and so that a thousand short runs do not wait for it.
    """

    def __init__(
        self, directory: StudyDirectory, progress: SweepProgress, watch: Watch | None
    ) -> None:
        self._directory, self._progress, self._watch = directory, progress, watch
        self._content: Mapping[str, Any] = {}
        self._is_news, self._is_over = threading.Event(), threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writing = threading.Lock()

    def tell(self) -> None:
        """Tell that a run has begun or ended."""
        self._content = self._progress.as_json()
        self._is_news.set()
        if self._watch:
            self._watch(self._content)

    def tell_last(self) -> None:
        """Tell how it ended, once nothing is written any more."""
        content = self._progress.as_json()
        with self._writing:
            self._directory.write_progress(content)
        if self._watch:
            self._watch(content)

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._is_news.set()

    def _write(self) -> None:
        while self._is_news.wait() and not self._is_over.is_set():
            self._is_news.clear()
            with suppress(SwarmboardError, OSError), self._writing:
                if not self._is_over.is_set():  # else what is told last stays
                    self._directory.write_progress(self._content)
            self._is_over.wait(WRITTEN_EVERY_S)
