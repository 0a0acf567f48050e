"""What is known of the frames of a clip once they were drawn: their digests."""

from __future__ import annotations

from collections.abc import Callable

from weightreel.render.drawing.canvas import Frame
from weightreel.render.scene.digests import digest


class Watch:
    """Sees the frames of a clip in their order, in the thread that draws, which waits for the encoder otherwise.

    Attributes:
        digests: of the frames so far.
    """

    def __init__(self) -> None:
        self.digests: list[int] = []

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        self.digests.append(digest(frame))

    def over(self, draw: Callable[[Frame, int], None]) -> Callable[[Frame, int], None]:
        """The same drawing, watched."""

        def watched(frame: Frame, index: int) -> None:
            draw(frame, index)
            self.see(frame)

        return watched
