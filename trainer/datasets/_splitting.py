"""Dealing the rows of a dataset out to training, validation and test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from weightreel.trainer.datasets._data import Labels
from weightreel.trainer.errors import DataError

if TYPE_CHECKING:
    from weightreel.trainer.datasets._dataset import Dataset


def deal(options: Dataset, name: str, labels: Labels, own_test: int, rng: np.random.Generator) -> list[NDArray]:
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
