"""Recordings of several runs together, and as they are kept on disk: one Zarr group a run, named after it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import FORMAT, Recording


class Recordings(dict[str, Recording]):
    """Recordings by the names of their runs. All go through training time together; a shorter one waits at its end."""

    @property
    def about(self) -> About:
        """That of the longest run."""
        return max((r.about for r in self.values()), key=lambda d: d.length)

    @property
    def steps(self) -> NDArray[np.int64]:
        """All recorded steps, (snapshots,), rising."""
        return np.unique(np.concatenate([r.steps for r in self.values()]))

    def until(self, step: int) -> Recordings:
        """The recordings as they were at `step`."""
        return Recordings({name: r.until(step) for name, r in self.items()})


@contextmanager
def keeping(path: Path) -> Iterator[zarr.Group]:
    """A new group that becomes the recording at `path` when the block ends well; a part is never left there.

    Raises:
        RecordingError: `path` exists and is not a recording, or its folder does not exist.
    """
    if not path.parent.is_dir():
        raise RecordingError(f"{path}: there is no folder {path.parent}; make it first: mkdir -p {path.parent}")
    if path.exists() and not is_recording(path):
        raise RecordingError(f"{path}: exists and is not a recording; choose another path")
    part = path.with_name(path.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        group = zarr.open_group(part, mode="w")
        group.attrs["weightreel"] = FORMAT
        yield group
        old = path.with_name(path.name + ".old.part")
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            path.rename(old)
        part.rename(path)
        shutil.rmtree(old, ignore_errors=True)
        group.store.root = path  # whoever wrote it may go on to read it
    finally:
        _remove(part)


def _remove(folder: Path) -> None:
    """Remove a folder that threads may still be writing to: an interrupted write goes on for a moment."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def is_recording(path: Path) -> bool:
    """Whether a folder holds a kept recording."""
    try:
        return "weightreel" in zarr.open_group(path, mode="r").attrs
    except (FileNotFoundError, KeyError, ValueError, TypeError, NotADirectoryError):
        return False


def open_recordings(path: Path) -> Recordings:
    """The recordings kept at `path`, by the names of their runs.

    Raises:
        RecordingError: there is none.
    """
    if not is_recording(path):
        raise RecordingError(f"{path}: not a recording; make one with: weightreel train SCENE --recording {path}")
    kept = zarr.open_group(path, mode="r")
    names = kept.attrs.get("runs") or sorted(name for name, _ in kept.groups())
    return Recordings({name: Recording.open(kept[name]) for name in names})
