"""What can go wrong, as one small tree.

    WeightreelError
    ├── DataError        a file of images or labels is missing or wrong
    ├── DivergedError    the loss stopped being a finite number
    └── RecordingError   a recording cannot be read or written

`weightreel.render.errors` adds the branches of scenes and encoders. The command prints the message of any of
these, without a traceback.
"""

from __future__ import annotations


class WeightreelError(Exception):
    """Root of every error raised on purpose; its text is meant for the user."""


class DataError(WeightreelError):
    """A data file is missing, damaged, or does not hold what it should; the message names the file."""


class DivergedError(WeightreelError):
    """The loss became infinite or not a number.

    Attributes:
        step: the update at which it was seen.
        layer: index of the first layer whose weights or outputs are not finite.
    """

    def __init__(self, step: int, layer: int, message: str) -> None:
        super().__init__(message)
        self.step = step
        self.layer = layer


class RecordingError(WeightreelError):
    """A recording is missing, is not one of ours, or lacks what a scene asks of it."""
