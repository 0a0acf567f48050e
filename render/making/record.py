"""Training the runs of a plan, and recording what its films show."""

from __future__ import annotations

import time
from typing import Any

from weightreel.render.errors import DivergedError
from weightreel.render.making.plan import Plan
from weightreel.render.making.progress import Track, silent
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.selection import Thinning
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.run import Run
from weightreel.trainer.train import train

THINNED = 2  # snapshots kept for each frame, where the length of the training is not known


def record(plan: Plan, group: Any = None, *, track: Track = silent) -> Recordings:
    """Train every run and record what the timelines ask for.

    Args:
        plan: from `prepare`.
        group: a Zarr group, where to keep the recordings; default: memory, and a temporary folder beyond.
        track: reports progress.

    Raises:
        DivergedError: the loss stopped being finite.
    """
    recordings = Recordings()
    if group is not None:
        group.attrs["runs"] = list(plan.scene.trainings)
    for name, run in plan.scene.trainings.items():
        about, data = plan.sources.about[name], plan.sources.data[name]
        about = about.model_copy(update={"digest": data.digest})
        recording = Recording(about, group=None if group is None else group.create_group(name))
        _record_run(plan, name, run, recording, track)
        recordings[name] = recording
    return recordings


def _record_run(plan: Plan, name: str, run: Run, recording: Recording, track: Track) -> None:
    begun = time.perf_counter()
    steps, data = plan.recorded_steps(name), plan.sources.data[name]
    # Nobody knows where early stopping will end: a selection is kept, and thinned as it grows.
    thinning = Thinning(THINNED * len(steps)) if run.early_stopping else None
    total, stopped = plan.sources.about[name].length, None
    with track(f"train {name}" if name != "run" else "train", len(steps)) as advance:
        snapshots = train(run, data, steps=thinning or steps, seed=plan.scene.seed, probes=_probes(plan, name))
        try:
            for snapshot in snapshots:
                (thinning or recording).append(snapshot)
                total = snapshot.step
                advance()
        except DivergedError as error:
            stopped = error
    for snapshot in thinning.snapshots if thinning else ():
        recording.append(snapshot)
    seconds = time.perf_counter() - begun
    recording.finish(seconds=seconds, stopped=str(stopped or ""), total_steps=None if stopped else total)
    if stopped is not None:
        raise stopped


def _probes(plan: Plan, run: str) -> dict[str, Any]:
    """The probes that the views ask of a run."""
    about = plan.sources.about
    probes: dict[str, Any] = {}
    for view in plan.scene.view:
        if run in view.runs(about):
            probes |= view.probes(about[run])
    return probes
