"""Datasets, one file each, and what they have in common: checking, splitting, scaling.

A dataset is frozen options with `read(folder, rng) -> Source`, the arrays as they are stored or made. `load` checks
them, deals them out to training, validation and test by the seed, and fits the scaling on the training
images. Pixels stay in their stored dtype; a batch is scaled when it is taken, so 70,000 MNIST images cost
55 MB and not 220. Datasets know nothing of layers or trainings.
"""

from __future__ import annotations

from weightreel.trainer.datasets._data import Data, Source, Split
from weightreel.trainer.datasets._dataset import Dataset

__all__ = ["Data", "Dataset", "Source", "Split"]
