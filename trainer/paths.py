"""Paths as people write them: where they lead, and what of them can be told to others."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath


def located(path: str | os.PathLike[str]) -> Path:
    """Where a path leads that may begin at a home folder: ~/films, ~anna/films. What is shown is what was written."""
    return Path(os.path.expanduser(path))


def bare(path: str) -> str:
    """A path that says nothing of the machine: relative and downward, or the name alone."""
    outward = PurePath(path).is_absolute() or ".." in PurePath(path).parts or re.match(r"[A-Za-z]:|~|\\", path)
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1] if outward else path
