"""Recordings as a film takes them: which runs, how long they are, in what state they are, what is known of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from weightreel.render.errors import Finding, RecordingError
from weightreel.render.scene.scene import Scene
from weightreel.trainer.messages import nearest
from weightreel.trainer.paths import located
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings, open_recordings

PATH = "recording.path"
MOST_SHARE = 1.5  # of a share; sums of float32 end a little above 1, per cent far above


def opened(scene: Scene, recording: str | Path | None) -> Recordings | Finding:
    """The recording that a scene films, or what is wrong with the path that the scene says.

    Raises:
        RecordingError: there is none at the path that was given beside the scene.
    """
    if recording is not None:
        return open_recordings(located(recording))
    said = scene.recording.path if scene.recording else None
    if said is None:
        return Finding(PATH, f"is missing; {_which(scene)} with --recording PATH")
    place = Path(scene.folder) / located(said)
    try:
        return open_recordings(place)
    except RecordingError as error:
        hint = "" if place.is_dir() else f"; paths start at {Path(scene.folder).resolve()}"
        return Finding(PATH, f"{error}{hint}")


def _which(scene: Scene) -> str:
    """What is asked for where no path is said."""
    if scene.recipe is not None and scene.recipe.recording:
        return "the clip was drawn from a recording, which its recipe cannot hold: give that"
    return "say where the recording is, here or"


def chosen(scene: Scene, there: Recordings) -> tuple[Recordings, tuple[Finding, ...]]:
    """The runs that a scene films, in its order, as a film takes them; what is wrong or worth knowing."""
    asked = scene.recording.chosen if scene.recording else ()
    key = "recording.runs" if scene.recording and scene.recording.runs else "recording.run"
    found = [Finding(key, _no_run(name, there)) for name in asked if name not in there]
    fitting = Recordings()
    for name in asked or there:
        if name in there:
            found += told(name, there[name], "recording")
            fitting[name] = there[name]
            if len(there[name]):
                settle(there[name])
    return fitting, tuple(found)


def _no_run(name: str, there: Recordings) -> str:
    near = nearest(name, there)
    return f"has no run '{name}'; there are {', '.join(there)}" + (f"; did you mean '{near}'?" if near else "")


def told(name: str, recording: Recording, key: str) -> Iterator[Finding]:
    """Whether a run can be filmed, and what should be known of its end."""
    if not len(recording):
        yield Finding(key, f"run '{name}' has no snapshot yet; film it once there is one")
        return
    last = int(recording.steps[-1])
    if recording.state == "writing":
        state = f"run '{name}' is still being written, or its writer was killed"
        yield Finding(key, f"{state}; the film shows it as it stands, up to step {last:,}", "note")
    elif recording.state == "stopped" and recording.about.stopped is None:
        yield Finding(key, f"run '{name}' stopped at step {last:,}{_why(recording.stopped)}", "note")
    if recording.about.stopped is None:
        yield from (Finding(key, f"run '{name}': {words}", "note") for words in _lost(recording))


def _lost(recording: Recording) -> Iterator[str]:
    """Losses that stopped being finite, in words. Of one that is NaN now and then, nothing: it was not measured."""
    for name in (m.name for m in recording.about.metrics if m.better == "low" and recording.has_metric(m.name)):
        step = recording.lost(name)
        if step is not None and len(recording.metric(name)[0]):
            yield f"{name} is not finite from step {step:,} on; the film goes on with its last finite value"
        elif step is not None:
            yield f"{name} is never finite, and so not in the film"


def _why(stopped: str) -> str:
    return f": {stopped}" if stopped else ""


def settle(recording: Recording) -> None:
    """Complete what is known of a run from what was recorded: the film ends with its last snapshot, whatever was
    planned; an epoch has as many steps as its numbers say; shares above 1 are written as per cent already."""
    about, last = recording.about, int(recording.steps[-1])
    metrics = tuple(
        m.model_copy(update={"share": False}) if m.share and _above_one(recording, m.name) else m for m in about.metrics
    )
    changed = {
        "total_steps": last,
        "metrics": metrics,
        "steps_per_epoch": about.steps_per_epoch or _per_epoch(recording),
    }
    recording.about = about.model_copy(update=changed)


def _above_one(recording: Recording, metric: str) -> bool:
    values = recording.metric(metric)[1] if recording.has_metric(metric) else np.zeros(0)
    return bool(len(values)) and float(values.max()) > MOST_SHARE


def _per_epoch(recording: Recording) -> int | None:
    """Steps an epoch, where all snapshots agree on it: within a step, for nobody counts alike at the end of one."""
    steps, epochs = recording.steps, recording.epochs
    if not (len(steps) and np.isfinite(epochs).all() and epochs[-1] > 0):
        return None
    count = round(float(steps[-1] / epochs[-1]))
    return count if count and bool((np.abs(epochs * count - steps) <= 1).all()) else None
