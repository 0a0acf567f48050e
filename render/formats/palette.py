"""Palettes for GIF: few colours that stand for many, and the map from each colour to its nearest.

Colours are taken as they come when they fit. Otherwise they are clustered by how often they occur, as in Lloyd, "Least
squares quantization in PCM" (1982), from centres that are far apart (Arthur and Vassilvitskii, "k-means++", 2007, the
most probable choice in place of a random one). A colour that makes up most of its cluster stays exact: that keeps
borders and backgrounds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame, cv2

Colors = NDArray[np.uint8]
Counts = NDArray[np.int64]
Points = NDArray[np.float32]  # colours (n, 3) to reckon with
Weights = NDArray[np.float64]  # how often each occurs, (n,)
Rows = NDArray[np.intp]
ROUNDS = 12
MAJORITY = 0.5
UNKNOWN = 255  # no entry of a palette, which has at most as many


def pack(pixels: Colors) -> NDArray[np.uint32]:
    """24-bit numbers (…,) of colours (…, 3)."""
    flat = np.ascontiguousarray(pixels).reshape(1, -1, 3)
    numbers: NDArray[np.uint32] = cv2.cvtColor(flat, cv2.COLOR_BGR2BGRA).view("<u4").reshape(pixels.shape[:-1])
    return numbers & np.uint32(0xFFFFFF)


def unpack(numbers: NDArray[np.uint32]) -> Colors:
    """The inverse of `pack`."""
    return np.stack([numbers, numbers >> 8, numbers >> 16], axis=-1).astype(np.uint8)


def count_colors(pixels: Colors) -> tuple[Colors, Counts]:
    """The different colours (n, 3) among pixels (…, 3), and how often each occurs."""
    numbers, counts = np.unique(pack(pixels).ravel(), return_counts=True)
    return unpack(numbers), counts.astype(np.int64)


def choose(colors: Colors, counts: Counts, most: int) -> Colors:
    """At most `most` colours for different `colors` (n, 3) that occur `counts` (n,) times: all of them where they fit,
    else such that the squared error over all pixels is small."""
    return colors if len(colors) <= most else _clustered(colors.tobytes(), counts.tobytes(), most)


@lru_cache(maxsize=4)  # at each setting of a budget the same is asked for
def _clustered(colors: bytes, counts: bytes, most: int) -> Colors:
    points = np.frombuffer(colors, np.uint8).reshape(-1, 3).astype(np.float32)
    weights = np.frombuffer(counts, np.int64).astype(np.float64)
    centres = points[_spread(points, weights, most)]
    for _ in range(ROUNDS):
        nearest = _nearest(points, centres)
        centres = _centroids(points, weights, nearest, centres)
    exact = _settled(points, weights, _nearest(points, centres), centres)
    return unpack(np.unique(pack(np.round(exact).astype(np.uint8))))


def _spread(points: Points, weights: Weights, most: int) -> Rows:
    """Rows of `most` points, each the one that adds most to the squared error so far."""
    chosen = np.empty(most, np.intp)
    gap = np.full(len(points), np.inf)
    cost = weights
    for i in range(most):
        chosen[i] = int(np.argmax(cost))
        gap = np.minimum(gap, ((points - points[chosen[i]]) ** 2).sum(axis=1))
        cost = weights * gap
    return chosen


def _nearest(points: Points, centres: Points) -> Rows:
    """The centre nearest to each point; a constant of each point is left out of the distances."""
    norms = (centres**2).sum(axis=1)
    blocks = [points[i : i + 65536] for i in range(0, len(points), 65536)]
    return np.concatenate([(norms - 2 * (block @ centres.T)).argmin(axis=1) for block in blocks])


def _centroids(points: Points, weights: Weights, nearest: Rows, centres: Points) -> Points:
    total = np.bincount(nearest, weights, len(centres))
    sums = [np.bincount(nearest, weights * points[:, c], len(centres)) for c in range(3)]
    means = np.stack(sums, axis=1) / np.maximum(total, 1)[:, None]
    return np.where(total[:, None] > 0, means, centres).astype(np.float32)


def _settled(points: Points, weights: Weights, nearest: Rows, centres: Points) -> Points:
    """Centres, where one colour is the majority of a cluster that colour itself."""
    total = np.bincount(nearest, weights, len(centres))
    settled = centres.copy()
    major = weights > MAJORITY * total[nearest]
    settled[nearest[major]] = points[major]
    return settled


class Mapper:
    """From the frames of a clip to palette entries: only pixels that changed since the frame before are looked up. The
    table of 16 M colours is filled as they are met."""

    def __init__(self, palette: Colors) -> None:
        """For a palette of at most 255 colours."""
        self.palette = palette
        self._table = np.full(1 << 24, UNKNOWN, np.uint8)
        self._before: NDArray[np.uint32] | None = None
        self._entries = np.empty(0, np.uint8)

    def __call__(self, frame: Frame) -> NDArray[np.uint8]:
        """Entry (height, width) of the palette colour nearest to each pixel; overwritten by the next call."""
        numbers = pack(frame)
        if self._before is None:
            self._entries = np.ascontiguousarray(self._looked_up(numbers))
        else:
            rows = np.flatnonzero((numbers != self._before).ravel())
            self._entries.ravel()[rows] = self._looked_up(numbers.ravel()[rows])
        self._before = numbers
        return self._entries

    def _looked_up(self, numbers: NDArray[np.uint32]) -> NDArray[np.uint8]:
        entries = self._table[numbers]
        new = entries == UNKNOWN
        if new.any():
            self._learn(np.unique(numbers[new]))
            entries = self._table[numbers]
        return entries

    def _learn(self, numbers: NDArray[np.uint32]) -> None:
        self._table[numbers] = _nearest(unpack(numbers).astype(np.float32), self.palette.astype(np.float32))
