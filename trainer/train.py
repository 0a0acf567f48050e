"""Training as a generator of snapshots."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import partial
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.blas import one_thread
from weightreel.trainer.datasets import Data, Split
from weightreel.trainer.errors import DataError, DivergedError
from weightreel.trainer.mathematics.activations import Array
from weightreel.trainer.mathematics.losses import LOSSES, predictions
from weightreel.trainer.measure import measure
from weightreel.trainer.network import Network
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Probe
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.run import EarlyStopping, Run, batch_size, describe, steps_per_epoch, validation_of
from weightreel.trainer.shards import at_work, network_for
from weightreel.trainer.streams import Stream
from weightreel.trainer.validation import stratified

EVALUATION_BATCH = 2000
MOST_READY = 2**25  # bytes of images that are kept as the network takes them, for they are looked at again and again
Block = tuple[Array, NDArray[np.int64]]
Hear = Callable[[int, float], None]


class Score(NamedTuple):
    """Loss and the fraction of images classified right."""

    loss: float
    accuracy: float


def unheard(step: int, loss: float) -> None:
    """How far a training has come, told to nobody."""


def train(
    run: Run,
    data: Data,
    *,
    steps: Container[int],
    seed: int,
    probes: Mapping[str, Probe] | None = None,
    hear: Hear = unheard,
) -> Iterator[Snapshot]:
    """Train, yielding a snapshot at each of `steps` (0 is the untrained network).

    `hear` is told of each step, wanted or not, with the running mean of the loss.

    With early stopping the last snapshot, of the best weights, is yielded whether or not its step is wanted. The path
    of training depends on `run`, `data` and `seed` only, never on `steps`, `probes`, validation or the number of
    processors.

    Raises:
        DataError: there are no images to train on, or none to validate on for an early stopping.
        DivergedError: the loss is not finite; names the step and the first layer that is not finite. All
            snapshots before it have been yielded, the untrained network in any case.
    """
    # A range answers at once what is in it, however long.
    wanted = frozenset(steps) if isinstance(steps, Iterable) and not isinstance(steps, range) else steps
    return _Training(run, data, seed, probes or {}, hear).snapshots(wanted)


def evaluate(network: Network, split: Split, run: Run) -> Score:
    """Loss (with the L2 penalty) and accuracy over a whole split, which has an image at least, in blocks."""
    return _scored(network, _blocks(split, network.dtype), run)


def _blocks(split: Split, dtype: np.dtype) -> Iterator[Block]:
    """A split as the network takes it, some images (n, …) at a time, with their labels (n,)."""
    for start in range(0, len(split), EVALUATION_BATCH):
        rows = slice(start, start + EVALUATION_BATCH)
        yield split.take(rows, dtype), split.labels[rows]


def _scored(network: Network, blocks: Iterable[Block], run: Run) -> Score:
    loss, right, count = 0.0, 0, 0
    for x, labels in blocks:
        outputs = network.forward(x, logits=run.from_logits)
        loss += LOSSES[run.loss](outputs, labels)[0] * len(labels)
        right += int(np.count_nonzero(predictions(outputs, logits=run.from_logits) == labels))
        count += len(labels)
    return Score(loss / count + _penalty(network, run.l2), right / count)


def _named(prefix: str, score: Score) -> dict[str, float]:
    return {f"{prefix}loss": score.loss, f"{prefix}accuracy": score.accuracy}


def _penalty(network: Network, l2: float) -> float:
    if not l2:
        return 0.0
    weights = (p for name, p in network.parameters.items() if name.endswith("/weights"))
    return 0.5 * l2 * sum(float(np.vdot(w, w)) for w in weights)


class _Stopping:
    """Keeps the best weights, and counts epochs that brought nothing."""

    def __init__(self, options: EarlyStopping, about: About) -> None:
        self.options, self.idle = options, 0
        self.rises = about.metric(options.metric).better == "high"
        self.best_score, self.seen, self.best_epoch = -np.inf, 0, 0
        self.best: dict[str, Array] = {}

    def sees(self, validation: Score, parameters: Mapping[str, Array]) -> bool:
        """Take note of an epoch; true when there have been enough that brought nothing."""
        value = getattr(validation, self.options.metric.removeprefix("validation_"))
        self.seen += 1
        score = value if self.rises else -value
        self.idle = self.idle + 1 if score < self.best_score + self.options.tolerance else 0
        if score > self.best_score:
            self.best_score, self.best_epoch = score, self.seen
            self.best = {name: p.copy() for name, p in parameters.items()}
        return self.idle > self.options.patience


class _Training:
    """The state of one training: network, optimizer, running means."""

    def __init__(self, run: Run, data: Data, seed: int, probes: Mapping[str, Probe], hear: Hear = unheard) -> None:
        for lack in run.data_findings(data):
            raise DataError(f"{data.name}: {lack.key} {lack.message}")
        self.run, self.data, self.seed, self.probes, self.hear = run, data, seed, probes, hear
        self.network = network_for(run, data, seed, run.layers, np.dtype(run.dtype))
        self.parameters, self.gradients = self.network.parameters, self.network.gradients
        self.optimizer = run.optimizer.build(self.parameters)
        self.loss = LOSSES[run.loss]
        self.info = describe(run, data, seed)
        self.per_epoch = steps_per_epoch(run, data)
        self.planned = self.total = self.per_epoch * run.epochs
        self.stopping = _Stopping(run.early_stopping, self.info) if run.early_stopping else None
        self.validation = validation_of(run, data)
        self.validated = self._ready(stratified(data.validation, self.validation.images, seed))
        self.window = min(max(1, self.per_epoch // 50), 50)
        self.mean = Score(0.0, 0.0)
        self.counted, self.validated_at = 0, -1
        self.metrics: dict[str, float] = {}
        self.history: dict[str, list[tuple[int, float]]] = {}

    def _ready(self, split: Split) -> Callable[[], Iterable[Block]]:
        """What gives the blocks of a split, from memory where they are small."""
        if split.images.size * self.network.dtype.itemsize > MOST_READY:
            return partial(_blocks, split, self.network.dtype)
        blocks = list(_blocks(split, self.network.dtype))
        return lambda: blocks

    def snapshots(self, wanted: Container[int]) -> Iterator[Snapshot]:
        walk = self._steps()
        with at_work(self.network):
            while (snapshot := self._next(walk, wanted)) is not None:
                yield snapshot

    def _next(self, walk: Iterator[int], wanted: Container[int]) -> Snapshot | None:
        """Train on to the next step wanted. Settings that are not ours alone are back as they were at each yield."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"), one_thread():
            for step in walk:
                self.hear(step, self.mean.loss)
                if step in wanted or (self.stopping and step == self.total):
                    return self._snapshot(step)
        return None

    def _steps(self) -> Iterator[int]:
        """Yield 0 before training and each step after its update."""
        order = Stream.ORDER.of(self.seed)
        size, total = batch_size(self.run, self.data), len(self.data.train)
        step = 0
        for epoch in range(self.run.epochs):
            rows = order.permutation(total)
            for start in range(0, total, size):
                try:
                    gradient = self._forward(rows[start : start + size], step)
                except DivergedError:
                    if step == 0:
                        yield step  # the untrained network: what there is to see
                    raise
                self._validate(step)
                yield step
                self._learn(gradient)
                step += 1
            if self.stopping and self._consider_stopping(step, last=epoch == self.run.epochs - 1):
                break
        self._validate(step)
        self._evaluate(step)
        yield step

    def _consider_stopping(self, step: int, *, last: bool) -> bool:
        """At the end of an epoch: note the weights when they are the best so far; whether to end the training. It goes
        by all images held back; the line shows what it shows at other steps, before the weights are exchanged."""
        assert self.stopping is not None
        self._validate(step, due=True)
        enough = self.stopping.sees(evaluate(self.network, self.data.validation, self.run), self.parameters) or last
        self._log(step, best_epoch=float(self.stopping.best_epoch))
        if enough:
            self.total = step
            for name, best in self.stopping.best.items():
                self.parameters[name][:] = best
        return enough

    def _log(self, step: int, **metrics: float) -> None:
        """Keep what was measured at a step."""
        self.metrics |= metrics
        for name, value in metrics.items():
            if name not in self.history:
                self.history[name] = []
            self.history[name].append((step, value))

    def _forward(self, batch: NDArray[np.intp], step: int) -> Array:
        """dL/doutputs for the batch that the network is about to learn from; its metrics are those of `step`, which
        has not seen it yet."""
        x, labels = self.data.train.take(batch, self.network.dtype), self.data.train.labels[batch]
        outputs = self.network.forward(x, training=True, logits=self.run.from_logits)
        value, gradient = self.loss(outputs, labels)
        value += _penalty(self.network, self.run.l2)
        if not isfinite(value):
            raise self._diverged(step, x, value)
        right = int(np.count_nonzero(predictions(outputs, logits=self.run.from_logits) == labels))
        self._average(step, Score(value, right / len(labels)))
        return gradient

    def _learn(self, gradient: Array) -> None:
        """Carry the gradient back and update the parameters."""
        self.network.backward(gradient, logits=self.run.from_logits)
        if self.run.l2:
            for name, parameter in self.parameters.items():
                if name.endswith("/weights"):
                    self.gradients[name] += self.run.l2 * parameter
        self.optimizer.step(self.gradients)

    def _average(self, step: int, batch: Score) -> None:
        """Exponential mean; its window starts at one batch and widens, so that it keeps up with early learning."""
        self.counted += 1
        weight = 1.0 / min(self.window, 1 + self.counted // 4)
        (loss, accuracy), (batch_loss, batch_accuracy) = self.mean, batch
        self.mean = Score(loss + weight * (batch_loss - loss), accuracy + weight * (batch_accuracy - accuracy))
        running = {"loss": self.mean.loss, "accuracy": self.mean.accuracy}
        self._log(step, batch_loss=batch_loss, batch_accuracy=batch_accuracy, **running)

    def _validate(self, step: int, *, due: bool = False) -> None:
        """Measure the images that the line shows, where it is due and was not done yet."""
        if (due or step in self.validation.steps) and step != self.validated_at:
            self.validated_at = step
            self._log(step, **_named("validation_", _scored(self.network, self.validated(), self.run)))

    def _evaluate(self, step: int) -> None:
        """At the end, measure over whole splits; the running mean stays what it is."""
        self._log(step, loss=self.mean.loss, accuracy=self.mean.accuracy)
        self._log(step, **self._score("final_", self.data.train))
        if not np.isfinite(self.metrics["final_loss"]):
            x = self.data.train.take(slice(0, EVALUATION_BATCH), self.network.dtype)
            raise self._diverged(step, x, self.metrics["final_loss"])
        for prefix, split in (("final_validation_", self.data.validation), ("test_", self.data.test)):
            if len(split):
                self._log(step, **self._score(prefix, split))

    def _snapshot(self, step: int) -> Snapshot:
        history, self.history = self.history, {}
        return Snapshot(
            step=step,
            epoch=step / self.per_epoch,
            parameters={name: p.copy() for name, p in self.parameters.items()},
            metrics=dict(self.metrics),
            history=history,
            probes={key: measure(probe, self.network, self.data) for key, probe in self.probes.items()},
        )

    def _score(self, prefix: str, split: Split) -> dict[str, float]:
        return _named(prefix, evaluate(self.network, split, self.run))

    def _diverged(self, step: int, x: Array, value: float) -> DivergedError:
        layer, what = self._first_not_finite(x)
        place = f"layer {layer} ({self.run.layers[layer].type}), its {what}"
        key, options = self.run.optimizer.rate_key, self.run.optimizer
        return DivergedError(
            step,
            layer,
            f"stopped at step {step}: the loss is {value}; the first to be not finite is {place}. "
            f"Lower the learning rate (optimizer.{key} = {getattr(options, key)}) or change the initial weights.",
        )

    def _first_not_finite(self, x: Array) -> tuple[int, str]:
        for i, outputs in enumerate(self.network.walk(x, logits=self.run.from_logits)):
            for name, parameter in self.network.layers[i].parameters.items():
                if not np.isfinite(parameter).all():
                    return i, name
            if not np.isfinite(outputs).all():
                return i, "outputs"
        return len(self.network.layers) - 1, "outputs, which are too large for the loss"
