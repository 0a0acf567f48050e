"""Drawing and encoding at the same time: two threads and a ring of buffers.

OpenCV, FFmpeg and NumPy release the lock in the calls that matter, so one process draws frame n + 1 while it
encodes frame n.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable

from weightreel.render.drawing.canvas import Frame

RING = 3  # one is drawn, one waits, one is written; more of them only take room


Writes = Callable[[Frame], None]  # takes a frame, which nobody may change, and which is drawn over afterwards


def pump(
    write: Writes,
    indices: Iterable[int],
    draw: Callable[[Frame, int], None],
    buffer: Callable[[], Frame],
    on_frame: Callable[[], object] = lambda: None,
    *,
    beside: bool = True,
) -> None:
    """Draw the frames of `indices` in this thread and write them, in order, in another; with `beside` of False in this
    one too, for whoever has no processor for a second.

    `draw(frame, index)` fills a buffer; there are three of them, however long the film. What either side raises
    is raised here, after both have stopped.
    """
    if not beside:
        frame = buffer()
        for index in indices:
            draw(frame, index)
            write(frame)
            on_frame()
        return
    free: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    drawn: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
    for _ in range(RING):
        free.put(buffer())
    writer = _Writer(write, drawn, free)
    writer.start()
    try:
        for index in indices:
            frame = free.get()
            if writer.error is not None:
                break
            draw(frame, index)
            drawn.put(frame)
            on_frame()
    finally:
        drawn.put(None)
        writer.end()
    if writer.error is not None:
        raise writer.error


class _Writer(threading.Thread):
    """Writes frames until it meets None. After a failure it goes on handing buffers back, so that nobody waits."""

    def __init__(self, write: Writes, drawn: queue.SimpleQueue[Frame | None], free: queue.SimpleQueue[Frame]) -> None:
        super().__init__(name="encoder", daemon=True)
        self.write, self.drawn, self.free = write, drawn, free
        self.error: BaseException | None = None

    def run(self) -> None:
        while (frame := self.drawn.get()) is not None:
            if self.error is None:
                try:
                    self.write(frame)
                except BaseException as error:
                    self.error = error
            self.free.put(frame)

    def end(self) -> None:
        """Wait for the last frame. A signal that comes now waits too: what follows takes the file from this thread."""
        interrupted = None
        while self.is_alive():
            try:
                self.join()
            except KeyboardInterrupt as signal:
                interrupted = signal
        if interrupted is not None:
            raise interrupted
