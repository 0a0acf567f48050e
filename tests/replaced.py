"""Words in the comment of a video file put in the place of others that have as many bytes, as somebody may do it."""

from __future__ import annotations

import mmap
import zlib
from pathlib import Path

# Matroska (RFC 9559) guards each part of a file with a CRC-32, its first element; RFC 8794 says how lengths are coded.
_TAGS, _CRC, _CRC_BYTES = b"\x12\x54\xc3\x67", b"\xbf\x84", 6
_EBML = b"\x1a\x45\xdf\xa3"
_NEAR = 64  # QuickTime has a comment twice, as such and as a description, one after the other


def replace_comment(part: Path, was: str, now: str) -> None:
    """Overwrite a part of the comment.

    Raises:
        ValueError: it is not there, or has another length.
    """
    before, after = was.encode(), now.encode()
    if before == after:
        return
    if len(before) != len(after):
        raise ValueError(f"{len(after)} bytes in the place of {len(before)}")
    with part.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        at = data.find(before)
        if at < 0:
            raise ValueError("the words are not in the file")
        first = at
        while at >= 0:
            data[at : at + len(after)] = after
            at = data.find(before, at + len(after), at + 2 * len(after) + _NEAR)
        if data[: len(_EBML)] == _EBML:
            _renew_crc(data, first)


def _renew_crc(data: mmap.mmap, at: int) -> None:
    """Reckon the CRC-32 of the tags anew, that hold what is at a place; WebM has none."""
    tags = data.rfind(_TAGS, 0, at)
    if tags < 0:
        return
    first = tags + len(_TAGS)
    count = 9 - data[first].bit_length()  # bytes of the length, which begins with as many bits less one of 0
    length = int.from_bytes(data[first : first + count], "big") & ((1 << 7 * count) - 1)
    begin = first + count
    if data[begin : begin + len(_CRC)] == _CRC:
        crc = zlib.crc32(data[begin + _CRC_BYTES : begin + length])
        data[begin + len(_CRC) : begin + _CRC_BYTES] = crc.to_bytes(4, "little")
