"""H.264 through PyAV, in settings that play everywhere and keep red borders red.

4:2:0 samples colour once for 2 × 2 pixels. Averaged over the square, a border on even coordinates keeps its colour;
the usual bilinear filter mixes it with its neighbours at any quality.

The parameters were chosen on films of tiles at equal PSNR over RGB. The deblocking filter softens the edges of tiles
that stand on blocks, and costs 40 % more bytes; finer steps for colour keep borders and lines; adaptive quantisation
and the 8 × 8 transform do not pay on flat tiles, nor do more references; a longer look ahead does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from weightreel.render.drawing.canvas import cv2
from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.encoders._video import VideoOutput
from weightreel.render.errors import Finding
from weightreel.render.formats.sizes import even_size, odd_sides
from weightreel.render.formats.video import Coding

PRESET = "veryfast"  # fast takes nearly twice as long for 2.5 dB more at the same bytes
X264 = "aq-mode=0:8x8dct=0:no-deblock=1:chroma-qp-offset=-6:ref=1:rc-lookahead=30:deadzone-intra=4"

# With the instructions of AVX-512 its look ahead reads memory that nobody has written: the same frames gave other bytes
# once in a while. They save no time here.
AVX_512 = 13  # OpenCV's number
if cv2.checkHardwareSupport(AVX_512):
    X264 += ":asm=avx2,fma3,bmi2,lzcnt"


class H264(Budgeted, VideoOutput):
    """mp4, mov or mkv for browsers, slides and notebooks, the codec where an output says none; `h264_444` keeps every
    colour sample, but plays in few.

    Example:
        [[output]]
        path = "film.mp4"
        crf = 18
    """

    suffixes: ClassVar = (".mp4", ".mov", ".mkv")
    default_for: ClassVar = suffixes
    codecs: ClassVar = ("h264", "h264_444")
    economies: ClassVar = ("crf", "size", "fps")
    bytes_a_pixel: ClassVar = 0.005

    type: Literal["h264"] = "h264"
    codec: Literal["h264", "h264_444"] = Field(
        default="h264", description="needs no asking; h264_444 keeps every colour sample, for editors"
    )
    crf: Annotated[float, Field(ge=0, le=51)] = Field(default=16, description="quality: lower is better and larger")

    @property
    def coding(self) -> Coding:
        """What FFmpeg is told."""
        options = {"preset": PRESET, "crf": f"{self.crf:g}", "x264-params": X264}
        return Coding("libx264", "yuv444p" if self.codec == "h264_444" else "yuv420p", options)

    @property
    def shares_color(self) -> bool:
        """4:2:0 does."""
        return self.codec == "h264"

    def padded(self, size: tuple[int, int]) -> tuple[int, int]:
        """4:2:0 needs even sizes."""
        return even_size(size) if self.codec == "h264" else size

    def findings_at(self, size: tuple[int, int]) -> Iterable[Finding]:
        """Frames of odd sizes must be padded."""
        return odd_sides(size, "H.264") if self.codec == "h264" else ()
