"""AV1 through PyAV and SVT-AV1: smaller than H.264, slower to write, for browsers and recent players."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.encoders._video import VideoOutput
from weightreel.render.errors import Finding
from weightreel.render.formats.cutting import evenly
from weightreel.render.formats.sizes import even_size, odd_sides
from weightreel.render.formats.spec import Spec
from weightreel.render.formats.video import Coding, VideoSink

PRESET = "8"
FASTEST_FPS = 240
# One thread; without temporal filtering, which smears what stands still; pictures that stand alone only where a segment
# begins. They take as much as fifty others, so a segment has the seconds after which SVT-AV1 would set one by itself.
SVT = "lp=1:enable-tf=0:keyint=-1"
SECONDS = 5
MOST_HEAPS = -8  # M_ARENA_MAX of malloc.h


class AV1(Budgeted, VideoOutput):
    """mp4, mkv or webm; asked for with `codec = "av1"`.

    Example:
        [[output]]
        path = "film.webm"
        codec = "av1"
    """

    suffixes: ClassVar = (".mp4", ".mkv", ".webm")
    default_for: ClassVar = (".webm",)
    codecs: ClassVar = ("av1",)
    economies: ClassVar = ("crf", "size", "fps")
    bytes_a_pixel: ClassVar = 0.002

    type: Literal["av1"] = "av1"
    codec: Literal["av1"] = Field(default="av1", description="asks for this encoder; .webm needs no asking")
    crf: Annotated[int, Field(ge=1, le=63)] = Field(default=24, description="quality: lower is better and larger")

    @property
    def coding(self) -> Coding:
        """What FFmpeg is told."""
        return Coding("libsvtav1", "yuv420p", {"preset": PRESET, "crf": str(self.crf), "svtav1-params": SVT})

    @property
    def shares_color(self) -> bool:
        """4:2:0 does."""
        return True

    def padded(self, size: tuple[int, int]) -> tuple[int, int]:
        """4:2:0 needs even sizes."""
        return even_size(size)

    def findings_at(self, size: tuple[int, int]) -> Iterator[Finding]:
        """Frames of odd sizes must be padded; SVT-AV1 takes none under 64 pixels."""
        if min(size) < 64:
            yield Finding("size", f"{size[0]} × {size[1]} is too small; AV1 starts at 64 × 64")
        else:
            yield from odd_sides(size, "AV1")

    def findings_at_rate(self, rate: float) -> Iterator[Finding]:
        """SVT-AV1 takes no more than 240 frames a second."""
        yield from super().findings_at_rate(rate)
        if rate > FASTEST_FPS:
            yield Finding("fps", f"{rate:g} frames a second are too many; AV1 takes at most {FASTEST_FPS}")

    def cuts(self, frames: int, rate: float) -> Sequence[range]:
        """Equal ones of some seconds."""
        return evenly(frames, round(SECONDS * rate) or 1)

    def open(self, part: Path, spec: Spec) -> VideoSink:
        """A muxer with one video stream."""
        os.environ.setdefault("SVT_LOG", "1")  # errors only: the library prints twenty lines a clip
        _share_one_heap()
        return super().open(part, spec)


@cache
def _share_one_heap() -> None:
    """Let all threads of this process share one heap, where the C library is glibc. It gives each one of its own,
    and the dozen that SVT-AV1 begins for a segment leave theirs behind: 80 MB, and more with each segment."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(MOST_HEAPS, 1)
