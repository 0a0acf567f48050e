"""The files that go with a task where it is not done on this machine: those that it reads and those that it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from weightreel.render.making.tasks import Plain, Task


def read_by(task: Task) -> list[Path]:
    """Files and folders that must be there before a task begins: the recordings that its film shows."""
    film: Mapping[str, Any] = task.payload.get("film") or {}
    recordings = [film.get("kept"), *(film.get("trained") or {}).values()]
    return [Path(path) for path in dict.fromkeys(recordings) if path is not None]


def written_by(task: Task) -> list[Path]:
    """What is there when a task is done."""
    return [Path(task.payload[key]) for key in ("path",) if key in task.payload]


def moved(plain: Plain, places: Mapping[str, str]) -> Plain:
    """Plain data with other paths in place of some."""
    if isinstance(plain, str):
        return places.get(plain, plain)
    if isinstance(plain, list | tuple):
        return [moved(one, places) for one in plain]
    if isinstance(plain, Mapping):
        return {key: moved(one, places) for key, one in plain.items()}
    return plain


def state_of(path: Path) -> Iterator[tuple[str, int, int]]:
    """What changes when a file, or anything in a folder, is written."""
    for one in [path] if path.is_file() else sorted(path.rglob("*")):
        if one.is_file():
            told = one.stat()
            yield one.as_posix(), told.st_size, told.st_mtime_ns
