"""What every dataset has in common: the keys of a scene, and the way from stored arrays to splits."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from weightreel.trainer.blas import one_thread
from weightreel.trainer.datasets._checking import checked
from weightreel.trainer.datasets._data import Data, Source
from weightreel.trainer.datasets._ranges import Range, meant
from weightreel.trainer.datasets._remarks import of_classes, of_range, of_test
from weightreel.trainer.datasets._scaling import Scaling
from weightreel.trainer.datasets._splitting import Amounts, deal
from weightreel.trainer.errors import DataError
from weightreel.trainer.streams import Stream


class Dataset(Amounts):
    """The keys that every dataset has. Amounts are numbers of images, or fractions below 1."""

    scale: Literal["unit", "standard", "minmax"] = Field(
        default="unit",
        description="unit: pixels become 0 to 1, by the white that they were made with (1, 255, 65535) or by their own "
        "extremes; standard: mean 0, deviation 1; minmax: each image 0 to 1",
    )

    @abstractmethod
    def read(self, folder: Path, rng: np.random.Generator) -> Source:
        """The arrays as they are stored, or as they are made: what is made by chance is drawn from `rng`, which the
        scene's seed fixes. Relative paths start at `folder`. DataError where a file is wrong."""

    @one_thread()
    def load(self, folder: Path, seed: int) -> Data:
        """Read, check, split by `seed` and scale.

        Raises:
            DataError: naming the file and what is wrong with it, or the split that asks for too much.
        """
        source = self.read(folder, Stream.DATA.of(seed))
        try:
            return self._dealt(source, seed)
        except MemoryError as error:
            raise DataError(f"{source.name}: does not fit into the memory; store fewer or smaller images") from error

    def _dealt(self, source: Source, seed: int) -> Data:
        images, labels, classes, found = checked(source)
        own_test = 0 if source.test_labels is None else len(source.test_labels)
        parts = deal(self, source.name, labels, own_test, Stream.SPLIT.of(seed))
        if own_test and (self.pool or len(parts[2])):
            found += of_test(self, source, images, own_test)
        there = Range.of(images if self.pool else images[: len(images) - own_test])
        scaling = Scaling(self.scale, images, parts[0], Range(*source.limits) if source.limits else meant(there))
        found += [*of_range(source, there, scaling), *of_classes(classes, labels, parts)]
        train, validation, test = (scaling.split(images[rows], labels[rows]) for rows in parts)
        return Data(source.name, train, validation, test, classes, tuple(found))
