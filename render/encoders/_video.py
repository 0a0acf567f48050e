"""What the encoders that write video through FFmpeg share: a subclass says the coding."""

from __future__ import annotations

from pathlib import Path

from weightreel.render.encoders._output import Output
from weightreel.render.formats.spec import Spec
from weightreel.render.formats.video import Coding, VideoSink, read_comment, verify_video


class VideoOutput(Output):
    """An output whose file FFmpeg writes: a subclass says the `coding`."""

    @property
    def coding(self) -> Coding:
        """What FFmpeg is told."""
        raise TypeError(f"{type(self).__name__} does not say how it is coded")

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
