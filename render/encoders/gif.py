"""GIF through FFmpeg's encoder, a frame at a time, with one palette for the whole clip.

GIF counts time in hundredths of a second, and browsers slow down what is faster than 50 frames a second.
Rates in between (30, 24 …) are kept on average: it is the moments that are rounded, not each delay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import av
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.encoders._output import Output
from weightreel.render.errors import Finding
from weightreel.render.formats.cutting import CHANGED, HELD, evenly
from weightreel.render.formats.gif import TRAILER, comment_block, loop_block, read_contents, shown_for, split_header
from weightreel.render.formats.hold import AHEAD, Hold
from weightreel.render.formats.joined import append
from weightreel.render.formats.palette import Mapper, choose, count_colors
from weightreel.render.formats.patches import verify_animation
from weightreel.render.formats.rates import Exact
from weightreel.render.formats.spec import Palette, Spec
from weightreel.render.formats.video import abandon

FASTEST_FPS = 50
MOST_COLORS = 255  # and one entry for "as before"
EXACT = 4  # without a tolerance, every fourth frame is as near as the palette comes
LONGEST = 2**16 - 1  # hundredths of a second that one frame stands
_TICK = Fraction(1, 100)


class Gif(Budgeted, Output):
    """An animated GIF: what changed since the frame before, in a palette that covers the clip.

    Example:
        [[output]]
        path = "film.gif"
        size = [640, 360]
        fps = 12.5
        max_bytes = "3 MB"
    """

    suffixes: ClassVar = (".gif",)
    default_for: ClassVar = (".gif",)
    codecs: ClassVar = ("gif",)
    needs_colors: ClassVar = True
    lead: ClassVar = 1
    economies: ClassVar = ("fps", "tolerance", "colors", "size")

    type: Literal["gif"] = "gif"
    fps: Annotated[float, Field(gt=0, le=FASTEST_FPS), Exact()] | None = Field(
        default=None,
        description="frames a second, at most 50, which is what GIF shows; default: the scene's",
    )
    loop: Annotated[int, Field(ge=0, le=65535)] = Field(default=0, description="times to play; 0 = for ever")
    colors: Annotated[int, Field(ge=2, le=MOST_COLORS)] = Field(
        default=MOST_COLORS, description="the most there may be; clips with no more than that are lossless"
    )
    tolerance: Annotated[int, Field(ge=0, le=64)] | None = Field(
        default=None,
        description="a pixel keeps its colour while it is off by no more than this, of 255; default: 0 where the "
        "colours suffice, else 1 in three frames of four",
    )

    def rate(self, fps: float) -> float:
        """The scene's rate, at most 50."""
        return min(super().rate(fps), FASTEST_FPS)

    def moment(self, number: int, fps: float) -> float:
        """To the hundredth."""
        return _moment(number, fps) / 100

    def findings_at_rate(self, rate: float) -> Iterator[Finding]:
        """A frame stands for no more than 65,535 hundredths of a second."""
        yield from super().findings_at_rate(rate)
        if rate * LONGEST < 100:
            told = f"{rate:g} frames a second are too few; a frame of a GIF stands for {LONGEST // 100} seconds at most"
            yield Finding("fps", told)

    def open(self, part: Path, spec: Spec) -> GifSink:
        """An encoder of pictures; the palette is chosen from the colours that the spec announces."""
        return GifSink(self, part, spec)

    def cuts(self, frames: int, rate: float) -> Sequence[range]:
        """Equal ones, each after a frame that is exact: with a tolerance that costs bytes, else every fourth is."""
        return evenly(frames, HELD) if self.tolerance else evenly(frames, CHANGED, EXACT, after=1)

    def settled(self, spec: Spec) -> Spec:
        """With the palette of all segments."""
        return replace(spec, palette=palette_of(*spec.colors, self.colors)) if spec.colors else spec

    def join(self, segments: Sequence[Path], part: Path, spec: Spec, frames: int) -> None:
        """All pictures in one file, then the comment."""
        segments[0].replace(part)
        with part.open("ab") as file:
            append(file, segments[1:])
            file.write((comment_block(said) if (said := spec.said()) else b"") + bytes([TRAILER]))

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Compare the size, the number of frames, the length in time, the loop count and the comment."""
        wanted = {"size": spec.size, "frames": frames, "hundredths": _moment(frames, spec.fps)}
        wanted |= {"loop": self.loop, "comment": spec.said() or None}
        verify_animation(self.path, lambda: _found(part), wanted)

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The comment extension."""
        return read_contents(path).comment


def _found(path: Path) -> dict[str, object]:
    found = read_contents(path)
    times = {"frames": len(found.delays), "hundredths": sum(found.delays)}
    return {"size": found.size, "loop": found.loop, "comment": found.comment, **times}


def _moment(index: int, fps: float) -> int:
    """When a frame begins, in hundredths of a second."""
    return round(index * 100 / fps)


class GifSink:
    """The pictures of a GIF being written, and before the first the header."""

    def __init__(self, output: Gif, part: Path, spec: Spec) -> None:
        self.output, self.spec, self.count = output, spec, spec.begin - spec.lead
        # Not Pillow, which keeps every frame until the end and takes twice as long for the same bytes.
        self.encoder = av.CodecContext.create("gif", "w")
        self.encoder.width, self.encoder.height = spec.size
        self.encoder.pix_fmt, self.encoder.time_base = "pal8", _TICK
        self.file = part.open("wb")
        self.map: Mapper | None = None

    def add(self, frame: Frame) -> None:
        """Write what changed. Without a palette, the colours of the first frame are taken."""
        if self.map is None:
            self._begin(self.spec.palette or palette_of(*count_colors(frame), self.output.colors))
            self._write(self.hold.show(frame) if self.spec.lead else self.hold.add(frame))
        else:
            self._write(self.hold.add(frame))

    def close(self) -> None:
        """Write what is held back."""
        self._write(self.hold.rest(exact=not self.spec.last))
        self.file.close()

    def abort(self) -> None:
        """Close, whatever the file has become."""
        abandon(self.file)

    def _begin(self, palette: Palette) -> None:
        self.map = Mapper(palette.colors)
        self.argb = np.zeros((256, 4), np.uint8)
        self.argb[: len(palette.colors), 0] = 255
        self.argb[: len(palette.colors), 1:] = palette.colors[:, ::-1]
        tolerance = self.output.tolerance
        if tolerance is None:
            # A palette that is not exact is off by 1 in most places anyway; looking ahead would add to that.
            self.hold = Hold(int(not palette.exact), ahead=1, exact=EXACT)
        else:
            self.hold = Hold(tolerance, AHEAD if tolerance else 1)

    def _write(self, frames: Iterable[Frame]) -> None:
        assert self.map is not None
        for frame in frames:
            picture = av.VideoFrame.from_ndarray((self.map(frame), self.argb), format="pal8")  # type: ignore[arg-type]
            picture.pts, picture.time_base = self.count, _TICK
            for packet in self.encoder.encode(picture):
                self._add(bytes(packet))
            self.count += 1

    def _add(self, packet: bytes) -> None:
        """Write a picture, but none of those that lead."""
        header, pixels = split_header(packet)
        if self.count == 0:
            self.file.write(header + loop_block(self.output.loop))
        if self.count >= self.spec.begin:
            stands = _moment(self.count + 1, self.spec.fps) - _moment(self.count, self.spec.fps)
            self.file.write(shown_for(pixels, stands))


def palette_of(colors: NDArray[np.uint8], counts: NDArray[np.int64], most: int) -> Palette:
    """At most so many colours for those of a clip, see `choose`."""
    palette = choose(colors, counts, most)
    return Palette(palette, len(colors) <= len(palette))
