"""Hysteresis in time: pixels that keep their colour while they are off by no more than a tolerance.

What does not change costs an animation next to nothing. A pixel that must change looks some frames ahead and takes the
colour that it can keep longest: against keeping the last exact colour that takes a third fewer bytes at the same error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from render.canvas import Frame, cv2

AHEAD = 10  # frames; what is gained by more is less than 1 %

Pixels = NDArray[np.uint32]  # four bytes a pixel are gathered at once, three one by one


class Hold:
    """Frames in, as many frames out, some of them later; no pixel is off by more than `tolerance`, of 255, in any
    channel. `ahead` frames are kept: 1 looks at none but the present one."""

    def __init__(self, tolerance: int, ahead: int = AHEAD) -> None:
        self.tolerance, self.ahead = tolerance, ahead
        self.waiting: deque[Pixels] = deque()
        self.shown: Pixels | None = None

    def add(self, frame: Frame) -> Iterator[Frame]:
        """Take a frame (height, width, 3), which may be overwritten afterwards; give what is ready."""
        self.waiting.append(cv2.cvtColor(frame, cv2.COLOR_BGR2BGRA).view(np.uint32)[..., 0])
        if len(self.waiting) == self.ahead:
            yield self._next()

    def rest(self) -> Iterator[Frame]:
        """The frames that are still waiting."""
        while self.waiting:
            yield self._next()

    def _next(self) -> Frame:
        frame = self.waiting[0]
        if self.shown is None:
            self.shown, rows = frame.copy(), np.arange(frame.size)
        else:
            kept = cv2.inRange(cv2.absdiff(_bytes(frame), _bytes(self.shown)), (0,) * 4, (self.tolerance,) * 4)
            rows = np.flatnonzero(kept.ravel() == 0)
        if len(rows):
            self.shown.ravel()[rows] = self._steadiest(rows)
        self.waiting.popleft()
        return cv2.cvtColor(_bytes(self.shown), cv2.COLOR_BGRA2BGR)

    def _steadiest(self, rows: NDArray[np.intp]) -> Pixels:
        """For each pixel the mean of its colours over the longest run of frames that one colour can stand for."""
        now = _bytes(self.waiting[0].ravel()[rows])
        low, high, total, count = now.copy(), now.copy(), now.astype(np.uint16), np.ones((len(rows), 1), np.uint16)
        alive = np.arange(len(rows))
        for frame in list(self.waiting)[1:]:
            color = _bytes(frame.ravel()[rows[alive]])
            lower, higher = np.minimum(low[alive], color), np.maximum(high[alive], color)
            fits = (higher - lower > 2 * self.tolerance).view(np.uint32)[:, 0] == 0
            alive = alive[fits]
            if not len(alive):
                break
            low[alive], high[alive] = lower[fits], higher[fits]
            total[alive] += color[fits]
            count[alive] += 1
        mean = ((total + count // 2) // count).astype(np.int16)
        best = np.clip(mean, high.astype(np.int16) - self.tolerance, low.astype(np.int16) + self.tolerance)
        return best.astype(np.uint8).view(np.uint32)[:, 0]


def _bytes(pixels: Pixels) -> NDArray[np.uint8]:
    """The channels (…, 4) of pixels (…,)."""
    return pixels[..., None].view(np.uint8)
