"""Animated PNG: every pixel as it was drawn, a frame at a time, in a file that old viewers show as its first frame.

The format is the PNG specification, third edition, https://www.w3.org/TR/png-3/: acTL, fcTL and fdAT in section 11.3.7.
Rows are not filtered: tiles at a whole scale repeat themselves, which zlib sees better in the plain samples; on films
of weights that is a tenth to a quarter smaller than any one filter. A palette would need all colours of the film
before its first frame.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders._animated import Animated
from weightreel.render.formats.joined import append
from weightreel.render.formats.patches import Changes, verify_animation
from weightreel.render.formats.png import SIGNATURE, chunk, chunks, comment_data, read_comment
from weightreel.render.formats.spec import Sink, Spec

LEVEL, MEMORY = 4, 9  # level 6 takes a third longer for 1 % fewer bytes
EIGHT_BIT_RGBA = (8, 6, 0, 0, 0)  # depth, colour type, compression, filter method, interlace
KEEP, REPLACE, BLEND = 0, 0, 1  # what becomes of the canvas after a frame, and how a frame is laid over it


class Apng(Animated):
    """An animated PNG: what changed since the frame before; under the name .png with `codec = "apng"`.

    Example:
        [[output]]
        path = "film.apng"
        fps = 25
    """

    suffixes: ClassVar = (".apng", ".png")
    default_for: ClassVar = (".apng",)
    codecs: ClassVar = ("apng",)
    bytes_a_pixel: ClassVar = 0.013

    type: Literal["apng"] = "apng"
    codec: Literal["apng"] = Field(default="apng", description="asks for this encoder where the suffix is .png")

    def open(self, part: Path, spec: Spec) -> Sink:
        """A file of frames."""
        return self.held(ApngSink(part, spec), spec)

    def join(self, segments: Sequence[Path], part: Path, spec: Spec, frames: int) -> None:
        """The header, the frames, the comment."""
        with part.open("wb") as file:
            file.write(SIGNATURE + chunk(b"IHDR", struct.pack(">II5B", *spec.size, *EIGHT_BIT_RGBA)))
            file.write(chunk(b"acTL", struct.pack(">II", frames, self.loop)))
            append(file, segments)
            if comment := spec.said():
                file.write(chunk(b"iTXt", comment_data(comment)))
            file.write(chunk(b"IEND", b""))

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Walk the chunks; compare size, frames, seconds, repetitions, comment; decode the first frame."""
        wanted = {"size": spec.size, "frames": frames, "announced frames": frames, "seconds": frames / spec.rate}
        wanted |= {"loop": self.loop, "comment": spec.said() or None}
        verify_animation(self.path, lambda: _found(part), wanted)

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The iTXt chunk "Comment"."""
        return read_comment(path)


class ApngSink:
    """The frames of an animated PNG being written. Each frame has one picture, so its place in the sequence follows
    from its number."""

    def __init__(self, part: Path, spec: Spec) -> None:
        self.number, self.begin = spec.begin - spec.lead, spec.begin
        self.delay = 1 / spec.rate  # at most 60 × 1001 frames in 1001 seconds: both fit 16 bits
        self.changes = Changes()
        self.file = part.open("wb")

    def add(self, frame: Frame) -> None:
        """Write what changed."""
        x, y, pixels = self.changes.patch(frame)
        if self.number >= self.begin:
            height, width = pixels.shape[:2]
            delay = (self.delay.numerator, self.delay.denominator)
            rules = (KEEP, BLEND if self.number else REPLACE)
            self._write(b"fcTL", 2 * self.number - 1, struct.pack(">4I2H2B", width, height, x, y, *delay, *rules))
            self._write(b"fdAT", 2 * self.number, _compressed(pixels))
        self.number += 1

    def close(self) -> None:
        """All is written."""
        self.file.close()

    def abort(self) -> None:
        """Close, whatever the file has become."""
        with suppress(OSError):
            self.file.close()

    def _write(self, kind: bytes, place: int, data: bytes) -> None:
        """Data of a chunk that has a place in the sequence; the first picture, which viewers without animations show,
        has none."""
        if kind == b"fdAT" and not place:
            self.file.write(chunk(b"IDAT", data))
        else:
            self.file.write(chunk(kind, struct.pack(">I", max(0, place)) + data))


def _compressed(pixels: NDArray[np.uint8]) -> bytes:
    """Rows of RGBA, each after its filter type 0, none."""
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 4 * width), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, MEMORY)
    return compressor.compress(rows.data) + compressor.flush()


def _found(path: Path) -> dict[str, object]:
    """What an animated PNG is, from its chunks and its first picture.

    Raises:
        ValueError, OSError, SyntaxError, struct.error: it is none, or cut short.
    """
    found: dict[str, Any] = {"frames": 0, "seconds": Fraction(0), "announced frames": None, "loop": None}
    with path.open("rb") as file:
        for kind, length in chunks(file):
            if kind == b"acTL":
                found["announced frames"], found["loop"] = struct.unpack(">II", file.read(length))
            elif kind == b"fcTL":
                numerator, denominator = struct.unpack_from(">HH", file.read(length), 20)
                found["seconds"] += Fraction(numerator, denominator)
                found["frames"] += 1
    with Image.open(path, formats=["PNG"]) as image:
        image.load()
        found["size"] = image.size
    return found | {"comment": read_comment(path)}
