"""Training the runs of a plan, and recording what its films show."""

from __future__ import annotations

import time

from weightreel.render.errors import DivergedError
from weightreel.render.making.plan import Plan
from weightreel.render.making.progress import Track, silent
from weightreel.trainer.recording.about import Stopped
from weightreel.trainer.recording.keeping import Kept
from weightreel.trainer.recording.probes import Probe
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.run import Run
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
    recordings = Recordings()
    for name, run in plan.scene.trainings.items():
        recordings[name] = _record_run(plan, name, run, kept, track)
    return recordings


def _record_run(plan: Plan, name: str, run: Run, kept: Kept | None, track: Track) -> Recording:
    begun = time.perf_counter()
    steps, data, selection = plan.recorded_steps(name), plan.sources.data[name], plan.selection(name)
    about = plan.sources.about[name].model_copy(update={"digest": data.digest})
    recorder = kept.recorder(name, about, selection) if kept else Recorder(about, selection=selection)
    total, stopped = about.length, None
    with track(f"train {name}" if name != "run" else "train", len(steps), "snapshot") as advance:
        snapshots = train(run, data, steps=selection, seed=plan.scene.seed, probes=_probes(plan, name))
        try:
            for snapshot in snapshots:
                recorder.append(snapshot)
                total = snapshot.step
                advance()
        except DivergedError as error:
            stopped = Stopped(step=error.step, layer=error.layer, message=str(error))
    return recorder.finish(seconds=time.perf_counter() - begun, stopped=stopped, total_steps=total)


def _probes(plan: Plan, run: str) -> dict[str, Probe]:
    """The probes that the views ask of a run."""
    about = plan.sources.about
    probes: dict[str, Probe] = {}
    for view in plan.scene.view:
        if run in view.runs(about):
            probes |= view.probes(about[run])
    return probes
