"""What the encoders that write video through FFmpeg share: a subclass says the coding."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from weightreel.render.encoders._output import Output
from weightreel.render.formats.cutting import evenly
from weightreel.render.formats.spec import Spec
from weightreel.render.formats.video import Coding, VideoSink, join_video, read_comment, verify_video


class VideoOutput(Output):
    """An output whose file FFmpeg writes: a subclass says the `coding`."""

    # Frames of a segment. It begins with a picture that stands alone: x264 has one after 250 frames anyway, and with
    # 180 a film takes 2 % fewer bytes to 1 % more, with 90 up to 5 % more.
    least: ClassVar[int] = 180

    @property
    @abstractmethod
    def coding(self) -> Coding:
        """What FFmpeg is told."""

    def open(self, part: Path, spec: Spec) -> VideoSink:
        """An encoder whose packets wait for the file."""
        return VideoSink(self.coding, part, spec)

    def cuts(self, frames: int, rate: float) -> Sequence[range]:
        """Equal ones; each begins with a picture that stands alone."""
        return evenly(frames, self.least)

    def join(self, segments: Sequence[Path], part: Path, spec: Spec, frames: int) -> None:
        """One stream of the packets of all."""
        join_video(self.coding, segments, part, spec)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the packets of the finished file; compare its samples and colour tags."""
        verify_video(part, self.path, spec, frames, self.coding)

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The `comment` tag."""
        return read_comment(path)
