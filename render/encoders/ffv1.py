"""FFV1: lossless video in RGB, for masters from which other clips are cut."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from render.encoders import Output, Spec
from render.video_file import Coding, VideoSink, read_comment, verify_video

CODING = Coding("ffv1", "bgr0", {"level": "3", "slicecrc": "1", "g": "1"}, tagged=False)


class FFV1(Output):
    """mkv with every pixel as it was drawn; asked for with `codec = "ffv1"`."""

    suffixes: ClassVar = (".mkv",)
    codecs: ClassVar = ("ffv1",)

    type: Literal["ffv1"] = "ffv1"
    codec: Literal["ffv1"] = "ffv1"

    def open(self, part: Path, spec: Spec) -> VideoSink:
        """A muxer with one video stream."""
        return VideoSink(CODING, part, spec)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the packets of the finished file; compare its samples."""
        verify_video(part, self.path, spec, frames, CODING)

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The `comment` tag."""
        return read_comment(path)
