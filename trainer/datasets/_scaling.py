"""From stored pixels to the numbers that a network sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._data import Images, Labels, Split
from weightreel.trainer.datasets._ranges import LEAST_SPAN, Range

NOISE = 1e-6  # of the span; a smaller deviation is rounding


class Scaling:
    """Pixels become (pixel - offset) * factor; `minmax` has one pair an image, the others one in all."""

    def __init__(self, kind: str, images: Images, train: NDArray[np.intp], meant: Range) -> None:
        self.kind, self.meant = kind, meant
        self.offset, self.spread = meant.low, meant.span
        if kind == "standard":
            self.offset, self.spread = _mean_and_deviation(images, np.sort(train), meant)

    def split(self, images: Images, labels: Labels) -> Split:
        """Images of one purpose with their offset and factor."""
        if self.kind != "minmax":
            return Split(images, labels, np.array(self.offset), np.array(1.0 / (self.spread or 1.0)))
        axes = tuple(range(1, images.ndim))
        low = images.min(axis=axes, keepdims=True).astype(np.float64)
        spread = images.max(axis=axes, keepdims=True).astype(np.float64) - low
        return Split(images, labels, low, 1.0 / np.where(spread >= LEAST_SPAN, spread, 1.0))

    def told(self) -> str:
        """What is done to the images, in words."""
        if self.kind == "minmax":
            return "each is spread over 0…1 by itself"
        if self.kind == "standard":
            return f"less their mean {self.offset:.5g}, divided by their deviation {self.spread or 1:.5g}"
        taken = f"taken for {self.meant}"
        if self.offset:
            return f"{taken}: less {self.offset:.5g}, divided by {self.spread:.5g}"
        return f"{taken}, as they are" if self.spread == 1 else f"{taken}: divided by {self.spread:.5g}"


def _mean_and_deviation(images: Images, rows: NDArray[np.intp], meant: Range) -> tuple[float, float]:
    """Over all pixels, in blocks: a float64 copy of 50,000 images would take 300 MB. They are summed from black up: of
    values far from 0 the squares would leave no digits to their differences."""
    total = squares = 0.0
    for start in range(0, len(rows), 256):
        block = images[rows[start : start + 256]].astype(np.float64).ravel() - meant.low
        total += float(block.sum())
        squares += float(np.dot(block, block))
    count = len(rows) * images[0].size
    mean = total / count
    deviation = max(squares / count - mean * mean, 0.0) ** 0.5
    return meant.low + mean, deviation if deviation > NOISE * meant.span else 0.0
