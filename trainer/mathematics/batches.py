"""How the image layers keep a batch in memory.

Between layers a batch is (n, height, width[, channels]) to the eye. In memory it is (channels, height, width, n), after
Krizhevsky's cuda-convnet: the images of a batch lie side by side. One row of one channel is then a single run of
width × n numbers, a shift by one pixel is a shift by n numbers, and copies, sums and maxima walk over long runs.
"""

from __future__ import annotations

import numpy as np

from weightreel.trainer.mathematics.activations import Array


def to_batch_last(x: Array) -> Array:
    """Contiguous (channels, height, width, n) of images (n, height, width) or (n, height, width, channels).

    Not a copy where `x` comes from `from_batch_last`.
    """
    return np.ascontiguousarray((x[..., None] if x.ndim == 3 else x).transpose(3, 1, 2, 0))


def from_batch_last(x: Array) -> Array:
    """The view (n, height, width, channels) of (channels, height, width, n)."""
    return x.transpose(3, 1, 2, 0)
