"""Hysteresis in time: pixels that keep their colour while they are off by no more than a tolerance.

What does not change costs an animation next to nothing. A pixel that must change looks some frames ahead and takes the
colour that it can keep longest: against keeping the last exact colour that takes a third fewer bytes at the same error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame, cv2

AHEAD = 12  # frames; about a second at the rates of GIFs


Pixels = NDArray[np.uint32]  # four bytes a pixel are gathered at once, three one by one
Channels = NDArray[np.uint8]


class Hold:
    """Frames in, as many frames out, some of them later; no pixel is off by more than `tolerance`, of 255, in any
    channel. `ahead` frames are kept: 1 looks at none but the present one. Every `exact`-th frame is as it came, where
    that is not 0."""

    def __init__(self, tolerance: int, ahead: int = AHEAD, exact: int = 0) -> None:
        self.tolerance, self.ahead, self.exact, self.count = tolerance, ahead, exact, 0
        self.waiting: deque[Pixels] = deque()
        self.shown: Pixels | None = None

    def add(self, frame: Frame) -> Iterator[Frame]:
        """Take a frame (height, width, 3), which may be overwritten afterwards; give what is ready."""
        if not self.tolerance:
            yield frame
            return
        self.waiting.append(_packed(frame))
        if len(self.waiting) == self.ahead:
            yield self._next(self.tolerance)

    def show(self, frame: Frame) -> Iterator[Frame]:
        """Begin with a frame as it is."""
        if self.tolerance:
            self.shown = _packed(frame)
        self.count += 1
        yield frame

    def rest(self, *, exact: bool = False) -> Iterator[Frame]:
        """The frames that are still waiting; the last of them as it came, where that is to be `exact`."""
        while self.waiting:
            yield self._next(0 if exact and len(self.waiting) == 1 else self.tolerance)

    def _next(self, tolerance: int) -> Frame:
        frame = self.waiting[0]
        if self.shown is None:
            self.shown, changed = frame.copy(), np.full(frame.shape, 255, np.uint8)
        else:
            gap = cv2.absdiff(_bytes(frame), _bytes(self.shown))
            tolerance = 0 if self.exact and self.count % self.exact == 0 else tolerance
            changed = 255 - np.asarray(cv2.inRange(gap, (0,) * 4, (tolerance,) * 4), np.uint8)
        self.count += 1
        if len(self.waiting) == 1:
            cv2.copyTo(_bytes(frame), changed, _bytes(self.shown))
        else:
            rows = np.flatnonzero(changed.ravel())
            self.shown.ravel()[rows] = self._steadiest(rows)
        self.waiting.popleft()
        return np.asarray(cv2.cvtColor(_bytes(self.shown), cv2.COLOR_BGRA2BGR), np.uint8)

    def _steadiest(self, rows: NDArray[np.intp]) -> Pixels:
        """For each pixel the mean of its colours over the longest run of frames that one colour can stand for."""
        settled = np.empty(len(rows), np.uint32)
        alive = np.arange(len(rows))
        low = high = _bytes(self.waiting[0].ravel()[rows])
        total, count = low.astype(np.uint16), 1
        for frame in list(self.waiting)[1:]:
            color = _bytes(frame.ravel()[rows])
            lower, higher = np.minimum(low, color), np.maximum(high, color)
            fits = (higher - lower > 2 * self.tolerance).view(np.uint32)[:, 0] == 0
            ends = ~fits
            settled[alive[ends]] = self._within(low[ends], high[ends], total[ends], count)
            alive, rows, low, high = alive[fits], rows[fits], lower[fits], higher[fits]
            total, count = total[fits] + color[fits], count + 1
            if not len(alive):
                return settled
        settled[alive] = self._within(low, high, total, count)
        return settled

    def _within(self, low: Channels, high: Channels, total: NDArray[np.uint16], count: int) -> Pixels:
        """The mean, or what is nearest to it and off by no more than the tolerance from the lowest and highest."""
        mean = ((total + count // 2) // count).astype(np.int16)
        best = np.clip(mean, high.astype(np.int16) - self.tolerance, low.astype(np.int16) + self.tolerance)
        return best.astype(np.uint8).view(np.uint32)[:, 0]


def _packed(frame: Frame) -> Pixels:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2BGRA), np.uint8).view(np.uint32)[..., 0]


def _bytes(pixels: Pixels) -> NDArray[np.uint8]:
    """The channels (…, 4) of pixels (…,)."""
    return pixels[..., None].view(np.uint8)
