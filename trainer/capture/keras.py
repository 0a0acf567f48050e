"""Recording a Keras model while `fit` trains it, on any of its backends.

model.fit(x, y, epochs=5, callbacks=[weightreel.keras.RecorderCallback("run.zarr")])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from os import PathLike
from typing import Any

from weightreel.trainer.capture.described import Described
from weightreel.trainer.capture.failing import harmless
from weightreel.trainer.capture.keras_layers import Variable, variables_of
from weightreel.trainer.capture.missing import framework
from weightreel.trainer.capture.names import chosen
from weightreel.trainer.capture.opening import Opening
from weightreel.trainer.capture.pictures import pictured, shape_of_first
from weightreel.trainer.errors import CaptureError


class KerasRecording:
    """What `RecorderCallback` does, beside being a callback.

    Args:
        path: of the recording.
        layers: names of layers, or patterns; default: all that have weights.
        input_shape: of a picture that the model is given; default: what the model says.
        record_initial: record the weights before the first batch.
        options: what a `weightreel.Recorder` is told.

    `recorder` is that of the training that goes on; a second `fit` with the same callback makes a run of its own.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        layers: Sequence[str] | None = None,
        input_shape: Sequence[int] | None = None,
        record_initial: bool = True,
        **options: Any,
    ) -> None:
        super().__init__()
        self._opening, self._layers, self._input_shape = Opening(path, options), layers, input_shape
        self._record_initial = record_initial
        self.recorder: Any = None
        self._held: list[Variable] = []
        self._began = self._step = self._epoch = self._every = 0
        self._batches = self._first = self._taken = 0
        self._asks = False

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """The first epoch says where this training begins."""
        self.recorder = None

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Begin to record, with the first epoch."""
        self._epoch, self._first = epoch, self._batches
        if self.recorder is None:
            self._open(epoch)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record a step, where the weights were updated since the last one."""
        with harmless(self.recorder):
            steps = self.params.get("steps") or batch + 1  # type: ignore[attr-defined]
            self._batches = self._first + min(batch + 1, steps)  # with steps_per_execution some are not told
            self._take(logs or {})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record what was measured on the validation set, and the weights if they were not."""
        with harmless(self.recorder):
            self._first = self._batches
            validated = {name: value for name, value in (logs or {}).items() if name.startswith("val_")}
            arrays = self._arrays() if self._taken < self._step else {}
            self.recorder.log(self._step, epoch=epoch + 1.0, metrics=validated, **arrays)
            self._taken = self._step

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """End the recording."""
        self.recorder.close()

    def _open(self, epoch: int) -> None:
        """Make the recorder and tell it what the model is.

        Raises:
            CaptureError: it cannot be recorded.
        """
        keras: Any = framework("keras", "Keras", "keras")
        model: Any = self.model  # type: ignore[attr-defined]
        self._every = getattr(model.optimizer, "gradient_accumulation_steps", None) or 1
        self._began = self._step = self._updates()
        self._batches = self._first = 0
        self._taken = self._step - (not self._record_initial)
        steps, epochs = self.params.get("steps"), self.params["epochs"] - epoch  # type: ignore[attr-defined]
        each = None if steps is None else steps // self._every
        unknown = steps is None and (getattr(model, "steps_per_execution", 1) or 1) > 1
        self._asks = unknown or hasattr(model.optimizer, "inner_optimizer")
        self._held = chosen(variables_of(model), self._layers)
        self.recorder = self._opening.open(None if each is None else self._began + each * epochs)
        shape = self._shape(model)
        picture = None if shape is None else pictured(shape)
        writer = {"keras": str(keras.__version__), "backend": keras.backend.backend()}
        described = _shaped(self._held, shape, said=self._input_shape is not None)
        self.recorder.describe(described, input_shape=picture, steps_per_epoch=each, writer=writer)
        if self._record_initial:
            self.recorder.log(self._step, epoch=float(epoch), **self._arrays())

    def _take(self, metrics: Mapping[str, Any]) -> None:
        step = self._updates() if self._asks else self._began + self._batches // self._every
        if step <= self._step:
            return
        self._step = step
        steps = self.params.get("steps")  # type: ignore[attr-defined]
        done = (self._batches - self._first) / steps if steps else 0.0
        wanted = self.recorder.wants(step)
        self._taken = step if wanted else self._taken
        arrays = self._arrays() if wanted else {}
        self.recorder.log(step, epoch=self._epoch + done, metrics=metrics, **arrays)

    def _updates(self) -> int:
        """How many the optimizer has made, which with JAX costs a copy of all state: asked for where batches do not say
        it, as where a scaler leaves some out."""
        return int(self.model.optimizer.iterations)  # type: ignore[attr-defined]

    def _arrays(self) -> dict[str, Any]:
        """Everything that is recorded, as it is now. With JAX the weights are only then in the model when `self.model`
        was asked for, which costs a copy of all state."""
        self.model  # type: ignore[attr-defined]  # noqa: B018
        return {
            "weights": {one.name: one.weights() for one in self._held},
            "biases": {one.name: one.biases() for one in self._held if one.bias},
        }

    def _shape(self, model: Any) -> tuple[int, ...] | None:
        """Of what the model is given, where that is one array of a known shape."""
        if self._input_shape is not None:
            return tuple(self._input_shape)
        try:
            shape: tuple[Any, ...] = model.inputs[0].shape[1:] if len(model.inputs) == 1 else (None,)
        except (AttributeError, TypeError, ValueError):
            return None
        return None if None in shape or not shape else tuple(int(n) for n in shape)


def _shaped(held: Sequence[Variable], shape: tuple[int, ...] | None, *, said: bool) -> list[Described]:
    """Descriptions of the layers, the first of which knows the shape of pictures that were flattened for it.

    Raises:
        CaptureError: somebody said a shape, and it takes another; what the model says may be changed on the way to it.
    """
    described = [one.described for one in held]
    first = next((number for number, one in enumerate(described) if one.kind != "other"), None)
    if shape is None or first is None or described[first].kind == "embedding" or held[first].depthwise:
        return described
    one = described[first]
    taken = int(held[first].weights().shape[one.axes.index("i")])
    with suppress(*(() if said else (CaptureError,))):
        described[first] = replace(one, input_shape=shape_of_first(one.name, one.kind, taken, shape))
    return described


@cache
def _callback() -> type:
    keras = framework("keras", "Keras", "keras")
    return type("RecorderCallback", (KerasRecording, keras.callbacks.Callback), {"__doc__": KerasRecording.__doc__})


def __getattr__(name: str) -> Any:
    if name == "RecorderCallback":
        return _callback()
    raise AttributeError(f"module {__name__} has no attribute '{name}'")
