"""Paths as people write them: where they lead, and what of them can be told to others."""

from __future__ import annotations

import os
import re
from pathlib import Path

from weightreel.trainer.errors import Finding, SceneError

UNNAMEABLE = "has a sign that no name of a file can have"
USUAL_NAME, USUAL_PATH = 255, 4096  # bytes, where the system does not say


def located(path: str | os.PathLike[str]) -> Path:
    """Where a path leads that may begin at a home folder: ~/films, ~anna/films. What is shown is what was written.

    Raises:
        SceneError: it is longer than the file system takes, or has a sign that no name can have.
    """
    found = Path(os.path.expanduser(path))
    told = UNNAMEABLE if "\0" in os.fspath(found) else too_long(found)
    if told:
        raise SceneError(os.fsdecode(path), [Finding("", told)])
    return found


def too_long(path: Path) -> str:
    """What is said of a path that is longer than the file system takes, or a part of which is; "" of any other."""
    there = next((str(p) for p in path.absolute().parents if os.path.exists(p)), os.sep)
    longest, whole = max(map(_bytes, path.parts), default=0), _bytes(str(path))
    most, most_whole = _limit(there, "PC_NAME_MAX", USUAL_NAME), _limit(there, "PC_PATH_MAX", USUAL_PATH)
    if longest > most:
        return f"a name of {longest:,} bytes is too long; this file system takes {most}"
    if whole > most_whole:
        return f"a path of {whole:,} bytes is too long; this file system takes {most_whole:,}"
    return ""


def _bytes(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))


def _limit(folder: str, what: str, usual: int) -> int:
    """A limit of the file system of a folder, in bytes."""
    try:
        found = os.pathconf(folder, what)
    except (AttributeError, OSError, ValueError):
        return usual
    return found if found > 0 else usual


def bare(path: str) -> str:
    """A path that says nothing of the machine: relative and downward, or the name alone, however any system writes
    what leads elsewhere: /…, ~, .., C:, \\\\server, file:."""
    parts = re.split(r"[\\/]", path)
    if not re.match(r"[\\/~]|[A-Za-z]:|[A-Za-z][\w+.-]+:[\\/]|file:", path, re.IGNORECASE) and ".." not in parts:
        return path
    first = re.sub(r"^([A-Za-z]|file):|^~[^.]*$|^~", "", parts[0], flags=re.IGNORECASE)
    names = [part for part in (first, *parts[1:]) if part not in ("", ".", "..")]
    return names[-1] if names else "."
