"""The blocks of a GIF file: what a reader finds, and what stands beside the pictures.

After "Graphics Interchange Format, Version 89a" (CompuServe, 1990); the loop count is Netscape's application block.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEADER_BYTES = 13
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
GRAPHIC_CONTROL, COMMENT, APPLICATION = 0xF9, 0xFE, 0xFF
BLOCK_BYTES = 255
AT_ONCE = 1 << 18  # bytes that are read
DELAY = 4  # where a graphic control says it


@dataclass
class Contents:
    """What a GIF holds: (width, height), the delay of each frame in hundredths of a second, how often it plays (0 for
    ever), its comment."""

    size: tuple[int, int]
    delays: list[int]
    loop: int = 1
    comment: str | None = None


def read_contents(path: Path) -> Contents:
    """Walk through the blocks of a file without decoding pictures, and without having it all in memory.

    Raises:
        ValueError: it is no GIF, or ends before its trailer.
    """
    with path.open("rb", buffering=AT_ONCE) as file:
        head = file.read(HEADER_BYTES)
        if not head.startswith(b"GIF"):
            raise ValueError("is no GIF")
        try:
            width, height, flags = struct.unpack_from("<HHB", head, 6)
            _some(file, _table_bytes(flags))
            return _walk(file, Contents((width, height), []))
        except (IndexError, struct.error):
            raise ValueError("ends before its trailer") from None


def _walk(file: BinaryIO, found: Contents) -> Contents:
    delay = 0
    while (kind := _some(file, 1)[0]) != TRAILER:
        if kind == EXTENSION:
            label = _some(file, 1)[0]
            body = _sub_blocks(file, label != APPLICATION or found.loop != 1)
            if label == GRAPHIC_CONTROL:
                delay = struct.unpack_from("<H", body, 1)[0]
            elif label == COMMENT and found.comment is None:
                found.comment = body.decode("utf-8", errors="replace")
            elif label == APPLICATION and body.startswith(b"NETSCAPE2.0"):
                repeats = struct.unpack_from("<H", body, 12)[0]
                found.loop = repeats + 1 if repeats else 0
        elif kind == IMAGE:
            found.delays.append(delay)
            _some(file, _table_bytes(_some(file, 9)[8]) + 1)  # and how many bits its codes have
            _sub_blocks(file, False)
        else:
            raise ValueError(f"has an unknown block at byte {file.tell() - 1}")
    return found


def _some(file: BinaryIO, count: int) -> bytes:
    """So many bytes; IndexError where there are fewer."""
    data = file.read(count)
    if len(data) < count:
        raise IndexError
    return data


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks(file: BinaryIO, wanted: bool = True) -> bytes:
    """The bytes of a chain of sub-blocks, the first two where they are not wanted."""
    parts: list[bytes] = []
    length = _some(file, 1)[0]
    while length:
        block = _some(file, length + 1)  # and the length of the next
        if wanted or len(parts) < 2:
            parts.append(block[:length])
        length = block[length]
    return b"".join(parts)


def split_header(packet: bytes) -> tuple[bytes, bytes]:
    """The header and the global table that FFmpeg's encoder puts before its first picture, and that picture."""
    if not packet.startswith(b"GIF"):
        return b"", packet
    end = HEADER_BYTES + _table_bytes(packet[10])
    return packet[:end], packet[end:]


def shown_for(picture: bytes, hundredths: int) -> bytes:
    """A picture that stands so long: that is said in its graphic control, with which it begins."""
    return picture[:DELAY] + struct.pack("<H", hundredths) + picture[DELAY + 2 :]


def loop_block(times: int) -> bytes:
    """How often an animation plays, 0 for ever; once where nothing is said."""
    if times == 1:
        return b""
    return bytes([EXTENSION, APPLICATION, 11]) + b"NETSCAPE2.0" + struct.pack("<BBHB", 3, 1, max(0, times - 1), 0)


def comment_block(comment: str) -> bytes:
    """A comment extension."""
    words = comment.encode()
    chunks = [words[i : i + BLOCK_BYTES] for i in range(0, len(words), BLOCK_BYTES)]
    return bytes([EXTENSION, COMMENT]) + b"".join(bytes([len(c)]) + c for c in chunks) + b"\0"
