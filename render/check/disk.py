"""Room on the disks that a scene writes to: estimated, for nobody knows beforehand how well frames compress."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.errors import Finding
from weightreel.render.frames.take import Take
from weightreel.trainer.memory import shown_bytes

LEAST = 512  # bytes of a file with nothing in it but headers
KEPT_FREE = 1.2  # of what is estimated


def findings(takes: Iterable[Take]) -> Iterator[Finding]:
    """A warning where the outputs on a disk may not have room, an error where they cannot."""
    disks: dict[int, list[tuple[Take, Path]]] = defaultdict(list)
    for take in takes:
        with suppress(OSError, ValueError):
            folder = next(f for f in take.output.place.parents if f.is_dir())
            disks[os.stat(folder).st_dev].append((take, folder))
    for there in disks.values():
        free = shutil.disk_usage(there[0][1]).free
        least, about = (sum(count(take) for take, _ in there) for count in (_least, _about))
        shown = f"{shown_bytes(free)} are free in '{there[0][1]}'; make room or write elsewhere"
        if free < least:
            yield Finding("path", f"{shown_bytes(least)} are the least that is needed, {shown}").under(there[0][0].key)
        elif free < KEPT_FREE * about:
            told = f"about {shown_bytes(about)} may be needed, {shown}"
            yield Finding("path", told, "warning").under(there[0][0].key)


def _least(take: Take) -> int:
    """Bytes without which nothing can be written."""
    return LEAST * (len(take.indices) if take.output.numbered else 1)


def _about(take: Take) -> int:
    """Bytes of films of tiles and lines; twice as many for a photograph."""
    width, height = take.padded
    about = int(take.output.bytes_a_pixel * width * height * len(take.indices))
    limit = take.output.max_bytes if isinstance(take.output, Budgeted) else None
    return max(_least(take), min(about, limit or about))
