"""Arrays as someone stored them, checked, in the shapes and dtypes that the rest of the house counts on."""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._data import Images, Labels, Source
from weightreel.trainer.errors import DataError, Finding

MOST_CLASSES = 1000  # or as many as there are images
LARGEST = 1e30  # squares and sums of such stay within a float64, and spans within a float32


class Checked(NamedTuple):
    """Images, labels and the names of the classes, of both parts of a source, one after the other; and what should be
    known of them."""

    images: Images
    labels: Labels
    classes: tuple[str, ...]
    findings: list[Finding]


def checked(source: Source) -> Checked:
    """The arrays of a source in the shapes and dtypes that are counted on.

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
        if labels.dtype.kind != "U" and not all(_in_rows(part) for part in (source.labels, source.test_labels)):
            _same_start(source.name, labels, test_labels)
        images = _joined(images, test)
        labels = np.concatenate([labels, test_labels])
    return Checked(images, *_numbered(source, labels))


def _joined(first: Images, second: Images) -> Images:
    """Images one after the other; where they lie so in memory already, as those of one file do, without a copy, which
    takes longer than all the rest."""
    touching = first.base is not None and first.base is second.base and first.dtype == second.dtype
    touching = touching and first.flags.c_contiguous and second.flags.c_contiguous
    if not touching or first.ctypes.data + first.nbytes != second.ctypes.data:
        return np.concatenate([first, second])
    shape = (len(first) + len(second), *first.shape[1:])
    return np.lib.stride_tricks.as_strided(first, shape, first.strides, writeable=False)


def _same_length(name: str, images: NDArray[np.generic], labels: NDArray[np.generic]) -> None:
    if len(images) != len(labels):
        raise DataError(f"{name}: {len(images)} images but {len(labels)} labels; there must be one each")


def _in_rows(labels: NDArray[np.generic]) -> bool:
    """Whether labels are one-hot, whose columns are numbered from 0."""
    return labels.shape[1:] not in ((), (1,))


def _same_start(name: str, train: NDArray[np.generic], test: NDArray[np.generic]) -> None:
    """Refuse training labels without gaps, from 0 or 1, beside test labels that would be as many numbered from the
    other: they have the one at its end, and not the one that it lacks. A small test set lacks others too."""
    known, there = ([int(label) for label in np.unique(labels)] for labels in (train, test))
    first, last = known[0], known[-1]
    shifted = {0: range(1, last + 2), 1: range(last)}.get(first, range(0))
    ends = (last + 1, 0) if first == 0 else (0, last)
    alike = ends[0] in there and ends[1] not in there and all(label in shifted for label in there)
    if len(known) > 1 and known == list(range(first, last + 1)) and alike:
        told = f"training labels are {first}…{last}, test labels {there[0]}…{there[-1]}"
        raise DataError(f"{name}: {told}; number the classes of both alike")


def _are_numbers(array: NDArray[np.generic]) -> TypeGuard[NDArray[np.number]]:
    return array.dtype.kind in "iuf"


def _are_bytes(array: NDArray[np.generic]) -> TypeGuard[NDArray[np.bytes_]]:
    return array.dtype.kind == "S"


def _checked_images(name: str, images: NDArray[np.generic]) -> Images:
    if images.size == 0:
        raise DataError(f"{name}: holds no images")
    if images.dtype == bool:
        images = (images.view(np.uint8) != 0).astype(np.uint8)  # in a file a true may be any byte
    if not _are_numbers(images):
        raise DataError(f"{name}: images have dtype {images.dtype}; they must be numbers")
    shaped = _shaped(name, images)
    if shaped.dtype.kind == "f":
        shaped = shaped.astype(np.float64, copy=False) if shaped.dtype.itemsize > 8 else shaped
        _refuse_beyond_floats(name, shaped)
    return shaped.astype(shaped.dtype.newbyteorder("="), copy=False)


def _refuse_beyond_floats(name: str, images: Images) -> None:
    """The extremes tell of all, and take no array of their own; a NaN is both."""
    low, high = float(images.min()), float(images.max())
    if max(abs(low), abs(high)) <= LARGEST:
        return
    rows = images.reshape(len(images), -1)
    if not np.isfinite([low, high]).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise DataError(f"{name}: image {row} holds values that are not finite (NaN or infinity)")
    row = int(np.flatnonzero((abs(rows) > LARGEST).any(axis=1))[0])
    largest = max(low, high, key=abs)
    raise DataError(f"{name}: image {row} holds values as large as {largest:.3g}; divide all to come below {LARGEST:g}")


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
    """Labels (n,): whole numbers, in whatever dtype they are stored, or words; from one-hot rows their columns."""
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "iufb":
        if labels.shape[1] > max(MOST_CLASSES, len(labels)):
            raise DataError(f"{name}: labels of shape {labels.shape} are of more classes than images")
        if not np.isin(labels, (0, 1)).all() or not (labels.sum(axis=1) == 1).all():
            raise DataError(f"{name}: labels of shape {labels.shape} are not one-hot")
        columns: NDArray[np.intp] = labels.argmax(axis=1)
        return columns
    if labels.ndim not in (1, 2) or (labels.ndim == 2 and labels.shape[1] != 1):
        raise DataError(f"{name}: labels have shape {labels.shape}; expected (n,) or (n, classes)")
    labels = labels.reshape(-1)
    if _are_bytes(labels):
        return _decoded(name, labels)
    if labels.dtype.kind == "U":
        return labels
    if labels.dtype.kind not in "iufb" or not np.isfinite(labels).all() or (np.mod(labels, 1) != 0).any():
        raise DataError(f"{name}: labels must be whole numbers, 0 for the first class")
    return labels.astype(np.uint8) if labels.dtype == bool else labels


def _decoded(name: str, labels: NDArray[np.bytes_]) -> NDArray[np.str_]:
    """Words of UTF-8, which are not guessed at: two classes could become one."""
    try:
        return np.char.decode(labels, "utf-8")
    except UnicodeDecodeError as error:
        shown = bytes(error.object[:20])
        raise DataError(f"{name}: the label {shown!r} is no UTF-8; save words as y.astype(str)") from None


def _numbered(source: Source, labels: NDArray[np.generic]) -> tuple[Labels, tuple[str, ...], list[Finding]]:
    """Labels as numbers of classes, the names of the classes, and a note where labels are not these numbers."""
    if labels.dtype.kind == "U":
        words, numbers = np.unique(labels, return_inverse=True)
        return numbers.astype(np.int64).reshape(-1), _names(source.name, words), []
    low, high = int(labels.argmin()), int(labels.argmax())
    first, last = int(labels[low]), int(labels[high])
    columns = source.labels.shape[1] if source.labels.ndim == 2 else 0
    if first < 0:
        raise DataError(f"{source.name}: label {first:.15g} of image {low} is out of range; labels start at 0")
    most = max(MOST_CLASSES, len(labels))
    if last >= most:
        raise DataError(f"{source.name}: label {last:.15g} of image {high} is out of range; labels count classes")
    numbers = labels.astype(np.int64, copy=False)
    if first != 1 or columns > 1:
        return numbers, tuple(str(i) for i in range(max(columns, last + 1))), []
    note = Finding("", f"labels are 1…{last}: the first of the {last} units stands for class 1", "note")
    return numbers - 1, tuple(str(i) for i in range(1, last + 1)), [note]


def _names(name: str, words: NDArray[np.str_]) -> tuple[str, ...]:
    try:
        names = tuple(str(word) for word in words)
        "".join(names).encode()
    except ValueError:  # halves of pairs, and numbers that stand for no sign
        raise DataError(f"{name}: labels hold words that are no text; save them anew") from None
    return names
