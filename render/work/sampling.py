"""What of a clip is encoded to predict how many bytes it will have at a setting.

Of a video, short runs of frames. Formats that hold what changed get long ones: a pixel that is held within a tolerance
shows only after a while how rarely it changes. Bands of their lines are enough. By which lines those are, predictions
may all be off by one factor; it is the settings that are compared, and a clip that was written says the factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from weightreel.render.frames.banded import every_of, lines_of
from weightreel.render.frames.take import Take

SHARE, LEAST, RUN = 12, 2, 9  # of a video: one frame in twelve, two runs or more, their frames
LEAD, SPACED = 24, 600  # of what is held: frames until it shows what it costs; frames for which a run stands
MOST, BYTES = 120, 36e6  # frames of such a run, and bytes of its bands, which are kept


@dataclass(frozen=True)
class Sample:
    """The first `count` of some frames of a film, `indices`, and of them a band of lines in `every` so many; 0 for
    whole frames, which are not kept."""

    indices: Sequence[int]
    count: int
    every: int = 0

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"indices": list(self.indices), "count": self.count, "every": self.every}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Sample:
        """From what `plain` said."""
        return cls(**plain)


class Run(NamedTuple):
    """A run of frames, and those of them that only lead to the others."""

    first: Sample
    whole: Sample


def runs_of(take: Take) -> list[Run]:
    """What is encoded of a clip; one that holds what changed is begun with its first frame."""
    return _held(take) if take.output.lead else _short(take)


def share_of(take: Take) -> float:
    """How much of each frame is encoded."""
    height = take.padded[1]
    return len(lines_of(height, every_of(height))) / height if take.output.lead else 1.0


def _short(take: Take) -> list[Run]:
    indices = take.indices
    count = max(LEAST, len(indices) // (RUN * SHARE))
    middles = (np.arange(count) + 0.5) / count * len(indices)
    starts = np.unique(np.clip(middles.astype(int) - RUN // 2, 0, None) // RUN * RUN).tolist()
    frames = [indices[start : start + RUN] for start in starts]
    return [Run(Sample(some, 1), Sample(some, len(some))) for some in frames]


def _held(take: Take) -> list[Run]:
    (width, height), indices = take.padded, take.indices
    every, count = every_of(height), max(LEAST, len(indices) // SPACED)
    most = max(2 * LEAD, min(MOST, int(BYTES / (3 * width * len(lines_of(height, every))))))
    runs = []
    for number in range(count):
        begin, end = number * len(indices) // count, (number + 1) * len(indices) // count
        lead = min(LEAD, begin)
        frames = indices[begin - lead : min(end, begin - lead + most)]
        if begin < end:
            runs.append(Run(Sample(frames, lead or 1, every), Sample(frames, len(frames), every)))
    return runs
