"""Flashes, counted on drawn frames: what can harm people with photosensitive epilepsy.

After WCAG 2.2, success criterion 2.3.1. A general flash is a pair of opposing changes in relative luminance of 10 % of
the maximum or more, the darker state below 0.80; a red flash a pair of opposing changes to or from a saturated red,
R / (R + G + B) ≥ 0.8, in which 320 × (R − G − B) changes by more than 20. More than three within a second are too many
where they take more than a quarter of a field of 341 × 256 pixels, about ten degrees, of a screen of 1024 × 768.

The clip is taken to fill such a screen. A field is 16 × 12 cells, and a cell shows the mean light of 16 samples:
patterns finer than a cell, 0.6 degrees, average out as far as samples meet them. A cell's changes are counted from its
darkest and its brightest, however many frames they take.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import LUMINANCE, RED, Frame, cv2, light

LIMIT = 3  # flashes in any one second
SECOND = 1 - 1e-6  # the moments of frames are rounded
SCREEN = (1024, 768)
FIELD = (16, 12)  # cells
CELL = 341 / FIELD[0]  # pixels of the screen
SAMPLES = 4  # a side of a cell; with 2 fine noise, which is exempt, counts as flashes
MOST_CELLS = FIELD[0] * FIELD[1] // 4
# Above 0.8 a change of 10 % is none: light beyond 0.9 counts as that, so there is no room for one.
BRIGHTEST, GENERAL = 0.9 - 1e-5, 0.1 - 1e-6
RED_CHANGE = 20 / 320 + 1e-6
# From a cell's light: luminance; R − G − B; R − 4 (G + B), which is not negative in a saturated red.
_RED = np.array(RED, np.float32)
_SIGNALS = np.stack([np.array(LUMINANCE, np.float32), 2 * _RED - 1, 5 * _RED - 4])

Cells = NDArray[np.float32]  # (rows, columns), of each channel or of a signal
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Worst:
    """The most flashes in any one second: how many, when that second begins and ends, and in which cells."""

    count: int = 0
    begin: float = 0.0
    end: float = 0.0
    cells: Mask | None = None


def cells_of(frame: Frame, before: Cells | None = None, changed: range | None = None) -> Cells:
    """The mean light of each cell of a frame, (rows, columns, 3): all that flashes are counted from; 0.1 ms. Where they
    are those `before` but in some rows of pixels that have `changed`, less."""
    size = frame.shape[1::-1]
    scale = min(SCREEN[0] / size[0], SCREEN[1] / size[1]) / CELL
    columns, rows = (max(1, round(side * scale)) for side in size)
    high, rest = divmod(size[1], rows)
    if before is None or changed is None or rest or high % SAMPLES:  # samples would lie elsewhere in a part
        return _cells(frame, columns, rows)
    first, last = changed.start // high, -(-changed.stop // high)
    if (first, last) == (0, rows):
        return _cells(frame, columns, rows)
    cells = before.copy()
    cells[first:last] = _cells(frame[first * high : last * high], columns, last - first)
    return cells


def _cells(frame: Frame, columns: int, rows: int) -> Cells:
    # By area costs 2 ms at 1920 × 1080, and linear 0.09, because it reads no more pixels than it needs.
    samples = cv2.resize(frame, (SAMPLES * columns, SAMPLES * rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(
        cv2.resize(light(np.asarray(samples, np.uint8)), (columns, rows), interpolation=cv2.INTER_AREA), np.float32
    )


class Flashes:
    """Counts flashes over the frames of a clip, in their order."""

    def __init__(self) -> None:
        self._general, self._red = _Turns(GENERAL), _Turns(RED_CHANGE)

    def see(self, cells: Cells, seconds: float) -> None:
        """Take the light of the next frame, see `cells_of`, shown from that moment on."""
        rows, columns = cells.shape[:2]
        luminance, red, saturated = cv2.split(cv2.transform(cells, _SIGNALS))
        self._general.see(np.minimum(luminance, BRIGHTEST), np.ones((rows, columns), bool), seconds)
        self._red.see(np.maximum(red, 0), (np.asarray(saturated) >= 0) & (np.asarray(red) > 0), seconds)

    @property
    def general(self) -> Worst:
        """Of general flashes."""
        return self._general.worst

    @property
    def red(self) -> Worst:
        """Of red flashes."""
        return self._red.worst

    @property
    def over(self) -> list[tuple[float, float]]:
        """The seconds with more flashes than the limit, as (begin, end), joined where they overlap."""
        joined: list[tuple[float, float]] = []
        for begin, end in sorted(self._general.over + self._red.over):
            if joined and begin <= joined[-1][1]:
                begin, end = joined[-1][0], max(end, joined.pop()[1])
            joined.append((begin, end))
        return joined


class _Turns:
    """Where a signal of every cell turned within the last second, and the worst second of all.

    `low` and `high` are its extremes since it last turned, `rising` is the way of that turn (0 before the first),
    `counted` whether a state was met since then with which a turn counts.
    """

    def __init__(self, least: float) -> None:
        self.least, self.worst = least, Worst()
        self.over: list[tuple[float, float]] = []
        self.recent: deque[tuple[float, Mask]] = deque()
        self.low: Cells | None = None

    def see(self, value: Cells, counts: Mask, seconds: float) -> None:
        """Take the next state of all cells."""
        if self.low is None:
            self.low, self.high, self.counted = value.copy(), value.copy(), counts
            self.rising, self.turns = np.zeros(value.shape, np.int8), np.zeros(value.shape, np.uint16)
            return
        np.minimum(self.low, value, out=self.low)
        np.maximum(self.high, value, out=self.high)
        self.counted = self.counted | counts
        up = (value - self.low >= self.least) & (self.rising <= 0) & self.counted
        turned = up | (self.high - value >= self.least) & (self.rising >= 0) & self.counted
        if turned.any():
            self.rising[turned] = np.where(up, 1, -1)[turned]
            self.low[turned] = self.high[turned] = value[turned]
            self.counted = np.where(turned, counts, self.counted)
            self._count(turned, seconds)

    def _count(self, turned: Mask, seconds: float) -> None:
        while self.recent and self.recent[0][0] <= seconds - SECOND:
            self.turns -= self.recent.popleft()[1]
        self.turns += turned
        self.recent.append((seconds, turned))
        flashes = self.turns // 2
        while _is_large(cells := flashes > self.worst.count):
            self.worst = Worst(self.worst.count + 1, self.recent[0][0], seconds, cells)
        if self.worst.count > LIMIT and _is_large(flashes > LIMIT):
            begin = self.recent[0][0]
            if self.over and begin <= self.over[-1][1]:
                begin = self.over.pop()[0]
            self.over.append((begin, seconds))


def _is_large(cells: Mask) -> bool:
    """Whether more than a quarter of some field is among these cells."""
    if np.count_nonzero(cells) <= MOST_CELLS:
        return False
    sums = cv2.boxFilter(cells.astype(np.float32), -1, FIELD, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return float(np.max(sums)) > MOST_CELLS + 0.5
