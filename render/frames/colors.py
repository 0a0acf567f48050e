"""The colours of a film: what a palette is chosen for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from weightreel.render.formats.palette import pack, unpack
from weightreel.render.frames.film import Film

Colors = tuple[NDArray[np.uint8], NDArray[np.int64]]
COUNTED, COUNTED_PIXELS = 24, 7  # frames in which colours are counted, and in those every seventh pixel


def colors_of(film: Film, indices: Sequence[int], *, every: bool = True) -> Colors:
    """The colours (n, 3) of frames and about how often each occurs (n,): a palette for them is exact where it can be.

    Every frame is drawn to see which colours there are, and some pixels of some frames are counted; without `every`,
    only those frames are drawn.
    """
    frame, seen = film.buffer(), np.zeros(1 << 24, bool)
    counted = set(np.unique(np.linspace(0, len(indices) - 1, COUNTED if every else COUNTED // 3).round().astype(int)))
    found: list[NDArray[np.uint32]] = []
    for number, index in enumerate(indices):
        if every or number in counted:
            film.draw(frame, index)
            numbers = pack(frame)
            seen[numbers] = True
            if number in counted:
                found.append(numbers.ravel()[::COUNTED_PIXELS])
    colors = np.flatnonzero(seen).astype(np.uint32)
    some, times = np.unique(np.concatenate(found), return_counts=True)
    counts = np.ones(len(colors), np.int64)
    counts[np.searchsorted(colors, some)] += times * COUNTED_PIXELS
    return unpack(colors), counts
