"""Places between snapshots: where each frame lies, and how far from either."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.int64]
Places = NDArray[np.float64]


class Tweens(NamedTuple):
    """Of each frame, (frames,): the recorded step before its place, the one after it, the share of the way."""

    steps: Steps
    following: Steps
    shares: Places

    @classmethod
    def of(cls, places: Places, recorded: Steps) -> Tweens:
        """For places that rise, over recorded steps that rise. The frame that lies nearest to a snapshot shows it: each
        is seen as it was once at least, as long as there are as many frames."""
        near = snapped(places, recorded)
        after = np.searchsorted(recorded, near, side="right")
        steps = recorded[np.maximum(after - 1, 0)]
        following = recorded[np.minimum(after, len(recorded) - 1)]
        apart = following - steps
        shares = np.where((apart > 0) & (near > steps), (near - steps) / np.maximum(apart, 1), 0.0)
        return cls(steps, np.where(shares > 0, following, steps), shares)


def snapped(places: Places, recorded: Steps) -> Places:
    """The places, moved onto each recorded step from where a frame is nearest to it; of two steps, to the nearer."""
    recorded = recorded[(recorded >= places[0]) & (recorded <= places[-1])]
    after = np.searchsorted(places, recorded)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(places[before] - recorded) < np.abs(places[after] - recorded), before, after)
    far = np.abs(places[nearest] - recorded)
    order = np.argsort(-far, kind="stable")
    moved = places.copy()
    moved[nearest[order]] = recorded[order]  # of several that are meant for one frame, the last one stays
    return moved


def evenly(places: Places, recorded: Steps, *, hold: bool) -> Places:
    """Places that rise at an even pace from the first to the last, brought to one that gives each recorded step the
    same time: with `hold` it stands for that long, else it is passed at that distance."""
    share = (places - places[0]) / max(1.0, float(places[-1] - places[0]))
    if hold:
        stood: Steps = recorded[np.minimum((share * len(recorded) + 1e-9).astype(np.int64), len(recorded) - 1)]
        return stood.astype(np.float64)
    passed: Places = np.interp(share * (len(recorded) - 1), np.arange(len(recorded)), recorded)
    return passed
