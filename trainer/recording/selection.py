"""Which steps are wanted of a training: asked at each step, and again when what is kept becomes too much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

GROWTH = 1.05


class Selection(Protocol):
    """Says of a step whether a snapshot of it is wanted, and of those that there are which to let go."""

    @property
    def most(self) -> int:
        """How many snapshots there may be at once."""
        ...

    def __contains__(self, step: object) -> bool:
        """Whether a snapshot of this step is wanted now."""
        ...

    def keep(self, steps: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Which of the recorded steps, rising, stay now that there are so many; None: all."""
        ...


class Steps:
    """These steps and no others, where the length of the training is known."""

    def __init__(self, steps: Iterable[int]) -> None:
        self._steps = frozenset(steps)

    @property
    def most(self) -> int:
        """All of them."""
        return len(self._steps)

    def __contains__(self, step: object) -> bool:
        return step in self._steps

    def keep(self, steps: NDArray[np.int64]) -> None:
        """All."""


class Thinned:
    """At most `most` snapshots, or some 480, while nobody knows how long the training will be.

    Every k-th step is wanted, and steps that grow by a twentieth, for the early ones; when there are too many, k
    doubles and those in between go, but for the last, which may be the end.
    """

    def __init__(self, most: int) -> None:
        self._every, self._early = 1, {0}
        step = 1.0
        while step < 2**31:
            self._early.add(round(step))
            step = max(step + 1, step * GROWTH)
        self._most = max(most, len(self._early))

    @property
    def most(self) -> int:
        """One is there before another goes, and the last stays in any case."""
        return self._most + 2

    def __contains__(self, step: object) -> bool:
        return isinstance(step, int) and (step % self._every == 0 or step in self._early)

    def keep(self, steps: NDArray[np.int64]) -> NDArray[np.bool_] | None:
        """Which of the recorded steps stay; from then on, only those between them are wanted that fit in."""
        if len(steps) <= self._most:
            return None
        kept = np.ones(len(steps), bool)
        while kept.sum() > self._most:
            self._every *= 2
            kept = np.array([step in self for step in steps.tolist()])
            kept[-1] = True
        return kept
