"""Dealing the rows of a dataset out to training, validation and test."""

from __future__ import annotations

from math import isfinite
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from weightreel.trainer.datasets._data import Labels
from weightreel.trainer.errors import DataError
from weightreel.trainer.options import Count, Options


def _count_or_fraction(value: float) -> float:
    if not isfinite(value) or (value >= 1 and value != int(value)):
        raise ValueError("a number of images is whole; a fraction of them is below 1")
    return int(value) if value >= 1 or value == 0 else value


Amount = Annotated[float, Field(ge=0), AfterValidator(_count_or_fraction)]


class Amounts(Options):
    """How many images each split has: numbers of images, or fractions below 1."""

    train: Amount | None = Field(
        default=None, description="images to train on, or a fraction below 1; default: all that are left"
    )
    validation: Amount = Field(default=0.1, description="images held back to validate on, or a fraction below 1")
    test: Amount | None = Field(
        default=None,
        description="images kept for the end, or a fraction below 1; default: the dataset's own test set, else none",
    )
    pool: bool = Field(default=False, description="mix the dataset's training and test sets before splitting")
    per_class: Count | None = Field(default=None, description="take only so many images of each class; default: all")


def deal(
    options: Amounts, name: str, labels: Labels, own_test: int, rng: np.random.Generator
) -> list[NDArray[np.intp]]:
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
        amounts = options.model_dump(include={"train", "validation", "test"}, exclude_none=True)
        asked = ", ".join(f"{part} = {amount}" for part, amount in amounts.items())
        raise DataError(f"{name}: asked for {asked} of {n} images; ask for fewer, and for one to train on at least")
    return [pool[held : held + trained], pool[:held], test]


def _first_of_each(rows: NDArray[np.intp], labels: Labels, count: int) -> NDArray[np.intp]:
    """The first `count` rows of every class, in their order."""
    keep = np.zeros(len(rows), bool)
    for label in np.unique(labels[rows]):
        keep[np.flatnonzero(labels[rows] == label)[:count]] = True
    return rows[keep]


def _count(amount: float, of: int) -> int:
    return round(amount * of) if 0 < amount < 1 else int(amount)
