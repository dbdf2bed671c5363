"""Sloped marginal costs as steps, which is what a linear program can read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .pieces import Pieces

__all__ = ["Grid"]

_FIRST_STEPS = 4
_DEEPEST = 12


class Grid:
    """The steps that sloped pieces are cut into: few, and finer around the last answers."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._flat = np.flatnonzero(pieces.slope <= 0)
        self._sloped = np.flatnonzero(pieces.slope > 0)
        self._depth = 1
        share = np.linspace(0.0, 1.0, _FIRST_STEPS + 1)
        self._points = pieces.width_mw[self._sloped, None] * share

    @property
    def is_needed(self) -> bool:
        """Whether any piece is sloped."""
        return len(self._sloped) > 0

    def steps(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return piece, width in MW and price in $/MWh of every step, (steps,) each."""
        pieces = self._pieces
        widths = np.diff(self._points, axis=1)
        middles = self._points[:, :-1] + 0.5 * widths
        real = widths > 0
        sloped = np.broadcast_to(self._sloped[:, None], widths.shape)[real]
        piece = np.concatenate([self._flat, sloped])
        width = np.concatenate([pieces.width_mw[self._flat], widths[real]])
        middle = np.concatenate([np.zeros(len(self._flat)), middles[real]])
        return piece, width, pieces.price[piece] + pieces.slope[piece] * middle

    def refine(self, *answers: NDArray[np.float64]) -> None:
        """Put steps of 1/4, 1/16 ... of the width around each answer, (pieces,), one level deeper.

        The error of a step is its slope times its width squared over 8, so each level takes 16
        times off what steps cost where the answer has settled.
        """
        self._depth = min(self._depth + 1, _DEEPEST)
        width = self._pieces.width_mw[self._sloped, None]
        reach = 0.25 ** np.arange(1, self._depth + 1)
        offsets = np.concatenate([-reach, [0.0], reach])
        around = [answer[self._sloped, None] + width * offsets for answer in answers]
        ends = [np.zeros_like(width), width]
        self._points = np.sort(np.clip(np.hstack([*ends, *around]), 0.0, width), axis=1)
