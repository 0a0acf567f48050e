"""One run of a scene, trained: its snapshots go to a recorder."""

from __future__ import annotations

import time
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Protocol

from weightreel.render.errors import DivergedError
from weightreel.render.planning.sources import Sources
from weightreel.render.scene.scene import Scene
from weightreel.render.work.progress import Advance, Trained
from weightreel.trainer.recording.about import About, Stopped
from weightreel.trainer.recording.keeping import Kept, keeping
from weightreel.trainer.recording.probes import Probe
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.wanted import Wanted
from weightreel.trainer.run import steps_per_epoch
from weightreel.trainer.train import train


class Records(Protocol):
    """What takes snapshots, and gives a recording of them."""

    def append(self, snapshot: Snapshot) -> None: ...
    def finish(
        self, *, seconds: float = 0.0, stopped: Stopped | None = None, total_steps: int | None = None
    ) -> Recording: ...


def record_run(
    scene: Scene, sources: Sources, name: str, wanted: Wanted, path: Path | None = None, *, advance: Advance
) -> Recording:
    """Train one run of a scene and record it.

    Args:
        scene: which has the run.
        sources: from `sources_of`.
        name: of the run.
        wanted: what to record, as `weightreel.render.making.record.wanted_of` says it of a plan; it may come from
            another process.
        path: where the recording is to stand, alone; default: memory, and a temporary folder beyond.
        advance: is told of steps, as many as `about` plans, and with them the epoch and the loss.

    Raises:
        RecordingError, WeightreelError: nothing can be kept at the path.
    """
    if path is None:
        return record_for(scene, sources, name, wanted, None, advance)
    with keeping(path) as kept:
        return record_for(scene, sources, name, wanted, kept, advance)


def record_for(
    scene: Scene, sources: Sources, name: str, wanted: Wanted, kept: Kept | None, advance: Advance
) -> Recording:
    """Likewise, into a recording that is being kept, or into memory."""
    about, selection = about_of(sources, name), wanted.selection()
    recorder = kept.recorder(name, about, selection) if kept else Recorder(about, selection=selection)
    return record_with(recorder, scene, sources, name, selection, wanted.probes, advance)


def record_with(
    recorder: Records,
    scene: Scene,
    sources: Sources,
    name: str,
    steps: Container[int],
    probes: Mapping[str, Probe],
    advance: Advance,
) -> Recording:
    """Train one run; a recorder takes the snapshots of `steps`, with these probes."""
    begun, run, data = time.perf_counter(), scene.trainings[name], sources.data[name]
    total, stopped = sources.about[name].length, None
    trained = Trained(advance, total, steps_per_epoch(run, data), f"train {name}" if name != "run" else "train")
    try:
        for snapshot in train(run, data, steps=steps, seed=scene.seed, probes=probes, hear=trained):
            recorder.append(snapshot)
            total = snapshot.step
    except DivergedError as error:
        stopped = Stopped(step=error.step, layer=error.layer, message=str(error))
    trained.end(total)
    return recorder.finish(seconds=time.perf_counter() - begun, stopped=stopped, total_steps=total)


def about_of(sources: Sources, name: str) -> About:
    """What a recording says of a run."""
    return sources.about[name].model_copy(update={"digest": sources.data[name].digest})
