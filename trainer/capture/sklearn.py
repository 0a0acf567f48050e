"""Recording an estimator of scikit-learn while it is trained, batch by batch.

weightreel.sklearn.fit(MLPClassifier((64,)), x, y, path="run.zarr", epochs=20, input_shape=(8, 8))
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.capture.described import Described
from weightreel.trainer.capture.failing import harmless
from weightreel.trainer.capture.missing import framework
from weightreel.trainer.capture.opening import Opening
from weightreel.trainer.capture.pictures import pictured, shape_of_first
from weightreel.trainer.errors import CaptureError

ACTIVATIONS = {"logistic": "sigmoid", "identity": "linear"}  # which scikit-learn calls otherwise
MOST_IN_BATCH = 200  # what its own "auto" means
OnStep = Callable[[int, Any], Mapping[str, Any] | None]


def fit(
    estimator: Any,
    x: Any,
    y: Any,
    *,
    path: str | PathLike[str],
    batch_size: int | Literal["auto"] = "auto",
    epochs: int = 1,
    shuffle: bool = True,
    seed: int = 0,
    input_shape: Sequence[int] | None = None,
    on_step: OnStep | None = None,
    record_initial: bool = True,
    **options: Any,
) -> Any:
    """Train an estimator by `partial_fit`, a batch a step, and record its weights.

    It is not `estimator.fit`: batches come in another order, and only the epochs end it.

    Args:
        estimator: an MLPClassifier or MLPRegressor, or another with `partial_fit` and `coef_`. One that was trained
            goes on.
        x, y: what it is trained on, of any kind that it takes.
        path: of the recording.
        batch_size: rows of x in a step; "auto": as the estimator says, or 200.
        epochs: how often all of x is used.
        shuffle, seed: whether each epoch has an order of its own, and what that follows from.
        input_shape: of the picture that a row of x is, such as (8, 8).
        on_step: called with the step and the estimator after each; gives metrics for the curve, or None.
        record_initial: record the weights before the first batch.
        options: what a `weightreel.Recorder` is told.

    Returns:
        The estimator.

    Raises:
        CaptureError: it cannot be trained in steps, or not be recorded at the path.
    """
    version = framework("sklearn", "scikit-learn", "scikit-learn").__version__
    _check(estimator)
    rows = int(x.shape[0]) if hasattr(x, "shape") else len(x)
    size = min(rows, _size(estimator) if batch_size == "auto" else batch_size)
    steps = _Steps(estimator, x, y, _batches(rows, size, epochs, np.random.default_rng(seed) if shuffle else None))
    with Opening(path, options).open(steps.count) as recorder:
        start, shape = steps.untrained(), None if input_shape is None else tuple(input_shape)
        recorder.describe(
            _described(start, shape),
            classes=[str(one) for one in getattr(start, "classes_", ())],
            input_shape=None if shape is None else pictured(shape),
            steps_per_epoch=math.ceil(rows / size),
            writer={"scikit-learn": str(version)},
        )
        if record_initial:
            recorder.log(0, epoch=0.0, **_arrays(start))
        for step, epoch in steps:
            metrics = _measured(estimator) | dict((on_step(step, estimator) if on_step else None) or {})
            with harmless(recorder):
                arrays = _arrays(estimator) if recorder.wants(step) or step == steps.count else {}
                recorder.log(step, epoch=epoch, metrics=metrics, **arrays)
    return estimator


def _measured(estimator: Any) -> dict[str, Any]:
    """What an estimator says of itself after a step."""
    loss = getattr(estimator, "loss_", None)
    return {} if loss is None else {"loss": float(loss)}


class _Steps:
    """A training in steps: each trains an estimator with the next batch."""

    def __init__(self, estimator: Any, x: Any, y: Any, batches: Sequence[tuple[float, NDArray[np.intp]]]) -> None:
        self._estimator, self._x, self._y, self._batches = estimator, x, y, batches
        self.count = len(batches)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        for step, (epoch, rows) in enumerate(self._batches, start=1):
            self._train(self._estimator, rows)
            yield step, epoch

    def untrained(self) -> Any:
        """The estimator before the first batch: a copy that has trained, with a step too small to change a number;
        scikit-learn draws the weights with the first batch. What the estimator itself will draw stays the same."""
        if hasattr(self._estimator, "coefs_") or hasattr(self._estimator, "coef_"):
            return self._estimator
        twin, drawn = copy.deepcopy(self._estimator), np.random.get_state()  # noqa: NPY002
        if hasattr(twin, "learning_rate_init"):
            twin.learning_rate_init = 1e-300
        self._train(twin, self._batches[0][1])
        np.random.set_state(drawn)  # noqa: NPY002
        if hasattr(twin, "coef_"):  # linear ones begin with nothing
            twin.coef_, twin.intercept_ = np.zeros_like(twin.coef_), np.zeros_like(twin.intercept_)
        return twin

    def _train(self, estimator: Any, rows: NDArray[np.intp]) -> None:
        from sklearn.base import is_classifier
        from sklearn.utils import _safe_indexing

        batch, targets = _safe_indexing(self._x, rows), _safe_indexing(self._y, rows)
        first = is_classifier(estimator) and not hasattr(estimator, "classes_")
        with _whole(estimator, len(rows)):
            estimator.partial_fit(batch, targets, **({"classes": np.unique(np.asarray(self._y))} if first else {}))


@contextmanager
def _whole(estimator: Any, rows: int) -> Iterator[None]:
    """An estimator that takes so many rows as one batch."""
    own = getattr(estimator, "batch_size", None)
    if own is None:
        yield
        return
    try:
        estimator.batch_size = rows
        yield
    finally:
        estimator.batch_size = own


def _batches(
    rows: int, size: int, epochs: int, order: np.random.Generator | None
) -> list[tuple[float, NDArray[np.intp]]]:
    """Which rows each step takes, and the epoch after it.

    Raises:
        CaptureError: there are none.
    """
    if size < 1 or epochs < 1:
        raise CaptureError(f"{rows} rows, batches of {size}, {epochs} epochs: each is to be 1 or more")
    found = []
    for epoch in range(epochs):
        numbers = np.arange(rows) if order is None else order.permutation(rows)
        for begin in range(0, rows, size):
            found.append((epoch + min(begin + size, rows) / rows, numbers[begin : begin + size]))
    return found


def _size(estimator: Any) -> int:
    own = getattr(estimator, "batch_size", "auto")
    return MOST_IN_BATCH if own == "auto" else int(own)


def _check(estimator: Any) -> None:
    """See that an estimator can be trained in steps.

    Raises:
        CaptureError: it cannot.
    """
    name = type(estimator).__name__
    if hasattr(estimator, "steps"):
        raise CaptureError(f"{name}: transform x with its first steps, and give the estimator at its end")
    if getattr(estimator, "solver", None) == "lbfgs":
        raise CaptureError(f"{name}: lbfgs has no steps to record; say solver='adam' or solver='sgd'")
    if getattr(estimator, "early_stopping", False):
        raise CaptureError(f"{name}: training in steps cannot stop early; say early_stopping=False")
    if not hasattr(estimator, "partial_fit"):
        raise CaptureError(f"{name} has no partial_fit, so no steps to record; MLPClassifier and MLPRegressor have")


def _weights(estimator: Any) -> list[tuple[Any, Any]]:
    """The weights and biases of each layer, (inputs, units); those of a linear estimator turned to be such."""
    if hasattr(estimator, "coefs_"):
        return list(zip(estimator.coefs_, estimator.intercepts_, strict=True))
    if not hasattr(estimator, "coef_"):
        raise CaptureError(f"{type(estimator).__name__} has no coefs_ and no coef_, which are what is recorded")
    return [(np.atleast_2d(estimator.coef_).T, np.atleast_1d(estimator.intercept_))]


def _names(count: int) -> list[str]:
    """Of layers, which have none in scikit-learn: "hidden", or "hidden1", "hidden2" …, and "output"."""
    hidden = ["hidden"] if count == 2 else [f"hidden{number}" for number in range(1, count)]
    return [*hidden, "output"]


def _arrays(estimator: Any) -> dict[str, Any]:
    """Everything that is recorded, as it is now; scikit-learn changes the same arrays at each step."""
    layers = _weights(estimator)
    named = dict(zip(_names(len(layers)), layers, strict=True))
    return {"weights": {n: w for n, (w, _) in named.items()}, "biases": {n: b for n, (_, b) in named.items()}}


def _described(estimator: Any, shape: tuple[int, ...] | None) -> list[Described]:
    """What the layers are."""
    layers = _weights(estimator)
    origin = f"sklearn.{type(estimator).__module__.split('.')[1]}.{type(estimator).__name__}"
    activations = [getattr(estimator, "activation", None)] * (len(layers) - 1)
    found = []
    for number, (name, (weights, _)) in enumerate(zip(_names(len(layers)), layers, strict=True)):
        said = [*activations, getattr(estimator, "out_activation_", None)][number]
        inputs: tuple[int, ...] = (int(weights.shape[0]),)
        if number == 0 and shape is not None:
            inputs = shape_of_first(name, "linear", inputs[0], shape)
        activation = None if said is None else ACTIVATIONS.get(said, str(said))
        found.append(
            Described(name, "linear", "dense", "io", activation, inputs, (int(weights.shape[1]),), origin=origin)
        )
    return found
