"""Small trainings that tests share: made in a moment, and the scenes that ship, cut short."""

from __future__ import annotations

from functools import cache

import numpy as np

from weightreel.render.drawing.canvas import Frame
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Moment
from weightreel.render.frames.course import Course
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.making.record import record
from weightreel.render.planning.plan import Plan, prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import load
from weightreel.render.scene.scene import Scene
from weightreel.render.views import Fitted, View
from weightreel.trainer.datasets import Data, Split
from weightreel.trainer.datasets.mnist import Mnist
from weightreel.trainer.layers.conv2d import Conv2d
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.layers.flatten import Flatten
from weightreel.trainer.layers.max_pool2d import MaxPool2d
from weightreel.trainer.optimizers.sgd import SGD
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.run import Run, describe
from weightreel.trainer.train import train


def small_data(seed: int = 0, n: int = 120, side: int = 8, classes: int = 3) -> Data:
    """Images of noise with one bright row a class: learnable in a few steps."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    images = rng.integers(0, 80, (n, side, side), dtype=np.uint8)
    images[np.arange(n), labels * 2 + 1] = 230
    scale = (np.array(0.0), np.array(1 / 255))
    cut = (slice(0, n // 2), slice(n // 2, 3 * n // 4), slice(3 * n // 4, n))
    parts = [Split(images[c], labels[c].astype(np.int64), *scale) for c in cut]
    return Data("noise", *parts, tuple(str(i) for i in range(classes)))


def small_run(**keys: object) -> Run:
    """64-6-3 on 8 × 8 images."""
    layers = (Dense(units=6, activation="sigmoid"), Dense(units=3, activation="softmax"))
    return Run(**({"layers": layers, "batch_size": 10, "epochs": 2, "data": Mnist()} | keys))  # type: ignore[arg-type]


def small_convnet() -> Run:
    """Five filters of 3 × 3, pooled, on 8 × 8 images."""
    layers = (
        Conv2d(filters=5, activation="relu"),
        MaxPool2d(),
        Flatten(),
        Dense(units=3, activation="softmax"),
    )
    return small_run(layers=layers)


def small_rectifiers() -> Run:
    """The same small network of rectifiers, so fast that one of them is dead after some steps."""
    layers = (Dense(units=6, activation="relu"), Dense(units=3, activation="softmax"))
    return small_run(layers=layers, optimizer=SGD(lr=0.2))


# By the names that they have in tests/data/recording, from which golden pictures are drawn.
RUNS = {"run": small_run, "convnet": small_convnet, "rectifiers": small_rectifiers}


def record_for(view: View, training: str = "run") -> Recordings:
    """A small training, one of RUNS, with the probes that a view asks for; two of them for a view of every run."""
    run = RUNS[training]()
    about = describe(run, small_data(), 0)
    recording = record_small(dict(view.probes(about)), run)
    if not view.every_run:
        return Recordings({"run": recording})
    other = record_small(run=small_run(l2=0.1, epochs=1))
    for made, value in ((recording, "0"), (other, "0.1")):
        made.about = made.about.model_copy(update={"settings": {"l2": value}})
    return Recordings({"l2=0": recording, "l2=0.1": other})


def course_of(recordings: Recordings) -> Course:
    """A film with a frame for every recorded step; a shorter run waits at its end."""
    recorded, steps = {name: r.steps for name, r in recordings.items()}, recordings.steps
    wanted = {name: np.minimum(steps, there[-1]) for name, there in recorded.items()}
    return Course(1.0, (("film", 0, len(steps)),), wanted, recorded)


def moment_at(recordings: Recordings, step: int) -> Moment:
    """The moment of that film that shows a step."""
    return course_of(recordings)[int(np.searchsorted(recordings.steps, step, side="right")) - 1]


def fitted(view: View, recorded: Recording | Recordings, place: Place) -> Fitted:
    """A view fitted to that film."""
    recordings = together(recorded)
    return view.fit(recordings, place, course_of(recordings))


def draw(made: Fitted, canvas: Frame, recorded: Recording | Recordings, step: int) -> None:
    """Draw a step of that film."""
    recordings = together(recorded)
    made.draw(canvas, recordings, moment_at(recordings, step))


def together(recorded: Recording | Recordings) -> Recordings:
    """One recording as that of a scene with one run."""
    return recorded if isinstance(recorded, Recordings) else Recordings({"run": recorded})


def record_small(probes: dict | None = None, run: Run | None = None) -> Recording:
    """All steps of a small training."""
    run, data = run or small_run(), small_data()
    about = describe(run, data, 0)
    recorder = Recorder(about)
    for snapshot in train(run, data, steps=range(about.length + 1), seed=0, probes=probes):
        recorder.append(snapshot)
    return recorder.finish()


def cut_short(name: str) -> list[str]:
    """Settings that train each run of a scene that ships for an epoch on some images."""
    scene = load(name)
    keys = ["run"] if scene.run else [f"runs.{n}" for n in scene.runs]
    return [f"{k}.{s}" for k in keys for s in ("epochs=1", "data.train=400", "data.validation=100", "data.test=400")]


@cache
def filmed(name: str) -> tuple[Scene, Plan, Recordings]:
    """(scene, plan, recordings) of a scene that ships, trained for some steps, once a process."""
    scene = load(name, settings=cut_short(name))
    plan = planned(scene)
    return scene, plan, record(plan)


def planned(scene: Scene, recording: str | None = None) -> Plan:
    """What is to be done for a scene."""
    return prepare(scene, sources_of(scene, recording))


def filming(scene: Scene, number: int = 0, recordings: Recordings | None = None) -> Film:
    """The film of one output of a scene, trained for it where there are no recordings yet."""
    plan = planned(scene)
    recordings = recordings or record(plan)
    return Fits(scene, recordings).film(plan.takes_of(recordings)[number])
