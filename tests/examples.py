"""One table of examples for the plug-ins of all kinds: the laws of each kind try these.

A new view, layer, optimizer, dataset or encoder is found by itself. If its defaults show what it does, it needs no
entry here; where they do not, `tests/contracts/test_examples.py` says which line to add. Every encoder needs one: how
far its pixels may be off is nobody else's to say.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from weightreel.render.formats.spec import Comment
from weightreel.trainer import kinds, plugins
from weightreel.trainer.errors import WeightreelError
from weightreel.trainer.options import Options

Keys = dict[str, Any]
LAST_STEP = 12  # of the small trainings


@dataclass(frozen=True)
class ViewExample:
    """Options of a view; the golden pictures of it, each with the step that it shows and in the theme that its name
    ends in; and the small training that it shows: "run", 64-6-3, "convnet", or "rectifiers"."""

    options: Keys
    pictures: dict[str, int] = field(default_factory=dict)
    training: str = "run"


@dataclass(frozen=True)
class LayerExample:
    """Options of a layer and the shape of one input; small, for every entry is differentiated by hand."""

    options: Keys
    shape: tuple[int, ...] = (4, 5, 2)


@dataclass(frozen=True)
class EncoderExample:
    """A suffix, the options of an encoder, and how far its pixels may be off, on average, of 255."""

    suffix: str
    options: Keys
    error: float


LOSSLESS = 0.0

# Of a view none of whose examples names a picture, the first has one, by the view's name.
VIEWS: dict[str, list[ViewExample]] = {
    "activation_maps": [
        ViewExample({}, training="convnet"),
        ViewExample({"columns": 3}, {"activation_maps": 12}, training="convnet"),
        ViewExample({"layer": 1, "columns": 5, "colorbar": True}, training="convnet"),
    ],
    "back_projection": [
        ViewExample({}),
        ViewExample({"layer": 1, "rows": 1, "columns": 3, "colorbar": True}, {"back_projection": 12}),
        ViewExample({"layer": 1, "units": [2, 0], "colorbar": True, "normalize": {"over": "clip"}}),
    ],
    "caption": [
        ViewExample({"text": "epoch {epoch:.2f}  {validation_accuracy:.1%}", "area": "a"}),
        ViewExample({"heading": "Heading", "text": "epoch {epoch:.2f}\nloss {loss:.4f}", "area": "a"}, {"caption": 7}),
        ViewExample({"text": "step {step} of {steps}", "anchor": "bottom right"}, {"caption_panel": 7}),
        ViewExample(
            {"text": "step {step} of {steps}\nmore", "anchor": "top", "align": "center"}, {"caption_panel_light": 7}
        ),
        ViewExample({"heading": "Words", "text": "loss {loss:8.4f}\nmore", "area": "a", "anchor": "bottom"}),
    ],
    "confusion_matrix": [
        ViewExample({"area": "a"}, {"confusion_matrix": 12, "confusion_matrix_print": 12}),
        ViewExample({"counts": False}),
    ],
    "curve": [
        ViewExample({}, {"curve": 9, "curve_light": 9}),
        ViewExample({"x": "step", "x_scale": "log", "y_scale": "log"}, {"curve_log": 12}),
        ViewExample({"y_scale": "log"}, {"curve_print": 12}),
        ViewExample({"metrics": ["accuracy", "validation_accuracy"]}, {"curve_accuracy": 12}),
    ],
    "figures": [ViewExample({}, {"figures": 7})],
    "image": [
        ViewExample({"image": 5, "labels": True}, {"image": 12}),
        ViewExample({"image": 1, "split": "train"}, training="convnet"),
    ],
    "kernels": [
        ViewExample({"numbers": True, "columns": 3}, {"kernels": 12}, training="convnet"),
        ViewExample({"colorbar": True, "columns": 5, "colormap": "viridis"}, training="convnet"),
        ViewExample({"channel": "norm", "rows": 1, "columns": 3, "choose": "norm"}, training="convnet"),
    ],
    "matrix": [
        ViewExample({}, {"matrix": 12}),
        ViewExample({"layer": 1, "area": "a", "down": "neurons", "across": "digits"}, {"matrix_light": 12}),
        ViewExample({"parameter": "0/bias", "transpose": True, "normalize": {"over": "frame", "range": "minmax"}}),
        ViewExample({"colorbar": False, "colormap": "viridis", "normalize": {"over": "clip", "range": [-1.0, 1.0]}}),
    ],
    "multiples": [
        ViewExample({}),
        ViewExample({"columns": 2}, {"multiples": 9}),
        ViewExample({"columns": 2, "y_scale": "log"}, {"multiples_light": 9}),
    ],
    "neuron_grid": [
        ViewExample({}),
        ViewExample({"rows": 2, "columns": 3}, {"neuron_grid_gray": 12, "neuron_grid_untrained": 0}),
        ViewExample(
            {"rows": 2, "columns": 4, "labels": True, "colormap": "RdBu", "normalize": {"range": "symmetric"}},
            {"neuron_grid_labels": 12},
        ),
        ViewExample({"gap": 0, "border": {"inside": True, "thickness": 1}}, {"neuron_grid_inside": 6}),
        ViewExample({"rows": 2, "columns": 4, "labels": True, "border": {"inside": True, "thickness": 1}}),
        ViewExample(
            {
                "rows": 1,
                "columns": 3,
                "gap": 3,
                "colormap": "viridis",
                "normalize": {"over": "clip", "range": "symmetric"},
            }
        ),
        ViewExample(
            {"layer": 1, "shape": [2, 3], "normalize": {"over": "frame", "range": [-1.0, 1.0], "gain": 2.0}},
        ),
        ViewExample({"rows": 2, "columns": 2, "labels": True, "choose": "change"}, {"neuron_grid_chosen": 12}),
        ViewExample({"layer": 1, "choose": "even", "rows": 2}, {"neuron_grid_rows": 12}),
        ViewExample({"rows": 2, "mark": "dead"}, {"neuron_grid_dead": 12}, training="rectifiers"),
        ViewExample({"rows": 2, "columns": 2, "choose": "norm", "mark": "dead", "labels": True}, training="rectifiers"),
    ],
    "probabilities": [
        ViewExample({"image": 5}, {"probabilities": 12, "probabilities_print": 0}),
        ViewExample({"area": "a", "split": "train"}, training="convnet"),
    ],
    "progress": [ViewExample({}), ViewExample({"thickness": 40}, {"progress": 7})],
    "regions": [
        ViewExample({"classes": [0, 1, 2], "labels": ["zero", "one", "two"], "colorbar": True}, {"regions": 12}),
        ViewExample({"classes": [0, 2], "colorbar": True}),
    ],
    "samples": [
        ViewExample({}),
        ViewExample({"rows": 1, "columns": 4}, {"samples": 12, "samples_print": 12}),
        ViewExample({"rows": 2, "columns": 2, "choose": "hard", "among": 12}, {"samples_hard": 9}),
        ViewExample({"choose": "hard", "among": 20, "rows": 1, "columns": 2, "labels": False}),
    ],
    "scatter": [ViewExample({}, {"scatter": 9})],
    "table": [
        ViewExample({}, {"table": 9}),
        ViewExample({"metrics": ["validation_loss"]}),
        ViewExample({"sort": "validation_loss"}, {"table_light": 11}),
        ViewExample({"sort": "loss", "best": 1}),
    ],
}

LAYERS: dict[str, list[LayerExample]] = {
    "dense": [
        LayerExample({"units": 3}, (4,)),
        LayerExample({"units": 2}, (3, 2)),
        LayerExample({"units": 1}, (2, 3, 3)),
    ],
    "conv2d": [
        LayerExample({"filters": 2}, (5, 4)),
        LayerExample({"filters": 3, "kernel": [2, 3]}, (4, 5, 2)),
        LayerExample({"filters": 1, "kernel": [3, 1]}, (3, 3, 3)),
    ],
    "max_pool2d": [
        LayerExample({}, (4, 5, 2)),
        LayerExample({"size": 3}, (7, 6)),
        LayerExample({"size": [1, 2]}, (3, 5, 2)),
    ],
    "flatten": [LayerExample({}, (3, 2, 2)), LayerExample({}, (4, 3))],
    "dropout": [LayerExample({"rate": 0.4}, (6,)), LayerExample({"rate": 0.2}, (3, 2, 2))],
}

OPTIMIZERS: dict[str, list[Keys]] = {
    "sgd": [{}, {"lr": 0.01, "momentum": 0.9}],
    "adam": [{}, {"lr": 0.05, "beta1": 0.5, "beta2": 0.9}],
}

ENCODERS: dict[str, list[EncoderExample]] = {
    "opencv": [
        EncoderExample(".mp4", {}, 4.0),
        EncoderExample(".mov", {}, 4.0),
        EncoderExample(".mkv", {}, 4.0),
        EncoderExample(".avi", {"codec": "FFV1"}, LOSSLESS),
    ],
    "gif": [EncoderExample(".gif", {}, LOSSLESS)],
    "h264": [
        EncoderExample(".mp4", {}, 2.0),
        EncoderExample(".mkv", {}, 2.0),
        EncoderExample(".mov", {"codec": "h264_444"}, 2.0),
    ],
    "av1": [EncoderExample(".mp4", {}, 2.0), EncoderExample(".webm", {}, 2.0)],
    "ffv1": [EncoderExample(".mkv", {}, LOSSLESS)],
    "png": [EncoderExample(".png", {}, LOSSLESS)],
    "apng": [EncoderExample(".apng", {}, LOSSLESS), EncoderExample(".png", {}, LOSSLESS)],
    "webp": [EncoderExample(".webp", {}, LOSSLESS), EncoderExample(".webp", {"quality": 90}, 4.0)],
}


def npz_keys(folder: Path) -> Keys:
    """A file with a test set."""
    (x, y), (x_test, y_test) = images(150, 0), images(30, 1)
    np.savez(folder / "own.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return {"path": "own.npz"}


def npz_without_test(folder: Path) -> Keys:
    """A file without."""
    x, y = images(150, 0)
    np.savez(folder / "own.npz", x=x, y=y)
    return {"path": "own.npz"}


def idx_keys(folder: Path) -> Keys:
    """The four files of MNIST, in small."""
    for prefix, n, seed in (("train", 150, 0), ("t10k", 30, 1)):
        for kind, array in zip(("images", "labels"), images(n, seed), strict=True):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (folder / f"{prefix}-{kind}.gz").write_bytes(gzip.compress(header + array.tobytes()))
    return {"path": "."}


def images(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 6, 5) of noise, and labels of three classes."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 6, 5), dtype=np.uint8), (np.arange(n) % 3).astype(np.uint8)


# Each writes what the dataset needs into a folder, at least 100 images, and returns its options.
DATASETS: dict[str, list[Callable[[Path], Keys]]] = {
    "npz": [npz_keys, npz_without_test],
    "idx": [idx_keys],
}


@dataclass(frozen=True)
class Kind:
    """A kind of plug-ins: their table here and its name, what a plug-in without an entry is tried with, and a line to
    copy for one that needs an entry."""

    table: Mapping[str, Sequence[Any]]
    named: str
    default: Sequence[Any]
    line: str


KINDS = {
    "view": Kind(VIEWS, "VIEWS", [ViewExample({})], '[ViewExample({"key": value})]'),
    "layer": Kind(LAYERS, "LAYERS", [LayerExample({})], '[LayerExample({"key": value}, shape=(4, 5))]'),
    "optimizer": Kind(OPTIMIZERS, "OPTIMIZERS", [{}], '[{"key": value}]'),
    "dataset": Kind(DATASETS, "DATASETS", [lambda folder: {}], "[a function like npz_keys]"),
    "encoder": Kind(ENCODERS, "ENCODERS", [], '[EncoderExample(".suffix", {}, error=LOSSLESS)]'),
}


def plugins_of(kind: str) -> dict[str, type[Options]]:
    """The option class of every plug-in of a kind, by name."""
    return plugins.options(kinds.KINDS[kind].package)


def cases(kind: str) -> Iterator[tuple[str, type[Options], Any]]:
    """(name, option class, example) of every plug-in of a kind; nothing for one that lacks its entry."""
    for name, options in plugins_of(kind).items():
        for example in examples_of(kind, name):
            yield name, options, example


def examples_of(kind: str, name: str) -> Sequence[Any]:
    """The entry of a plug-in, else the default where that is enough, else nothing."""
    options, default = plugins_of(kind)[name], KINDS[kind].default
    return KINDS[kind].table.get(name) or [e for e in default if _suffices(options, e)]


def _suffices(options: type[Options], example: Any) -> bool:
    try:
        built: Any = options(**getattr(example, "options", {}))
        if isinstance(example, LayerExample):
            built.output_shape(example.shape)
    except WeightreelError:
        return False
    return True


def pictures() -> Iterator[tuple[str, type[Options], ViewExample, int]]:
    """(name, option class, example, step) of every golden picture."""
    for name, options in plugins_of("view").items():
        examples = examples_of("view", name)
        if not any(e.pictures for e in examples):
            examples = [replace(e, pictures={name: LAST_STEP}) for e in examples[:1]]
        for example in examples:
            for picture, step in example.pictures.items():
                yield picture, options, example, step


def saying(text: str) -> Comment:
    """A comment that is known before the frames."""
    return lambda number=None: text
