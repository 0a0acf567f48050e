"""Animated WebP: exact unless asked otherwise, and the smallest of the animated pictures.

Pillow encodes a still of what changed; this module puts the stills into one file as they come, because the writers of
Pillow and FFmpeg hold the whole animation until its end. The format is RFC 9649, section 2.7: extended files (VP8X),
animation (ANIM, ANMF) and metadata (XMP).
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar, Literal
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders._animated import Animated
from weightreel.render.errors import EncodeError, Finding
from weightreel.render.formats.joined import append
from weightreel.render.formats.patches import Changes, verify_animation
from weightreel.render.formats.spec import Sink, Spec

LARGEST = 16383
LARGEST_FILE = 2**32 - 10
# libwebp's effort for lossless pictures: from 26 on a quarter smaller than below; beyond it only time grows.
EFFORT, METHOD = 30, 1
HAS_ALPHA, HAS_XMP, HAS_ANIMATION = 0x10, 0x04, 0x02
BLEND, REPLACE = 0x00, 0x02
PICTURE = (b"ALPH", b"VP8 ", b"VP8L")

_DC, _RDF = "http://purl.org/dc/elements/1.1/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
    f'<rdf:Description rdf:about="" xmlns:dc="{_DC}"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
    "{}"
    "</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="r"?>'
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class WebP(Animated):
    """An animated WebP: what changed since the frame before, exact without `quality` and `tolerance`.

    Example:
        [[output]]
        path = "film.webp"
        fps = 25
        quality = 80
    """

    suffixes: ClassVar = (".webp",)
    default_for: ClassVar = (".webp",)
    codecs: ClassVar = ("webp",)
    bytes_a_pixel: ClassVar = 0.006

    type: Literal["webp"] = "webp"
    quality: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="lossy where that is smaller, 100 is best; default: every pixel is exact"
    )

    @property
    def exact(self) -> bool:
        """Without a tolerance and a quality."""
        return super().exact and self.quality is None

    def findings_at(self, size: tuple[int, int]) -> Iterator[Finding]:
        """WebP has 14 bits for a side."""
        for what, pixels in zip(("width", "height"), size, strict=True):
            if pixels > LARGEST:
                yield Finding("size", f"{what} {pixels} is too large; WebP ends at {LARGEST}")

    def open(self, part: Path, spec: Spec) -> Sink:
        """A file of frames."""
        return self.held(WebPSink(self, part, spec), spec)

    def join(self, segments: Sequence[Path], part: Path, spec: Spec, frames: int) -> None:
        """The header, which says how many bytes follow, the frames, the comment."""
        flags, comment = HAS_ANIMATION | HAS_ALPHA, b""
        if said := spec.said():
            text = escape(_in_xml(said), {"\r": "&#13;"})
            flags, comment = flags | HAS_XMP, _chunk(b"XMP ", _XMP.format(text).encode())
        head = b"WEBP" + _chunk(b"VP8X", _extended(flags, spec.size))
        head += _chunk(b"ANIM", struct.pack("<IH", 0, self.loop))
        length = len(head) + sum(path.stat().st_size for path in segments) + len(comment)
        refuse_beyond(self, length + 8)
        with part.open("wb") as file:
            file.write(b"RIFF" + struct.pack("<I", length) + head)
            append(file, segments)
            file.write(comment)

    def verify(self, part: Path, spec: Spec, frames: int) -> None:
        """Walk the chunks; compare size, frames, milliseconds, repetitions, comment; decode the first frame."""
        wanted = {"size": spec.size, "frames": frames, "milliseconds": _moment(frames, spec), "loop": self.loop}
        wanted["comment"] = _in_xml(spec.said()) or None
        verify_animation(self.path, lambda: _found(part), wanted)

    @classmethod
    def comment(cls, path: Path) -> str | None:
        """The description in the XMP chunk.

        Raises:
            ValueError: it is no WebP file, or its XMP is not XML.
        """
        with path.open("rb") as file:
            for kind, length in _chunks(file):
                if kind == b"XMP ":
                    return _description(file.read(length))
        return None


class WebPSink:
    """The frames of an animated WebP being written."""

    def __init__(self, output: WebP, part: Path, spec: Spec) -> None:
        self.output, self.spec, self.number = output, spec, spec.begin - spec.lead
        self.changes = Changes()
        self.file = part.open("wb")

    def add(self, frame: Frame) -> None:
        """Write what changed."""
        x, y, pixels = self.changes.patch(frame)
        if self.number >= self.spec.begin:
            height, width = pixels.shape[:2]
            duration = _moment(self.number + 1, self.spec) - _moment(self.number, self.spec)
            place = b"".join(map(_three_bytes, (x // 2, y // 2, width - 1, height - 1, duration)))
            rule = bytes([BLEND if self.number else REPLACE])
            data = _chunk(b"ANMF", place + rule + _still(pixels, self.output.quality))
            refuse_beyond(self.output, self.file.tell() + len(data))
            self.file.write(data)
        self.number += 1

    def close(self) -> None:
        """All is written."""
        self.file.close()

    def abort(self) -> None:
        """Close, whatever the file has become."""
        with suppress(OSError):
            self.file.close()


def refuse_beyond(output: WebP, count: int) -> None:
    """EncodeError where a file would have more bytes than one can have."""
    if count > LARGEST_FILE:
        raise EncodeError(f"{output.path}: a WebP file ends at 4 GB; write fewer frames, or a video")


def _moment(index: int, spec: Spec) -> int:
    """When a frame begins, in milliseconds: moments are rounded, not durations, so that no error adds up."""
    return round(index * 1000 / spec.fps)


def _three_bytes(value: int) -> bytes:
    return value.to_bytes(3, "little")


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A RIFF chunk: its name, the length of its data, the data to an even length."""
    return b"".join([kind, struct.pack("<I", len(data)), data, b"\0" * (len(data) % 2)])


def _extended(flags: int, size: tuple[int, int]) -> bytes:
    """The data of a VP8X chunk: what the file has, and its canvas."""
    return struct.pack("<I", flags) + _three_bytes(size[0] - 1) + _three_bytes(size[1] - 1)


def _still(pixels: NDArray[np.uint8], quality: int | None) -> bytes:
    """The chunks of one picture (height, width, 4). With a quality, still exact where that is no larger: of weights
    that drift, half the frames are."""
    exact = _encoded(pixels, lossless=True, quality=EFFORT)
    if quality is None:
        return exact
    return min(exact, _encoded(pixels, lossless=False, quality=quality), key=len)


def _encoded(pixels: NDArray[np.uint8], *, lossless: bool, quality: int) -> bytes:
    """The chunks that libwebp makes of a picture, without the file around them."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=lossless, quality=quality, method=METHOD)
    file.seek(0)
    return b"".join(_chunk(kind, file.read(length)) for kind, length in _chunks(file) if kind in PICTURE)


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The name and the length of each chunk; `file` stands at the data, of which only as much is read as the caller
    does.

    Raises:
        ValueError: not a WebP file, or one cut short.
    """
    header = file.read(12)
    if len(header) < 12 or header[:4] != b"RIFF" or header[8:] != b"WEBP":
        raise ValueError("not a WebP file")
    end, start = 8 + struct.unpack_from("<I", header, 4)[0], 12
    if file.seek(0, io.SEEK_END) < end:
        raise ValueError("the file ends before the length that it states")
    while start < end:
        file.seek(start)
        header = file.read(8)
        if len(header) < 8:
            raise ValueError("the file ends within the header of a chunk")
        kind, length = struct.unpack("<4sI", header)
        yield kind, length
        start += 8 + length + length % 2


def _found(path: Path) -> dict[str, object]:
    """What an animated WebP is, from its chunks and its first picture.

    Raises:
        ValueError, OSError, struct.error: it is none, or cut short.
    """
    found: dict[str, Any] = {"size": None, "frames": 0, "milliseconds": 0, "loop": None, "comment": None}
    with path.open("rb") as file:
        for kind, length in _chunks(file):
            if kind == b"VP8X":
                sides = file.read(length)[4:]
                found["size"] = tuple(1 + int.from_bytes(side, "little") for side in (sides[:3], sides[3:]))
            elif kind == b"ANIM":
                found["loop"] = struct.unpack("<IH", file.read(length))[1]
            elif kind == b"ANMF":
                found["milliseconds"] += int.from_bytes(file.read(16)[12:15], "little")
                if not found["frames"]:
                    _decode(file.read(length - 16), found["size"])
                found["frames"] += 1
            elif kind == b"XMP ":
                found["comment"] = _description(file.read(length))
    return found


def _decode(picture: bytes, size: tuple[int, int]) -> None:
    """Decode the picture of one frame as a file of its own; opening the whole file would read all of it.

    Raises:
        ValueError, OSError: it cannot be decoded.
    """
    body = b"WEBP" + _chunk(b"VP8X", _extended(HAS_ALPHA, size)) + picture
    with Image.open(io.BytesIO(_chunk(b"RIFF", body)), formats=["WEBP"]) as image:
        image.load()


def _in_xml(text: str) -> str:
    """A text without the signs that XML cannot hold, even escaped."""
    return _NOT_XML.sub("\ufffd", text)


def _description(packet: bytes) -> str | None:
    """The text of dc:description in an XMP packet; None where it has none.

    Raises:
        ValueError: it is not XML.
    """
    try:
        item = ElementTree.fromstring(packet).find(f".//{{{_DC}}}description/{{{_RDF}}}Alt/{{{_RDF}}}li")
    except ElementTree.ParseError as error:
        raise ValueError(f"its XMP is not XML: {error}") from None
    return None if item is None else item.text or ""
