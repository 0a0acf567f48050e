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
    """

    index: int
    seconds: float
    section: str
    share: float
    at: Mapping[str, At]

    def step(self, run: str) -> int:
        """The step of a run that the frame shows."""
        return self.at[run].step


class Course(Protocol):
    """All moments of a film; what `fit` may look ahead in."""

    def __len__(self) -> int:
        """Frames of the film."""
        ...

    def __getitem__(self, index: int) -> Moment:
        """The moment of a frame."""
        ...

    def shown(self, run: str) -> NDArray[np.int64]:
        """The steps of a run that the film shows, rising, each once."""
        ...
