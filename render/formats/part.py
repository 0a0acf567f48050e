"""Where a file grows until it is whole: beside its target, under a name that says whose it is.

The name holds the number of the process, so that two runs never write one file, and that what a killed run left is
known: the next run for the same target removes it.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path


def part_of(path: Path, suffix: str | None = None) -> Path:
    """The part of a target; keeps the suffix, from which libraries choose the format, unless another is given."""
    return path.with_name(f"{path.stem}.{os.getpid()}.part{path.suffix if suffix is None else suffix}")


def remove(part: Path) -> None:
    """Remove a part, a file or a folder, if it is there."""
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink(missing_ok=True)


def remove_stale(path: Path) -> None:
    """Remove the parts of a target whose process is no more."""
    pattern = re.compile(rf"{re.escape(path.stem)}\.(\d+)\.part(\.old)?({re.escape(path.suffix)})?")
    for found in path.parent.iterdir():
        match = pattern.fullmatch(found.name)
        if match and not _runs(int(match[1])):
            remove(found)


def _runs(process: int) -> bool:
    """Whether another process with this number runs. Windows has no harmless way to ask: there, what may be in use
    stays."""
    if process == os.getpid():
        return False
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
