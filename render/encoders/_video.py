"""What the encoders that write video through FFmpeg share: a subclass says the coding."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from weightreel.render.encoders._output import Output
from weightreel.render.formats.spec import Spec
from weightreel.render.formats.video import Coding, VideoSink, read_comment, verify_video


class VideoOutput(Output):
    """An output whose file FFmpeg writes: a subclass says the `coding`."""

    @property
    @abstractmethod
    def coding(self) -> Coding:
        """What FFmpeg is told."""

    def open(self, part: Path, spec: Spec) -> VideoSink:
        """A muxer with one video stream."""
        return VideoSink(self.coding, part, spec)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the packets of the finished file; compare its samples and colour tags."""
        verify_video(part, self.path, spec, frames, self.coding)

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The `comment` tag."""
        return read_comment(path)
