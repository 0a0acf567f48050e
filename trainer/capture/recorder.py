"""The recorder that stands in somebody's training loop."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Self

from weightreel.trainer.capture.budget import budget, bytes_of
from weightreel.trainer.capture.choosing import SPACINGS, Spacing
from weightreel.trainer.capture.contents import Known, settle
from weightreel.trainer.capture.described import Described
from weightreel.trainer.capture.glimpse import Source
from weightreel.trainer.capture.network import Path as Way
from weightreel.trainer.capture.network import fetched, found, ways
from weightreel.trainer.capture.opened import elsewhere, ended, opened, ready
from weightreel.trainer.capture.reel import Reel
from weightreel.trainer.capture.told import warn
from weightreel.trainer.capture.values import (
    PRECISIONS,
    Precision,
    array_of,
    arrays_by_key,
    by_name,
    checked_name,
    epoch_of,
    metric_of,
    one_of,
    path_of,
    shapes_of,
    step_of,
    whole,
    words_in,
)
from weightreel.trainer.errors import CaptureError
from weightreel.trainer.parts import real
from weightreel.trainer.recording.writing import Writing

OnError = Literal["warn", "raise"]


class Recorder:
    """Records a training that somebody runs: give it the step and the arrays in the loop.

        with weightreel.Recorder("run.zarr") as recorder:
            for step in range(1000):
                recorder.log(step, model=network, loss=loss)

    How long the training will be need not be known: steps are thinned as they come. Arrays are copied in `log` and
    written by a thread. Whatever happens to that, a full disk or a folder that is gone, the training goes on. Only the
    process that made a recorder records; copies of it, such as those of workers, do nothing. Threads may log in turn.

    Args:
        path: of the recording, a folder.
        max_bytes: most that it may take on the disk, metrics included: a number, or words such as "500 MB".
        max_snapshots: most steps whose arrays are there at once; not for spacing "all".
        spacing: which steps stay. "even": equally far apart; "log": dense at the beginning; "auto": two thirds even and
            one third log; "all": every step until `max_bytes` is full, from then on "even".
        dtype: of weights on the disk: "float32", "float16", "uint8" with a scale for each array, which is
            NaN where one of its numbers is not finite, or the "same" as in the training.
        axes: which axis of weights is what, by the names of layers: "io" where those of the inputs come first, "oi",
            "hwio", "oihw" …; default: as the shapes chain.
        input_shapes: the shape of what goes into a layer, such as (28, 28), by its name.
        activations: the name of a layer's activation, by its name.
        classes: the names of the classes.
        total_steps: the last step, where it is known.
        run: the name of the run; a recording may have several.
        overwrite: whether a run of that name may be replaced.
        on_error: whether a failing disk is a warning, or a `CaptureError` in the training.

    Attributes:
        path: as given.
        failed: why nothing is recorded any more; None while all is well.
        due: the first step whose arrays would stay, as `wants` says; an adapter compares its step with it.

    Raises:
        CaptureError: nothing can be recorded at the path, or an argument is wrong.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_bytes: int | str = "500 MB",
        max_snapshots: int = 768,
        spacing: Spacing = "auto",
        dtype: Precision = "float32",
        axes: Mapping[str, str] | None = None,
        input_shapes: Mapping[str, Sequence[int]] | None = None,
        activations: Mapping[str, str] | None = None,
        classes: Sequence[str] = (),
        total_steps: int | None = None,
        run: str = "run",
        overwrite: bool = False,
        on_error: OnError = "warn",
    ) -> None:
        self.path, self._pid, self.due = path_of(path), os.getpid(), -math.inf
        self.failed: CaptureError | None = None
        self._spacing: Spacing = one_of("spacing", spacing, SPACINGS)
        self._precision: Precision = one_of("dtype", dtype, PRECISIONS)
        self._raises = one_of("on_error", on_error, ("warn", "raise")) == "raise"
        self._max_bytes, self._most = bytes_of(max_bytes), whole("max_snapshots", max_snapshots, 2)
        self._known = Known(
            axes=dict(by_name("axes", axes, '{"hidden": "oi"}')),
            input_shapes=shapes_of(input_shapes),
            activations=dict(by_name("activations", activations, '{"hidden": "relu"}')),
            classes=words_in("classes", classes),
            total_steps=None if total_steps is None else whole("total_steps", total_steps, 0),
        )
        self._run, self._overwrite = checked_name(run), bool(one_of("overwrite", overwrite, (False, True)))
        self._reel: Reel | None = None
        self._running: Reel | None = None  # the same, as long as all is well
        self._ways: dict[str, Way] | None = None
        self._early: list[tuple[str, int, Any]] = []
        self._step = self._snapshot = -1
        self._began, self._seconds = time.monotonic(), 0.0
        self._closing: list[Callable[[], None]] = []
        self._closed, self._said, self._turn = False, set[str](), threading.RLock()
        self._shown, self._place = self.path, real(self.path)
        try:
            ready(self.path, self._run, overwrite=overwrite)
        except OSError as error:
            self._fail(f"{self.path}: {error.strerror}; nothing is recorded")
        opened(self, self._place, self._run)

    def log(
        self,
        step: int,
        *,
        model: object = None,
        epoch: float | None = None,
        weights: Mapping[str, Any] | None = None,
        biases: Mapping[str, Any] | None = None,
        gradients: Mapping[str, Any] | None = None,
        probes: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Any] | None = None,
        **more_metrics: Any,
    ) -> None:
        """Record a step of the training: arrays, metrics, or both; steps must rise.

        Its place is after the update. The arrays of a large network are copied only where a step stays, and at the end,
        where they are still those of the last step.

        Args:
            step: the updates so far.
            model: a network written by hand: an object with `.layers`, a dict W1, b1, W2 …, a list of (W, b).
            epoch: where the training is, in epochs.
            weights: arrays by the names of layers, the same names and shapes at each step.
            biases: likewise.
            gradients: of the weights, likewise.
            probes: any other arrays of numbers; they may be left out of steps that are not wanted.
            metrics: numbers by name, or scalars of a framework; more of them as keywords.

        Raises:
            CaptureError: what is given is not what it was before, or no numbers; with on_error="raise" also what
                happened to the disk.
        """
        named = by_name("metrics", metrics, '{"loss": 0.5}')
        reel, given = self._running, {**named, **more_metrics} if named else more_metrics
        source = None if model is None and weights is None and biases is None else (model, weights, biases)
        plain = reel is not None and type(step) is int and gradients is None and probes is None
        with self._turn:
            if plain and step > self._step and reel.glance(step, epoch, source, given):  # type: ignore[union-attr]
                self._step = step
                self._snapshot = self._snapshot if source is None else step
            elif self._working():
                self._look(step_of(step), epoch, self._values(source, gradients, probes), given)

    def wants(self, step: int) -> bool:
        """Whether the arrays of a step would stay, so that probes need not be computed for others."""
        return step_of(step) >= self.due

    def gather(self, step: int, metrics: dict[str, Any]) -> None:
        """Record metrics alone, as `log` does, at the least cost, for adapters; the dict is theirs no more.

        Raises:
            CaptureError: as of `log`.
        """
        reel = self._running
        if reel is not None and step >= self._step and reel.gather(step, metrics):
            self._step = step
        else:
            self.log(step, metrics=metrics)

    def flush(self) -> None:
        """Wait until everything that was logged is on the disk, the last step too."""
        if self._working() and self._reel is not None:
            self._catch_up(self._reel)
            self._reel.flush()
            self._working()

    def close(self, stopped: str = "") -> None:
        """Write the last step, and end the recording; `stopped` says why the training did not come to its end."""
        if self._closed or os.getpid() != self._pid:
            return
        for call in self._closing:
            try:
                call()
            except Exception as error:  # of an adapter: the recording ends well even so
                self._say(f"{self.path}: {error}; the last step may be missing")
        if self._reel is not None and self.failed is None:
            self._catch_up(self._reel)
        self._closed, self._running, self._seconds = True, None, time.monotonic() - self._began
        self.due = math.inf
        ended(self, self._place, self._run)
        if self._reel is None:
            nothing = f"{self.path}: no arrays were logged, so nothing was recorded; give model= or weights= to log"
            self._say(nothing if self._step >= 0 and self.failed is None else "")
            return
        self._reel.close(max(self._step, 0), stopped or str(self.failed or ""), self._seconds)
        self._notice(self._reel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        with suppress(CaptureError):  # the other error says more
            self.close("interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}")

    def forked(self) -> None:
        """Do nothing from now on: this is the process of a worker."""
        self._running, self._pid, self.due, self._turn = None, -1, math.inf, threading.RLock()

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def __reduce__(self) -> tuple[Callable[..., Recorder], tuple[type[Recorder], str]]:
        return elsewhere, (Recorder, str(self.path))

    @property
    def stats(self) -> dict[str, float]:
        """Snapshots that are kept, and that were dropped to thin them out; those that the disk was too slow for
        (skipped); bytes of all files; seconds since the first logged step. What was logged last is counted once it is
        written."""
        written = self._reel.stats if self._reel else dict.fromkeys(("kept", "dropped", "skipped", "bytes"), 0)
        return written | {"seconds": self._seconds or time.monotonic() - self._began}

    def describe(
        self,
        layers: Sequence[Described],
        *,
        classes: Sequence[str] = (),
        input_shape: Sequence[int] | None = None,
        total_steps: int | None = None,
        steps_per_epoch: int | None = None,
        writer: Mapping[str, str] | None = None,
    ) -> None:
        """Say what a framework knows of its network, before the first step; what the recorder was told counts more.

        Raises:
            CaptureError: there are steps already.
        """
        if self._reel is not None:
            raise CaptureError(f"{self.path}: layers are described before the first step, not after it")
        shape = None if input_shape is None else tuple(input_shape)
        self._known.add(layers, tuple(map(str, classes)), shape, total_steps, steps_per_epoch, dict(writer or {}))

    def before_close(self, call: Callable[[], None]) -> None:
        """Have something called before the recording ends, such as to log the last step."""
        self._closing.append(call)

    def _look(self, step: int, epoch: object, values: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Take a step."""
        self._rising(step, bool(values))
        measured = [(checked_name(name), metric_of(name, value)) for name, value in given.items()]
        if values:
            self._take(step, epoch, values)
        for name, value in measured:
            self._measure(name, step, value)
        if self._reel is not None:
            self._reel.hand_over()
        self._step = max(step, self._step)

    def _working(self) -> bool:
        """Whether there is anything to do; tells what has happened to the disk."""
        if os.getpid() != self._pid:
            return False
        if self._closed:
            self._say(f"{self.path}: the recorder is closed, so this is not recorded; make another to record more")
            return False
        if self._reel is not None:
            self._notice(self._reel)
        return self.failed is None

    def _notice(self, reel: Reel) -> None:
        """Tell once what has happened where the training does not look."""
        if reel.failed and self.failed is None:
            self._fail(reel.failed)
        for told in reel.remarks(self._max_bytes):
            self._say(f"{self.path}: {told}")

    def _fail(self, told: str) -> None:
        """Stop recording."""
        self.failed, self._running, self.due = CaptureError(told), None, math.inf
        if self._raises:
            raise self.failed
        warn(f"{told}, the training goes on")

    def _say(self, told: str, which: str = "") -> None:
        """Warn, of each thing once; of `which` is the first of them."""
        if told and told not in self._said:
            self._said.add(told)
            warn(f"{told}, such as '{which}'" if which else told)

    def _rising(self, step: int, with_arrays: bool) -> None:
        """See that steps rise; metrics may come later than the arrays of their step.

        Raises:
            CaptureError: they do not.
        """
        again = with_arrays and step == self._snapshot
        if step < self._step or again:
            anew = "another Recorder, with run= or overwrite=True, for a training that began anew"
            way_out = "log each step once" if again else f"count on, or make {anew}"
            raise CaptureError(f"step {step} comes after step {self._step}; steps must rise: {way_out}")

    def _values(
        self, source: Source | None, gradients: Mapping[str, Any] | None = None, probes: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The arrays of a step, by their keys."""
        model, weights, biases = source or (None, None, None)
        return ({} if model is None else self._fetched(model)) | arrays_by_key(weights, biases, gradients, probes)

    def _catch_up(self, reel: Reel) -> None:
        """Copy the last step now, unless the network has gone on since."""
        last = reel.unchanged()
        if last is not None:
            step, epoch, source, _ = last
            with suppress(CaptureError):
                self._take(step, epoch, self._values(source))

    def _fetched(self, model: object) -> dict[str, Any]:
        """The arrays of a network written by hand, which is looked through once."""
        if self._ways is None:
            layers = found(model)
            self._ways = ways(layers)
            self._known.seen = {layer.name: (layer.activation, layer.origin) for layer in layers}
        return fetched(model, self._ways)

    def _take(self, step: int, epoch: object, values: Mapping[str, Any]) -> None:
        """Take arrays; the first ones settle what a snapshot is."""
        at = epoch_of(epoch)
        if self._known.steps_per_epoch and math.isnan(at):
            at = step / self._known.steps_per_epoch
        if self._reel is None:
            self._reel = self._running = self._begun(step, at, values)
        else:
            self._reel.take(step, at, values)
        self._snapshot, self.due = step, self._reel.next

    def _begun(self, step: int, epoch: float, values: Mapping[str, Any]) -> Reel:
        """What records, with the first step written.

        Raises:
            CaptureError: the arrays cannot be recorded, or not there.
        """
        arrays = {key: array_of(key, value) for key, value in values.items()}
        contents = settle(arrays, self._known, self._precision)
        most = None if self._spacing == "all" else self._most
        room = budget(self._max_bytes, most, contents.stored, len({name for name, *_ in self._early}))

        def begin() -> Writing:
            return Writing(
                self._shown, self._run, contents.about, contents.stored, room.snapshots,
                overwrite=self._overwrite, writer=self._known.writer, measured=room.measured,
            )  # fmt: skip

        self._shown = self.path if real(self.path) == self._place else self._place
        reel = Reel(self._shown, self._place, begin, contents, self._ways, room, self._spacing)
        self._began = time.monotonic()
        reel.take(step, epoch, arrays)
        reel.begin()
        self._say(contents.told)
        self._say(room.told)
        for name, at, value in self._early:
            reel.measure(name, at, value)
        self._early.clear()
        return reel

    def _measure(self, name: str, step: int, value: Any) -> None:
        if self._reel is None:
            self._early.append((name, step, value))
        elif not self._reel.measure(name, step, value):
            room = f"max_bytes has room for {len(self._reel.metrics)} metrics"
            self._say(f"{self.path}: {room}; others are not recorded", name)
