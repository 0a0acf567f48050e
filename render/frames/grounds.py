"""What a film remembers of what it has drawn; none of it changes a pixel."""

from __future__ import annotations

import weakref
from collections.abc import Hashable

from weightreel.render.drawing.canvas import Frame


class Grounds:
    """What was drawn last on each buffer, as long as there is the buffer: where the same is drawn again, nothing else
    stands beside it."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[weakref.ref[Frame], Hashable]] = {}

    def has(self, frame: Frame, drawn: Hashable) -> bool:
        """Whether this was drawn last on a buffer."""
        buffer, last = self._last.get(id(frame), (None, None))
        return buffer is not None and buffer() is frame and last == drawn

    def note(self, frame: Frame, drawn: Hashable) -> None:
        """Remember that this is drawn on a buffer."""
        number = id(frame)
        self._last[number] = weakref.ref(frame, lambda _: self._last.pop(number, None)), drawn

    def __getstate__(self) -> dict[str, object]:
        return {"_last": {}}  # buffers do not travel


class Pictures:
    """The last picture of each view that many frames show alike, such as those that are held at the end."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, Frame]] = {}

    def put(self, canvas: Frame, name: str, shows: object) -> bool:
        """Draw the picture of a view on its canvas, where it is of what the frame shows."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != shows:
            return False
        canvas[:] = kept[1]
        return True

    def keep(self, canvas: Frame, name: str, shows: object) -> None:
        """Keep what a view has drawn on its canvas."""
        self._kept[name] = shows, canvas.copy()

    def __getstate__(self) -> dict[str, object]:
        return {"_kept": {}}
