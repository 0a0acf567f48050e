"""The way through the house: from a scene to its clips. Read this first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from weightreel.render.check import fit, outputs, room
from weightreel.render.drawing.canvas import even
from weightreel.render.encoders._encoder import Clip
from weightreel.render.encoders._output import Output
from weightreel.render.encoders.png import Png, write_still
from weightreel.render.errors import DataError, DivergedError, Finding, SceneError
from weightreel.render.frames.film import compose
from weightreel.render.making.recipe import NUMBERED, changed_data, recipe_of
from weightreel.render.making.table import write_table
from weightreel.render.making.write import Advance, Shot, Track, write_clip
from weightreel.render.scene.consistency import run_key
from weightreel.render.scene.scene import Scene
from weightreel.trainer.datasets import Data
from weightreel.trainer.options import PATH
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.selection import Thinning
from weightreel.trainer.recording.store import Recordings, keeping, open_recordings
from weightreel.trainer.run import Run, describe
from weightreel.trainer.train import train

METRICS = ("loss", "accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy")
DRAFT_FPS = 15
THINNED = 2  # snapshots kept for each frame, where the length of the training is not known


@contextmanager
def silent(label: str, total: int) -> Iterator[Advance]:
    """A progress report that says nothing."""
    yield lambda: None


@dataclass(frozen=True)
class Plan:
    """Everything that can be known, and can be wrong, before work begins.

    `steps` holds for each output and each run the step of every frame; `notes` what the views must cut or leave out.
    """

    scene: Scene
    about: dict[str, About]
    data: dict[str, Data]
    steps: tuple[dict[str, NDArray[np.int64]], ...]
    notes: tuple[Finding, ...] = ()

    def recorded_steps(self, run: str) -> list[int]:
        """The steps to be recorded: those of all outputs together, and both ends."""
        ends = np.array([0, self.about[run].length])
        return [int(s) for s in np.unique(np.concatenate([ends, *(s[run] for s in self.steps)]))]

    def size(self, output: Output) -> tuple[int, int]:
        """(width, height) of an output."""
        return output.size_in(self.scene.layout.size)


def render(
    scene: Scene,
    *,
    recording: str | Path | None = None,
    frames: slice = slice(None),
    recipe: bool = True,
    track: Track = silent,
) -> dict[str, Any]:
    """Make the film of a scene: train, draw, write every output.

    Args:
        scene: from `weightreel.render.load` or built from its types.
        recording: a kept recording to draw from in place of training.
        frames: which frames of each output to write.
        recipe: whether the clips carry the recipe from which they can be made again.
        track: reports progress.

    Returns:
        What `--json` prints: the clips, the runs with their final metrics, the seconds spent.

    Raises:
        SceneError: the scene is wrong; nothing was done.
        DivergedError: the loss stopped being finite.
        EncodeError: a clip could not be written; none of its name is left behind.
    """
    begun = time.perf_counter()
    kept = _open(recording, scene)
    plan = prepare(scene, kept)
    _check_outputs(plan, frames)
    recordings = kept or record(plan, track=track)
    trained = time.perf_counter()
    about = {name: r.about for name, r in recordings.items()}
    clips = []
    for output in scene.output:
        if scene.ships:
            Path(output.path).parent.mkdir(parents=True, exist_ok=True)
        shot = Shot(scene, _steps(scene, about, output), recordings, frames, recipe=recipe)
        clips.append(write_clip(shot, output, track))
    if scene.table is not None:
        write_table(scene.table, recordings)
    done = time.perf_counter()
    report = _report(scene, recordings, clips, train=trained - begun, render=done - trained)
    notes = changed_data(scene, {name: d.digest for name, d in about.items()})
    notes += _not_recorded(plan, kept) if kept else []
    return {**report, "notes": [f"{note.key}: {note.message}" for note in notes]} if notes else report


def _not_recorded(plan: Plan, kept: Recordings) -> list[Finding]:
    """A note for each run of a kept recording that lacks steps which the film shows."""
    notes = []
    for name, recording in kept.items():
        shown = np.unique(np.concatenate([steps[name] for steps in plan.steps] or [np.zeros(1, np.int64)]))
        lacking = len(np.setdiff1d(shown, recording.steps))
        if lacking and not plan.scene.trainings[name].early_stopping:
            told = f"the recording has {len(shown) - lacking} of the {len(shown)} steps that this film shows; "
            told += "the others show the one before, so a training of its own gives other frames"
            notes.append(Finding(name, told, "note"))
    return notes


def record_to(scene: Scene, path: str | Path, *, track: Track = silent) -> dict[str, Any]:
    """Train the runs of a scene and keep their recording at `path`; draw nothing.

    A run whose loss stops being finite ends there; what was recorded is kept and the error raised.
    """
    begun = time.perf_counter()
    plan = prepare(scene)
    stopped: DivergedError | None = None
    recordings = Recordings()
    with keeping(Path(path)) as group:
        try:
            recordings = record(plan, group, track=track)
        except DivergedError as error:
            stopped = error
    if stopped is not None:
        raise DivergedError(stopped.step, stopped.layer, f"{stopped} The recording up to there is in {path}.")
    return _report(scene, recordings, [], train=time.perf_counter() - begun, render=0.0)


def still(
    scene: Scene,
    path: str | Path,
    *,
    at: float = 1.0,
    index: int | None = None,
    recording: str | Path | None = None,
    recipe: bool = True,
) -> int:
    """Write one frame of the film at the layout's size as a PNG file; return its index.

    Args:
        scene: the scene; its outputs do not matter.
        path: the file to write.
        at: fraction of the film, 0…1.
        index: number of the frame, in place of `at`.
        recording: a kept recording to draw from in place of training.
        recipe: whether the picture carries the recipe from which it can be made again.
    """
    kept = _open(recording, scene)
    plan = prepare(scene.model_copy(update={"output": ()}), kept)
    steps = _steps(scene, plan.about, None)
    count = len(next(iter(steps.values())))
    number = round(at * (count - 1)) if index is None else index
    if not 0 <= number < count:
        raise SceneError(scene.source, [Finding("--frame", f"no frame {number}; the film has 0 to {count - 1}")])
    plan = Plan(plan.scene, plan.about, plan.data, (steps,))
    recordings = kept or record(plan)
    steps = _steps(scene, {name: r.about for name, r in recordings.items()}, None)
    film = compose(scene, scene.layout.size, steps, recordings)
    frame = film.buffer()
    film.draw(frame, recordings, number)
    write_still(Path(path), frame, recipe_of(scene, Png(path=NUMBERED), recordings) if recipe else "")
    return number


def prepare(scene: Scene, recordings: Recordings | None = None) -> Plan:
    """Load the data, describe the networks, lay out every size, map frames to steps.

    Raises:
        SceneError: with all problems that this brings to light.
    """
    problems: list[Finding] = []
    if not scene.view:
        problems.append(Finding("view", 'shows nothing; add a [[view]], such as type = "neuron_grid"'))
    data = {} if recordings else _load(scene, problems)
    about = {n: r.about for n, r in (recordings or {}).items()}
    classes = {name: len(d.classes) for name, d in data.items()}
    for name, run in scene.trainings.items():
        if name in data:
            shape_problems = run.findings(data[name].input_shape, classes[name])
            problems += [finding.under(run_key(name)) for finding in shape_problems]
            if not shape_problems:
                settings = scene.variants[name][1]
                about[name] = describe(run, data[name], scene.seed).model_copy(update={"settings": settings})
    if problems:
        raise SceneError(scene.source, problems)
    problems = list(fit.findings(scene, about))
    if problems:
        raise SceneError(scene.source, problems)
    sizes = dict.fromkeys([*(output.size_in(scene.layout.size) for output in scene.output), scene.layout.size])
    notes = tuple(note for size in sizes for note in room.findings(scene, size, about))
    return Plan(scene, about, data, tuple(_steps(scene, about, output) for output in scene.output), notes)


def record(plan: Plan, group: zarr.Group | None = None, *, track: Track = silent) -> Recordings:
    """Train every run and record what the timelines ask for.

    Args:
        plan: from `prepare`.
        group: where to keep the recordings; default: memory, and a temporary folder beyond.
        track: reports progress.
    """
    recordings = Recordings()
    if group is not None:
        group.attrs["runs"] = list(plan.scene.trainings)
    for name, run in plan.scene.trainings.items():
        recording = Recording(plan.about[name], group=None if group is None else group.create_group(name))
        _record_run(plan, name, run, recording, track)
        recordings[name] = recording
    return recordings


def _record_run(plan: Plan, name: str, run: Run, recording: Recording, track: Track) -> None:
    begun = time.perf_counter()
    steps = plan.recorded_steps(name)
    # Nobody knows where early stopping will end: a selection is kept, and thinned as it grows.
    thinning = Thinning(THINNED * len(steps)) if run.early_stopping else None
    recording.about = recording.about.model_copy(update={"digest": plan.data[name].digest})
    total, stopped = plan.about[name].length, None
    with track(f"train {name}" if name != "run" else "train", len(steps)) as advance:
        snapshots = train(
            run, plan.data[name], steps=thinning or steps, seed=plan.scene.seed, probes=_probes(plan, name)
        )
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


def draft(scene: Scene) -> Scene:
    """The scene for a quick look: every output at most at 15 frames a second, and at half its size where its tiles
    still fit."""
    outputs, halved = [], []
    for output in scene.output:
        width, height = output.size_in(scene.layout.size)
        slow = output.model_copy(update={"fps": float(min(DRAFT_FPS, output.rate(scene.timeline.fps)))})
        outputs.append(slow)
        halved.append(slow.model_copy(update={"size": (max(2, even(width / 2)), max(2, even(height / 2)))}))
    small = scene.model_copy(update={"output": tuple(halved)})
    try:
        prepare(small)
    except SceneError:
        return scene.model_copy(update={"output": tuple(outputs)})
    return small


def _open(path: str | Path | None, scene: Scene) -> Recordings | None:
    """The kept recordings of a scene's runs, in the order of the scene.

    Raises:
        SceneError: a run is not there, or was trained with other layers.
    """
    if path is None:
        return None
    kept, problems = open_recordings(Path(path)), []
    for name, run in scene.trainings.items():
        if name not in kept:
            problems.append(Finding("--recording", f"has no run '{name}', only {', '.join(kept)}"))
        elif not run.matches(kept[name].about):
            layers = ", ".join(f"{o.type} {o.output_shape[-1]}" for o in kept[name].about.layers)
            problems.append(Finding("--recording", f"run '{name}' was trained with other layers: {layers}"))
    if problems:
        raise SceneError(scene.source, problems)
    return Recordings({name: kept[name] for name in scene.trainings})


def _load(scene: Scene, problems: list[Finding]) -> dict[str, Data]:
    """The data of every run; runs that ask for the same share it."""
    loaded: dict[Any, Data] = {}
    data = {}
    for name, run in scene.trainings.items():
        try:
            if run.data not in loaded:
                loaded[run.data] = run.data.load(Path(scene.folder), scene.seed)
            data[name] = loaded[run.data]
        except DataError as error:
            key = run_key(name)
            place = ".".join([f"{key}.data", *list(run.data.meant(PATH))[:1]])
            hint = f"; paths start at {Path(scene.folder).resolve()}" if "no such" in str(error) else ""
            problems.append(Finding(place, f"{error}{hint}"))
    return data


def _probes(plan: Plan, run: str) -> dict[str, Any]:
    probes: dict[str, Any] = {}
    for view in plan.scene.view:
        if view.every_run or view.run_among(plan.about) == run:
            probes |= view.probes(plan.about[run])
    return probes


def _steps(scene: Scene, about: Mapping[str, About], output: Output | None) -> dict[str, NDArray[np.int64]]:
    """The step of every frame, for each run: all runs go through training time together, the shorter wait. Cards stand
    at the first step and the last."""
    total = max(d.length for d in about.values())
    fps = scene.timeline.fps if output is None else output.rate(scene.timeline.fps)
    steps = np.pad(scene.timeline.steps(total, fps), scene.card_frames(fps), mode="edge")
    return {name: np.minimum(steps, d.length) for name, d in about.items()}


def _check_outputs(plan: Plan, frames: slice) -> None:
    problems = list(outputs.findings(plan.scene))
    if not plan.scene.output and plan.scene.table is None:
        problems.append(Finding("output", "nothing to write; add an [[output]] or say -o PATH"))
    for i, steps in enumerate(plan.steps):
        count = len(next(iter(steps.values())))
        asked = range(*frames.indices(count))
        if not asked:
            problems.append(Finding("--frames", f"chooses none of the {count} frames of output[{i}]"))
        elif not plan.scene.output[i].moments(asked):
            problems.append(Finding(f"output[{i}].frames", f"chooses none of the film's {count} frames"))
    if problems:
        raise SceneError(plan.scene.source, problems)


def _report(scene: Scene, recordings: Recordings, clips: list[Clip], *, train: float, render: float) -> dict[str, Any]:
    runs = {
        name: {
            "steps": int(r.steps[-1]),
            "epochs": round(float(r.epochs[-1]), 6),
            "seconds": round(r.seconds, 3),
            "metrics": {m: r.final[m] for m in METRICS if m in r.final},
        }
        for name, r in recordings.items()
    }
    seconds = {"train": round(train, 3), "render": round(render, 3), "total": round(train + render, 3)}
    return {"scene": scene.source, "outputs": [c.as_dict() for c in clips], "runs": runs, "seconds": seconds}
