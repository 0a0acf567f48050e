"""Palettes for GIF: few colours that stand for many, and the map from each colour to its nearest.

Colours are taken as they come when they fit. Otherwise the palette is a cover: the smallest radius r is sought
at which so many colours can be chosen that every colour has one within r in each channel. That bounds the
largest error, which is what the eye sees in flat tiles, where averages do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from render.canvas import Frame

Colors = NDArray[np.uint8]


def pack(pixels: Colors) -> NDArray[np.uint32]:
    """24-bit numbers of colours (…, 3)."""
    wide = pixels.astype(np.uint32)
    return ((wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]).astype(np.uint32)


def unpack(numbers: NDArray[np.uint32]) -> Colors:
    """The inverse of `pack`."""
    return np.stack([numbers >> 16, numbers >> 8, numbers], axis=-1).astype(np.uint8)


def choose(colors: Colors, most: int, flat: Colors | None = None, maps: Colors | None = None) -> tuple[Colors, int]:
    """At most `most` colours for `colors` (n, 3), and the largest error in any channel.

    `flat` (k, 3) are colours of large areas, such as borders and background: they are always in, exactly. `maps`
    (m, 3) are those of colour maps: they are covered first, as well as three quarters of the palette can.
    """
    first = _unique(flat) if flat is not None else np.empty((0, 3), np.uint8)
    rest = _unique(colors)
    if maps is not None and len(maps) and len(_unique(np.concatenate([first, maps, rest]))) > most:
        room = max(len(first), most * 3 // 4)
        covers = (_cover(_unique(maps), first, radius, room) for radius in range(256))
        first = next(c for c in covers if c is not None)
    for radius in range(256):
        chosen = _cover(rest, first, radius, most)
        if chosen is not None:
            return chosen, radius
    raise ValueError(f"{len(first)} colours must be exact, but the palette holds {most}")


def _unique(colors: Colors) -> Colors:
    return unpack(np.unique(pack(colors.reshape(-1, 3))))


def _cover(colors: Colors, first: Colors, radius: int, most: int) -> Colors | None:
    """Greedy: take the lowest colour c left, choose the one that covers it and the most others, go on."""
    chosen = list(first.astype(np.int16))  # what is covered by these already is left out
    left = colors.astype(np.int16)
    for c in chosen:
        left = left[np.abs(left - c).max(axis=1) > radius]
    while len(left):
        if len(chosen) >= most:
            return None
        near = left[np.abs(left - left[0]).max(axis=1) <= radius]
        covered = (np.abs(near[:, None] - left[None]).max(axis=2) <= radius).sum(axis=1) if radius else [1]
        best = near[int(np.argmax(covered))]
        chosen.append(best)
        left = left[np.abs(left - best).max(axis=1) > radius]
    return np.array(chosen, np.uint8).reshape(-1, 3)


class Mapper:
    """From frames to palette entries. The 16 MB table is filled as colours are met: a frame is one look-up."""

    def __init__(self, palette: Colors) -> None:
        self.palette = palette
        self._table = np.full(1 << 24, -1, np.int16)

    def __call__(self, frame: Frame) -> NDArray[np.uint8]:
        """Entry (height, width) of the palette colour nearest to each pixel."""
        numbers = pack(frame)
        entries = self._table[numbers]
        if entries.min() < 0:
            self._learn(np.unique(numbers[entries < 0]))
            entries = self._table[numbers]
        return entries.astype(np.uint8)

    def _learn(self, numbers: NDArray[np.uint32]) -> None:
        wanted, palette = unpack(numbers).astype(np.int32), self.palette.astype(np.int32)
        for start in range(0, len(numbers), 4096):
            gap = np.abs(wanted[start : start + 4096, None] - palette[None])
            # By the largest channel first: that is what the palette was chosen to bound.
            distance = gap.max(axis=2) * (1 << 18) + (gap * gap).sum(axis=2)
            self._table[numbers[start : start + 4096]] = distance.argmin(axis=1)
