"""Recording a model of Transformers while its `Trainer` trains it.

Trainer(model, args, train_dataset=data, callbacks=[weightreel.huggingface.RecorderCallback("run.zarr")])
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from os import PathLike
from typing import Any

from weightreel.trainer.capture.failing import harmless
from weightreel.trainer.capture.missing import framework
from weightreel.trainer.capture.opening import Opening
from weightreel.trainer.capture.pytorch import Watch, watch

# What a Trainer logs of itself, not of the training.
NOT_MEASURED = ("_runtime", "_per_second", "total_flos", "epoch", "_tokens_seen")


class TrainerRecording:
    """What `RecorderCallback` does, beside being a callback.

    Args:
        path: of the recording.
        layers, gradients, input_shape, record_initial, lora: as `weightreel.pytorch.watch` takes them.
        options: what a `weightreel.Recorder` is told.

    `recorder` is that of the training that goes on; a second `train` with the same callback makes a run of its own.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        layers: Sequence[str] | None = None,
        gradients: bool = False,
        input_shape: Sequence[int] | None = None,
        record_initial: bool = True,
        lora: bool = False,
        **options: Any,
    ) -> None:
        self._opening = Opening(path, options)
        self._watched: dict[str, Any] = {"layers": layers, "gradients": gradients, "input_shape": input_shape}
        self._watched |= {"record_initial": record_initial, "lora": lora}
        self.recorder: Any = None
        self._watch: Watch | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, *, model: Any = None, **_: object) -> None:
        """Begin to record, in the first of several processes."""
        self.recorder, self._watch = None, None
        if not state.is_world_process_zero:
            return
        self.recorder = self._opening.open(int(state.max_steps) if state.max_steps > 0 else None)
        version = framework("transformers", "Transformers", "transformers accelerate").__version__
        writer = {"transformers": str(version)}
        self._watch = watch(model, self.recorder, start=int(state.global_step), writer=writer, **self._watched)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
        """Record a step."""
        if self._watch is not None:
            self._watch.step(int(state.global_step), epoch=state.epoch)

    def on_log(self, args: Any, state: Any, control: Any, *, logs: Any = None, **_: object) -> None:
        """Record what was measured."""
        if self.recorder is not None and self._watch is not None:
            with harmless(self.recorder):
                measured = {k: v for k, v in (logs or {}).items() if not k.endswith(NOT_MEASURED)}
                numbers = {k: v for k, v in measured.items() if isinstance(v, int | float)}
                self.recorder.log(int(state.global_step), metrics=numbers)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
        """End the recording."""
        if self.recorder is not None:
            self.recorder.close()
            self._watch = None


@cache
def _callback() -> type:
    transformers = framework("transformers", "Transformers", "transformers accelerate")
    bases = (TrainerRecording, transformers.TrainerCallback)
    return type("RecorderCallback", bases, {"__doc__": TrainerRecording.__doc__})


def __getattr__(name: str) -> Any:
    if name == "RecorderCallback":
        return _callback()
    raise AttributeError(f"module {__name__} has no attribute '{name}'")
