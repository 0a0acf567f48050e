"""PNG files as chunks, for the pictures and the animations that are written as such.

The format is the PNG specification, third edition, https://www.w3.org/TR/png-3/: chunks in section 5.3, text in 11.3.3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = "Comment"
_COMPRESSED = b"\1\0"  # FFmpeg looks for the first frame of an animation in the first 2,048 bytes


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk: the length of its data, its type of four letters, the data, the CRC of both."""
    return b"".join([struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))])


def comment_data(text: str) -> bytes:
    """The data of an iTXt chunk: keyword, compression, no language, no translated keyword, UTF-8."""
    return KEYWORD.encode() + b"\0" + _COMPRESSED + b"\0\0" + zlib.compress(text.encode())


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The type and the length of each chunk up to IEND; `file` stands at the data, of which only as much is read as
    the caller does.

    Raises:
        ValueError: not a PNG file, or one cut short.
    """
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise ValueError("not a PNG file")
    kind = b""
    while kind != b"IEND":
        header = file.read(8)
        if len(header) < 8:
            raise ValueError("the file ends before its IEND chunk")
        length, kind = struct.unpack(">I4s", header)
        start = file.tell()
        yield kind, length
        file.seek(start + length + 4)


def read_comment(path: Path) -> str | None:
    """The comment in front of the picture; None where there is none.

    Raises:
        OSError: it is no PNG file.
    """
    # Pillow itself: imageio decodes the whole picture for its metadata, which takes a hundred times as long.
    with Image.open(path, formats=["PNG"]) as image:
        text = image.info.get(KEYWORD)
    return None if text is None else str(text)


def read_size(path: Path) -> tuple[int, int]:
    """(width, height) of the picture.

    Raises:
        OSError: it is no PNG file.
    """
    with Image.open(path, formats=["PNG"]) as image:
        return image.size
