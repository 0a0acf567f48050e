"""The course of a film: from the number of a frame to the steps of the runs that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.moment import At, Moment
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings

Steps = NDArray[np.int64]
STOPPED_HOLD = 2.0  # seconds in which words on the last frame can be read


@dataclass(frozen=True)
class Course:
    """A film's time; see `weightreel.render.drawing.moment.Course`. `course[i]` is frame i alone, at the cost of a few
    look-ups.

    Attributes:
        fps: frames a second.
        sections: (key, first frame, frame after the last) of each section.
        wanted: the step of each frame, (frames,), by run; all runs go through training time together, a shorter one
            waits at its end.
        recorded: the steps that there are, rising, by run; a run without is recorded at every step that is wanted.
    """

    fps: float
    sections: tuple[tuple[str, int, int], ...]
    wanted: Mapping[str, Steps]
    recorded: Mapping[str, Steps] = field(default_factory=dict)

    @classmethod
    def of(cls, scene: Scene, about: Mapping[str, About], fps: float, begin: int = 0) -> Course:
        """The course of a scene at a rate, as far as it can be known before the training; the first step that it shows
        is `begin`, which is another than 0 where a recording begins later."""
        total = max(a.length for a in about.values())
        lengths = {a.length for a in about.values()}
        timeline = scene.timeline
        if any(a.stopped and a.length == total for a in about.values()):
            timeline = timeline.held(STOPPED_HOLD)
        stretches, sections, begin = [], [], 0
        for section in scene.sections:
            steps = begin + timeline.steps(total - begin, fps)
            if section.card is not None:
                steps = np.full(section.card.frames(fps), total if section.at_end else begin)
            stretches.append(steps)
            sections.append((section.key, begin, begin := begin + len(steps)))
        wanted = np.concatenate(stretches).astype(np.int64)
        by_length = {length: np.minimum(wanted, length) for length in lengths}  # which the runs of a grid share
        return cls(fps, tuple(sections), {name: by_length[a.length] for name, a in about.items()})

    def over(self, recordings: Recordings) -> Course:
        """The same film over what was recorded: each frame shows the last recorded step at or before its own."""
        return replace(self, recorded={name: r.steps for name, r in recordings.items()})

    def __len__(self) -> int:
        return self.sections[-1][2]

    def __getitem__(self, index: int) -> Moment:
        if not 0 <= index < len(self):
            raise IndexError(f"no frame {index}; the film has 0 to {len(self) - 1}")
        key, begin, end = next(s for s in self.sections if index < s[2])
        share = (index - begin) / (end - begin - 1) if end - begin > 1 else 1.0
        at = {run: self._at(run, int(steps[index])) for run, steps in self.wanted.items()}
        return Moment(index, index / self.fps, key, share, at)

    def shown(self, run: str) -> Steps:
        """The steps of a run that the film shows, rising, each once."""
        return self._shown[run]

    @cached_property
    def _shown(self) -> dict[str, Steps]:
        return {run: np.unique(self._found(run, steps)) for run, steps in self.wanted.items()}

    def _found(self, run: str, steps: Steps) -> Steps:
        if run not in self.recorded:
            return steps
        there = self.recorded[run]
        return there[np.maximum(np.searchsorted(there, steps, side="right") - 1, 0)]

    def _at(self, run: str, wanted: int) -> At:
        there = self.recorded.get(run)
        if there is None:
            return At(wanted, wanted, 0.0)
        after = int(np.searchsorted(there, wanted, side="right"))
        step, following = int(there[max(0, after - 1)]), int(there[min(after, len(there) - 1)])
        share = (wanted - step) / (following - step) if following > step and wanted > step else 0.0
        return At(step, following, share)
