"""Did a change move a bit of a training? Hashes of parameters and metrics, to be taken before and after on one machine.

    python tests/same_trainings.py /tmp/before.json     # writes the file, or compares with the one that is there

The runs of every scene that ships, their first steps and, cut short, to their ends; both precisions, all layers,
activations, losses and optimizers, on one thread and on two. The sums of a matrix product differ between machines:
hashes of one say nothing of another.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from itertools import islice, product
from pathlib import Path
from unittest import mock

import numpy as np

import before_and_after
from trainings import small_convnet, small_data, small_run
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.trainer import blas, shards
from weightreel.trainer.datasets import Data, Split
from weightreel.trainer.datasets.mnist import Mnist
from weightreel.trainer.errors import DivergedError
from weightreel.trainer.layers.conv2d import Conv2d
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.layers.dropout import Dropout
from weightreel.trainer.layers.flatten import Flatten
from weightreel.trainer.layers.max_pool2d import MaxPool2d
from weightreel.trainer.optimizers.adam import Adam
from weightreel.trainer.optimizers.sgd import SGD
from weightreel.trainer.recording.probes import ConfusionMatrix, Firing, Probabilities
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.run import EarlyStopping, Run
from weightreel.trainer.train import train

STEPS, LARGE_STEPS = 300, 12  # of a run of a scene; of one whose batches are large
SHORT = {"train": 3000, "validation": 2100, "test": 2300}
PROBES = ConfusionMatrix("test"), Firing(0, 300, "validation"), Probabilities("train", 3)
Case = tuple[Run, Data]


def scenes() -> Iterator[tuple[str, Case]]:
    """Every run of every scene, as it is and cut short."""
    for name in shipped_scenes():
        scene = load(name)
        for run_name, run in islice(scene.trainings.items(), 5):
            for dtype in ("float32", "float64"):
                own = run.model_copy(update={"dtype": dtype})
                yield f"{name} {run_name} {dtype}", (own, run.data.load(Path(scene.folder), scene.seed))
            short = {"validation": 0} | SHORT if run.data.pool else SHORT
            data = run.data.model_copy(update=short | {"per_class": None})
            if isinstance(run.batch_size, int):
                own = run.model_copy(update={"epochs": 2, "data": data})
                yield f"{name} {run_name} short", (own, data.load(Path(scene.folder), scene.seed))


def small() -> Iterator[tuple[str, Case]]:
    """Small trainings of every kind."""
    pairs = (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("linear", "mean_squared_error"))
    optimizers = SGD(lr=0.05), SGD(lr=0.05, momentum=0.9), Adam(lr=0.01)
    others = (("linear", "cross_entropy"), ("tanh", "mean_squared_error"), ("softmax", "mean_squared_error"))
    for hidden, (last, loss) in product(("linear", "relu", "sigmoid", "softmax", "tanh"), (*pairs, *others)):
        layers = Dense(units=7, activation=hidden), Dropout(rate=0.2), Dense(units=3, activation=last)
        for optimizer, dtype, l2 in product(optimizers, ("float32", "float64"), (0.0, 0.01)):
            run = small_run(layers=layers, loss=loss, optimizer=optimizer, dtype=dtype, l2=l2, batch_size=13, epochs=4)
            yield f"{hidden} {last} {loss} {optimizer} {dtype} {l2}", (run, small_data())
    one = small_run(layers=(Dense(units=1),), loss="binary_cross_entropy")
    yield "one unit", (one, small_data(classes=2))
    images = Conv2d(filters=4, kernel=(2, 3), activation="tanh"), MaxPool2d(size=(2, 3)), Dropout(rate=0.1)
    for dtype, hidden in product(("float32", "float64"), ("relu", "sigmoid")):
        layers = *images, Conv2d(filters=3, kernel=2, activation=hidden), Flatten(), Dense(units=3)
        yield f"images {dtype} {hidden}", (small_run(layers=layers, dtype=dtype), small_data())
    yield "convnet", (small_convnet(), small_data())
    stopping = EarlyStopping(metric="validation_loss", patience=1, tolerance=0.1)
    yield "stopping", (small_run(epochs=9, early_stopping=stopping, validate_every=3), small_data())
    yield "diverging", (small_run(optimizer=SGD(lr=1e30), epochs=9), small_data())


def stored() -> Iterator[tuple[str, Case]]:
    """Images of every dtype, and with scales of every kind."""
    plain, rng = small_data(), np.random.default_rng(5)
    for kind, offset, factor in (("u1", 3.5, 0.01), ("i8", 100.0, 1 / 30), ("f4", 0.0, 1.0), ("f8", 1e6, 1e-3)):
        for dtype in ("float32", "float64"):
            parts = [
                Split((s.images + offset).astype(kind), s.labels, np.array(offset), np.array(factor))
                for s in (plain.train, plain.validation, plain.test)
            ]
            yield f"stored {kind} {dtype}", (small_run(dtype=dtype), Data("noise", *parts, plain.classes))
    shape = (-1, 1, 1)
    parts = [
        Split(
            s.images, s.labels, rng.uniform(0, 9, len(s)).reshape(shape), rng.uniform(0.01, 0.02, len(s)).reshape(shape)
        )
        for s in (plain.train, plain.validation, plain.test)
    ]
    yield "stored, each by itself", (small_run(), Data("noise", *parts, plain.classes))
    for scale in ("unit", "standard", "minmax"):
        data = Mnist(train=2000, validation=300, test=200, scale=scale).load(Path(), 3)
        yield f"stored {scale}", (small_run(layers=(Dense(units=10),), epochs=1), data)


def taken(snapshots: Iterable[Snapshot], count: int) -> Iterator[Snapshot]:
    """So many snapshots; fewer where a training diverges."""
    try:
        yield from islice(snapshots, count)
    except DivergedError as error:
        yield Snapshot(error.step, 0.0, {}, {}, {}, {"told": np.frombuffer(str(error).encode(), np.uint8)})


def digest(run: Run, data: Data, count: int) -> str:
    """Of all parameters, metrics and probes of so many steps."""
    sha = hashlib.sha256(data.digest.encode())
    probes = {probe.key: probe for probe in PROBES}
    for snapshot in taken(train(run, data, steps=range(20_000), seed=3), count):
        sha.update(repr((snapshot.step, snapshot.epoch, snapshot.metrics, snapshot.history)).encode())
        for name, array in snapshot.arrays.items():
            sha.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    for snapshot in taken(train(run, data, steps=[0, 2], seed=3, probes=probes), 2):
        for name, array in snapshot.arrays.items():
            sha.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return sha.hexdigest()[:16]


def found() -> Iterator[tuple[str, str]]:
    """All hashes by their names."""
    for name, (run, data) in scenes():
        count = LARGE_STEPS if run.batch_size == "all" or "convnet" in name else STEPS
        count = count // 2 if "64" in name else count
        for threads in (1, 2) if "convnet" in name else (2,):
            with mock.patch.object(blas, "threads", lambda threads=threads: threads):
                whole = "short" in name and "convnet" not in name
                yield f"{name}, {threads} threads", digest(run, data, 10**6 if whole else count)
    for name, (run, data) in (*small(), *stored()):
        yield name, digest(run, data, 10**6 - 1)
        with mock.patch.object(shards, "SMALL_STEP", 0):
            for threads in (1, 2):
                with mock.patch.object(blas, "threads", lambda threads=threads: threads):
                    yield f"{name}, shards, {threads} threads", digest(run, data, 10**6 - 1)


def main() -> int:
    """Write the hashes, or compare them with those of a file."""
    now = {}
    for name, value in found():
        now[name] = value
        print(name, file=sys.stderr)
    return before_and_after.main(now, "trainings")


if __name__ == "__main__":
    sys.exit(main())
