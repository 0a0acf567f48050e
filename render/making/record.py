"""Training the runs of a plan, and recording what its films show."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from weightreel.render.errors import DivergedError
from weightreel.render.making.plan import Plan
from weightreel.render.making.progress import Advance, Track, Trained, silent
from weightreel.render.making.sources import Sources
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About, Stopped
from weightreel.trainer.recording.keeping import Kept, keeping
from weightreel.trainer.recording.probes import Probe
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.recording.wanted import Wanted
from weightreel.trainer.run import steps_per_epoch
from weightreel.trainer.train import train


def record(plan: Plan, kept: Kept | None = None, *, track: Track = silent) -> Recordings:
    """Train every run and record what the timelines ask for.

    Args:
        plan: from `prepare`.
        kept: where to keep the recordings; default: memory, and a temporary folder beyond.
        track: reports progress.

    Returns:
        The recordings; that of a run whose loss stopped being finite ends there, and its `about` says so.
    """
    recordings, runs = Recordings(), plan.scene.trainings
    steps = sum(plan.sources.about[name].length for name in runs)
    with track("train" if len(runs) == 1 else f"train {len(runs)} runs", steps, "step") as advance:
        for name in runs:
            recordings[name] = _record(plan.scene, plan.sources, name, wanted_of(plan, name), kept, advance)
    return recordings


def record_run(
    scene: Scene, sources: Sources, name: str, wanted: Wanted, path: Path | None = None, *, advance: Advance
) -> Recording:
    """Train one run of a scene and record it.

    Args:
        scene: which has the run.
        sources: from `sources_of`.
        name: of the run.
        wanted: what to record, as `wanted_of` says it of a plan; it may come from another process.
        path: where the recording is to stand, alone; default: memory, and a temporary folder beyond.
        advance: is told of steps, as many as `about` plans, and with them the epoch and the loss.

    Raises:
        RecordingError, WeightreelError: nothing can be kept at the path.
    """
    if path is None:
        return _record(scene, sources, name, wanted, None, advance)
    with keeping(path) as kept:
        return _record(scene, sources, name, wanted, kept, advance)


def _record(
    scene: Scene, sources: Sources, name: str, wanted: Wanted, kept: Kept | None, advance: Advance
) -> Recording:
    begun, about, selection = time.perf_counter(), about_of(sources, name), wanted.selection()
    recorder = kept.recorder(name, about, selection) if kept else Recorder(about, selection=selection)
    total, stopped = about.length, None
    run, data = scene.trainings[name], sources.data[name]
    trained = Trained(advance, total, steps_per_epoch(run, data), f"train {name}" if name != "run" else "train")
    try:
        for snapshot in train(run, data, steps=selection, seed=scene.seed, probes=wanted.probes, hear=trained):
            recorder.append(snapshot)
            total = snapshot.step
    except DivergedError as error:
        stopped = Stopped(step=error.step, layer=error.layer, message=str(error))
    trained.end(total)
    return recorder.finish(seconds=time.perf_counter() - begun, stopped=stopped, total_steps=total)


def about_of(sources: Sources, name: str) -> About:
    """What a recording says of a run."""
    return sources.about[name].model_copy(update={"digest": sources.data[name].digest})


def wanted_of(plan: Plan, name: str) -> Wanted:
    """What is to be recorded of a run for a plan."""
    return replace(plan.wanted(name), probes=_probes(plan, name))


def _probes(plan: Plan, run: str) -> dict[str, Probe]:
    """The probes that the views ask of a run."""
    about = plan.sources.about
    probes: dict[str, Probe] = {}
    for view in plan.scene.view:
        if run in view.runs(about):
            probes |= view.probes(about[run])
    return probes
