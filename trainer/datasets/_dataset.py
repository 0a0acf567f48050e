"""What every dataset has in common: the keys of a scene, and the way from stored arrays to splits."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from weightreel.trainer.datasets._checking import checked
from weightreel.trainer.datasets._data import Data, Source, Split
from weightreel.trainer.datasets._scaling import Scaling
from weightreel.trainer.datasets._splitting import deal
from weightreel.trainer.options import Count, Options
from weightreel.trainer.streams import Stream


def _count_or_fraction(value: float) -> float:
    if not isfinite(value) or (value >= 1 and value != int(value)):
        raise ValueError("a number of images is whole; a fraction of them is below 1")
    return int(value) if value >= 1 or value == 0 else value


Amount = Annotated[float, Field(ge=0), AfterValidator(_count_or_fraction)]


class Dataset(Options):
    """The keys that every dataset has. Amounts are numbers of images, or fractions below 1."""

    train: Amount | None = Field(default=None, description="images to train on; default: all that are left")
    validation: Amount = Field(default=0.1, description="images held back to validate on")
    test: Amount | None = Field(default=None, description="default: the dataset's own test set, else none")
    pool: bool = Field(default=False, description="mix the dataset's training and test sets before splitting")
    per_class: Count | None = Field(default=None, description="take only so many images of each class")
    scale: Literal["unit", "standard", "minmax"] = "unit"

    def read(self, folder: Path) -> Source:
        """The stored arrays; relative paths start at `folder`. DataError where a file is wrong."""
        raise TypeError(f"{type(self).__name__} does not say how it is read")

    def load(self, folder: Path, seed: int) -> Data:
        """Read, check, split by `seed` and scale.

        Raises:
            DataError: naming the file and what is wrong with it, or the split that asks for too much.
        """
        source = self.read(folder)
        images, labels, classes = checked(source)
        own_test = 0 if source.test_labels is None else len(source.test_labels)
        parts = deal(self, source.name, labels, own_test, Stream.SPLIT.of(seed))
        scaling = Scaling(self.scale, images, parts[0])
        train, validation, test = (Split(images[rows], labels[rows], *scaling.of(images, rows)) for rows in parts)
        return Data(source.name, train, validation, test, classes)
