"""H.264 through PyAV, in settings that play everywhere and keep red borders red.

4:2:0 samples colour once for 2 × 2 pixels. Averaged over the square (AREA), a border on even coordinates keeps its
colour; the usual bilinear filter mixes it with its neighbours at any quality. BT.709, limited range, and tagged so.
One thread: the bytes then do not depend on the machine. Without adaptive quantisation and the 8 × 8 transform, flat
tiles come out smaller and more exact.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import av
from pydantic import Field

from render.canvas import PIXEL_FORMAT, Frame
from render.encoders import Output, Spec, verify_video
from render.errors import EncodeError

BT709, LIMITED = 1, 1  # FFmpeg's numbers
PRESET = "veryfast"
X264 = "aq-mode=0:8x8dct=0"


class H264(Output):
    """mp4, mov or mkv for browsers, slides and notebooks; `h264_444` keeps every colour sample, but plays in few."""

    suffixes: ClassVar = (".mp4", ".mov", ".mkv")
    codecs: ClassVar = ("h264", "h264_444")

    type: Literal["h264"] = "h264"
    codec: Literal["h264", "h264_444"] = "h264"
    crf: Annotated[float, Field(ge=0, le=51)] = Field(default=18, description="quality: lower is better and larger")

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name of the samples."""
        return "yuv444p" if self.codec == "h264_444" else "yuv420p"

    def size_problem(self, size: tuple[int, int]) -> str | None:
        """4:2:0 needs even sizes."""
        for what, pixels in zip(("width", "height"), size, strict=True):
            if pixels % 2 and self.codec == "h264":
                return f"{what} {pixels} is odd; H.264 needs even sizes, such as {pixels + 1}"
        return None

    def open(self, part: Path, spec: Spec) -> H264Sink:
        """A muxer with one video stream."""
        return H264Sink(self, part, spec)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count the packets of the finished file; compare its samples and colour tags."""
        verify_video(part, self.path, spec, frames)
        with av.open(str(part)) as container:
            context = container.streams.video[0].codec_context
            found = (context.pix_fmt, int(context.colorspace), int(context.color_range))
        if found != (self.pixel_format, BT709, LIMITED):
            raise EncodeError(f"{self.path}: reads back as {found} instead of {self.pixel_format}, BT.709, limited")


class H264Sink:
    """A video file being written by libx264."""

    def __init__(self, output: H264, part: Path, spec: Spec) -> None:
        self.format, self.count = output.pixel_format, 0
        fast = {"movflags": "+faststart"} if part.suffix != ".mkv" else {}
        self.container = av.open(str(part), "w", options=fast)
        options = {"preset": PRESET, "crf": f"{output.crf:g}", "x264-params": X264}
        stream = self.container.add_stream("libx264", rate=spec.rate, options=options)
        stream.width, stream.height = spec.size
        stream.pix_fmt = output.pixel_format
        context = stream.codec_context
        context.thread_count = 1
        context.color_range, context.colorspace = LIMITED, BT709
        context.color_primaries = context.color_trc = BT709
        self.stream = stream

    def add(self, frame: Frame) -> None:
        """Convert and encode a frame."""
        picture = av.VideoFrame.from_ndarray(frame, format=PIXEL_FORMAT)
        samples = picture.reformat(
            format=self.format, dst_colorspace=BT709, dst_color_range=LIMITED, interpolation="AREA"
        )
        samples.pts = self.count
        self.container.mux(self.stream.encode(samples))
        self.count += 1

    def close(self) -> None:
        """Write what the encoder holds back, and the index."""
        self.container.mux(self.stream.encode())
        self.container.close()

    def abort(self) -> None:
        """Close, whatever the file has become."""
        try:
            self.container.close()
        except (av.FFmpegError, OSError, ValueError):
            return
