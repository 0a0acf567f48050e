"""Animated PNG: every pixel as it was drawn, a frame at a time, in a file that old viewers show as its first frame.

The format is the PNG specification, third edition, https://www.w3.org/TR/png-3/: acTL, fcTL and fdAT in section 11.3.7.
Rows are not filtered: tiles at a whole scale repeat themselves, which zlib sees better in the plain samples; on films
of weights that is a tenth to a quarter smaller than any one filter. A palette would need all colours of the film
before its first frame.
"""

from __future__ import annotations

import struct
import zlib
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
        """A file with its header."""
        return self.held(ApngSink(self, part, spec))

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
    """An animated PNG being written. The header says how many frames follow, so it is written again at the end."""

    def __init__(self, output: Apng, part: Path, spec: Spec) -> None:
        self.loop, self.spec = output.loop, spec
        self.frames = self.sequence = 0
        self.delay = 1 / spec.rate  # at most 60 × 1001 frames in 1001 seconds: both fit 16 bits
        self.changes = Changes()
        self.file = part.open("wb")
        self.file.write(SIGNATURE + chunk(b"IHDR", struct.pack(">II5B", *spec.size, *EIGHT_BIT_RGBA)))
        self.control = self.file.tell()
        self._write_control()

    def add(self, frame: Frame) -> None:
        """Write what changed."""
        x, y, pixels = self.changes.patch(frame)
        height, width = pixels.shape[:2]
        delay = (self.delay.numerator, self.delay.denominator)
        rules = (KEEP, BLEND if self.frames else REPLACE)
        self.file.write(chunk(b"fcTL", self._next(struct.pack(">4I2H2B", width, height, x, y, *delay, *rules))))
        data = _compressed(pixels)
        # The first frame is the picture that viewers without animations show.
        self.file.write(chunk(b"fdAT", self._next(data)) if self.frames else chunk(b"IDAT", data))
        self.frames += 1

    def close(self) -> None:
        """Write the comment and the end, then the header's number of frames."""
        if comment := self.spec.said():
            self.file.write(chunk(b"iTXt", comment_data(comment)))
        self.file.write(chunk(b"IEND", b""))
        self.file.seek(self.control)
        self._write_control()
        self.file.close()

    def abort(self) -> None:
        """Close, whatever the file has become."""
        with suppress(OSError):
            self.file.close()

    def _write_control(self) -> None:
        self.file.write(chunk(b"acTL", struct.pack(">II", self.frames, self.loop)))

    def _next(self, data: bytes) -> bytes:
        """Data of a chunk that has a place in the sequence."""
        number, self.sequence = self.sequence, self.sequence + 1
        return struct.pack(">I", number) + data


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
