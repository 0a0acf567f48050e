"""Recordings on disk: opened, kept, verified. FORMAT.md says how they stand there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.parts import real
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.attributes import FILE, FORMAT, group
from weightreel.trainer.recording.described import refuse_later
from weightreel.trainer.recording.older import opened_older
from weightreel.trainer.recording.outline import Each, Outline, read_json, unlooked
from weightreel.trainer.recording.recording import Recording, of_slots
from weightreel.trainer.recording.slotted import Run, Slotted, verified
from weightreel.trainer.recording.spilled import remove_spilled


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


def looks_like_one(path: Path) -> bool:
    """Whether a folder has what Zarr describes, a recording of whatever format, perhaps a damaged one."""
    return os.path.lexists(path / FILE)


def open_recordings(path: Path) -> Recordings:
    """The recordings kept at `path`, by the names of their runs; also while they are being written.

    Raises:
        RecordingError: there is none, one of a later format, a damaged one, or one that is not what a recording is.
    """
    remove_spilled()
    root, found = real(path), dict[str, Recording]()

    def opened(folder: str, attributes: dict[str, Any] | None) -> None:
        found[folder] = of_slots(Slotted(Run(root, folder, attributes)))

    outline = _outline(path, opened)
    if outline.format < FORMAT:
        return Recordings({name: opened_older(root, outline.folders[name]) for name in _older_runs(path, outline)})
    return Recordings({name: found[folder] for name, folder in outline.folders.items()})


def verify(path: Path) -> Iterator[str]:
    """Read all of the recordings at a path; says each thing that is damaged or missing.

    Raises:
        RecordingError: there is no recording at all.
    """
    root, outline = real(path), _outline(path)
    for name in _older_runs(path, outline) if outline.format < FORMAT else outline.folders:
        try:
            if outline.format < FORMAT:
                yield from _verified_older(opened_older(root, outline.folders[name]))
            else:
                run = Run(root, outline.folders[name])
                yield from verified(run)
                yield from _damaged_groups(run)
        except RecordingError as error:
            yield str(error)


def _damaged_groups(run: Run) -> Iterator[str]:
    """The groups between a run and its arrays, which nobody reads here: Zarr finds arrays by them."""
    try:
        arrays = [Path(slots.folder) for slots in run.described.every]
    except RecordingError:
        return  # which was said
    for between in sorted({above for array in arrays for above in array.parents if above.name}):
        try:
            if read_json(folder := run.files.folder / between) != group({}):
                yield f"{folder / FILE}: is damaged; copy the recording anew, or record it again"
        except RecordingError as error:
            yield str(error)


def _verified_older(recording: Recording) -> Iterator[str]:
    """Read all of a recording that has no checksums: what cannot be unpacked is found."""
    for history in recording.columns.history.values():
        _ = history.measured
    for key in recording.keys:
        for step in recording.steps.tolist():
            try:
                recording.array(key, step)
            except RecordingError as error:
                yield str(error)
                break


def _outline(path: Path, each: Each = unlooked) -> Outline:
    """What there is; `each` as of `Outline.look`, for runs of this format."""
    root = real(path)
    if not looks_like_one(root):
        raise RecordingError(f"{path}: not a recording{_way_out(path, os.path.lexists(root))}")
    outline = Outline.begun(root)
    refuse_later(path, outline.format)
    if "capacity" in outline.attributes:
        raise RecordingError(f"{path}: is one run of a recording; open the recording, {root.parent.name}")
    own = {"weightreel", "runs"} if outline.format < FORMAT else {"weightreel"}
    wrong = sorted(outline.attributes.keys() - own)
    if wrong:
        raise RecordingError(f"{root / FILE}: has an unknown key '{wrong[0][:80]}'; a recording says none such")
    outline.look(root, each if outline.format == FORMAT else unlooked)
    if not outline.folders:
        raise RecordingError(f"{path}: holds no run; copy the recording anew, or record it again")
    return outline


def _way_out(path: Path, there: bool) -> str:
    """How to come to a recording, but not over what is there."""
    if there:
        return ", which is a folder that a Recorder or weightreel train has written"
    return f"; make one with: weightreel train SCENE --recording {path}"


def _older_runs(path: Path, outline: Outline) -> list[str]:
    """The runs of a recording of format 1, in the order in which it lists them."""
    listed = outline.attributes.get("runs") or sorted(outline.folders)
    there = isinstance(listed, list) and all(isinstance(n, str) and n in outline.folders for n in listed)
    if not there or not isinstance(listed, list):
        raise RecordingError(f"{path}: is damaged, it lists runs that are not there; copy the recording anew")
    return listed
