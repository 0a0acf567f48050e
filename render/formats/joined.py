"""Files put behind one another, whatever their length."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

AT_ONCE = 1 << 20  # bytes


def append(file: BinaryIO, segments: Iterable[Path]) -> None:
    """Copy segments to the end of a file, and remove each."""
    for path in segments:
        with path.open("rb") as segment:
            shutil.copyfileobj(segment, file, AT_ONCE)
        use_up(path)


def use_up(path: Path) -> None:
    """Remove a segment that was copied, so that a disk needs no room for two clips; else it goes with its folder."""
    with suppress(OSError):
        path.unlink()
