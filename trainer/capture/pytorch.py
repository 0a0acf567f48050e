"""Recording a module of PyTorch while somebody's own loop trains it.

with weightreel.Recorder("run.zarr") as recorder:
    watched = weightreel.pytorch.watch(model, recorder, optimizer=optimizer)
    for images, labels in loader:
        ...
        optimizer.step()             # counted by a hook
        watched.step(loss=loss)      # adds metrics to that step
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from weightreel.trainer.capture.failing import fail, harmless
from weightreel.trainer.capture.missing import framework
from weightreel.trainer.capture.names import chosen
from weightreel.trainer.capture.pictures import channels_first, pictured, shape_of_first
from weightreel.trainer.capture.torch_layers import Held, layers_of
from weightreel.trainer.capture.torch_tensors import Reading, numbers, value
from weightreel.trainer.errors import CaptureError

FEW = 1024  # numbers that are compared


def watch(
    module: Any,
    recorder: Any,
    *,
    layers: Sequence[str] | None = None,
    optimizer: Any = None,
    gradients: bool = False,
    input_shape: Sequence[int] | None = None,
    record_initial: bool = True,
    lora: bool = False,
    start: int = 0,
    classes: Sequence[str] = (),
    total_steps: int | None = None,
    steps_per_epoch: int | None = None,
    writer: Mapping[str, str] | None = None,
) -> Watch:
    """Record a module's weights at each step that the recorder wants.

    Args:
        module: whatever wraps it, such as DistributedDataParallel or torch.compile, has no part in the layers' names.
        recorder: a `weightreel.Recorder`.
        layers: names of layers, of modules that hold some, or patterns such as "h.*.c_attn"; default: all.
        optimizer: one, or a list: each update that one of them makes is a step, counted by a hook. Without it
            `Watch.step` counts.
        gradients: record those of the weights too; zeros where there is none yet.
        input_shape: of a picture that the network is given, (height, width), (height, width, channels) or (channels,
            height, width), for the first layer.
        record_initial: record the weights as they are now, as step `start`.
        lora: layers of PEFT as what they compute with, the base and what was learned beside it, not each alone.
        start: the steps that were taken before, of a training that goes on.
        classes, total_steps, steps_per_epoch: what is known of the training; of an epoch's steps follow the epochs.
        writer: versions of other packages to note, by their names.

    Where several processes train together, only the first records.

    Raises:
        CaptureError: a parameter has no numbers, or not all of them here; or what is said does not fit the module.
    """
    torch = framework("torch", "PyTorch", "torch")
    if not isinstance(module, torch.nn.Module):
        raise CaptureError(f"{type(module).__name__} is no torch.nn.Module; give the model that is trained")
    optimizers = _optimizers(optimizer)
    if _rank(torch) != 0:
        return Watch([], None, (), gradients=False, start=start)
    held = chosen(layers_of(module, lora=lora), layers)
    held, picture = (held, None) if input_shape is None else _pictured(held, tuple(input_shape))
    told = {"total_steps": total_steps, "steps_per_epoch": steps_per_epoch, "input_shape": picture}
    versions = {"torch": str(torch.__version__), **(writer or {})}
    recorder.describe([one.described for one in held], classes=classes, writer=versions, **told)
    watched = Watch(held, recorder, optimizers, gradients=gradients, start=start)
    if record_initial:
        watched.take(start)
    return watched


class Watch:
    """A module that is being recorded."""

    def __init__(
        self, held: Sequence[Held], recorder: Any, optimizers: Sequence[Any], *, gradients: bool, start: int = 0
    ) -> None:
        self._held, self._recorder, self._gradients, self._step = held, recorder, gradients, start
        self._counted, self._epoch = bool(optimizers), float("nan")
        self._weights = [(one.name, Reading(one.module, one.weight, one.weights, one.merged is None)) for one in held]
        self._biases = [(one.name, Reading(one.module, one.bias, one.biases)) for one in held if one.bias]
        self._witness, self._there = _witness([p for one in held for p in one.parameters()])
        self._left: object = None  # what the witness held after the last step, where that was not recorded
        self._hooks = [one.register_step_post_hook(self._updated) for one in optimizers] if recorder else []
        if recorder:
            recorder.before_close(self._last)

    def step(
        self,
        step: int | None = None,
        *,
        epoch: float | None = None,
        probes: Mapping[str, Any] | None = None,
        **metrics: Any,
    ) -> None:
        """Add metrics and probes to the step; without an optimizer count it, and record the weights.

        Args:
            step: its number, of a loop that counts itself; default: one more than the last.
            epoch: how many passes over the data there were, such as 1.25; where an optimizer counts the steps, tell
                `watch` the steps_per_epoch instead.
            probes: arrays to record with the weights, where this counts the steps; whether they would be kept says
                `recorder.wants(step)`.
            metrics: numbers or tensors of one number; nobody waits for a GPU.
        """
        recorder = self._recorder
        if recorder is None or recorder.failed:
            return
        try:
            if not self._counted:
                self.take(self._step + 1 if step is None else step, epoch=epoch, probes=probes, metrics=metrics)
            elif step is None:
                recorder.gather(self._step, metrics)
            else:
                recorder.log(step, epoch=epoch, metrics=metrics)
                self._step = step
        except Exception as error:
            fail(recorder, error)

    def take(self, step: int, *, epoch: float | None = None, probes: Any = None, metrics: Any = None) -> None:
        """Record a step, with the weights where the recorder wants them.

        Raises:
            CaptureError: the recorder does not take it.
        """
        if self._recorder is None:
            return
        self._step, self._epoch = step, float("nan") if epoch is None else epoch
        if self._recorder.wants(step):
            self._left = None
            self._recorder.log(step, epoch=epoch, probes=probes, metrics=metrics, **self._arrays())
        else:
            self._left = self._witness()
            if metrics:
                self._recorder.log(step, metrics=metrics)

    def remove(self) -> None:
        """Take the hooks off the optimizers; the recorder stays open."""
        self._last()
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._recorder = [], None

    def _updated(self, optimizer: Any, *_: object) -> None:
        """What the optimizer calls after each step: nothing may go wrong here, and it is to cost next to nothing."""
        recorder = self._recorder
        if recorder is None:
            return
        try:
            # Where a scaler lets the optimizer look for infinities itself and it finds some, nothing was updated.
            if getattr(optimizer, "found_inf", None) is None or not optimizer.found_inf:
                self._step = step = self._step + 1
                if step < recorder.due:
                    self._left = self._witness()
                else:
                    self.take(step)
        except Exception as error:
            fail(recorder, error)

    def _last(self) -> None:
        """Record the last step, where it was not and the weights are still those that it left."""
        if self._recorder is None or self._recorder.failed or self._left is None:
            return
        with harmless(self._recorder):
            if self._left == self._witness() and self._there():
                self._recorder.log(self._step, epoch=self._epoch, **self._arrays())
            self._left = None

    def _arrays(self) -> dict[str, Any]:
        """Everything that is recorded, as it is now."""
        found: dict[str, Any] = {
            "weights": {name: read() for name, read in self._weights},
            "biases": {name: read() for name, read in self._biases},
        }
        if self._gradients:
            found["gradients"] = {one.name: value(one.gradient()) for one in self._held if one.learns}
        return found


def _witness(parameters: Sequence[Any]) -> tuple[Callable[[], object], Callable[[], bool]]:
    """What tells at little cost whether parameters were changed, and whether it still speaks of them: the numbers of a
    small one or, where one would wait for a GPU, how often PyTorch noticed a change."""
    learned = [p for p in parameters if p.requires_grad] or list(parameters)
    if not learned:
        return tuple, lambda: True
    one = min(learned, key=lambda p: p.numel())
    place = one.data_ptr()
    if one.is_cpu and one.numel() <= FEW and one.dtype.itemsize > 2:
        return numbers(one).tobytes, lambda: one.data_ptr() == place
    return lambda: one._version, lambda: one.data_ptr() == place


def _optimizers(optimizer: Any) -> list[Any]:
    """Each optimizer that is given, without what wraps it.

    Raises:
        CaptureError: it is none.
    """
    given = [] if optimizer is None else list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer]
    found = []
    for one in given:
        while not hasattr(one, "_optimizer_step_post_hooks") and hasattr(one, "optimizer"):
            one = one.optimizer
        if not hasattr(one, "_optimizer_step_post_hooks"):
            way_out = "leave it out and call watched.step() after each update"
            raise CaptureError(f"optimizer {type(one).__name__} is none of torch.optim; {way_out}")
        found.append(one)
    return found


def _rank(torch: Any) -> int:
    there = torch.distributed.is_available() and torch.distributed.is_initialized()
    return int(torch.distributed.get_rank()) if there else 0


def _pictured(held: Sequence[Held], shape: tuple[int, ...]) -> tuple[list[Held], tuple[int, ...]]:
    """The layers, the first of which is told the shape of the pictures that it is given, and that shape.

    Raises:
        CaptureError: it is given something else.
    """
    picture, first = pictured(shape), next((one for one in held if one.described.kind != "other"), None)
    if first is None or first.described.kind == "embedding":
        return list(held), picture
    own = shape_of_first(first.name, first.described.kind, first.inputs or 0, shape)
    reordered = shape if first.described.kind == "linear" and channels_first(shape) and shape[0] > 1 else None
    told = replace(first, described=replace(first.described, input_shape=own), channels_first=reordered)
    return [told if one is first else one for one in held], picture
