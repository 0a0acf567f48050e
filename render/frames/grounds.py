"""What a film remembers of what it has drawn; none of it changes a pixel."""

from __future__ import annotations

import weakref

from weightreel.render.drawing.canvas import Frame
from weightreel.render.drawing.moment import Moment


class Grounds:
    """What was drawn last on each buffer, as long as there is the buffer."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[weakref.ref[Frame], Moment]] = {}

    def take(self, frame: Frame) -> Moment | None:
        """The moment that stands on a buffer; forgotten from now on, for it is drawn over."""
        buffer, last = self._last.pop(id(frame), (None, None))
        return last if buffer is not None and buffer() is frame else None

    def note(self, frame: Frame, drawn: Moment) -> None:
        """Remember which moment stands on a buffer."""
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
