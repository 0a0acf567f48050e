"""How much of a number of bytes goes to snapshots, and how much to metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from weightreel.trainer.capture.values import words_of
from weightreel.trainer.errors import CaptureError
from weightreel.trainer.memory import parse_bytes, shown_bytes
from weightreel.trainer.recording.slots import MOST_SLOTS, Stored
from weightreel.trainer.recording.writing import MEASURED, Writing

FEW = 50  # snapshots, of which a film jumps
PAIR_BYTES = 20  # a step, a value and their checksum
FEWEST_PAIRS = 64
METRICS = 8  # that there is room for at least
DESCRIPTION, PER_ARRAY, PER_METRIC = 4096, 700, 2600  # bytes of metadata
BLOCK = 4096  # bytes of most file systems: each folder takes one, and each file loses half of one
FOLDERS, PER_ARRAY_FOLDERS, PER_METRIC_FOLDERS = 20, 4, 4  # blocks, about
SHOWN = 3


class Budget(NamedTuple):
    """What there is room for.

    Attributes:
        snapshots: at once, the last one included.
        measured: measurements of a metric, at once.
        metrics: how many there may be.
        told: that it is little; "" where it is not.
    """

    snapshots: int
    measured: int
    metrics: int
    told: str


def bytes_of(max_bytes: int | str) -> int:
    """A number of bytes.

    Raises:
        CaptureError: it is none.
    """
    try:
        count = parse_bytes(max_bytes)
    except ValueError as error:
        raise CaptureError(f"max_bytes: {error}") from None
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise CaptureError(f'max_bytes: {max_bytes!r} is no number of bytes; write it as "500 MB"')
    return count


def budget(max_bytes: int, most: int | None, stored: Mapping[str, Stored], metrics: int) -> Budget:
    """What there is room for in a number of bytes.

    Args:
        max_bytes: of all files together.
        most: snapshots at once; None for as many as there is room for.
        stored: the arrays of a snapshot.
        metrics: how many are known.

    Raises:
        CaptureError: there is no room for the first and the last snapshot.
    """
    expected = max(METRICS, 2 * metrics)
    share = max(max_bytes // 10, metrics * (FEWEST_PAIRS * PAIR_BYTES + PER_METRIC))
    measured = max(FEWEST_PAIRS, min(MEASURED, (share // expected - PER_METRIC) // PAIR_BYTES))
    left = max_bytes - share - DESCRIPTION - PER_ARRAY * len(stored) - _blocks(max_bytes, len(stored), expected)
    room = _snapshots(left, stored)
    if room < 2:
        beside = " beside what describes it" if (room + 1) * Writing.row_bytes(stored) <= max_bytes else ""
        raise CaptureError(f"{_holds(max_bytes, room, stored)}{beside}; {_way_out(stored)}")
    little = room < FEW and (most is None or room < most)
    told = f"{_holds(max_bytes, room, stored)}; {_way_out(stored)}" if little else ""
    snapshots = room if most is None else max(2, min(room, most))
    return Budget(snapshots, measured, share // (measured * PAIR_BYTES + PER_METRIC), told)


def _blocks(max_bytes: int, arrays: int, metrics: int) -> int:
    """What the file system takes beside the bytes of the files. Of a budget that is smaller than some hundred kB, it
    may take more than is left for it here."""
    return min(max_bytes // 5, BLOCK * (FOLDERS + PER_ARRAY_FOLDERS * arrays + PER_METRIC_FOLDERS * metrics))


def _snapshots(left: int, stored: Mapping[str, Stored]) -> int:
    """How many fit into so many bytes."""
    count = min(MOST_SLOTS, max(0, left) // max(1, Writing.row_bytes(stored)))
    while count and Writing.file_bytes(stored, count) > left:
        count -= 1 + count // 100
    return max(0, count)


def _holds(max_bytes: int, room: int, stored: Mapping[str, Stored]) -> str:
    one = shown_bytes(Writing.row_bytes(stored))
    many = {0: "no snapshot", 1: "one snapshot"}.get(room, f"{room} snapshots")
    return f"max_bytes of {shown_bytes(max_bytes)} holds {many} of {one}"


def _way_out(stored: Mapping[str, Stored]) -> str:
    """What takes most, since that is what may be left out."""
    sizes = {key: Writing.row_bytes({key: one}) for key, one in stored.items()}
    largest = sorted(sizes, key=lambda key: -sizes[key])[:SHOWN]
    named = ", ".join(f"{words_of(key)} {shown_bytes(sizes[key])}" for key in largest)
    return f"raise it, or choose which layers to record: the largest are {named}"
