"""What values images have, and which of them were meant for black and white."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._data import Images

CUSTOMARY = (1.0, 255.0, 65535.0)  # the white of fractions, of bytes, of 16 bits
REACHED = 0.5  # of the way to a customary white; images that stay below were made with another
FILLED = 0.25  # of the way from 0 to white; images within less hardly differ unless they are spread
LEAST_SPAN = 1e-30  # its inverse is a float32
OTHER_KIND, OTHER = 4.0, 8.0  # times as large, for parts of which one is whole numbers, and for parts of one kind
DOUBTFUL = 2.0
ENOUGH = 200  # values, of which none is negative by chance where every tenth should be
SIGNED = 0.1


class Range(NamedTuple):
    """The lowest and the highest of some values, or the two that stand for 0 and 1."""

    low: float
    high: float

    @classmethod
    def of(cls, images: Images) -> Range:
        """What is there."""
        return cls(float(images.min()), float(images.max()))

    @property
    def span(self) -> float:
        """From end to end."""
        return self.high - self.low

    @property
    def size(self) -> float:
        """The end that is farther from 0."""
        return max(abs(self.low), abs(self.high))

    def __str__(self) -> str:
        return f"{self.low:.5g}…{self.high:.5g}"


def meant(there: Range) -> Range:
    """The values that stand for 0 and 1, of images with those: 0 and a customary white, else what is there. So scaled
    images are within 0 and 1, reach a half and are spread over a quarter, unless they are all of one value."""
    low, high = there
    if there.span < LEAST_SPAN:
        return Range(0.0, high) if high >= LEAST_SPAN else Range(low, low + 1.0)
    if low < 0:
        return there
    white = next((white for white in CUSTOMARY if REACHED * white <= high <= white), high)
    return Range(0.0, white) if there.span >= FILLED * white else there


def apart(train: Images, test: Images, *, one_kind: bool) -> str:
    """How the values of two parts go together: "" if one scale is right for both, "doubtful", or "wrong".

    Args:
        train: the part that decides on the scale.
        test: the other.
        one_kind: whether both were stored as whole numbers, or both as fractions.
    """
    ranges = Range.of(train), Range.of(test)
    times = _times(*(there.size for there in ranges))
    if times > DOUBTFUL:  # a few images that stand out are no other range
        times = min(times, _times(_mean_size(train), _mean_size(test)))
    if times > (OTHER if one_kind else OTHER_KIND) or _signs_differ(train, test, *ranges):
        return "wrong"
    return "doubtful" if times > DOUBTFUL and min(train.size, test.size) >= ENOUGH else ""


def _times(one: float, other: float) -> float:
    """How many times as large the larger is; black parts fit all."""
    return max(one, other) / min(one, other) if min(one, other) else 1.0


def _mean_size(images: Images) -> float:
    axes = tuple(range(1, images.ndim))
    ends = [end.astype(np.float64) for end in (images.min(axis=axes), images.max(axis=axes))]
    return float(np.abs(ends).max(axis=0).mean())


def _signs_differ(train: Images, test: Images, *ranges: Range) -> bool:
    """Whether one part is spread about 0, where the other begins."""
    if min(train.size, test.size) < ENOUGH or (ranges[0].low < 0) == (ranges[1].low < 0):
        return False
    signed, there = (train, ranges[0]) if ranges[0].low < 0 else (test, ranges[1])
    below: NDArray[np.bool_] = signed < 0
    return -there.low >= REACHED * there.high and float(below.mean()) >= SIGNED
