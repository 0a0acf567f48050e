"""Recordings on disk, one Zarr group a run, readable without weightreel:

    steps                  (snapshots,) int64
    epochs                 (snapshots,) float64
    metrics/NAME           (snapshots,) float64: the latest value of each metric, NaN before the first
    history/NAME           (measurements, 2) float64: every step at which it was measured, and its value there
    parameters/0/weights   (snapshots, inputs, units), and so on for each parameter
    probes/KEY             (snapshots, …)

with the name of the run, the description of the training and its final metrics in the group's attributes; the group
itself is named after the run, as far as a folder can be. Zarr is imported where it is used: it takes longer than all
the rest together, and a film of a training in memory does without.
"""

from __future__ import annotations

import os
import re
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import RecordingError, WeightreelError
from weightreel.trainer.parts import Part, real, remove_stale, replace_folder, sync
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.columns import Column, Columns, DiskArray, History, Series
from weightreel.trainer.recording.folders import folder_of
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.targets import reason, shortage, target_findings

if TYPE_CHECKING:
    import zarr

FORMAT = 1


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


class Store:
    """A group that takes the chunks of columns as they fill."""

    def __init__(self, group: zarr.Group, *, compressed: bool) -> None:
        self.group, self._compressed = group, compressed

    def array(self, name: str, column: Column) -> DiskArray:
        """A new, empty array for a column."""
        from zarr.codecs import BloscCodec

        # Weights are noise to a compressor: temporary files skip it, kept ones gain about a tenth.
        codec = BloscCodec(typesize=column.dtype.itemsize, cname="lz4", clevel=3, shuffle="shuffle")
        return self.group.create_array(
            name,
            shape=(0, *column.shape),
            dtype=column.dtype,
            chunks=(column.rows, *column.shape),
            compressors=codec if self._compressed else None,
        )

    def end(self, recording: Recording) -> None:
        """End a kept recording: the chunks that are not full, and all that is not an array a snapshot."""
        group, columns = self.group, recording.columns
        for column in columns.arrays.values():
            column.flush(keep_open=False)
        group.create_array("steps", data=recording.steps)
        group.create_array("epochs", data=recording.epochs)
        for name, history in columns.history.items():
            steps, values = history.measured
            group.create_array(f"history/{name}", data=np.stack([steps.astype(np.float64), values], axis=1))
            group.create_array(f"metrics/{name}", data=history.at(recording.steps))
        group.attrs.update(
            {
                "weightreel": FORMAT,
                "description": recording.about.stored(),
                "final": recording.final,
                "seconds": recording.seconds,
                "stopped": recording.about.stopped.message if recording.about.stopped else "",
            }
        )


def temporary() -> Store:
    """A store in a temporary folder that vanishes with it; where the process is killed, with the next one's."""
    import zarr

    part = Part(_spilled())
    store = Store(zarr.open_group(part.folder, mode="w"), compressed=False)
    weakref.finalize(store, part.remove)
    return store


def remove_spilled() -> None:
    """Remove the temporary folders of processes that were killed."""
    remove_stale(_spilled())


def _spilled() -> Path:
    """What temporary folders are named after."""
    return real(tempfile.gettempdir()) / "recording"


class Kept:
    """Recordings that are being written to stay: a store for each run, in their order."""

    def __init__(self, group: zarr.Group) -> None:
        self.group = group

    def run(self, name: str) -> Store:
        """The store of a new run."""
        self.group.attrs["runs"] = [*self.group.metadata.attributes.get("runs", ()), name]
        folder = folder_of(name, self.group.group_keys())
        return Store(self.group.create_group(folder, attributes={"name": name}), compressed=True)


@contextmanager
def keeping(path: Path) -> Iterator[Kept]:
    """New stores that become the recording at `path` when the block ends well; a part is never left there.

    Raises:
        RecordingError: `path` exists and is not a recording, or nothing can be written there.
        WeightreelError: writing failed; a recording that was there is as it was.
    """
    import zarr
    from zarr.storage import LocalStore

    place = real(path)
    for told in _refusals(path, place):
        raise RecordingError(f"{path}: {told}")
    with Part(place) as part:
        store = LocalStore(part / "recording")
        try:
            group = zarr.open_group(store, mode="w")
            group.attrs["weightreel"] = FORMAT
            yield Kept(group)
            sync(file for file in store.root.rglob("*") if file.is_file())
            replace_folder(store.root, part)
        except OSError as error:
            if shortage(error, part.folder) or str(error.filename).startswith(str(part.folder)):
                raise WeightreelError(f"{path}: could not be written ({reason(error, part.folder)})") from error
            raise
        store.root = place  # whoever wrote it may go on to read it


def _refusals(path: Path, place: Path) -> Iterator[str]:
    """Why nothing can be kept at a path; `place` is where it leads."""
    if os.path.lexists(place) and not (place.is_dir() and is_recording(place)):
        yield "exists and is not a recording; choose another path"
    for name in _foreign(place):
        yield f"holds {name}, which is no part of a recording and would be lost; move it or choose another path"
    yield from (finding.message for finding in target_findings(path, folder=True))


def _foreign(folder: Path) -> Iterator[str]:
    """Files in a recording that Zarr has not written: it writes the description of each array and group, and chunks."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if not file.is_dir() and file.name != "zarr.json" and not re.search(r"(^|/)c(/\d+)*$", name):
            yield name


def is_recording(path: Path) -> bool:
    """Whether a folder holds a kept recording."""
    import zarr

    try:
        return "weightreel" in zarr.open_group(path, mode="r").attrs
    except (FileNotFoundError, KeyError, ValueError, TypeError, NotADirectoryError):
        return False


def open_recordings(path: Path) -> Recordings:
    """The recordings kept at `path`, by the names of their runs.

    Raises:
        RecordingError: there is none, or one of a later format.
    """
    import zarr

    remove_spilled()
    if not is_recording(path):
        raise RecordingError(f"{path}: not a recording; make one with: weightreel train SCENE --recording {path}")
    kept = zarr.open_group(path, mode="r")
    groups = {group.metadata.attributes.get("name", folder): group for folder, group in kept.groups()}
    names = kept.metadata.attributes.get("runs") or sorted(groups)
    return Recordings({name: _opened(groups[name]) for name in names})


def _opened(group: zarr.Group) -> Recording:
    attributes, numbers = group.metadata.attributes, dict(group.arrays())
    if attributes.get("weightreel") != FORMAT:
        raise RecordingError(f"{group.store_path}: not a recording of this version of weightreel")
    columns = Columns(
        steps=Series(np.asarray(numbers["steps"][:], np.int64)),
        epochs=Series(np.asarray(numbers["epochs"][:], np.float64)),
        history={name: History(array) for name, array in _arrays(group, "history")},
    )
    for kind in ("parameters", "probes"):
        for name, array in _arrays(group, kind):
            columns.arrays[f"{kind}/{name}"] = Column.opened(array, len(columns.steps))
    about = About.restored(attributes["description"]).measuring(columns.history)
    return Recording(about, columns, final=attributes["final"], seconds=attributes["seconds"])


def _arrays(group: zarr.Group, kind: str) -> Iterator[tuple[str, DiskArray]]:
    """The arrays below a part of a group, by their names there."""
    import zarr

    part = group.get(kind)
    if isinstance(part, zarr.Group):
        for name, member in part.members(max_depth=None):
            if isinstance(member, zarr.Array):
                yield name, member
