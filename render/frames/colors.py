"""The colours of a film: what a palette is chosen for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.render.formats.palette import pack, unpack
from weightreel.render.frames.film import Film

Colors = tuple[NDArray[np.uint8], NDArray[np.int64]]
COUNTED, COUNTED_PIXELS = 24, 7  # frames in which colours are counted, and in those every seventh pixel
MOST_EXACT = 256  # no palette of a file has more colours


def colors_of(count: Callable[[bool], Iterable[Counted]]) -> Colors:
    """The colours (n, 3) of frames and about how often each occurs (n,): a palette for them is exact where it can be.

    Some frames are drawn, and some of their pixels counted. Where these have so few colours that those of all frames
    may fit into a palette, every frame is drawn to see them.

    Args:
        count: has the colours counted, see `counted_in`; of some frames or of every one.
    """
    some = list(count(False))
    colors = united(some)
    return united([*some, *count(True)]) if len(colors[0]) <= MOST_EXACT else colors


class Counted(NamedTuple):
    """The colours of some frames, and how often those of them occur that were counted: packed, each (n,) and rising."""

    seen: NDArray[np.uint32]
    counted: NDArray[np.uint32]
    times: NDArray[np.int64]


def counted_in(film: Film, indices: Sequence[int], part: range, *, every: bool) -> Counted:
    """The colours of a `part` of the frames: of some of them, which are chosen among all, with how often they occur; or
    of `every` frame, with nothing more. Any parts that are all of them together say the same."""
    seen = np.zeros(1 << 24, bool)
    chosen = set(np.linspace(0, len(indices) - 1, COUNTED).round().astype(int).tolist())
    drawn = _drawn(film, [indices[number] for number in part if every or number in chosen], seen)
    found = [numbers[0, :0] if every else numbers.ravel()[::COUNTED_PIXELS] for numbers in drawn]
    counted, times = np.unique(np.concatenate([np.empty(0, np.uint32), *found]), return_counts=True)
    return Counted(np.flatnonzero(seen).astype(np.uint32), counted, times)


def united(parts: Iterable[Counted]) -> Colors:
    """The colours of all parts."""
    parts = list(parts)
    colors = np.unique(np.concatenate([part.seen for part in parts]))
    counts = np.ones(len(colors), np.int64)
    for part in parts:
        counts[np.searchsorted(colors, part.counted)] += part.times * COUNTED_PIXELS
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
