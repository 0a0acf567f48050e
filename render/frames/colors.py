"""The colours of a film: what a palette is chosen for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from weightreel.render.formats.palette import pack, unpack
from weightreel.render.frames.film import Film

Colors = tuple[NDArray[np.uint8], NDArray[np.int64]]
COUNTED, COUNTED_PIXELS = 24, 7  # frames in which colours are counted, and in those every seventh pixel
MOST_EXACT = 256  # no palette of a file has more colours


def colors_of(film: Film, indices: Sequence[int], *, every: bool = True) -> Colors:
    """The colours (n, 3) of frames and about how often each occurs (n,): a palette for them is exact where it can be.

    Some frames are drawn, and some of their pixels counted. Where these have so few colours that those of all frames
    may fit into a palette, every frame is drawn to see them; not so without `every`.
    """
    seen = np.zeros(1 << 24, bool)
    counted = np.unique(np.linspace(0, len(indices) - 1, COUNTED if every else COUNTED // 3).round().astype(int))
    found = [numbers.ravel()[::COUNTED_PIXELS] for numbers in _drawn(film, [indices[i] for i in counted], seen)]
    if every and np.count_nonzero(seen) <= MOST_EXACT:
        for _ in _drawn(film, indices, seen):
            pass
    colors = np.flatnonzero(seen).astype(np.uint32)
    some, times = np.unique(np.concatenate(found), return_counts=True)
    counts = np.ones(len(colors), np.int64)
    counts[np.searchsorted(colors, some)] += times * COUNTED_PIXELS
    return unpack(colors), counts


def _drawn(film: Film, indices: Iterable[int], seen: NDArray[np.bool_]) -> Iterable[NDArray[np.uint32]]:
    """The colours of frames as numbers, each marked in `seen`."""
    frame, before = film.buffer(), None
    for index in indices:
        film.draw(frame, index)
        numbers = pack(frame)
        seen[numbers if before is None else numbers[numbers != before]] = True
        before = numbers
        yield numbers
