"""What stands on the buffers of a film beside its views."""

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
