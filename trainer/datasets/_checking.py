"""Arrays as someone stored them, checked, in the shapes and dtypes that the rest of the house counts on."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._data import Images, Labels, Source
from weightreel.trainer.errors import DataError


def checked(source: Source) -> tuple[Images, Labels, tuple[str, ...]]:
    """Images, labels and the names of the classes, of both parts of a source, one after the other.

    Raises:
        DataError: naming the source and what is wrong with it.
    """
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


def _same_length(name: str, images: NDArray[np.generic], labels: NDArray[np.generic]) -> None:
    if len(images) != len(labels):
        raise DataError(f"{name}: {len(images)} images but {len(labels)} labels; there must be one each")


def _are_numbers(array: NDArray[np.generic]) -> TypeGuard[NDArray[np.number]]:
    return array.dtype.kind in "iuf"


def _are_bytes(array: NDArray[np.generic]) -> TypeGuard[NDArray[np.bytes_]]:
    return array.dtype.kind == "S"


def _checked_images(name: str, images: NDArray[np.generic]) -> Images:
    if images.size == 0:
        raise DataError(f"{name}: holds no images")
    if images.dtype == bool:
        images = images.astype(np.uint8) * 255
    if not _are_numbers(images):
        raise DataError(f"{name}: images have dtype {images.dtype}; they must be numbers")
    images = _shaped(name, images)
    if np.issubdtype(images.dtype, np.floating) and not np.isfinite(images).all():
        row = int(np.flatnonzero(~np.isfinite(images.reshape(len(images), -1)).all(axis=1))[0])
        raise DataError(f"{name}: image {row} holds values that are not finite (NaN or infinity)")
    return images


def _shaped(name: str, images: Images) -> Images:
    """Images as (n, height, width), (n, height, width, 3) or (n, inputs)."""
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


def _flat_labels(name: str, labels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Labels (n,): whole numbers from 0, or words; from one-hot rows their columns."""
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "iufb":
        if not np.isin(labels, (0, 1)).all() or not (labels.sum(axis=1) == 1).all():
            raise DataError(f"{name}: labels of shape {labels.shape} are not one-hot")
        columns: NDArray[np.intp] = labels.argmax(axis=1)
        return columns
    if labels.ndim not in (1, 2) or (labels.ndim == 2 and labels.shape[1] != 1):
        raise DataError(f"{name}: labels have shape {labels.shape}; expected (n,) or (n, classes)")
    labels = labels.reshape(-1)
    if _are_bytes(labels):
        return np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind == "U":
        return labels
    if labels.dtype.kind not in "iufb" or not np.isfinite(labels).all() or (np.mod(labels, 1) != 0).any():
        raise DataError(f"{name}: labels must be whole numbers, 0 for the first class")
    return labels.astype(np.int64)


def _numbered(source: Source, labels: NDArray[np.generic]) -> tuple[Labels, tuple[str, ...]]:
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
    return labels.astype(np.int64, copy=False), tuple(str(i) for i in range(max(columns, int(labels[high]) + 1)))
