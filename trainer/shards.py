"""A network whose large batches are cut into shards, so that several threads work on one and the bytes stay the same.

How many shards there are follows from the run and the number of images, never from the machine. Each is passed through
layers of its own, on one thread of BLAS; their outputs are put together again, so that the loss is one of the whole
batch; their gradients are added up from the first shard to the last. Threads only decide who computes which shard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from functools import partial
from itertools import pairwise
from math import prod
from typing import Self, TypeVar

import numpy as np

from weightreel.trainer import blas
from weightreel.trainer.datasets import Data
from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.mathematics.activations import Array
from weightreel.trainer.network import Network
from weightreel.trainer.run import Run, batch_size

# A step of `convnet` on two processors takes 46 ms as two shards or as four; on two threads of BLAS 53, and 300 to 450
# on a busy machine, where they wait for each other (then 115 in shards). On one processor all take 73. Four let as many
# processors work.
SHARDS = 4
PIECE = 100  # images of a shard that are evaluated at once: 2,000 take a fifth less time than as pieces of 500
LEAST = 8  # images: in smaller shards, calls take longer than what they compute
# Multiplications of a forward pass over a batch. Below, a step takes 5 ms or less, and adding up gradients and handing
# work over eat up what threads bring.
SMALL_STEP = 100_000_000
T = TypeVar("T")


def network_for(run: Run, data: Data, seed: int, layers: Sequence[LayerOptions], dtype: np.dtype) -> Network:
    """The network of a run, with `layers` for its own: one with shards where a step is large and all layers allow
    it."""
    whole = Network(layers, data.input_shape, seed, dtype)
    if not all(options.shardable for options in layers) or _products(whole) * batch_size(run, data) < SMALL_STEP:
        return whole
    return ShardedNetwork(layers, data.input_shape, seed, dtype)


def at_work(network: Network) -> AbstractContextManager[object]:
    """Threads for a network while a `with` lasts, where they are of use to it."""
    return network if isinstance(network, ShardedNetwork) else nullcontext()


def _products(network: Network) -> int:
    """Multiplications of a forward pass of one image."""
    shapes = [*network.input_shapes[1:], network.output_shape]
    weights = (sum(p.size for p in layer.parameters.values()) for layer in network.layers)
    return sum(size * prod(shape[:-1]) for size, shape in zip(weights, shapes, strict=True))


class ShardedNetwork(Network):
    """A network that cuts batches. Within `with`, threads share the work; outside of it the caller does it all, and
    what comes out is the same.

    Args: see `Network`.
    """

    def __init__(
        self, layers: Sequence[LayerOptions], input_shape: tuple[int, ...], seed: int, dtype: np.dtype
    ) -> None:
        super().__init__(layers, input_shape, seed, dtype)
        self._replicas = [self._replica(seed, number) for number in range(1, SHARDS)]
        self._threads: ThreadPoolExecutor | None = None

    def _replica(self, seed: int, number: int) -> Network:
        """A network with the parameters of this one, and with gradients, noise and memory of its own."""
        other = Network(self.options, self.input_shapes[0], seed, self.dtype, replica=number)
        for layer, ours in zip(other.layers, self.layers, strict=True):
            layer.parameters = ours.parameters
        return other

    def __enter__(self) -> Self:
        count = min(SHARDS, blas.threads())
        if count > 1:
            self._threads = ThreadPoolExecutor(count, "shard", blas.keep_to_one_thread)
        return self

    def __exit__(self, *raised: object) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()

    def forward(self, x: Array, *, training: bool = False, logits: bool = False) -> Array:
        """Outputs (n, …) for inputs (n, …), see `Network`."""
        passes = [super().forward, *(replica.forward for replica in self._replicas)]
        if not training:
            passes = [partial(_in_pieces, f) for f in passes]
        calls = [partial(f, part, training=training, logits=logits) for f, part in zip(passes, _cut(x), strict=False)]
        return np.concatenate(self._all(calls))

    def backward(self, gradient: Array, *, logits: bool = False) -> None:
        """Set the gradients of all layers, see `Network`: those of all shards, added up."""
        passes = [super().backward, *(replica.backward for replica in self._replicas)]
        calls = [partial(f, part, logits=logits) for f, part in zip(passes, _cut(gradient), strict=False)]
        self._all(calls)
        for replica in self._replicas[: len(calls) - 1]:
            parts = replica.gradients
            for name, total in self.gradients.items():
                total += parts[name]

    def _all(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """What calls return, in their order; the first of them to fail raises. How the caller has set NumPy's warnings
        holds in threads too."""
        if self._threads is None:
            return [call() for call in calls]
        contexts = [copy_context() for _ in calls]
        return list(self._threads.map(lambda context, call: context.run(call), contexts, calls))


def _in_pieces(forward: Callable[..., Array], x: Array, **how: bool) -> Array:
    """Outputs (n, …) for inputs (n, …), some after the other."""
    return np.concatenate([forward(x[i : i + PIECE], **how) for i in range(0, len(x), PIECE)])


def _cut(batch: Array) -> list[Array]:
    """The shards (m, …) of a batch (n, …), alike in size but for an image."""
    count = max(1, min(SHARDS, len(batch) // LEAST))
    edges = [len(batch) * i // count for i in range(count + 1)]
    return [batch[start:stop] for start, stop in pairwise(edges)]
