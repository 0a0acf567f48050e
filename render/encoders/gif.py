"""GIF through FFmpeg's encoder, a frame at a time, with one palette for the whole clip.

GIF counts time in hundredths of a second, and browsers slow down what is faster than 50 frames a second.
Rates in between (30, 24 …) are kept on average: it is the moments that are rounded, not each delay.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import av
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from render.canvas import Frame
from render.encoders import Output, Spec
from render.errors import EncodeError
from render.palette import Mapper, choose

FASTEST_FPS = 50
MOST_COLORS = 255  # and one entry for "as before"
TRANSPARENT = 255
_TICK = Fraction(1, 100)


class Gif(Output):
    """An animated GIF: what changed since the frame before, in a palette that covers the clip."""

    suffixes: ClassVar = (".gif",)
    codecs: ClassVar = ("gif",)
    needs_colors: ClassVar = True

    type: Literal["gif"] = "gif"
    fps: float | None = Field(default=None, gt=0, le=FASTEST_FPS, description="at most 50, which is what GIF shows")
    loop: Annotated[int, Field(ge=0, le=65535)] = Field(default=0, description="times to play; 0 = for ever")
    tolerance: Annotated[int, Field(ge=0, le=64)] = Field(
        default=0, description="a pixel keeps its colour while it is off by no more than this, of 255"
    )

    def rate(self, fps: float) -> float:
        """The scene's rate, at most 50."""
        return self.fps or min(fps, FASTEST_FPS)

    def open(self, part: Path, spec: Spec) -> GifSink:
        """A GIF muxer; the palette is chosen from the colours that the spec announces."""
        return GifSink(self, part, spec)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Count frames, compare the size and the length in time."""
        with av.open(str(part)) as container:
            stream = container.streams.video[0]
            size = (stream.width, stream.height)
            times = [p.pts for p in container.demux(stream) if p.size and p.pts is not None]
        if len(times) != frames or size != spec.size:
            raise EncodeError(
                f"{self.path}: reads back {len(times)} frames of {size} instead of {frames} of {spec.size}"
            )


class GifSink:
    """A GIF file being written."""

    def __init__(self, output: Gif, part: Path, spec: Spec) -> None:
        self.output, self.spec, self.count = output, spec, 0
        # FFmpeg's muxer counts repetitions: 0 is for ever, -1 once.
        loop = {0: 0, 1: -1}.get(output.loop, output.loop - 1)
        self.container = av.open(str(part), "w", format="gif", options={"loop": str(loop)})
        stream = self.container.add_stream("gif", rate=Fraction(100))
        stream.width, stream.height = spec.size
        stream.pix_fmt = "pal8"
        stream.codec_context.time_base = _TICK
        self.stream = stream
        self.entries: NDArray[np.uint8] | None = None
        self.map: Mapper | None = None

    def add(self, frame: Frame) -> None:
        """Write what changed. The first frame's colours complete those that the spec announced."""
        if self.map is None:
            self._choose_palette(frame)
        entries = self._steady(frame)
        picture = av.VideoFrame.from_ndarray((entries, self.argb), format="pal8")  # type: ignore[arg-type]
        picture.pts, picture.time_base = self._moment(self.count), _TICK
        for packet in self.stream.encode(picture):
            packet.duration = self._moment(self.count + 1) - picture.pts
            self.container.mux(packet)
        self.count += 1

    def close(self) -> None:
        """Write what the encoder holds back, and the trailer."""
        self.container.mux(self.stream.encode())
        self.container.close()

    def abort(self) -> None:
        """Close, whatever the file has become."""
        try:
            self.container.close()
        except (av.FFmpegError, OSError, ValueError):
            return

    def _moment(self, index: int) -> int:
        return round(index * 100 / self.spec.fps)

    def _choose_palette(self, frame: Frame) -> None:
        flat = self.spec.colors
        pixels = frame.reshape(-1, 3)
        colors = pixels if flat is None else np.concatenate([flat, pixels])
        palette, self.error = choose(colors, MOST_COLORS, _largest_areas(frame), self.spec.maps)
        self.map = Mapper(palette)
        self.argb = np.zeros((256, 4), np.uint8)
        self.argb[: len(palette), 0] = 255
        self.argb[: len(palette), 1:] = palette[:, ::-1]

    def _steady(self, frame: Frame) -> NDArray[np.uint8]:
        """Palette entries of a frame, where a pixel that moved by no more than the tolerance stays as it was."""
        assert self.map is not None
        entries = self.map(frame)
        if self.output.tolerance and self.entries is not None:
            shown = self.map.palette[self.entries].astype(np.int16)
            close = np.abs(shown - frame).max(axis=2) <= self.output.tolerance
            entries = np.where(close, self.entries, entries)
        self.entries = entries
        return entries


def _largest_areas(frame: Frame, most: int = 8, share: float = 0.01) -> NDArray[np.uint8]:
    """Up to `most` colours that each cover more than `share` of a frame: background, borders, panels."""
    colors, counts = np.unique(frame.reshape(-1, 3), axis=0, return_counts=True)
    order = np.argsort(-counts)[:most]
    return colors[order][counts[order] > share * counts.sum()]
