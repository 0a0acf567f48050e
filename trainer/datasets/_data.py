"""The arrays of a dataset: as they are stored, and dealt out and scaled for training."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.errors import Finding

Images = NDArray[np.number]
Labels = NDArray[np.int64]
ROUNDING = 1e-6  # of the scaled range; a float32 that is a million has no digits left for a tenth


@dataclass(frozen=True)
class Source:
    """Arrays as a dataset stores them.

    `images` (n, height, width[, channels]) or flat (n, inputs), any numeric dtype; `labels` (n,) integers,
    (n, classes) one-hot or (n,) strings; the test arrays likewise, or None. `name` is the file, for messages.
    `limits` are the pixels that stand for 0 and 1, where the dataset knows; None, and they follow from what is there.
    """

    name: str
    images: NDArray[np.generic]
    labels: NDArray[np.generic]
    test_images: NDArray[np.generic] | None = None
    test_labels: NDArray[np.generic] | None = None
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class Split:
    """Images of one purpose with their labels (n,) int64; `take` scales what it returns."""

    images: Images
    labels: Labels
    offset: NDArray[np.float64]
    factor: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.integer] | slice, dtype: np.dtype) -> NDArray[np.floating]:
        """Scaled images (n, …) of the given rows, in `dtype`; what has more digits is scaled before it loses them."""
        if (scale := self._scales.get(dtype)) is None:
            offsets, factors = (v if v.ndim == 0 else v[rows] for v in (self.offset, self.factor))
            scale = _exactly(offsets, factors, self.images.dtype, dtype)
            if self.offset.ndim == self.factor.ndim == 0:  # found once: it takes a quarter of a small batch
                self._scales[dtype] = scale
        offset, factor = scale
        batch = self.images[rows].astype(offset.dtype)
        batch -= offset
        batch *= factor
        return batch.astype(dtype, copy=False)

    @cached_property
    def _scales(self) -> dict[np.dtype, tuple[NDArray[np.floating], NDArray[np.floating]]]:
        """Offset and factor by the dtype that is asked for."""
        return {}


def _exactly(
    offset: NDArray[np.float64], factor: NDArray[np.float64], stored: np.dtype, dtype: np.dtype
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Offset and factor with as many digits as images of a `stored` dtype are scaled in, for inputs of a `dtype`."""
    exact = np.result_type(stored, dtype)
    if (abs(offset.astype(exact) - offset) * factor > ROUNDING).any():
        exact = np.dtype(np.float64)
    return offset.astype(exact), factor.astype(exact)


@dataclass(frozen=True)
class Data:
    """A dataset ready for training: three splits, the shape of one input, the names of the classes; `findings` are
    what was assumed of it, and what will look wrong."""

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(height, width), (height, width, channels) or (inputs,)."""
        return self.train.images.shape[1:]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the stored pixels and labels of the three splits, in their order."""
        sha = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            for array in (split.images, split.labels):
                sha.update(np.ascontiguousarray(array).data if array.size else b"")
        return sha.hexdigest()
