"""Datasets, one file each, and what they have in common: checking, splitting, scaling.

A dataset is frozen options with `read(folder, rng) -> Source`, the arrays as they are stored or made. `load` checks
them, deals them out to training, validation and test by the seed, and fits the scaling on the training
images. Pixels stay in their stored dtype; a batch is scaled when it is taken, so 70,000 MNIST images cost
55 MB and not 220.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from weightreel.trainer.errors import DataError
from weightreel.trainer.options import Count, Options

Images = NDArray[np.number]
Labels = NDArray[np.int64]


def _count_or_fraction(value: float) -> float:
    if not isfinite(value) or (value >= 1 and value != int(value)):
        raise ValueError("a number of images is whole; a fraction of them is below 1")
    return int(value) if value >= 1 or value == 0 else value


Amount = Annotated[float, Field(ge=0), AfterValidator(_count_or_fraction)]


@dataclass(frozen=True)
class Source:
    """Arrays as a dataset stores them.

    `images` (n, height, width[, channels]) or flat (n, inputs), any numeric dtype; `labels` (n,) integers,
    (n, classes) one-hot or (n,) strings; the test arrays likewise, or None. `name` is the file, for messages.
    """

    name: str
    images: NDArray
    labels: NDArray
    test_images: NDArray | None = None
    test_labels: NDArray | None = None


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
        """Scaled images (n, …) of the given rows, in `dtype`."""
        batch = self.images[rows].astype(dtype)
        offset, factor = (v if v.ndim == 0 else v[rows] for v in (self.offset, self.factor))
        batch -= offset.astype(dtype)
        batch *= factor.astype(dtype)
        return batch


@dataclass(frozen=True)
class Data:
    """A dataset ready for training: three splits, the shape of one input, the names of the classes."""

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(height, width), (height, width, channels) or (inputs,)."""
        return self.train.images.shape[1:]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the stored pixels and labels of the three splits, in their order."""
        sha = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            sha.update(np.ascontiguousarray(split.images).tobytes())
            sha.update(split.labels.tobytes())
        return sha.hexdigest()


class Dataset(Options):
    """The keys that every dataset has. Amounts are numbers of images, or fractions below 1."""

    train: Amount | None = Field(default=None, description="images to train on; default: all that are left")
    validation: Amount = Field(default=0.1, description="images held back to validate on")
    test: Amount | None = Field(default=None, description="default: the dataset's own test set, else none")
    pool: bool = Field(default=False, description="mix the dataset's training and test sets before splitting")
    per_class: Count | None = Field(default=None, description="take only so many images of each class")
    scale: Literal["unit", "standard", "minmax"] = "unit"

    def read(self, folder: Path, rng: np.random.Generator) -> Source:
        """The arrays as they are stored, or as they are made: what is made by chance is drawn from `rng`, which the
        scene's seed fixes. Relative paths start at `folder`. DataError where a file is wrong."""
        raise TypeError(f"{type(self).__name__} does not say how it is read")

    def load(self, folder: Path, seed: int) -> Data:
        """Read, check, split by `seed` and scale.

        Raises:
            DataError: naming the file and what is wrong with it, or the split that asks for too much.
        """
        source = self.read(folder, np.random.default_rng([seed, 3]))
        images, labels, classes = _checked(source)
        own_test = 0 if source.test_labels is None else len(source.test_labels)
        parts = _deal(self, source.name, labels, own_test, np.random.default_rng([seed, 0]))
        scaling = _Scaling(self.scale, images, parts[0])
        train, validation, test = (Split(images[rows], labels[rows], *scaling.of(images, rows)) for rows in parts)
        return Data(source.name, train, validation, test, classes)


def _deal(options: Dataset, name: str, labels: Labels, own_test: int, rng: np.random.Generator) -> list[NDArray]:
    """Row numbers of training, validation and test; the last `own_test` rows are the dataset's test set."""
    n = len(labels)
    rows = np.arange(n)
    apart = own_test > 0 and not options.pool
    pool, tests = (rows[: n - own_test], rows[n - own_test :]) if apart else (rows, rows)
    rng.shuffle(pool)
    if options.per_class is not None:
        pool = _first_of_each(pool, labels, options.per_class)
        tests = tests if apart else pool
    test_count = own_test if options.test is None and apart else _count(options.test or 0, len(tests))
    test, pool = tests[:test_count], pool if apart else pool[test_count:]
    held = _count(options.validation, len(pool))
    trained = len(pool) - held if options.train is None else _count(options.train, len(pool))
    if trained < 1 or held + trained > len(pool) or test_count > len(tests):
        raise DataError(
            f"{name}: asked for train = {options.train}, validation = {options.validation}, "
            f"test = {options.test} of {n} images; ask for fewer, and for one to train on at least"
        )
    return [pool[held : held + trained], pool[:held], test]


def _first_of_each(rows: NDArray, labels: Labels, count: int) -> NDArray:
    """The first `count` rows of every class, in their order."""
    keep = np.zeros(len(rows), bool)
    for label in np.unique(labels[rows]):
        keep[np.flatnonzero(labels[rows] == label)[:count]] = True
    return rows[keep]


def _count(amount: float, of: int) -> int:
    return round(amount * of) if 0 < amount < 1 else int(amount)


class _Scaling:
    """Pixels become (pixel - offset) * factor; `minmax` has one pair an image, the others one in all."""

    def __init__(self, kind: str, images: Images, train: NDArray) -> None:
        self.per_image = kind == "minmax"
        if self.per_image:
            return
        if kind == "standard":
            offset, spread = _mean_and_deviation(images[np.sort(train)])
        else:
            offset, spread = _unit_range(images, train)
        self.pair = (np.array(offset), np.array(1.0 / (spread or 1.0)))

    def of(self, images: Images, rows: NDArray) -> tuple[NDArray, NDArray]:
        if not self.per_image:
            return self.pair
        axes = tuple(range(1, images.ndim))
        part = images[rows].astype(np.float64)
        low = part.min(axis=axes, keepdims=True)
        spread = part.max(axis=axes, keepdims=True) - low
        return low, 1.0 / np.where(spread > 0, spread, 1.0)


def _unit_range(images: Images, train: NDArray) -> tuple[float, float]:
    """What "unit" takes off and divides by: the range that the pixels were surely meant to have."""
    if images.dtype == np.uint8:
        return 0.0, 255.0
    low, high = float(images[train].min()), float(images[train].max())
    if low < 0:
        return low, high - low
    whole = np.issubdtype(images.dtype, np.integer)
    return 0.0, next((m for m in (1.0, 255.0, 65535.0) if high <= m and (m > 1 or not whole)), high)


def _mean_and_deviation(images: Images) -> tuple[float, float]:
    """Over all pixels, in blocks: a float64 copy of 50,000 images would take 300 MB."""
    total = squares = 0.0
    for start in range(0, len(images), 256):
        block = images[start : start + 256].astype(np.float64).ravel()
        total += float(block.sum())
        squares += float(np.dot(block, block))
    mean = total / images.size
    return mean, max(squares / images.size - mean * mean, 0.0) ** 0.5


def _checked(source: Source) -> tuple[Images, Labels, tuple[str, ...]]:
    images, labels = _checked_images(source.name, source.images), _flat_labels(source.name, source.labels)
    _same_length(source.name, images, labels)
    if source.test_images is not None and source.test_labels is not None:
        test = _checked_images(source.name, source.test_images)
        test_labels = _flat_labels(source.name, source.test_labels)
        if test.shape[1:] != images.shape[1:]:
            raise DataError(f"{source.name}: training images are {images.shape[1:]}, test images {test.shape[1:]}")
        if (test_labels.dtype.kind == "U") != (labels.dtype.kind == "U"):
            raise DataError(f"{source.name}: labels are words in one part and numbers in the other")
        _same_length(source.name, test, test_labels)
        images = np.concatenate([images, test])
        labels = np.concatenate([labels, test_labels])
    return images, *_numbered(source, labels)


def _same_length(name: str, images: NDArray, labels: NDArray) -> None:
    if len(images) != len(labels):
        raise DataError(f"{name}: {len(images)} images but {len(labels)} labels; there must be one each")


def _checked_images(name: str, images: NDArray) -> Images:
    if images.size == 0:
        raise DataError(f"{name}: holds no images")
    if images.dtype.kind not in "iufb":
        raise DataError(f"{name}: images have dtype {images.dtype}; they must be numbers")
    if images.dtype == bool:
        images = images.astype(np.uint8) * 255
    if np.issubdtype(images.dtype, np.floating) and not np.isfinite(images).all():
        row = int(np.flatnonzero(~np.isfinite(images.reshape(len(images), -1)).all(axis=1))[0])
        raise DataError(f"{name}: image {row} holds values that are not finite (NaN or infinity)")
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.ndim == 2:
        side = round(images.shape[1] ** 0.5)
        return images.reshape(-1, side, side) if side * side == images.shape[1] else images
    if images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3):
        return images
    raise DataError(
        f"{name}: images have shape {images.shape}; expected (n, height, width), (n, height, width, 3) or (n, inputs)"
    )


def _flat_labels(name: str, labels: NDArray) -> NDArray:
    """Labels (n,): whole numbers from 0, or words; from one-hot rows their columns."""
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "iufb":
        if not np.isin(labels, (0, 1)).all() or not (labels.sum(axis=1) == 1).all():
            raise DataError(f"{name}: labels of shape {labels.shape} are not one-hot")
        return labels.argmax(axis=1)
    if labels.ndim not in (1, 2) or (labels.ndim == 2 and labels.shape[1] != 1):
        raise DataError(f"{name}: labels have shape {labels.shape}; expected (n,) or (n, classes)")
    labels = labels.reshape(-1)
    if labels.dtype.kind == "S":
        return np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind == "U":
        return labels
    if labels.dtype.kind not in "iufb" or not np.isfinite(labels).all() or (np.mod(labels, 1) != 0).any():
        raise DataError(f"{name}: labels must be whole numbers, 0 for the first class")
    return labels.astype(np.int64)


def _numbered(source: Source, labels: NDArray) -> tuple[Labels, tuple[str, ...]]:
    """Labels as numbers of classes, and the names of the classes."""
    if labels.dtype.kind == "U":
        words, numbers = np.unique(labels, return_inverse=True)
        return numbers.astype(np.int64).reshape(-1), tuple(str(w) for w in words)
    low, high = int(labels.argmin()), int(labels.argmax())
    if labels[low] < 0:
        raise DataError(f"{source.name}: label {labels[low]} of image {low} is out of range; labels start at 0")
    if labels[high] >= max(1000, len(labels)):
        raise DataError(f"{source.name}: label {labels[high]} of image {high} is out of range; labels count classes")
    columns = source.labels.shape[1] if source.labels.ndim == 2 else 0
    return labels, tuple(str(i) for i in range(max(columns, int(labels[high]) + 1)))
