"""Optimizers, one file each: frozen options whose `build(parameters)` returns an `Optimizer`.

An optimizer changes parameters in place and keeps what it must remember of them. It knows nothing of layers, losses or
data: names and arrays are all it sees.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Protocol

from weightreel.trainer.mathematics.activations import Array
from weightreel.trainer.options import Options

Parameters = dict[str, Array]


class Optimizer(Protocol):
    """Changes the parameters it was built for, in place."""

    def step(self, gradients: Parameters) -> None:
        """One update from gradients that have the names and shapes of the parameters."""
        ...


class OptimizerOptions(Options):
    """What the option class of every optimizer is. `rate_key` is the key of its learning rate."""

    rate_key: ClassVar[str] = "lr"

    @classmethod
    def __pydantic_init_subclass__(cls, **keys: object) -> None:
        """A training that diverges says which key to lower."""
        super().__pydantic_init_subclass__(**keys)
        if "type" in cls.model_fields and cls.rate_key not in cls.model_fields:
            raise TypeError(f"{cls.__name__} has no key '{cls.rate_key}'; say which one is its learning rate: rate_key")

    @abstractmethod
    def build(self, parameters: Parameters) -> Optimizer:
        """An optimizer with fresh state for these parameters."""
