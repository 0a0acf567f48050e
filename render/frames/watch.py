"""What is known of the frames of a segment once they were drawn: their digests, and their light."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from weightreel.render.drawing.canvas import Frame, Rect
from weightreel.render.frames.film import Film
from weightreel.render.frames.flashes import Cells, cells_of
from weightreel.render.scene.digests import Digesting

LEVEL = 1  # of zlib


class Watch:
    """Sees the frames of a segment in their order, in the thread that draws, which waits for the encoder otherwise.

    Attributes:
        digests: of the frames so far.
        light: of each frame that differs from the one before, see `cells_of`, by its number.
    """

    def __init__(self) -> None:
        self.digests: list[int] = []
        self.light: dict[int, Cells] = {}
        self._digesting = Digesting()
        self._cells: Cells | None = None

    def see(self, frame: Frame, changed: Sequence[Rect] | None = None) -> None:
        """Take the next frame; outside of what `changed` it is the same as the one before, and is not looked at where
        that was."""
        rows = range(frame.shape[0])
        if changed is not None and self.digests:
            rows = range(min((r.y for r in changed), default=0), max((r.y + r.height for r in changed), default=0))
        found = self._digesting.of(frame, rows) if rows else self.digests[-1]
        if not self.digests or found != self.digests[-1]:  # where nothing changes nothing flashes
            self._cells = cells_of(frame, self._cells, rows)
            self.light[len(self.digests)] = self._cells
        self.digests.append(found)

    def over(self, film: Film, lead: int = 0) -> Callable[[Frame, int], None]:
        """The drawing of a film, watched but for the first frames, that `lead`."""
        left, before = lead, -1

        def watched(frame: Frame, index: int) -> None:
            nonlocal left, before
            film.draw(frame, index)
            if left:
                left -= 1
            else:
                self.see(frame, film.changed(before, index) if self.digests else None)
            before = index

        return watched


Light = dict[str, Any]  # as JSON can hold it


def packed(light: Mapping[int, Cells]) -> Light:
    """The light of frames as plain data."""
    if not light:
        return {}
    values = np.stack(list(light.values()))
    text = base64.b64encode(zlib.compress(values.tobytes(), LEVEL)).decode()
    return {"frames": list(light), "shape": list(values.shape), "values": text}


def unpacked(light: Light) -> Iterator[tuple[int, Cells]]:
    """The light of frames from plain data, each with its number."""
    if light:
        data = zlib.decompress(base64.b64decode(light["values"]))
        values: Cells = np.frombuffer(data, np.float32).reshape(light["shape"])
        yield from zip(light["frames"], values, strict=True)
