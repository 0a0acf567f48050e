"""What can go wrong, as one small tree.

    WeightreelError
    ├── DataError        a file of images or labels is missing or wrong
    ├── DivergedError    the loss stopped being a finite number
    ├── RecordingError   a recording cannot be read or written
    └── Unfit            a recording has not what is asked of it: a layer, a metric

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


class Unfit(WeightreelError):
    """What is recorded, or will be, has not what is asked of it.

    Attributes:
        key: what was asked for, relative to whoever asked: "layer", "metric".
        message: what is wrong and what there is.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.message = message

    def __reduce__(self) -> tuple[type[Unfit], tuple[str, str]]:
        return type(self), (self.key, self.message)
