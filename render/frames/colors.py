"""The colours of a film: what a palette is chosen for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.render.formats.palette import pack, unpack
from weightreel.render.frames.film import Film

Colors = tuple[NDArray[np.uint8], NDArray[np.int64]]
COUNTED, COUNTED_PIXELS = 24, 7  # frames in which colours are counted, and in those every seventh pixel


class Counted(NamedTuple):
    """The colours of some frames, and how often those of them occur that were counted: packed, each (n,) and rising."""

    seen: NDArray[np.uint32]
    counted: NDArray[np.uint32]
    times: NDArray[np.int64]


def colors_of(film: Film, indices: Sequence[int], *, every: bool = True) -> Colors:
    """The colours (n, 3) of frames and about how often each occurs (n,): a palette for them is exact where it can be.

    Every frame is drawn to see which colours there are, and some pixels of some frames are counted; without `every`,
    only those frames are drawn.
    """
    return united([counted_in(film, indices, range(len(indices)), every=every)])


def counted_in(film: Film, indices: Sequence[int], part: range, *, every: bool = True) -> Counted:
    """What a `part` of the frames has to say to that; any parts that are all of them together say the same."""
    frame, seen = film.buffer(), np.zeros(1 << 24, bool)
    chosen = set(np.unique(np.linspace(0, len(indices) - 1, COUNTED if every else COUNTED // 3).round().astype(int)))
    found = [np.empty(0, np.uint32)]
    for number in part:
        if every or number in chosen:
            film.draw(frame, indices[number])
            numbers = pack(frame)
            seen[numbers] = True
            if number in chosen:
                found.append(numbers.ravel()[::COUNTED_PIXELS])
    counted, times = np.unique(np.concatenate(found), return_counts=True)
    return Counted(np.flatnonzero(seen).astype(np.uint32), counted, times)


def united(parts: Iterable[Counted]) -> Colors:
    """The colours of all parts."""
    parts = list(parts)
    colors = np.unique(np.concatenate([part.seen for part in parts]))
    counts = np.ones(len(colors), np.int64)
    for part in parts:
        counts[np.searchsorted(colors, part.counted)] += part.times * COUNTED_PIXELS
    return unpack(colors), counts
