"""What a frame between two snapshots sees: weights that lie between those of both."""

from __future__ import annotations

import numpy as np

from weightreel.render.drawing.moment import At
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.snapshot import Array


class Tweened(Recording):
    """A recording at a place between two of its steps. A parameter at the first of them lies on the straight line from
    there to the second; everything else is as it was recorded. Shares the arrays."""

    def __init__(self, recording: Recording, at: At) -> None:
        vars(self).update(vars(recording))
        self._recording, self._at = recording, at

    def parameter(self, name: str, step: int) -> Array:
        """A parameter such as "0/weights" at this place; at other steps than the first as it was there."""
        before = self._recording.parameter(name, step)
        if step != self._at.step:
            return before
        share = np.asarray(self._at.share, before.dtype)
        with np.errstate(over="ignore", invalid="ignore"):  # weights that diverge
            return before + (self._recording.parameter(name, self._at.next) - before) * share
