"""The course of a film: from the number of a frame to the steps of the runs that it shows."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.moment import At, Moment
from weightreel.render.frames.tween import Places, Steps, Tweens, evenly
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings

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
        places: where each frame lies before it is rounded to a step of each run, (frames,), rising; None where `wanted`
            says all.
        linear: whether weights between two snapshots are made up.
        even: whether each snapshot is to have the same time.
    """

    fps: float
    sections: tuple[tuple[str, int, int], ...]
    wanted: Mapping[str, Steps]
    recorded: Mapping[str, Steps] = field(default_factory=dict)
    places: Places | None = None
    linear: bool = False
    even: bool = False

    @classmethod
    def of(cls, scene: Scene, about: Mapping[str, About], fps: float, first: int = 0) -> Course:
        """The course of a scene at a rate, as far as it can be known before the training; the first step that it shows
        is `first`, which is another than 0 where a recording begins later."""
        total = max(a.length for a in about.values())
        timeline = scene.timeline
        if any(a.stopped and a.length == total for a in about.values()):
            timeline = timeline.held(STOPPED_HOLD)
        stretches, sections, begin = [], [], 0
        for section in scene.sections:
            places = first + timeline.places(total - first, fps)
            if section.card is not None:
                places = np.full(section.card.frames(fps), float(total if section.at_end else first))
            stretches.append(places)
            sections.append((section.key, begin, begin := begin + len(places)))
        places = np.concatenate(stretches)
        wanted = _wanted(places, {name: a.length for name, a in about.items()})
        linear, even = timeline.between == "linear", timeline.pacing == "snapshots"
        return cls(fps, tuple(sections), wanted, places=places if linear or even else None, linear=linear, even=even)

    def over(self, recordings: Recordings, own: Container[str] = ()) -> Course:
        """The same film over what was recorded: each frame shows the last recorded step at or before its own, or
        weights between that and the next; or as long as any other each of those there are. Of the runs in `own` only
        steps that this film asked for count: what others have asked for must change nothing in it."""
        recorded = {name: r.steps for name, r in recordings.items()}
        recorded |= {name: np.intersect1d(there, self.wanted[name]) for name, there in recorded.items() if name in own}
        if not self.even or self.places is None:
            return replace(self, recorded=recorded)
        lengths = {name: int(steps[-1]) for name, steps in self.wanted.items()}
        steps = np.unique(np.concatenate([there[there <= lengths[name]] for name, there in recorded.items()]))
        places = evenly(self.places, steps, hold=not self.linear) if len(steps) else self.places
        return replace(self, recorded=recorded, places=places, wanted=_wanted(places, lengths))

    def __len__(self) -> int:
        return self.sections[-1][2]

    def __getitem__(self, index: int) -> Moment:
        if not 0 <= index < len(self):
            raise IndexError(f"no frame {index}; the film has 0 to {len(self) - 1}")
        key, begin, end = next(s for s in self.sections if index < s[2])
        share = (index - begin) / (end - begin - 1) if end - begin > 1 else 1.0
        at = {run: self._at(run, index) for run in self.wanted}
        return Moment(index, index / self.fps, key, share, at, self.tweens)

    @cached_property
    def tweens(self) -> bool:
        """Whether it has frames for which weights between two snapshots are made up."""
        return any(self.tweened(run).any() for run in self._tweens)

    def tweened(self, run: str) -> NDArray[np.bool_]:
        """Of each frame, (frames,), whether the weights of a run are made up."""
        if run not in self._tweens:
            return np.zeros(len(self), np.bool_)
        return self._tweens[run].shares > 0

    def shown(self, run: str) -> Steps:
        """The recorded steps of a run that the film shows, also those between which it shows something, rising, each
        once."""
        return self._shown[run]

    @cached_property
    def _shown(self) -> dict[str, Steps]:
        shown = {run: np.unique(self._found(run, steps)) for run, steps in self.wanted.items()}
        both = {run: np.unique(np.concatenate([t.steps, t.following])) for run, t in self._tweens.items()}
        return shown | both

    @cached_property
    def _tweens(self) -> dict[str, Tweens]:
        """By run, where there are some."""
        if not self.linear or self.places is None:
            return {}
        lengths = {run: float(steps[-1]) for run, steps in self.wanted.items()}
        return {run: Tweens.of(np.minimum(self.places, lengths[run]), r) for run, r in self.recorded.items() if len(r)}

    def _found(self, run: str, steps: Steps) -> Steps:
        if run not in self.recorded:
            return steps
        there = self.recorded[run]
        return there[np.maximum(np.searchsorted(there, steps, side="right") - 1, 0)]

    def _at(self, run: str, index: int) -> At:
        if run in self._tweens:
            steps, following, shares = self._tweens[run]
            return At(int(steps[index]), int(following[index]), float(shares[index]))
        wanted, there = int(self.wanted[run][index]), self.recorded.get(run)
        if there is None:
            return At(wanted, wanted, 0.0)
        after = int(np.searchsorted(there, wanted, side="right"))
        step, coming = int(there[max(0, after - 1)]), int(there[min(after, len(there) - 1)])
        return At(step, coming, (wanted - step) / (coming - step) if coming > step and wanted > step else 0.0)


def _wanted(places: Places, lengths: Mapping[str, int]) -> dict[str, Steps]:
    """The step of each frame by run; those of a grid that are as long as others share theirs."""
    steps = np.round(places).astype(np.int64)
    by_length = {length: np.minimum(steps, length) for length in set(lengths.values())}
    return {name: by_length[length] for name, length in lengths.items()}
