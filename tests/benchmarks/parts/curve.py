"""A frame with a curve after 1,000 logged steps and after 500,000; recordings of many runs."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import Figure, Lines, alone, rounds, summed
from weightreel.render.frames.course import Course
from weightreel.render.frames.film import Film, compose
from weightreel.render.frames.take import Sizing
from weightreel.render.scene.file import parse
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.attributes import digest
from weightreel.trainer.recording.keeping import keeping
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import Recordings, open_recordings

FEW, MANY = 1000, 500_000
FRAMES, DRAWN = 600, 60
METRICS = ("loss", "accuracy", "batch_loss", "validation_loss", "validation_accuracy")
RUNS, STEPS = 10_000, 20
WHERE = {"in the middle": 0.5, "at the end": 1.0}


def lines() -> Lines:
    """Ratios of processor time; seconds for what is done once."""
    few, many = (film_after(steps) for steps in (FEW, MANY))
    for where, share in WHERE.items():
        taken = [(_milliseconds(many[0], share), _milliseconds(few[0], share)) for _ in range(rounds(7))]
        words = f"{np.median([m for m, _ in taken]):.2f} ms, {np.median([f for _, f in taken]):.2f} after {FEW:,}"
        what = f"curve of {len(METRICS)} metrics, {MANY:,} ÷ {FEW:,} steps, {where}"
        yield summed(what, [m / f for m, f in taken], words=words, ceiling=1.2)
    yield Figure(f"laying it out over {MANY:,} steps", many[1], "s", ceiling=5.0)
    with tempfile.TemporaryDirectory() as folder:
        record_many(Path(folder) / "runs.zarr")
        opened = alone(open_many, str(Path(folder) / "runs.zarr"))
        yield Figure(f"opening the metrics of {RUNS:,} runs", opened, "s", ceiling=10.0)


def film_after(steps: int) -> tuple[Film, float]:
    """A curve over a training of so many steps at 1920 × 1080, and the seconds that laying it out took."""
    recordings = Recordings({"run": recording_of(steps)})
    run = {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}
    view = {"type": "curve", "metrics": list(METRICS)}
    scene = parse({"run": run, "layout": {"size": [1920, 1080]}, "view": [view]})
    shown = {"run": np.linspace(0, steps - 1, FRAMES).round().astype(np.int64)}
    course = Course(60.0, (("film", 0, FRAMES),), shown, shown)
    begun = time.process_time()
    film = compose(scene, Sizing((1920, 1080)), course, recordings)
    return film, time.process_time() - begun


def about_of(steps: int) -> About:
    """Of a network without hidden layers."""
    layer = LayerAbout.own(0, type="dense", kind="linear", activation="softmax", input_shape=(2, 2), output_shape=(10,))
    return About(
        input_shape=(2, 2),
        classes=tuple("0123456789"),
        layers=(layer,),
        steps_per_epoch=max(1, steps // 5),
        total_steps=steps - 1,
        seed=0,
    )


def recording_of(steps: int) -> Recording:
    """Every step logged, a snapshot for each frame."""
    rng = np.random.default_rng(0)
    values = 2.3 * np.exp(-np.arange(steps) / (steps / 6)) + 0.1 + rng.normal(0, 0.02, (len(METRICS), steps))
    made, before = Recorder(about_of(steps)), 0
    for step in np.linspace(0, steps - 1, FRAMES).round().astype(int):
        logged = range(before, step + 1)
        history = {m: [(s, float(row[s])) for s in logged] for m, row in zip(METRICS, values, strict=True)}
        last = {name: pairs[-1][1] for name, pairs in history.items()}
        weights = {"0/weights": np.zeros((4, 10), np.float32)}
        made.append(Snapshot(int(step), step / max(1, steps // 5), weights, last, history, {}))
        before = step + 1
    return made.finish()


def record_many(path: Path) -> None:
    """Many runs, a few numbers of each; all but the first are its files under other names."""
    with keeping(path) as kept:
        recorder = kept.recorder("0", about_of(STEPS), None)
        history = {m: [(s, 1.0 / (1 + s)) for s in range(STEPS)] for m in METRICS}
        metrics = {m: pairs[-1][1] for m, pairs in history.items()}
        weights = {"0/weights": np.zeros((4, 10), np.float32)}
        recorder.append(Snapshot(STEPS - 1, 5.0, weights, metrics, history, {}))
        recorder.finish()
    said = json.loads((path / "0" / "zarr.json").read_text())
    for number in range(1, RUNS):
        own = path / str(number)
        shutil.copytree(path / "0", own, copy_function=os.link)
        said["attributes"] |= {"name": str(number), "number": number}
        said["attributes"]["digest"] = digest(said["attributes"])
        (own / "zarr.json").unlink()
        (own / "zarr.json").write_text(json.dumps(said))


def open_many(path: str) -> float:
    """Seconds until the last value of every metric of every run is known."""
    begun = time.perf_counter()
    recordings = open_recordings(Path(path))
    for recording in recordings.values():
        for name in recording.metric_names:
            recording.latest(name, STEPS)
    return time.perf_counter() - begun


def _milliseconds(film: Film, share: float) -> float:
    """Of a processor, for a frame about there."""
    frame, last = film.buffer(), round(share * (len(film) - 1))
    film.draw(frame, last)
    begun = time.process_time()
    for index in range(max(0, last - DRAWN + 1), last + 1):
        film.draw(frame, index)
    return 1000 * (time.process_time() - begun) / DRAWN
