"""The files that go with a task where it is not done on this machine: those that it reads and those that it writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from weightreel.render.work.parcel import scene_in
from weightreel.render.work.tasks import Plain, Task
from weightreel.trainer.options import PATH
from weightreel.trainer.paths import located

DEEP = 8  # folders that data may be above that of the scene: "../../data/digits.npz" is two


def recordings_of(film: Mapping[str, Any]) -> list[Path]:
    """The recordings that a film shows, where it is drawn."""
    return [Path(root) for root in dict.fromkeys((film["recordings"] or {}).values())]


def data_of(film: Mapping[str, Any]) -> dict[str, Path]:
    """The files and folders of data that the runs of a film are trained on, by what its scene calls them: those at
    relative paths, as far as they are there. Others must be where a worker is."""
    folder = Path(film["folder"])
    datasets = {run.data for run in scene_in(film).trainings.values()}
    written = {str(path) for dataset in datasets for path in dataset.meant(PATH).values()}
    found = {path: folder / located(path) for path in sorted(written)}
    return {path: there for path, there in found.items() if below(path) and there.exists()}


SCENES = Path(*map(str, range(DEEP)))  # the folder of the scene, below that of its data


def below(path: str) -> Path | None:
    """Where the data at a path goes, below a folder in which that of the scene is `SCENES`, so that the same path
    leads there; None where it leads further up."""
    if located(path).is_absolute():
        return None
    found = Path(os.path.normpath(SCENES / path))
    return None if ".." in found.parts else found


def written_by(task: Task) -> list[Path]:
    """What is there when a task is done."""
    return [Path(task.payload["path"])] if "path" in task.payload else []


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
