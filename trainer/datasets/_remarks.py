"""What should be known of a dataset: what was assumed of its values, and classes that nobody can learn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._data import Images, Labels, Source
from weightreel.trainer.datasets._ranges import LEAST_SPAN, Range, apart
from weightreel.trainer.datasets._scaling import Scaling
from weightreel.trainer.errors import DataError, Finding

NAMED = 8  # classes in one message


class Options(Protocol):
    """The keys of a dataset that decide on how its parts go together."""

    @property
    def scale(self) -> str:
        """How pixels become inputs."""

    @property
    def pool(self) -> bool:
        """Whether the test images are mixed with the others."""


def of_range(source: Source, there: Range, scaling: Scaling) -> Iterator[Finding]:
    """A note of what was assumed; a warning where all pixels are the same."""
    if source.limits is None:
        yield Finding("scale", f"images are {source.images.dtype}, {there}; {scaling.told()}", "note")
    if there.span < LEAST_SPAN:
        yield Finding("", f"every pixel is {there.low:.5g}; there is nothing to learn from", "warning")


def of_test(options: Options, source: Source, images: Images, own: int) -> Iterator[Finding]:
    """A warning where the test images, the last `own`, are much darker or brighter than those to train on.

    Raises:
        DataError: they are of another range, and one scale for both would be wrong.
    """
    if source.limits is not None or options.scale == "minmax" or source.test_images is None:
        return
    train, test = images[:-own], images[-own:]
    stored = source.images.dtype, source.test_images.dtype
    found = apart(train, test, one_kind=(stored[0].kind == "f") == (stored[1].kind == "f"))
    told = f"training images are {stored[0]}, {Range.of(train)}, test images {stored[1]}, {Range.of(test)}"
    if found == "wrong":
        out = "" if options.pool else ", or leave the test set out (test = 0)"
        raise DataError(
            f"{source.name}: {told}; no scale suits both, so store them alike, "
            f'scale each image by itself (scale = "minmax"){out}'
        )
    if found:
        told += "; they are scaled alike, which is wrong if they were stored otherwise"
        yield Finding("scale", told, "warning")


def of_classes(classes: Sequence[str], labels: Labels, parts: Sequence[NDArray[np.intp]]) -> Iterator[Finding]:
    """Warnings of classes that no image has, and of those that the network will not be shown."""
    counts = np.bincount(labels, minlength=len(classes))
    trained, others = (np.bincount(labels[rows], minlength=len(classes)) for rows in (parts[0], np.concatenate(parts)))
    absent = np.flatnonzero(counts == 0)
    if len(absent):
        out = "number labels without gaps, or give words; units of such classes learn nothing"
        yield Finding("", f"no image is of {_named(classes, absent)}; {out}", "warning")
    unseen = np.flatnonzero((trained == 0) & (others > 0))
    if len(unseen):
        told = f"no training image is of {_named(classes, unseen)}, though others are; train on more images"
        yield Finding("", told, "warning")


def _named(classes: Sequence[str], numbers: NDArray[np.intp]) -> str:
    names = [repr(classes[number])[1:-1] for number in numbers[:NAMED]]
    more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    return f"class{'es' if len(numbers) > 1 else ''} {', '.join(names)}{more}"
