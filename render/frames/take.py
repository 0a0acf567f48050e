"""An output settled against its scene: its size, its rate, its frames. Made once, read by everyone."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from weightreel.render.drawing.canvas import Rect
from weightreel.render.encoders._output import Output
from weightreel.render.frames.course import Course
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings

ALL = slice(None)


class Sizing(NamedTuple):
    """(width, height) that a film is laid out at, and the part of the frame that its areas stand in; None for all of it
    but the margins."""

    size: tuple[int, int]
    inside: Rect | None = None

    def __str__(self) -> str:
        return f"{self.size[0]} × {self.size[1]}"


@dataclass(frozen=True)
class Take:
    """What one output shows of a scene.

    Attributes:
        output: the options.
        key: its place in the scene, such as "output[0]", for messages.
        size: (width, height) that the film is laid out at.
        fps: frames a second of the film; the file has `rate`.
        course: the film's time.
        cut: the frames of the film that were asked for; None for all.
        indices: the frames of the film that the file has.
    """

    output: Output
    key: str
    size: tuple[int, int]
    fps: float
    course: Course
    cut: range | None
    indices: Sequence[int]

    @classmethod
    def of(
        cls,
        scene: Scene,
        output: Output,
        about: Mapping[str, About],
        frames: slice = ALL,
        *,
        key: str = "output",
        first: int = 0,
    ) -> Take:
        """An output of a scene, settled as far as the length of the training is known; `first` is its first step."""
        fps = output.rate(scene.timeline.fps)
        course = Course.of(scene, about, fps, first)
        asked = range(*frames.indices(len(course)))
        cut = None if frames == ALL else asked
        return cls(output, key, output.size_in(scene.layout.size), fps, course, cut, output.chosen(asked))

    @property
    def sizing(self) -> Sizing:
        """What it is laid out at."""
        return Sizing(self.size, self.output.inside(self.size))

    @property
    def padded(self) -> tuple[int, int]:
        """(width, height) of the file's frames."""
        return self.output.padded(self.size)

    @property
    def rate(self) -> float:
        """Frames a second of the file."""
        return self.fps / self.output.thin

    def over(self, recordings: Recordings, own: Container[str] = ()) -> Take:
        """The same for what was recorded; see `Course.over`."""
        return replace(self, course=self.course.over(recordings, own))

    def changed(self, **keys: object) -> Take:
        """The take of the same output with other keys, of which `size` and `thin` matter here."""
        output = self.output.model_copy(update=keys)
        asked = self.cut if self.cut is not None else range(len(self.course))
        size = output.size or self.size
        return replace(self, output=output, size=size, indices=output.chosen(asked))

    def showing(self, indices: Sequence[int]) -> Take:
        """The same with other frames."""
        return replace(self, indices=indices)
