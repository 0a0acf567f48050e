"""Recordings as they come from loops that are not ours: layers by names of their own, and little else known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.slots import Stored
from weightreel.trainer.recording.writing import Writing

TYPES = {"linear": "Linear", "conv": "Conv2d", "conv1d": "Conv1d", "embedding": "Embedding", "other": "BatchNorm2d"}


def layer(name: str, kind: str, shape: Sequence[int], **known: object) -> LayerAbout:
    """A layer of which only its weights are known, unless more is said."""
    type = TYPES[kind]
    said = {"name": name, "kind": kind, "type": type, "origin": f"torch.nn.{type}", "weights": f"{name}/weights"}
    return LayerAbout.model_validate(said | {"shape": tuple(shape)} | known)


MLP = (layer("hidden", "linear", (64, 6)), layer("out", "linear", (6, 3)))
STEPS = range(13)
METRICS = ("train/loss", "val_accuracy")


def weights(one: LayerAbout, step: int) -> NDArray[np.float32]:
    """What its weights are at a step: other ones at each."""
    rng = np.random.default_rng(sum(one.name.encode()))
    first, way = rng.normal(size=(2, *one.tensor))
    return (first + way * step / 8).astype(np.float32)


def value(metric: str, step: int) -> float:
    """A loss falls, a share rises below 1."""
    return 2 / (step + 1) if "loss" in metric else 1 - 1 / (step + 2)


def record(
    path: Path | str,
    layers: Iterable[LayerAbout] = MLP,
    *,
    run: str = "run",
    steps: Iterable[int] = STEPS,
    metrics: Iterable[str] = METRICS,
    times: float = 1.0,
    probes: Mapping[str, NDArray[np.number]] | None = None,
    epochs: bool = False,
    state: str = "done",
    stopped: str = "",
    **known: object,
) -> Path:
    """A recording with these layers. Metrics are multiplied by `times`; "writing" leaves it open, as a process that
    was killed does; `known` is what else its description says."""
    about = About(layers=tuple(layers), **known)  # type: ignore[arg-type]
    arrays = {f"parameters/{one.weights}": Stored(one.tensor, np.dtype(np.float32)) for one in about.layers}
    arrays |= {f"probes/{key}": Stored(array.shape, array.dtype) for key, array in (probes or {}).items()}
    steps = list(steps)
    writing = Writing(Path(path), run, about, arrays, len(steps) + 1, writer={"torch": "2.13.0"})
    for step in steps:
        for name in metrics:
            writing.measure(name, [(step, times * value(name, step))])
        rows = {f"parameters/{one.weights}": weights(one, step) for one in about.layers}
        rows |= {f"probes/{key}": array for key, array in (probes or {}).items()}
        writing.put(step, step / 4 if epochs else float("nan"), rows)
    if state == "writing":
        writing.flush()
        writing._place.release()
    else:
        writing.close(state=state, stopped=stopped, seconds=1.5)  # type: ignore[arg-type]
    return Path(path)
