"""When a training is validated, and on which images: often enough for a film of it, and for a tenth of its time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weightreel.trainer.datasets import Split
from weightreel.trainer.streams import Stream

POINTS = 60  # even in steps, and as many even in the logarithm of the step: a film's time runs like either
# Costs, in multiplications that take as long: of a call of the network whatever it is given, of an image beside its
# products, of a step beside its images, each of which is worth three forward passes.
CALL, IMAGE, STEP, PASSES = 1_500_000, 10_000, 3_000_000, 3
SHARE = 0.05  # of the time of a training, for what is counted here; caches and memory make a tenth of it at the most
FREE = 100_000_000  # over in some milliseconds, and never too many


@dataclass(frozen=True)
class Validation:
    """At which steps, and on how many images of those that are held back. Both follow from the training alone, so that
    no film depends on what else was recorded."""

    steps: frozenset[int]
    images: int

    @classmethod
    def over_all(cls, total: int, every: int, held: int) -> Validation:
        """Every so many steps, and at the end, on all images, as it was asked for."""
        return cls(frozenset((*range(0, total, every), total)) if held else frozenset(), held)

    @classmethod
    def spread(cls, total: int, batch: float, held: int, products: int, *, epoch: int | None = None) -> Validation:
        """At steps evenly apart and ever further apart, joined, on as many images as that may take; of a short training
        at fewer.

        Args:
            total: steps of the training; of one that ends early, those that it has at least.
            batch: images of a step, on average.
            held: images that there are to validate on.
            products: multiplications of a forward pass of one image.
            epoch: steps of an epoch of a training that ends early, which is validated after each.
        """
        if not held:
            return cls(frozenset(), 0)
        image = products + IMAGE
        paid = SHARE * total * (STEP + PASSES * batch * image) + FREE
        share = np.linspace(0, 1, min(POINTS, int(paid / CALL) // 4))  # twice as many steps, for half of what is paid
        even = np.arange(0, total + 1, epoch) if epoch else share * total
        steps = frozenset(np.round([*even, *((total + 1) ** share - 1), total]).astype(int).tolist())
        most = (paid / len(steps) - CALL) / image
        return cls(steps, max(1, min(held, int(most))))


def stratified(split: Split, count: int, seed: int) -> Split:
    """So many images of a split, of each class its share; the same for the same seed, all where there are no more."""
    if count >= len(split):
        return split
    mixed = Stream.VALIDATION.of(seed).permutation(len(split))
    labels = split.labels[mixed]
    by_class = np.argsort(labels, kind="stable")
    _, starts, counts = np.unique(labels[by_class], return_index=True, return_counts=True)
    place = np.empty(len(labels))
    place[by_class] = (np.arange(len(labels)) - np.repeat(starts, counts) + 0.5) / np.repeat(counts, counts)
    rows = np.sort(mixed[np.argsort(place, kind="stable")[:count]])
    offset, factor = (v if v.ndim == 0 else v[rows] for v in (split.offset, split.factor))
    return Split(split.images[rows], split.labels[rows], offset, factor)
