"""What is given to a recorder, as arrays and numbers; and what is wrong with it, in words."""

from __future__ import annotations

import operator
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.bounds import MOST_LETTERS
from weightreel.trainer.capture.described import Later
from weightreel.trainer.errors import CaptureError
from weightreel.trainer.recording.measuring import LAST_STEP

Precision = Literal["float32", "float16", "uint8", "same"]
PRECISIONS: tuple[str, ...] = get_args(Precision)
Value = NDArray[Any] | Later
NUMBER = (float, int)
SHOWN = 60  # letters of a name in a message


def words_of(key: str) -> str:
    """An array by its key, as people call it: "parameters/hidden/weights" is 'hidden'."""
    kind, _, rest = key.partition("/")
    name, _, part = rest.rpartition("/")
    if kind == "probes":
        return f"probe {quoted(rest)}"
    said = quoted(name) if part == "weights" else f"{part} of {quoted(name)}"
    return said if kind == "parameters" else f"{kind} of {said}"


def quoted(name: str) -> str:
    """A name in a message; a long one loses its end."""
    return f"'{name}'" if len(name) <= SHOWN else f"'{name[:SHOWN]}…'"


def arrays_by_key(
    weights: Mapping[str, Any] | None,
    biases: Mapping[str, Any] | None,
    gradients: Mapping[str, Any] | None,
    probes: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """All that a step has, by the keys of a recording.

    Raises:
        CaptureError: something is without names.
    """
    found = {f"parameters/{name}/weights": value for name, value in by_name("weights", weights).items()}
    found |= {f"parameters/{name}/biases": value for name, value in by_name("biases", biases).items()}
    found |= {f"gradients/{name}/weights": value for name, value in by_name("gradients", gradients).items()}
    return found | {f"probes/{name}": value for name, value in by_name("probes", probes).items()}


def by_name(what: str, said: Mapping[str, Any] | None, example: str = '{"hidden": array}') -> Mapping[str, Any]:
    """What is said by names; nothing where it is None.

    Raises:
        CaptureError: it is without names, as a list or a single array is.
    """
    if said is None or isinstance(said, Mapping):
        return said or {}
    raise CaptureError(f"{what}: {type(said).__name__} is without names; write {example}")


def array_of(key: str, value: Any) -> Value:
    """A value as an array of numbers, which may share its memory.

    Raises:
        CaptureError: it is none.
    """
    if isinstance(value, Later):
        return value
    try:
        array = np.asarray(value.detach() if hasattr(value, "detach") else value)
    except Exception as error:  # of whatever framework the value is
        raise CaptureError(f"{words_of(key)}: {type(value).__name__} gives no array: {error}") from error
    if array.dtype.kind not in "fiub":
        # The small floats that NumPy does not have are kinds of their own, and become float32.
        if array.dtype.kind != "V" or array.dtype.names or "float" not in array.dtype.name:
            raise CaptureError(f"{words_of(key)}: an array of {array.dtype}; float, int and bool are recorded")
        array = array.astype(np.float32)
    return array


@lru_cache(4096)
def checked_name(name: object) -> str:
    """The name of a layer, a probe or a metric.

    Raises:
        CaptureError: it cannot be one.
    """
    if not isinstance(name, str) or not name or any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name):
        raise CaptureError(f"{name!r} is no name; give words without control signs")
    if len(name) > MOST_LETTERS:
        raise CaptureError(f"{quoted(name)} is a name of {len(name):,} letters; give it at most {MOST_LETTERS:,}")
    return name


def path_of(path: object) -> Path:
    """Where a recording is to be.

    Raises:
        CaptureError: it is no path.
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str) or "\0" in os.fspath(path):
        raise CaptureError(f"path: {path!r} is none; give the name of a folder, such as 'run.zarr'")
    return Path(path)


def words_in(what: str, words: object) -> tuple[str, ...]:
    """Several words.

    Raises:
        CaptureError: they are none, or one.
    """
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise CaptureError(f"{what}: {words!r} is no list of words")
    return tuple(map(str, words))


def step_of(step: object) -> int:
    """A step as a number.

    Raises:
        CaptureError: it is none.
    """
    try:
        number = operator.index(step)  # type: ignore[arg-type]
    except TypeError:
        raise CaptureError(f"step {step!r} is no whole number; count the updates from 0") from None
    if not 0 <= number < LAST_STEP:
        raise CaptureError(f"step {number} is out of range; count the updates from 0")
    return number


def epoch_of(epoch: object) -> float:
    """An epoch as a number; NaN where it is not known.

    Raises:
        CaptureError: it is none.
    """
    if epoch is None:
        return float("nan")
    try:
        return float(epoch)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise CaptureError(f"epoch {epoch!r} is no number") from None


def metric_of(name: str, value: Any) -> Any:
    """The value of a metric, or what gives it without a graph, an array on another device: asking that one for a number
    would wait for it.

    Raises:
        CaptureError: it is no number.
    """
    try:
        if isinstance(value, NUMBER):
            return float(value)
        if getattr(value, "is_cpu", False):
            return float(value.item())  # which asks PyTorch for nothing else
        if hasattr(value, "detach"):
            tensor = value.detach()
            there = getattr(getattr(tensor, "device", None), "type", "cpu")
            return float(tensor) if there == "cpu" else tensor.clone()
        if hasattr(value, "block_until_ready"):  # of JAX: never changed, perhaps not there yet
            return value
        return float(value.item() if getattr(value, "size", 0) == 1 else value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise CaptureError(f"metric '{name}': {type(value).__name__} is no number: {error}") from None


def one_of(what: str, said: object, words: Sequence[object]) -> Any:
    """One of some words, or of some other values.

    Raises:
        CaptureError: it is none of them.
    """
    if said not in words:
        raise CaptureError(f"{what}: {said!r} is none of {', '.join(map(str, words))}")
    return said


def whole(what: str, number: object, least: int) -> int:
    """A whole number.

    Raises:
        CaptureError: it is none, or too small.
    """
    if isinstance(number, bool) or not hasattr(number, "__index__") or operator.index(number) < least:
        raise CaptureError(f"{what}: {number!r} is no whole number of {least} or more")
    return operator.index(number)


def shapes_of(shapes: Mapping[str, object] | None) -> dict[str, tuple[int, ...]]:
    """The shapes of what goes into layers, without the axis of the batch, by the names of the layers.

    Raises:
        CaptureError: one is none, or it is not said which layer it is of.
    """
    said = by_name("input_shapes", shapes, '{"hidden": (28, 28)}')
    return {name: _shape_of(name, shape) for name, shape in said.items()}


def _shape_of(name: str, shape: object) -> tuple[int, ...]:
    axes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(axes, Sequence) or isinstance(axes, str) or not axes:
        raise CaptureError(f"input_shapes of '{name}': {shape!r} is no shape; write it as (28, 28)")
    return tuple(whole(f"input_shapes of '{name}'", axis, 1) for axis in axes)
