"""What is told at the end: the clips, what came of the runs, how long it took, what should be known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

import numpy as np

from weightreel.render.check import recorded
from weightreel.render.encoders._encoder import Clip, ClipReport
from weightreel.render.errors import DivergedError, Finding
from weightreel.render.frames.take import Take
from weightreel.render.making.differences import other_settings
from weightreel.render.planning.plan import Plan
from weightreel.render.planning.recipe import changed_data, other_recordings
from weightreel.render.work.stages import Stages
from weightreel.trainer.recording.about import Stopped
from weightreel.trainer.recording.metrics import reached
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

# In this order: what was measured over whole splits.
METRICS = ("loss", "accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy")


class Seconds(TypedDict):
    """How long it took: what passed until the runs were there, what passed then, both. Between them, of rendering, the
    seconds of each stage: those of all threads and processes added up, so that stages which go on side by side may take
    more than passed."""

    train: float
    fit: float
    draw: float
    encode: float
    join: float
    verify: float
    render: float
    total: float


class RunReport(TypedDict):
    """What came of a run; its metrics are those over whole splits. `stopped` says where and why its loss stopped being
    finite; the steps are those that were recorded until then. `cached` says that it was trained before and taken from
    the cache, `recorded` that it is drawn from a recording that was there; the seconds are those that the training took
    then. `kept` says that it was trained now and is in the cache for the next time."""

    steps: int
    epochs: float
    seconds: float
    metrics: dict[str, float]
    stopped: NotRequired[str]
    cached: NotRequired[bool]
    recorded: NotRequired[bool]
    kept: NotRequired[bool]


class FindingReport(TypedDict):
    """A `Finding`."""

    key: str
    message: str
    level: str


class SavedReport(ClipReport):
    """A clip of its own, with what should be known of it."""

    findings: NotRequired[list[FindingReport]]


class Report(TypedDict):
    """What `--json` prints. `jobs` says how many processes drew and encoded, where this one did not; `table` is the
    path of the table that was written."""

    scene: str
    outputs: list[ClipReport]
    runs: dict[str, RunReport]
    seconds: Seconds
    jobs: NotRequired[int]
    table: NotRequired[str]
    findings: NotRequired[list[FindingReport]]
    notes: NotRequired[list[str]]


def report_of(
    plan: Plan,
    recordings: Recordings,
    clips: Sequence[Clip] = (),
    *,
    lacking: Sequence[Take] = (),
    train: float = 0.0,
    render: float = 0.0,
    stages: Stages | None = None,
    jobs: int | None = None,
    notes: Sequence[Finding] = (),
) -> Report:
    """What `--json` prints; `lacking` are outputs of which the training left no frame, `train` and `render` are the
    seconds that passed, `stages` the clock of the latter, `jobs` the processes that drew and encoded, None where this
    one did. `findings`, of the scene, and `notes`, on what was made, with those that were given, stand in it where
    there are some."""
    report = Report(
        scene=plan.scene.source,
        outputs=[clip.as_dict() for clip in clips],
        runs={name: _run(recording, there=plan.sources.kept is not None) for name, recording in recordings.items()},
        seconds=_seconds(train, render, stages or Stages()),
    )
    notes = [*notes, *(Finding(name, at.message, "note") for name, at in stopped_of(recordings).items())]
    notes += [Finding(f"{take.key}.frames", _never_came(take), "note") for take in lacking]
    notes += recorded.unseen(plan.scene, recordings) if plan.sources.kept is None else []
    notes += changed_data(plan.scene, {name: r.about.digest for name, r in recordings.items()})
    notes += other_recordings(plan.scene, recordings)
    notes += not_recorded(plan, recordings) if plan.sources.kept else []
    notes += other_settings(plan.scene, recordings) if plan.sources.kept else []
    notes += tweened(plan.takes_of(recordings)) if clips else []
    if jobs is not None:
        report["jobs"] = jobs
    if plan.findings:
        report["findings"] = [{"key": f.key, "message": f.message, "level": f.level} for f in plan.findings]
    if notes:
        report["notes"] = [f"{note.key}: {note.message}" for note in notes]
    return report


def _seconds(train: float, render: float, stages: Stages) -> Seconds:
    return {
        "train": round(train, 3),
        "fit": round(stages.seconds("fit"), 3),
        "draw": round(stages.seconds("draw"), 3),
        "encode": round(stages.seconds("encode"), 3),
        "join": round(stages.seconds("join"), 3),
        "verify": round(stages.seconds("verify"), 3),
        "render": round(render, 3),
        "total": round(train + render, 3),
    }


def stopped_of(recordings: Recordings) -> dict[str, Stopped]:
    """Where the runs ended whose loss stopped being finite, by name."""
    return {name: r.about.stopped for name, r in recordings.items() if r.about.stopped}


def diverged(recordings: Recordings, report: Report | None, written: Sequence[str]) -> DivergedError | None:
    """What is raised when all that was recorded until then is `written`; None where every run came to its end."""
    stopped = stopped_of(recordings)
    if not stopped:
        return None
    told = [f"{name}: {at.message}" for name, at in stopped.items()]
    told += [f"what was recorded until then is in {', '.join(written)}"] if written else []
    first = next(iter(stopped.values()))
    return DivergedError(first.step, first.layer, "\n".join(told), report)


def _run(recording: Recording, *, there: bool) -> RunReport:
    report: RunReport = {
        "steps": int(recording.steps[-1]),
        "epochs": round(float(recording.epochs[-1]), 6),
        "seconds": round(recording.seconds, 3),
        "metrics": _reached(recording),
    }
    if recording.about.stopped:
        report["stopped"] = recording.about.stopped.message
    if recording.cached:
        report["cached"] = True
    if there:
        report["recorded"] = True
    if recording.in_cache:
        report["kept"] = True
    return report


def trained(report: Report) -> bool:
    """Whether anything was trained for it."""
    return not all(run.get("cached") or run.get("recorded") for run in report["runs"].values())


def _reached(recording: Recording) -> dict[str, float]:
    """The last value of each metric but those of single batches: ours first, in their order."""
    last = int(recording.steps[-1])
    final = reached(recording.final or {name: recording.latest(name, last) for name in recording.metric_names})
    names = [name for name in METRICS if name in final]
    names += sorted(name for name in final.keys() - {*METRICS} if not name.startswith("batch_"))
    return {name: final[name] for name in names if np.isfinite(final[name])}


def _never_came(take: Take) -> str:
    """Frames were chosen of a film that became shorter than it might have been."""
    count = len(take.course)
    return f"chooses none of the {count} frames that the film has after all; {take.output.path} was not written"


def not_recorded(plan: Plan, kept: Recordings) -> list[Finding]:
    """A note for each run of a kept recording that lacks steps which the film shows."""
    notes: list[Finding] = []
    if plan.scene.timeline.pacing == "snapshots":
        return notes  # it shows those that there are
    for name, recording in kept.items():
        if name not in plan.scene.trainings:
            continue  # nothing could be trained for this film
        shown = np.unique(np.concatenate([t.course.wanted[name] for t in plan.takes] or [np.zeros(1, np.int64)]))
        lacking = len(np.setdiff1d(shown, recording.steps))
        if lacking and not (plan.scene.trainings[name].early_stopping or recording.about.stopped):
            told = f"the recording has {len(shown) - lacking} of the {len(shown)} steps that this film shows; "
            between = "lie between two" if plan.scene.timeline.between == "linear" else "show the one before"
            told += f"the others {between}, so a training of its own gives other frames"
            notes.append(Finding(name, told, "note"))
    return notes


def tweened(takes: Sequence[Take]) -> Iterator[Finding]:
    """A note for each clip that may make up weights between snapshots, of how many of its frames do."""
    for take in takes:
        for run, steps in take.course.recorded.items() if take.course.linear and take.indices else ():
            own = f"{run}, " if len(take.course.recorded) > 1 else ""
            made = take.course.tweened(run)[np.asarray(take.indices, np.int64)]
            share = float(100 * made.mean())
            share = min(99.0, max(1.0, share)) if 0 < share < 100 else share  # neither none nor all of them
            told = f"{own}{len(steps):,} snapshots, {len(made):,} frames, {share:.0f} % tweened"
            yield Finding(take.output.path, told, "note")
