"""What is known of the frames of a clip once they were drawn: their digests, and their flashes."""

from __future__ import annotations

from collections.abc import Callable

from weightreel.render.drawing.canvas import Frame
from weightreel.render.frames.flashes import Flashes
from weightreel.render.scene.digests import digest


class Watch:
    """Sees the frames of a clip in their order, in the thread that draws, which waits for the encoder otherwise.

    Attributes:
        digests: of the frames so far.
        flashes: in them.
    """

    def __init__(self, size: tuple[int, int], moment: Callable[[int], float]) -> None:
        """For frames of `size` (width, height), of which frame n is shown from `moment(n)` on, in seconds."""
        self.digests: list[int] = []
        self.flashes = Flashes(size)
        self._moment = moment

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        found = digest(frame)
        if not self.digests or found != self.digests[-1]:  # where nothing changes nothing flashes
            self.flashes.see(frame, self._moment(len(self.digests)))
        self.digests.append(found)

    def over(self, draw: Callable[[Frame, int], None]) -> Callable[[Frame, int], None]:
        """The same drawing, watched."""

        def watched(frame: Frame, index: int) -> None:
            draw(frame, index)
            self.see(frame)

        return watched
