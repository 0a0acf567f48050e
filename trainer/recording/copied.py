"""Recordings taken over: snapshot by snapshot, or as a folder of their own that shares the files of rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.attributes import FILE, FORMAT, digest, group, write_json
from weightreel.trainer.recording.files import Files
from weightreel.trainer.recording.folders import folder_of
from weightreel.trainer.recording.outline import attributes_of
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording, of_slots
from weightreel.trainer.recording.slots import Rows, Slots
from weightreel.trainer.recording.slotted import Run, Slotted
from weightreel.trainer.recording.snapshot import Snapshot


def snapshots_of(
    recording: Recording, steps: NDArray[np.int64] | None = None, probes: Iterable[str] | None = None
) -> Iterator[Snapshot]:
    """The snapshots of a recording of ours, from the first to the last, as its training gave them.

    Args:
        recording: of a training that has ended.
        steps: those that are wanted, rising, all of them recorded; default: all.
        probes: the keys of those that are wanted, in this order; default: all.

    Raises:
        RecordingError: it is damaged.
    """
    asked = None if probes is None else tuple(probes)
    last, histories = -1, {name: recording.columns.history[name].measured for name in recording.metric_names}
    for step in (recording.steps if steps is None else steps).tolist():
        arrays: dict[str, dict[str, NDArray[Any]]] = {"parameters": {}, "probes": {}}
        for key in recording.columns.arrays:
            kind, _, name = key.partition("/")
            if kind != "probes" or asked is None:
                arrays[kind][name] = recording.array(key, step)
        arrays["probes"] |= {name: recording.probe(name, step) for name in asked or ()}
        history = {name: _between(*pairs, last, step) for name, pairs in histories.items()}
        yield Snapshot(step, recording.epoch(step), metrics={}, history=history, **arrays)
        last = step


def chosen(recording: Recording, about: About, steps: NDArray[np.int64], probes: Iterable[str]) -> Recording:
    """Some steps and probes of a recording, in memory and a temporary folder beyond, as if no others had been asked
    for.

    Args:
        recording: of a training that has ended.
        about: what it is to say of it.
        steps: those that are wanted, rising, all of them recorded.
        probes: the keys of those that are wanted.

    Raises:
        RecordingError: it is damaged.
    """
    recorder, kept = Recorder(about), recording.about
    for snapshot in snapshots_of(recording, steps, probes):
        recorder.append(snapshot)
    return recorder.finish(seconds=recording.seconds, stopped=kept.stopped, total_steps=kept.total_steps)


def _between(steps: NDArray[np.int64], values: NDArray[np.float64], last: int, step: int) -> list[tuple[int, float]]:
    """What was measured after `last` and up to `step`."""
    here = slice(*np.searchsorted(steps, [last, step], side="right"))
    return list(zip(steps[here].tolist(), values[here].tolist(), strict=True))


def linked(run: Run, root: Path, name: str, about: About, steps: NDArray[np.int64]) -> Recording:
    """A recording of its own at `root`, of some steps of a run that has ended: the files of rows are those of the run
    under other names, and stay when the run is removed.

    Args:
        run: what is taken over.
        root: of the new recording, where nothing stands yet, on the same file system.
        name: of the run in it.
        about: what it says of the training.
        steps: those that it has.

    Raises:
        OSError: it cannot be made; not every file system can give a file two names.
        RecordingError: what is taken over is damaged.
    """
    old, folder = run.files.folder, folder_of(name)
    slots = run.described.plan.steps
    own = {slots.name(file) for file in range(slots.files)} | {FILE}
    for above, _, names in os.walk(old):
        there = Path(above).relative_to(old)
        (root / folder / there).mkdir(parents=True)
        for file in names:
            if (there / file).as_posix() not in own:
                os.link(Path(above, file), root / folder / there / file)
    _write_steps(run, slots, Files(root / folder, write=True), steps)
    said = attributes_of(old) | {"name": name, "number": 0, "description": about.stored()}
    write_json(root / folder, group(said | {"digest": digest(said)}), hurry=True)
    write_json(root, group({"weightreel": FORMAT}), hurry=True)
    return of_slots(Slotted(Run(root, folder)))


def _write_steps(run: Run, slots: Slots, files: Files, steps: NDArray[np.int64]) -> None:
    """The steps of the slots, and of those that are not wanted that they are empty."""
    there = slots.rows_of(run.files, np.arange(slots.count)).astype("<i8")
    there[~np.isin(there, steps)] = slots.fill
    rows = Rows(files, slots)
    for slot in range(0, slots.count, slots.rows):
        rows.write(slot, there[slot : slot + slots.rows])
    files.close()
