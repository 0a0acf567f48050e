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
BLOCK = 1 << 15  # pixels: what is reckoned with stays in the processor's cache


Pixels = NDArray[np.uint32]  # four bytes a pixel are gathered at once, three one by one


class Hold:
    """Frames in, as many frames out, some of them later; no pixel is off by more than `tolerance`, of 255, in any
    channel. `ahead` frames are kept: 1 looks at none but the present one. Every `exact`-th frame is as it came, where
    that is not 0. What is given may be overwritten by the next call."""

    def __init__(self, tolerance: int, ahead: int = AHEAD, exact: int = 0) -> None:
        self.tolerance, self.ahead, self.exact, self.count = tolerance, ahead, exact, 0
        self.waiting: deque[Pixels] = deque()
        self.shown: NDArray[np.uint8] | None = None  # with four channels where it looks ahead

    def add(self, frame: Frame) -> Iterator[Frame]:
        """Take a frame (height, width, 3), which may be overwritten afterwards; give what is ready."""
        if not self.tolerance:
            yield frame
        elif self.ahead == 1:
            yield self._nearest(frame)
        else:
            self.waiting.append(_packed(frame))
            if len(self.waiting) == self.ahead:
                yield self._next()

    def show(self, frame: Frame) -> Iterator[Frame]:
        """Begin with a frame as it is."""
        if self.tolerance:
            self.shown = frame.copy() if self.ahead == 1 else _bytes(_packed(frame))
        self.count += 1
        yield frame

    def rest(self, *, exact: bool = False) -> Iterator[Frame]:
        """The frames that are still waiting; the last of them as it came, where that is to be `exact`."""
        while self.waiting:
            if exact and len(self.waiting) == 1:
                self.shown = _bytes(self.waiting.popleft())
                yield _opened(self.shown)
            else:
                yield self._next()

    def _nearest(self, frame: Frame) -> Frame:
        """Without a look ahead: what is off by more takes its present colour."""
        if self.shown is None or (self.exact and self.count % self.exact == 0):
            self.shown = frame.copy()
        else:
            cv2.copyTo(frame, _beyond(frame, self.shown, self.tolerance), self.shown)
        self.count += 1
        return self.shown

    def _next(self) -> Frame:
        frame = self.waiting[0]
        if self.shown is None:
            self.shown, changed = _bytes(frame.copy()), np.full(frame.shape, 255, np.uint8)
        else:
            changed = _beyond(_bytes(frame), self.shown, self.tolerance)
        shown = self.shown.view(np.uint32).ravel()
        rows = np.flatnonzero(changed.ravel())
        for begin in range(0, len(rows), BLOCK):
            some = rows[begin : begin + BLOCK]
            shown[some] = self._steadiest(some)
        self.waiting.popleft()
        return _opened(self.shown)

    def _steadiest(self, rows: NDArray[np.intp]) -> Pixels:
        """For each pixel the mean of its colours over the longest run of frames that one colour can stand for. Whole
        pixels are picked, four bytes at once, and eight of their totals; their channels are compared."""
        settled = np.empty(len(rows), np.uint32)
        alive = np.arange(len(rows))
        low = high = self.waiting[0].ravel()[rows]
        total, count = _bytes(low).astype(np.uint16).view(np.uint64)[:, 0], 1
        for frame in list(self.waiting)[1:]:
            color = frame.ravel()[rows]
            lower, higher = np.minimum(_bytes(low), _bytes(color)), np.maximum(_bytes(high), _bytes(color))
            fits = (higher - lower > 2 * self.tolerance).view(np.uint32)[:, 0] == 0
            if not fits.all():
                ends = ~fits
                settled[alive[ends]] = self._within(low[ends], high[ends], total[ends], count)
                alive, rows, color, total = alive[fits], rows[fits], color[fits], total[fits]
            low, high = _pixels(lower)[fits], _pixels(higher)[fits]
            total, count = (_sums(total) + _bytes(color)).view(np.uint64)[:, 0], count + 1
            if not len(alive):
                return settled
        settled[alive] = self._within(low, high, total, count)
        return settled

    def _within(self, low: Pixels, high: Pixels, total: NDArray[np.uint64], count: int) -> Pixels:
        """The mean, or what is nearest to it and off by no more than the tolerance from the lowest and highest."""
        mean = ((_sums(total) + count // 2) // count).astype(np.int16)
        least, most = _bytes(high).astype(np.int16) - self.tolerance, _bytes(low).astype(np.int16) + self.tolerance
        return _pixels(np.clip(mean, least, most).astype(np.uint8))


def _beyond(frame: NDArray[np.uint8], shown: NDArray[np.uint8], tolerance: int) -> NDArray[np.uint8]:
    """255 where a channel is off by more than the tolerance, else 0, (height, width)."""
    gap = cv2.absdiff(frame, shown)
    return np.asarray(cv2.bitwise_not(cv2.inRange(gap, (0,) * 4, (tolerance,) * 4)), np.uint8)


def _packed(frame: Frame) -> Pixels:
    return _pixels(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2BGRA), np.uint8))


def _opened(shown: NDArray[np.uint8]) -> Frame:
    return np.asarray(cv2.cvtColor(shown, cv2.COLOR_BGRA2BGR), np.uint8)


def _pixels(channels: NDArray[np.uint8]) -> Pixels:
    """Pixels (…,) of channels (…, 4)."""
    return channels.view(np.uint32)[..., 0]


def _bytes(pixels: Pixels) -> NDArray[np.uint8]:
    """The channels (…, 4) of pixels (…,)."""
    return pixels[..., None].view(np.uint8)


def _sums(total: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """The channels (…, 4) of totals (…,)."""
    return total[..., None].view(np.uint16)
