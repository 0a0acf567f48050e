"""FFV1: lossless video in RGB, for masters from which other clips are cut."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from weightreel.render.encoders._video import VideoOutput
from weightreel.render.formats.video import Coding

# Level 3 has a checksum for each slice, so that damage is noticed; with g = 1 every frame stands alone, to be cut at.
CODING = Coding("ffv1", "bgr0", {"level": "3", "slicecrc": "1", "g": "1"}, tagged=False)


class FFV1(VideoOutput):
    """mkv with every pixel as it was drawn; asked for with `codec = "ffv1"`.

    Example:
        [[output]]
        path = "master.mkv"
        codec = "ffv1"
    """

    suffixes: ClassVar = (".mkv",)
    codecs: ClassVar = ("ffv1",)
    bytes_a_pixel: ClassVar = 0.08
    least: ClassVar = 30  # every picture stands alone

    type: Literal["ffv1"] = "ffv1"
    codec: Literal["ffv1"] = Field(default="ffv1", description="asks for this encoder")

    @property
    def exact(self) -> bool:
        """It is lossless."""
        return True

    @property
    def coding(self) -> Coding:
        """What FFmpeg is told."""
        return CODING
