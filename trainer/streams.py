"""The streams of random numbers that one seed gives: each use has its own, so that none disturbs another."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What random numbers are drawn for. The values decide on every film ever made: none may change."""

    SPLIT = 0
    WEIGHTS = 1  # and what dropout drops
    ORDER = 2
    DATA = 3  # of datasets that are made by chance
    GRADIENT_CHECK = 4
    VALIDATION = 5  # which images a training is validated on as it goes

    def of(self, seed: int, *parts: int) -> np.random.Generator:
        """The stream from its beginning, or one of its parts by their numbers, from 1."""
        return np.random.default_rng([seed, self, *parts])
