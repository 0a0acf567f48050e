"""Lines that grow point by point: what stays of them is fixed once, so that a moment costs the same however many points
there are.

A pen draws a line piece by piece. What lies farther back from its end than the pen is wide is as it will always be: a
picture of the whole line has it, and only what is right of there is drawn anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.plot import SHIFT, averaged, changes, thinned

Points = NDArray[np.int32]
Indices = NDArray[np.intp]
EVERYWHERE = 1 << 24  # columns of pixels


@dataclass(frozen=True)
class Growing:
    """A line, and the places that a pen goes through, of which those of complete runs of points are fixed.

    Attributes:
        points: all of them, (n, 2) in sixteenths of a pixel.
        width: of the columns, in pixels, that the runs are.
        means: whether the pen goes through the mean of what lies in a column.
        runs: the first point of each run, such as those in a column of pixels.
        fixed: the places of complete runs, (m, 2).
        counts: how many of them there are when so many runs are complete, (runs,).
        rising: whether no point lies left of one before it.
    """

    points: Points
    width: int
    means: bool
    runs: Indices
    fixed: Points
    counts: Indices
    rising: bool

    @classmethod
    def through_means(cls, points: Points, width: int) -> Growing:
        """As `averaged` has it: the first point stands for itself, and so does whichever is the last."""
        runs = 1 + _changes(points[1:, 0] // (width << SHIFT))
        fixed = averaged(points[: runs[-1] + 1], width)[:-1] if len(runs) > 1 else points[:1]
        return cls(points, width, True, runs, fixed, 1 + np.arange(len(runs)), _rising(points))

    @classmethod
    def through_columns(cls, points: Points, width: int = 1) -> Growing:
        """As `thinned` has it."""
        runs = _changes(points[:, 0] // (width << SHIFT))
        parts = [thinned(points[a:b], width) for a, b in pairwise(runs)]
        counts = np.cumsum([0, *map(len, parts)], dtype=np.intp)
        return cls(points, width, False, runs, np.concatenate([points[:0], *parts]), counts, _rising(points))

    @classmethod
    def through_points(cls, points: Points) -> Growing:
        """Through each."""
        every = np.arange(len(points) + 1)
        return cls(points, 1, False, every, points, every, _rising(points))

    def places(self, count: int, left: int = -EVERYWHERE) -> Points:
        """Where the pen goes for the first `count` points. The last fixed place that lies left of `left`, in pixels, is
        the first; by default all are there."""
        run = self._complete(count)
        fixed = self.fixed[: min(count, int(self.counts[run]))]
        if left > 0 and self.rising:
            fixed = fixed[max(0, int(np.searchsorted(fixed[:, 0], left << SHIFT, side="right")) - 1) :]
        if self.means:
            return np.concatenate([fixed, averaged(self.points[self.runs[run] - 1 : count], self.width)[1:]])
        return np.concatenate([fixed, thinned(self.points[self.runs[run] : count], self.width)])

    def still(self, count: int) -> int:
        """The column of pixels left of which the middle of the line stays as it is with the first `count` points."""
        if count >= len(self.points):
            return EVERYWHERE
        known = min(count, int(self.counts[self._complete(count)]))
        last = self.fixed[known - 1] if known else self.points[0]
        return int(last[0]) >> SHIFT if self.rising else 0

    def _complete(self, count: int) -> int:
        """How many runs no later point belongs to."""
        return int(np.searchsorted(self.runs[1:], count - self.means, side="right"))


def _changes(numbers: NDArray[np.integer]) -> Indices:
    """Where another number begins, the first included; 0 also where there is none."""
    return changes(numbers) if len(numbers) else np.zeros(1, np.intp)


def _rising(points: Points) -> bool:
    return bool((np.diff(points[:, 0]) >= 0).all())
