"""Animated pictures: what each frame changes of the one before, how fast they can play, and how they are checked.

WebP and APNG lay one still after another over the canvas. A still that holds the rectangle that changed, transparent
where nothing did, is the smallest that is exact; and one frame in memory is enough to make the next.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame, rgba
from weightreel.render.errors import EncodeError
from weightreel.render.formats.spec import compare


class Patch(NamedTuple):
    """What a frame changes: `pixels` (height, width, 4) uint8 RGBA, opaque where they are new, all zero where the
    canvas stays as it is. `x` and `y` are even, because WebP counts them in twos."""

    x: int
    y: int
    pixels: NDArray[np.uint8]


class Changes:
    """Turns frames, in order, into patches; remembers one frame."""

    def __init__(self) -> None:
        self._shown: NDArray[np.uint32] | None = None

    def patch(self, frame: Frame) -> Patch:
        """The smallest rectangle of what changed: all of the first frame, one transparent pixel where all is equal."""
        pixels = rgba(frame)
        words = pixels.view(np.uint32)[..., 0]  # a pixel at once is compared faster than its channels
        before, self._shown = self._shown, words
        if before is None:
            return Patch(0, 0, pixels)
        changed = words != before
        rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return Patch(0, 0, np.zeros((1, 1, 4), np.uint8))
        x, y = int(columns[0]) & ~1, int(rows[0]) & ~1
        part = np.s_[y : rows[-1] + 1, x : columns[-1] + 1]
        kept = np.where(changed[part], words[part], np.uint32(0))
        return Patch(x, y, kept[..., None].view(np.uint8))


def verify_animation(name: str, read: Callable[[], Mapping[str, object]], wanted: Mapping[str, object]) -> None:
    """Compare what `read` finds in a file with what was asked, exactly.

    Raises:
        EncodeError: the file does not read back, or differs; naming the first difference.
    """
    try:
        found = read()
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise EncodeError(f"{name}: does not read back ({error}); nothing half-written was left") from error
    compare(name, found, wanted)
