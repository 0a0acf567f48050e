"""What recording costs a training loop: python tests/benchmarks/capture.py

A network of 784-64-10 in NumPy, batches of 128, one thread. Blocks of steps with and without a recorder take turns; a
ratio is that of a block to the one before it. Printed are their median and quartiles, and the ratio of the sums, of
wall time and of the process's CPU time, the thread that writes included.

    default     `Recorder(path)` over 20,000 recorded steps
    every step  `spacing="all"`, 3,000 steps, none dropped
    nnscope     the same loop with another recorder, where that is installed
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BLOCK = 32
Seconds = tuple[float, float]


class Network:
    """784-64-10 in float32, with a batch to train on."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.W1 = rng.normal(0, 0.05, (784, 64)).astype(np.float32)
        self.b1 = np.zeros(64, np.float32)
        self.W2 = rng.normal(0, 0.05, (64, 10)).astype(np.float32)
        self.b2 = np.zeros(10, np.float32)
        self._x = rng.random((128, 784), dtype=np.float32)
        self._y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 128)]

    def step(self, rate: float = 0.1) -> float:
        """One update; the loss before it."""
        hidden = 1 / (1 + np.exp(-(self._x @ self.W1 + self.b1)))
        outputs = hidden @ self.W2 + self.b2
        outputs = np.exp(outputs - outputs.max(1, keepdims=True))
        outputs /= outputs.sum(1, keepdims=True)
        back = (outputs - self._y) / len(self._x)
        below = (back @ self.W2.T) * hidden * (1 - hidden)
        self.W2 -= rate * (hidden.T @ back)
        self.b2 -= rate * back.sum(0)
        self.W1 -= rate * (self._x.T @ below)
        self.b1 -= rate * below.sum(0)
        return float(-np.log(outputs[self._y > 0]).mean())


def block(network: Network, log: Callable[[float], None] | None) -> Seconds:
    """Wall and CPU seconds of some steps."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(BLOCK):
        loss = network.step()
        if log is not None:
            log(loss)
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(name: str, steps: int, network: Network, log: Callable[[float], None]) -> None:
    """Print what `log` adds to so many steps."""
    for _ in range(5):
        block(network, None)
    pairs = [(block(network, None), block(network, log)) for _ in range(steps // BLOCK)]
    for number, kind in enumerate(("wall", "cpu")):
        ratios = [on[number] / off[number] for off, on in pairs]
        low, middle, high = statistics.quantiles(ratios, n=4)
        whole = sum(on[number] for _, on in pairs) / sum(off[number] for off, _ in pairs)
        step = 1e3 * statistics.median(off[number] for off, _ in pairs) / BLOCK
        print(f"{name:<12} {kind:<5} {middle:.3f} ({low:.3f} to {high:.3f})   sums {whole:.3f}   a step {step:.2f} ms")


def recorded(name: str, steps: int, folder: Path, **options: object) -> None:
    """With a recorder of ours."""
    from weightreel.trainer.capture import Recorder

    network, count = Network(), iter(range(steps + BLOCK))
    with Recorder(folder / f"{name}.zarr", **options) as recorder:  # type: ignore[arg-type]
        compare(name, steps, network, lambda loss: recorder.log(next(count), model=network, loss=loss))
    kept, dropped = recorder.stats["kept"], recorder.stats["dropped"]
    print(f"{'':<12} {kept} kept, {dropped} dropped, {recorder.stats['skipped']} skipped")


def neighbour(steps: int) -> None:
    """With the other recorder that takes a network as it is, where it is installed."""
    try:
        from nnscope import Scope
    except ImportError:
        return
    network, count = Network(), iter(range(steps + BLOCK))
    scope = Scope(live=False, quiet=True)

    def given(n: Network) -> dict[str, list[np.ndarray]]:
        return {"weights": [n.W1, n.W2], "biases": [n.b1, n.b2]}

    compare("nnscope", steps, network, lambda loss: scope.log(next(count), **given(network), loss=loss))


def main() -> None:
    """Print all figures."""
    neighbour(1000)
    with tempfile.TemporaryDirectory() as folder:
        recorded("every step", 3000, Path(folder), spacing="all", max_bytes="2 GB")
        recorded("default", 20000, Path(folder))


if __name__ == "__main__":
    main()
