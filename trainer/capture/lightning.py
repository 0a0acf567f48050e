"""Recording a module of Lightning while its `Trainer` trains it.

Trainer(max_epochs=5, callbacks=[weightreel.lightning.recorder_callback("run.zarr")])
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from os import PathLike
from typing import Any

from weightreel.trainer.capture.failing import harmless
from weightreel.trainer.capture.missing import framework
from weightreel.trainer.capture.opening import Opening
from weightreel.trainer.capture.pytorch import Watch, watch

# Two packages for the same thing, whose trainers only take callbacks of their own class.
PACKAGES = ("lightning.pytorch", "pytorch_lightning")


class LightningRecording:
    """What `recorder_callback` gives, beside being a callback. `recorder` is that of the training that goes on."""

    def __init__(self, path: str | PathLike[str], watched: dict[str, Any], options: dict[str, Any]) -> None:
        super().__init__()
        self._opening, self._watched = Opening(path, options), watched
        self.recorder: Any = None
        self._watch: Watch | None = None
        self._step, self._measured = 0, dict[str, Any]()

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin to record, in the first of several processes; what is checked for sanity is over."""
        self.recorder, self._watch = None, None
        if not trainer.is_global_zero:
            return
        steps = float(trainer.estimated_stepping_batches)
        self.recorder = self._opening.open(int(steps) if math.isfinite(steps) and steps > 0 else None)
        self._step, self._measured = int(trainer.global_step), {}
        package = type(trainer).__module__.partition(".")[0]
        writer = {package: str(sys.modules[package].__version__)}
        self._watch = watch(pl_module, self.recorder, start=self._step, writer=writer, **self._watched)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, *batch: Any) -> None:
        """Record a step where there was one: several batches may make one, and several optimizers take several."""
        if self._watch is None or trainer.global_step <= self._step:
            return
        self._step = int(trainer.global_step)
        with harmless(self.recorder):
            measured = self._news(trainer)
            loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
            measured |= {"loss": loss} if loss is not None and "loss" not in measured else {}
            self._watch.take(self._step, epoch=_epoch(trainer), metrics=measured)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Record what was measured over the epoch."""
        self._measure(trainer)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Record what was measured on the validation set."""
        if not trainer.sanity_checking:
            self._measure(trainer)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """End the recording."""
        self._measure(trainer)
        self._close()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the recording, and say why."""
        interrupted = isinstance(exception, KeyboardInterrupt)
        self._close("interrupted" if interrupted else f"{type(exception).__name__}: {exception}")

    def _close(self, stopped: str = "") -> None:
        if self.recorder is not None:
            self.recorder.close(stopped)
            self._watch = None

    def _measure(self, trainer: Any) -> None:
        if self._watch is not None:
            with harmless(self.recorder):
                self.recorder.log(self._step, metrics=self._news(trainer))

    def _news(self, trainer: Any) -> dict[str, Any]:
        """The metrics that were not told yet: a trainer keeps the old ones beside the new."""
        told, self._measured = self._measured, dict(trainer.callback_metrics)
        return {name: value for name, value in self._measured.items() if value is not told.get(name)}


def recorder_callback(
    path: str | PathLike[str],
    *,
    layers: Sequence[str] | None = None,
    package: str | None = None,
    gradients: bool = False,
    input_shape: Sequence[int] | None = None,
    record_initial: bool = True,
    lora: bool = False,
    **options: Any,
) -> Any:
    """A callback for a `Trainer` of lightning or of pytorch_lightning, whichever is loaded.

    Args:
        path: of the recording.
        package: "lightning.pytorch" or "pytorch_lightning"; default: what is imported already, else what is installed.
        layers, gradients, input_shape, record_initial, lora: as `weightreel.pytorch.watch` takes them.
        options: what a `weightreel.Recorder` is told.

    A second `fit` with the same callback makes a run of its own.
    """
    watched = {"layers": layers, "gradients": gradients, "input_shape": input_shape, "lora": lora}
    return _callback(_packages(package))(path, {**watched, "record_initial": record_initial}, options)


def _packages(package: str | None) -> tuple[str, ...]:
    """Those whose trainers are to take the callback."""
    if package is not None:
        return (package,)
    loaded = tuple(name for name in PACKAGES if name in sys.modules)
    installed = (name for name in PACKAGES if find_spec(name.partition(".")[0]))
    return loaded or (next(installed, PACKAGES[0]),)


@cache
def _callback(packages: tuple[str, ...]) -> type:
    classes = (framework(name, "Lightning", "lightning").Callback for name in packages)
    return type("RecorderCallback", (LightningRecording, *classes), {"__doc__": LightningRecording.__doc__})


def _epoch(trainer: Any) -> float | None:
    """Where the training is in its data."""
    batches = float(trainer.num_training_batches)
    done = trainer.fit_loop.epoch_loop.batch_progress.current.ready
    return float(trainer.current_epoch + done / batches) if math.isfinite(batches) and batches > 0 else None
