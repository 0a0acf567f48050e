"""A matrix in the pixels that there are: each cell some whole pixels, or each pixel the mean of some cells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from weightreel.render.drawing.canvas import even
from weightreel.render.drawing.colormaps import Values

LONG = 4  # times as long as high, or as high as long, a cell becomes at the most


class Cells(NamedTuple):
    """How many cells of a matrix one pixel stands for, (down, across), and how many pixels one cell is wide; one of
    both is 1."""

    means: tuple[int, int]
    scale: tuple[int, int]

    @classmethod
    def of(cls, shape: tuple[int, int], room: tuple[int, int]) -> Cells:
        """The largest that have room (height, width). Coloured cells get an even number of pixels, because 4:2:0 video
        keeps one colour for 2 × 2."""
        means = _each(-(-n // max(1, r)) for n, r in zip(shape, room, strict=True))
        counts = _each(-(-n // m) for n, m in zip(shape, means, strict=True))
        most = _each(max(1, r // n) for n, r in zip(counts, room, strict=True))
        axis = 0 if most[0] <= most[1] else 1
        short, other = _whole(most[axis]), 1 - axis
        # Cells are about square; few beside many become so long that the whole is a quarter as wide as it is long.
        fair = max(LONG * short, counts[axis] * short // LONG // counts[other])
        long = _whole(min(most[other], fair))
        return cls(means, (short, long) if axis == 0 else (long, short))

    @property
    def reduced(self) -> bool:
        """Whether a pixel stands for more than one cell."""
        return self.means != (1, 1)

    def size(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of the picture in pixels."""
        return _each(-(-n // m) * s for n, m, s in zip(shape, self.means, self.scale, strict=True))

    def values(self, matrix: Values) -> Values:
        """The matrix, or the means of its parts; those at the far ends have fewer cells."""
        with np.errstate(over="ignore", invalid="ignore"):  # weights that diverge
            down, across = self.means
            if across > down:  # what leaves least behind comes first
                return _means(_means(matrix.T, across).T, down)
            return _means(_means(matrix, down).T, across).T


def _means(matrix: Values, many: int) -> Values:
    """The means of so many rows each. Ten times as fast as `np.add.reduceat`."""
    if many == 1:
        return matrix
    whole = len(matrix) // many * many
    means = matrix[:whole].reshape(-1, many, matrix.shape[1]).mean(axis=1)
    rest = matrix[whole:]
    return np.concatenate([means, rest.mean(axis=0, keepdims=True)]) if len(rest) else means


def _whole(pixels: int) -> int:
    return even(pixels) if pixels > 1 else 1


def _each(pair: Iterable[int]) -> tuple[int, int]:
    first, second = pair
    return first, second
