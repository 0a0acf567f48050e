"""Training the runs of a plan, and recording what its films show."""

from __future__ import annotations

import time

from weightreel.render.errors import DivergedError
from weightreel.render.making.plan import Plan
from weightreel.render.making.progress import Advance, Track, Trained, silent
from weightreel.trainer.recording.about import Stopped
from weightreel.trainer.recording.keeping import Kept
from weightreel.trainer.recording.probes import Probe
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.run import Run, steps_per_epoch
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
        for name, run in runs.items():
            recordings[name] = _record_run(plan, name, run, kept, advance)
    return recordings


def _record_run(plan: Plan, name: str, run: Run, kept: Kept | None, advance: Advance) -> Recording:
    begun = time.perf_counter()
    data, selection = plan.sources.data[name], plan.selection(name)
    about = plan.sources.about[name].model_copy(update={"digest": data.digest})
    recorder = kept.recorder(name, about, selection) if kept else Recorder(about, selection=selection)
    total, stopped = about.length, None
    trained = Trained(advance, total, steps_per_epoch(run, data), f"train {name}" if name != "run" else "train")
    snapshots = train(run, data, steps=selection, seed=plan.scene.seed, probes=_probes(plan, name), hear=trained)
    try:
        for snapshot in snapshots:
            recorder.append(snapshot)
            total = snapshot.step
    except DivergedError as error:
        stopped = Stopped(step=error.step, layer=error.layer, message=str(error))
    trained.end(total)
    return recorder.finish(seconds=time.perf_counter() - begun, stopped=stopped, total_steps=total)


def _probes(plan: Plan, run: str) -> dict[str, Probe]:
    """The probes that the views ask of a run."""
    about = plan.sources.about
    probes: dict[str, Probe] = {}
    for view in plan.scene.view:
        if run in view.runs(about):
            probes |= view.probes(about[run])
    return probes
