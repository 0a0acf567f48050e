"""What a scene takes of memory and of the folder for temporary files, estimated before anything is made.

Each estimate is of the least that it can be, so that nothing is refused which would have worked: weights with their
gradients and an optimizer's two means, the outputs of the layers for a batch, what is recorded, frames on their way.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from weightreel.render.errors import Finding
from weightreel.render.frames.take import Take
from weightreel.render.scene.consistency import run_key
from weightreel.render.scene.scene import Scene
from weightreel.trainer.memory import available_bytes, shown_bytes
from weightreel.trainer.recording import probes as probing
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recorder import MEMORY_BYTES
from weightreel.trainer.run import Run

FRAMES_AT_WORK = 8  # drawn, handed over, and with an encoder that looks ahead
COPIES = 4  # of the weights: their gradients, and what an optimizer keeps of either
A_STEP = 64  # bytes of what is measured at each step: four metrics, 16 each


class Recorded(NamedTuple):
    """What is recorded of a run: how many snapshots, how many images a step takes, and how many the largest split of
    its data has."""

    snapshots: int
    batch: int
    images: int


def findings(scene: Scene, about: Mapping[str, About], recorded: Mapping[str, Recorded]) -> Iterator[Finding]:
    """What the runs of a scene take, where it is more than there is; `recorded` has those that are to be trained."""
    memory, disk = available_bytes(), _disk_bytes()
    kept = {
        name: _snapshot_bytes(scene, name, about[name], many.images) * many.snapshots for name, many in recorded.items()
    }
    for name, many in recorded.items():
        run, key = scene.trainings[name], "run" if scene.grid else run_key(name)
        trained = _training_bytes(run, about[name], many.batch)
        if trained > memory:
            told = f"training takes {shown_bytes(trained)} at least, and there are {shown_bytes(memory)} of memory"
            yield Finding(key, f"{told}; take fewer units, smaller batches or fewer epochs")
            return
        if kept[name] > max(disk, MEMORY_BYTES):
            told = f"would keep {many.snapshots:,} snapshots of {shown_bytes(kept[name] / many.snapshots)}"
            yield Finding(key, f"{told} each: {shown_bytes(kept[name])}; {_there(memory, disk)}; take fewer frames")
            return
    held = sum(min(count, MEMORY_BYTES) for count in kept.values())
    spilled = sum(count for count in kept.values() if count > MEMORY_BYTES)
    if held > memory or spilled > disk:
        told = f"{len(kept):,} runs would keep {shown_bytes(sum(kept.values()))} of snapshots"
        yield Finding("grid" if scene.grid else "runs", f"{told}; {_there(memory, disk)}; take fewer frames or runs")


def of_frames(takes: Iterable[Take]) -> Iterator[Finding]:
    """Frames that are larger than the memory has room for."""
    memory = available_bytes()
    for take in takes:
        (width, height), needed = take.padded, 3 * prod(take.padded) * FRAMES_AT_WORK
        if needed > memory:
            told = (
                f"frames of {width} × {height} take {shown_bytes(needed)} at least, and there are {shown_bytes(memory)}"
            )
            yield Finding(f"{take.key}.size", f"{told} of memory; make them smaller")


def _training_bytes(run: Run, about: About, batch: int) -> int:
    itemsize = np.dtype(run.dtype).itemsize
    outputs = batch * sum(prod(layer.outputs) for layer in about.layers)
    measured = 0 if run.early_stopping else about.length * A_STEP
    return itemsize * (COPIES * run.parameter_count(about.inputs) + 2 * outputs) + measured


def _snapshot_bytes(scene: Scene, name: str, about: About, images: int) -> int:
    run = scene.trainings[name]
    asked: dict[str, object] = {}
    for view in scene.view:
        if name in view.runs(scene.trainings):
            asked |= view.probes(about)
    weights = run.parameter_count(about.inputs) * np.dtype(run.dtype).itemsize
    return weights + sum(_probe_bytes(probe, about, images) for probe in asked.values())


def _probe_bytes(probe: object, about: About, images: int) -> int:
    """Bytes of an array that a view asks for; images are taken as bytes, and those of others as nothing."""
    match probe:
        case probing.Activations(layer=layer) if layer < len(about.layers):
            return 4 * prod(about.layers[layer].outputs)
        case probing.Images(count=count):
            return min(count, images) * prod(about.inputs)
        case probing.Probabilities(count=count):
            return 8 * min(count, images) * len(about.classes)
        case probing.Firing(layer=layer) if layer < len(about.layers):
            return 4 * about.layers[layer].outputs[-1]
        case probing.ConfusionMatrix():
            return 8 * len(about.classes) ** 2
    return 0


def _disk_bytes() -> int:
    return shutil.disk_usage(tempfile.gettempdir()).free


def _there(memory: int, disk: int) -> str:
    return f"there are {shown_bytes(memory)} of memory and {shown_bytes(disk)} in {tempfile.gettempdir()}"
