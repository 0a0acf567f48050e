"""From stored pixels to the numbers that a network sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._data import Images


class Scaling:
    """Pixels become (pixel - offset) * factor; `minmax` has one pair an image, the others one in all."""

    def __init__(self, kind: str, images: Images, train: NDArray[np.intp]) -> None:
        self.per_image = kind == "minmax"
        if self.per_image:
            return
        if kind == "standard":
            offset, spread = _mean_and_deviation(images[np.sort(train)])
        else:
            offset, spread = _unit_range(images, train)
        self.pair = (np.array(offset), np.array(1.0 / (spread or 1.0)))

    def of(self, images: Images, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not self.per_image:
            return self.pair
        axes = tuple(range(1, images.ndim))
        part = images[rows].astype(np.float64)
        low = part.min(axis=axes, keepdims=True)
        spread = part.max(axis=axes, keepdims=True) - low
        return low, 1.0 / np.where(spread > 0, spread, 1.0)


def _unit_range(images: Images, train: NDArray[np.intp]) -> tuple[float, float]:
    """What "unit" takes off and divides by: the range that the pixels were surely meant to have."""
    if images.dtype == np.uint8:
        return 0.0, 255.0
    low, high = float(images[train].min()), float(images[train].max())
    if low < 0:
        return low, high - low
    whole = np.issubdtype(images.dtype, np.integer)
    return 0.0, next((m for m in (1.0, 255.0, 65535.0) if high <= m and (m > 1 or not whole)), high)


def _mean_and_deviation(images: Images) -> tuple[float, float]:
    """Over all pixels, in blocks: a float64 copy of 50,000 images would take 300 MB."""
    total = squares = 0.0
    for start in range(0, len(images), 256):
        block = images[start : start + 256].astype(np.float64).ravel()
        total += float(block.sum())
        squares += float(np.dot(block, block))
    mean = total / images.size
    return mean, max(squares / images.size - mean * mean, 0.0) ** 0.5
