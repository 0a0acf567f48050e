"""PNG files as chunks, for the pictures and the animations that are written as such.

The format is the PNG specification, third edition, https://www.w3.org/TR/png-3/: chunks in section 5.3, text in 11.3.3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = "Comment"
MOST_TEXT = 1 << 24
_COMPRESSED = b"\1\0"


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
    """The comment before or behind the pictures; None where there is none.

    Raises:
        OSError, ValueError: it is no PNG file.
    """
    # Pillow decodes a whole animation before it reads what is behind it.
    with path.open("rb") as file:
        for kind, length in chunks(file):
            if kind == b"iTXt":
                keyword, _, rest = file.read(length).partition(b"\0")
                text = rest[2:].split(b"\0", 2)[-1]
                if keyword == KEYWORD.encode():
                    return (_inflated(text) if rest[:1] == b"\1" else text).decode("utf-8", errors="replace")
    return None


def _inflated(data: bytes) -> bytes:
    """What was compressed, up to a size that no comment has.

    Raises:
        ValueError: it is not compressed, or larger.
    """
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(data, MOST_TEXT)
    except zlib.error as error:
        raise ValueError(f"its comment is damaged: {error}") from None
    if reader.unconsumed_tail:
        raise ValueError(f"its comment is larger than {MOST_TEXT} bytes")
    return text


def read_size(path: Path) -> tuple[int, int]:
    """(width, height) of the picture.

    Raises:
        OSError, ValueError: it is no PNG file.
    """
    with path.open("rb") as file:
        next(chunks(file))
        width, height = struct.unpack(">II", file.read(8))
    return width, height
