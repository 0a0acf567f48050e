"""Files put behind one another, whatever their length."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

AT_ONCE = 1 << 20  # bytes


def append(file: BinaryIO, segments: Iterable[Path]) -> None:
    """Copy segments to the end of a file."""
    for path in segments:
        with path.open("rb") as segment:
            shutil.copyfileobj(segment, file, AT_ONCE)
