"""Encoded pictures on their way into a container: a file of nothing but packets, of which several make one video.

A container rounds times, and reads them back by its own rules; here they are whole numbers of frames.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av

from weightreel.render.formats.joined import use_up

_HEAD = struct.Struct("<iiiI?")  # presented, decoded, duration, bytes, whether decoding can begin here


def write_packets(file: BinaryIO, packets: Iterable[av.Packet[Any]]) -> None:
    """Add packets to a file; their times count from the first frame of its segment."""
    for packet in packets:
        data = bytes(packet)
        pts = packet.pts or 0
        dts = pts if packet.dts is None else packet.dts
        file.write(_HEAD.pack(pts, dts, packet.duration or 0, len(data), packet.is_keyframe))
        file.write(data)


def read_packets(files: Iterable[Path]) -> Iterator[av.Packet[Any]]:
    """The packets of segments that follow one another, with the times that they have in the whole: each is decoded a
    frame after the one before, with the delay of the first. Each file is removed at its end."""
    count = 0
    delay: int | None = None
    for path in files:
        begin = count
        with path.open("rb") as file:
            while head := file.read(_HEAD.size):
                pts, dts, duration, length, key = _HEAD.unpack(head)
                delay = -dts if delay is None else delay
                packet: av.Packet[Any] = av.Packet(file.read(length))
                packet.pts, packet.dts, packet.is_keyframe = begin + pts, count - delay, key
                packet.duration = duration
                count += 1
                yield packet
        use_up(path)
