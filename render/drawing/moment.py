"""Film time as the views see it: which steps of the runs a frame shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


class At(NamedTuple):
    """Where a run is: the recorded step that a frame shows, the recorded one after it (the same where there is none),
    and the share, 0 up to 1, of the way from the one to the other."""

    step: int
    next: int
    share: float


@dataclass(frozen=True)
class Moment:
    """One frame of a film: all that a view may know about when it is.

    Attributes:
        index: the frame, from 0.
        seconds: from the beginning of the film.
        section: the key of the section that it lies in, "film" or that of a card.
        share: how far the section has come, from 0 at its first frame to 1 at its last.
        at: where each run is, by its name.
        tweens: whether the film has frames for which weights between two snapshots are made up.
    """

    index: int
    seconds: float
    section: str
    share: float
    at: Mapping[str, At]
    tweens: bool = False

    def step(self, run: str) -> int:
        """The recorded step of a run that the frame shows, or the one before the place that it shows."""
        return self.at[run].step

    def tweened(self, run: str) -> bool:
        """Whether the weights of a run lie between two snapshots, and were not recorded so."""
        return self.tweens and self.at[run].share > 0

    def latest(self, run: str) -> int:
        """The last step of a run that may be read."""
        return self.at[run].next if self.tweened(run) else self.at[run].step

    def place(self, run: str) -> float:
        """Where in its training a run is: a step, or a place between two."""
        step, following, share = self.at[run]
        return step + share * (following - step) if self.tweened(run) else float(step)


class Course(Protocol):
    """All moments of a film; what `fit` may look ahead in."""

    def __len__(self) -> int:
        """Frames of the film."""
        ...

    def __getitem__(self, index: int) -> Moment:
        """The moment of a frame."""
        ...

    @property
    def tweens(self) -> bool:
        """Whether it has frames for which weights between two snapshots are made up."""
        ...

    def shown(self, run: str) -> NDArray[np.int64]:
        """The recorded steps of a run that the film shows, also those between which it shows something, rising, each
        once."""
        ...
