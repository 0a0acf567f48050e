"""Bands of lines of some frames, kept as they were drawn: where settings of a clip are tried one after the other, that
is done once. What a pixel that is held in time will cost takes long runs of frames to see, but not all of the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame
from weightreel.render.frames.film import Film

BAND = 16  # lines
LEAST = 6  # bands of a frame that stand for all of it
MOST_EVERY = 6
_GOLDEN = 0.618


def every_of(height: int) -> int:
    """Of how many bands one is enough, for frames so high; 1 where all are needed."""
    return max(1, min(MOST_EVERY, height // (BAND * LEAST)))


def lines_of(height: int, every: int) -> NDArray[np.intp]:
    """The lines of one band in `every` so many, irregular: tiles stand in rows, which would be met all alike."""
    if every == 1:
        return np.arange(height)
    begins = range(0, height, BAND * every)
    offsets = [int((number * _GOLDEN + 0.5) % 1 * every) for number in range(len(begins))]
    bands = [min(begin + BAND * by, height - BAND) for begin, by in zip(begins, offsets, strict=True)]
    return np.unique(np.concatenate([np.arange(band, band + BAND) for band in bands]))


class Banded:
    """The bands of some frames of a film, each drawn when it is first asked for.

    Args:
        size: (width, height) of the film.
        indices: its frames.
        every: see `lines_of`.

    Attributes:
        size: (width, lines).
    """

    def __init__(self, size: tuple[int, int], indices: Sequence[int], every: int) -> None:
        self._lines, self._indices = lines_of(size[1], every), indices
        self.size = size[0], len(self._lines)
        self._drawn: list[Frame] = []

    def buffer(self) -> Frame:
        """For `draw`."""
        return np.empty((self.size[1], self.size[0], 3), np.uint8)

    def draw(self, film: Film, frame: Frame, number: int) -> None:
        """Fill a buffer with the bands of the frame of that number; frames are kept as far as that one."""
        if len(self._drawn) <= number:
            whole = film.buffer()
            for index in self._indices[len(self._drawn) : number + 1]:
                film.draw(whole, index)
                self._drawn.append(np.ascontiguousarray(whole[self._lines]))
        frame[:] = self._drawn[number]
