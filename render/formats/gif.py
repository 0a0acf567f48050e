"""The blocks of a GIF file: what a reader finds, and what stands beside the pictures.

After "Graphics Interchange Format, Version 89a" (CompuServe, 1990); the loop count is Netscape's application block.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES = 13
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
GRAPHIC_CONTROL, COMMENT, APPLICATION = 0xF9, 0xFE, 0xFF
BLOCK_BYTES = 255
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
    """Walk through the blocks of a file without decoding pictures.

    Raises:
        ValueError: it is no GIF, or ends before its trailer.
    """
    data = memoryview(path.read_bytes()) if path.stat().st_size < 1 << 26 else _mapped(path)
    if bytes(data[:3]) != b"GIF":
        raise ValueError("is no GIF")
    try:
        return _walk(data)
    except (IndexError, struct.error):
        raise ValueError("ends before its trailer") from None


def _mapped(path: Path) -> memoryview:
    import mmap

    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _walk(data: memoryview) -> Contents:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    found, at, delay = Contents((width, height), []), HEADER_BYTES + _table_bytes(flags), 0
    while data[at] != TRAILER:
        if data[at] == EXTENSION:
            label = data[at + 1]
            body, after = _sub_blocks(data, at + 2, label != APPLICATION or found.loop != 1)
            if label == GRAPHIC_CONTROL:
                delay = struct.unpack_from("<H", body, 1)[0]
            elif label == COMMENT and found.comment is None:
                found.comment = body.decode("utf-8", errors="replace")
            elif label == APPLICATION and body.startswith(b"NETSCAPE2.0"):
                repeats = struct.unpack_from("<H", body, 12)[0]
                found.loop = repeats + 1 if repeats else 0
            at = after
        elif data[at] == IMAGE:
            found.delays.append(delay)
            at = _sub_blocks(data, at + 11 + _table_bytes(data[at + 9]), False)[1]
        else:
            raise ValueError(f"has an unknown block at byte {at}")
    return found


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks(data: memoryview, at: int, wanted: bool = True) -> tuple[bytes, int]:
    """The bytes of a chain of sub-blocks, where they are wanted, and the place after it."""
    parts: list[bytes] = []
    while length := data[at]:
        if wanted or len(parts) < 2:
            parts.append(bytes(data[at + 1 : at + 1 + length]))
        at += 1 + length
    return b"".join(parts), at + 1


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
