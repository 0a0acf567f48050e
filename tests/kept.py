"""Recordings of the shipped scenes that are small enough to be kept with the tests, and their films.

A recording is one npz of a few snapshots. Its numbers are cut down to a few bits, multiples of a power of two: that
packs well, and makes products of weights exact, so that they are the same with the kernels of every processor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Frame
from weightreel.render.frames.film import Film
from weightreel.render.frames.fits import Fits
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import Sources
from weightreel.render.scene.file import load
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import Recordings

FOLDER = Path(__file__).parent / "reference"
SIZE = (480, 270)
OF_TILES = ("back_projection", "back_projection_500", "by_hand", "convnet", "mlp_40", "no_hidden_layer")
LARGER = {(960, 540): OF_TILES, (1280, 720): ("hyperparameters",), (640, 360): ("relu_64",)}
LARGER |= {(800, 450): ("hidden_grid", "keras_mlp", "mlp_16_16"), (224, 224): ("lesson_9",)}
SIZES = {name: size for size, names in LARGER.items() for name in names}  # of those that do not fit into SIZE
SAME = {"back_projection_500": "back_projection"}  # the same network, in a scene of its own
LEVELS = 4  # on either side of zero
Numbers = NDArray[np.number]


def write(name: str, recordings: Mapping[str, Recording]) -> None:
    """Keep the recordings of a scene."""
    pack(FOLDER / f"{name}.npz", recordings, coarse=True)


def pack(path: Path, recordings: Mapping[str, Recording], *, coarse: bool) -> None:
    """Keep recordings in a file, as they are or with their numbers cut down."""
    packed: dict[str, Numbers] = {}
    for run, recording in recordings.items():
        history = {metric: [c.tolist() for c in recording.metric(metric)] for metric in recording.metric_names}
        said = {
            "about": recording.about.stored(),
            "history": history,
            "epochs": recording.epochs.tolist(),
            "coarse": {},
        }
        for key, column in recording.columns.arrays.items():
            values = np.stack([column.read(i) for i in range(len(recording))])
            if coarse and np.issubdtype(values.dtype, np.floating):
                step = 2.0 ** np.ceil(np.log2(max(float(np.abs(values).max()), 2.0**-20) / LEVELS))
                said["coarse"][key] = [values.dtype.name, step]
                values = np.diff(np.round(values / step).astype(np.int8), axis=0, prepend=np.int8(0))
            elif (values == values[0]).all():
                values = values[:1]  # images and labels: once
            packed[f"{run}/{key}"] = values
        packed[f"{run}/steps"] = recording.steps
        packed[f"{run}/said"] = np.frombuffer(json.dumps(said).encode(), np.uint8)
    np.savez_compressed(path, **packed)


def read(name: str) -> Recordings:
    """The recordings of a scene."""
    recordings = unpack(FOLDER / f"{SAME.get(name, name)}.npz")
    for run, training in load(name).trainings.items():  # as they are said today: captions name them
        options = training.model_dump(mode="json", exclude_none=True)
        recordings[run].about = recordings[run].about.model_copy(update={"run": options})
    return recordings


def unpack(path: Path) -> Recordings:
    """The recordings in a file."""
    with np.load(path) as packed:
        arrays = {key: packed[key] for key in packed.files}
    recordings = Recordings()
    for key, said in arrays.items():
        if (run := key.removesuffix("/said")) != key:
            own = {k.removeprefix(f"{run}/"): a for k, a in arrays.items() if k.startswith(f"{run}/")}
            recordings[run] = _recorded(json.loads(said.tobytes()), own)
    return recordings


def _recorded(said: dict[str, Any], arrays: dict[str, Numbers]) -> Recording:
    for key, (dtype, step) in said["coarse"].items():
        arrays[key] = np.cumsum(arrays[key], axis=0).astype(dtype) * np.array(step, dtype)
    recorder, before = Recorder(About.restored(said["about"])), -1
    for i, step in enumerate(arrays["steps"].tolist()):
        history = {
            metric: [(s, v) for s, v in zip(*pairs, strict=True) if before < s <= step]
            for metric, pairs in said["history"].items()
        }
        parameters, probes = (
            {k.removeprefix(f"{kind}/"): a[min(i, len(a) - 1)] for k, a in arrays.items() if k.startswith(f"{kind}/")}
            for kind in ("parameters", "probes")
        )
        recorder.append(Snapshot(step, said["epochs"][i], parameters, {}, history, probes))
        before = step
    return recorder.finish()


def filmed(name: str) -> Film:
    """The film of a scene at a small size."""
    scene = load(name, outputs=["x.png"], keys={"size": list(SIZES.get(name, SIZE))})
    recordings = read(name)
    plan = prepare(scene, Sources({run: r.about for run, r in recordings.items()}, {}, recordings), written=False)
    return Fits(scene, recordings).film(plan.takes_of(recordings)[0])


def drawn(name: str) -> Frame:
    """A frame at three quarters of the film of a scene, at a small size."""
    film = filmed(name)
    frame = film.buffer()
    film.draw(frame, len(film) * 3 // 4)
    return frame
