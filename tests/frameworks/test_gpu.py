"""Tensors of a GPU, with a stand-in for its streams where there is none: what is on a stream beside the training's own
happens late, when somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from weightreel.trainer.capture.described import Later
from weightreel.trainer.capture.torch_tensors import value


class Delayed(TorchFunctionMode):
    """Copies that are asked for in here wait in a list."""

    def __init__(self, waiting: list[Callable[[], object]]) -> None:
        super().__init__()
        self._waiting = waiting

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(function, "__name__", "") == "copy_":
            self._waiting.append(lambda: function(*args, **(kwargs or {})))
            return args[0]
        return function(*args, **(kwargs or {}))


class FakeCuda:
    """What the adapter asks of torch.cuda."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], object]] = []
        self.calls: list[str] = []

    def current_stream(self, device: Any) -> str:
        return "training"

    def Stream(self, device: Any) -> FakeStream:
        return FakeStream(self)

    @contextmanager
    def stream(self, stream: FakeStream) -> Iterator[None]:
        with Delayed(self.waiting):
            yield


class FakeStream:
    """A stream, and the events on it."""

    def __init__(self, cuda: FakeCuda) -> None:
        self._cuda = cuda

    def wait_stream(self, other: str) -> None:
        self._cuda.calls.append(f"waits for {other}")

    def record_event(self) -> FakeStream:
        return self

    def synchronize(self) -> None:
        while self._cuda.waiting:
            self._cuda.waiting.pop(0)()


def test_what_the_training_does_next_does_not_reach_a_copy_that_is_late():
    cuda = FakeCuda()
    weights = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    then = weights.detach().numpy().copy()
    late = value(weights.detach(), cuda)
    assert isinstance(late, Later)
    assert (late.shape, late.dtype) == ((2, 3), np.float32)
    assert cuda.calls == ["waits for training"]
    assert cuda.waiting  # nothing has been copied yet
    with torch.no_grad():
        weights += 100
    assert np.array_equal(late.read(), then)


def test_bfloat16_arrives_exactly():
    weights = torch.tensor([0.1, 3e38, -2e-38], dtype=torch.bfloat16)
    late = value(weights, FakeCuda())
    assert isinstance(late, Later)
    assert late.dtype == np.float32
    assert np.array_equal(late.read(), weights.float().numpy())
