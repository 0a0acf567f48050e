"""Places that change as their scores do, and glide: each frame's follow from its own and earlier moments alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def ranks(scores: Numbers, before: Numbers) -> Numbers:
    """The place of each, (n,), from 0: the highest score first, those that are no numbers last, equal ones as they
    stood `before`."""
    order = np.lexsort((before, -np.nan_to_num(scores, nan=-np.inf, neginf=-np.inf)))
    found = np.empty(len(scores))
    found[order] = np.arange(len(scores))
    return found


def gliding(scores: Numbers, beat: int, glide: int) -> Numbers:
    """Where each stands in each frame, (frames, n), from its scores there: ranked anew every `beat` frames, from where
    it glides to its new place in `glide` frames. In the last frame all are where they belong."""
    frames, count = scores.shape
    old = new = ranks(scores[0], np.arange(float(count)))
    places = np.empty(scores.shape)
    for frame in range(frames):
        if frame and frame % beat == 0:
            old, new = new, ranks(scores[frame], new)
        share = min(1.0, (frame % beat + 1) / glide)
        places[frame] = old + (new - old) * share * share * (3 - 2 * share)
    places[-1] = ranks(scores[-1], new)
    return places
