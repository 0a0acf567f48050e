"""Recordings as they come from loops that are not ours: layers by names of their own, and little else known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import keeping

TYPES = {"linear": "Linear", "conv": "Conv2d", "conv1d": "Conv1d", "embedding": "Embedding", "other": "BatchNorm2d"}


def layer(name: str, kind: str, shape: Sequence[int], **known: object) -> LayerAbout:
    """A layer of which only its weights are known, unless more is said."""
    type = TYPES[kind]
    said = {"name": name, "kind": kind, "type": type, "origin": f"torch.nn.{type}", "weights": f"{name}/weights"}
    return LayerAbout.model_validate(said | {"shape": tuple(shape)} | known)


MLP = (layer("hidden", "linear", (64, 6)), layer("out", "linear", (6, 3)))
STEPS = range(13)


def weights(one: LayerAbout, step: int) -> NDArray[np.float32]:
    """What its weights are at a step: other ones at each."""
    rng = np.random.default_rng(len(one.name))
    drift = rng.normal(size=one.tensor) * step / 8
    return (rng.normal(size=one.tensor) + drift).astype(np.float32)


def record(
    path: Path,
    layers: Iterable[LayerAbout] = MLP,
    *,
    run: str = "run",
    steps: Iterable[int] = STEPS,
    metrics: Iterable[str] = ("train/loss", "val_accuracy"),
    probes: Mapping[str, NDArray[np.number]] | None = None,
    epochs: bool = False,
    percent: bool = False,
    **known: object,
) -> Path:
    """A recording with these layers; `known` is what else its description says."""
    about = About(layers=tuple(layers), **known)  # type: ignore[arg-type]
    assert all(prod(one.tensor) for one in about.layers)
    with keeping(path) as kept:
        recorder = Recorder(about, store=kept.run(run))
        for step in steps:
            share = 1 - 1 / (step + 2)
            values = {"loss": 2 / (step + 1), "accuracy": 100 * share if percent else share}
            recorder.append(
                Snapshot(
                    step=step,
                    epoch=step / 4 if epochs else float("nan"),
                    parameters={one.weights or "": weights(one, step) for one in about.layers},
                    metrics={name: values["loss" if "loss" in name else "accuracy"] for name in metrics},
                    probes={key: array + step for key, array in (probes or {}).items()},
                )
            )
        recorder.finish()
    return path
