"""All that can be known, and can be wrong, before work begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from weightreel.render.check import length, memory, whole
from weightreel.render.errors import Finding, SceneError
from weightreel.render.frames.course import Course
from weightreel.render.frames.take import ALL, Take
from weightreel.render.planning.sources import Sources
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.recording.wanted import Wanted
from weightreel.trainer.run import batch_size

THINNED = 2  # snapshots kept for each frame, where the length of the training is not known


@dataclass(frozen=True)
class Plan:
    """What is to be done for a scene: `takes`, its outputs settled against it, from `sources`; `frames` are those that
    were asked for; `findings` are warnings and notes."""

    scene: Scene
    sources: Sources
    takes: tuple[Take, ...]
    frames: slice
    findings: tuple[Finding, ...] = ()

    def recorded_steps(self, run: str) -> NDArray[np.int64]:
        """The steps of a run that its films show, and both ends, rising."""
        ends = np.array([0, self.sources.about[run].length])
        return np.unique(np.concatenate([ends, *(take.course.wanted[run] for take in self.takes)]))

    def wanted(self, run: str) -> Wanted:
        """The steps of a run that are to be recorded. Nobody knows where early stopping will end: what is kept then
        follows from the scene alone, or a clip would depend on what other clips there are."""
        if not self.scene.trainings[run].early_stopping:
            return Wanted(tuple(self.recorded_steps(run).tolist()))
        shown = Course.of(self.scene, self.sources.about, self.scene.timeline.fps).wanted[run]
        return Wanted(most=THINNED * len(np.unique(shown)))

    @property
    def length_is_open(self) -> bool:
        """Whether the number of frames depends on how long the trainings turn out."""
        early = any(run.early_stopping for run in self.scene.trainings.values())
        return early and self.scene.timeline.every is not None

    def joined(self, other: Plan) -> Plan:
        """A plan that records for both."""
        return replace(self, takes=(*self.takes, *other.takes))

    def lacks(self, other: Plan) -> bool:
        """Whether what is recorded for this plan is too little for another one of the same runs."""
        return any(np.setdiff1d(other.recorded_steps(run), self.recorded_steps(run)).size for run in self._exact)

    def takes_of(self, recordings: Recordings) -> tuple[Take, ...]:
        """The outputs settled once more, now that the length of the trainings is known."""
        about = {name: r.about for name, r in recordings.items()}
        first = int(recordings.steps[0])
        takes = (Take.of(self.scene, take.output, about, self.frames, key=take.key, first=first) for take in self.takes)
        own = () if self.sources.kept is not None else self._exact
        return tuple(take.over(recordings, own) for take in takes)

    @property
    def _exact(self) -> tuple[str, ...]:
        """The runs of which each frame's step is recorded."""
        return tuple(run for run, training in self.scene.trainings.items() if not training.early_stopping)


def prepare(scene: Scene, sources: Sources, frames: slice = ALL, *, written: bool = True) -> Plan:
    """Settle every output of a scene, and look for all that is wrong or worth knowing.

    Args:
        scene: what is to be filmed.
        sources: what it is about.
        frames: those that are asked for.
        written: whether the outputs are to be written, and not only looked at.

    Raises:
        SceneError: with all errors found.
    """
    takes: tuple[Take, ...] = ()
    known = bool(sources.about) and sources.about.keys() == set(scene.names(sources.about))
    long = tuple(length.findings(scene, sources.about)) if known else ()
    if known and not long:
        outputs = enumerate(scene.output)
        first = sources.first
        takes = tuple(Take.of(scene, out, sources.about, frames, key=f"output[{i}]", first=first) for i, out in outputs)
    pace = _pace(scene, sources)
    found = (*scene.notes, *sources.findings, *long, *pace)
    found += whole.findings(scene, sources.about, takes, written=written)
    if known and not long:
        found += tuple(_burden(Plan(scene, sources, takes, frames), written))
    errors = [finding for finding in found if finding.level == "error"]
    if errors:
        raise SceneError(scene.source, errors)
    return Plan(scene, sources, takes, frames, found)


def _burden(plan: Plan, written: bool) -> Iterator[Finding]:
    """What the plan takes beyond what the machine has."""
    scene, sources = plan.scene, plan.sources
    recorded, runs = {}, scene.trainings
    for name, data in sources.data.items():
        splits = (data.train, data.validation, data.test)
        count = (THINNED if runs[name].early_stopping else 1) * len(plan.recorded_steps(name))
        recorded[name] = memory.Recorded(count, batch_size(runs[name], data), max(map(len, splits)))
    yield from memory.findings(scene, sources.about, recorded)
    yield from memory.of_frames(plan.takes if written else ())


def _pace(scene: Scene, sources: Sources) -> Iterator[Finding]:
    """A pace that follows from the snapshots, of a training whose snapshots follow from the pace."""
    exact = any(not run.early_stopping for run in scene.trainings.values())
    if scene.timeline.pacing == "snapshots" and exact and sources.kept is None:
        told = "'snapshots' needs a recording; without one, a step is recorded for each frame"
        yield Finding("timeline.pacing", f"{told}: write 'linear', or give --recording PATH")


def refuse_nothing(plan: Plan) -> None:
    """A render must write something.

    Raises:
        SceneError: neither an output nor a table is asked for.
    """
    if whole.NOTHING in plan.findings:
        raise SceneError(plan.scene.source, [whole.NOTHING])


def refuse_warnings(plan: Plan) -> None:
    """Who asks for it gets no film that would not come out as meant.

    Raises:
        SceneError: there are warnings.
    """
    warnings = [finding for finding in plan.findings if finding.level == "warning"]
    if warnings:
        raise SceneError(plan.scene.source, warnings)
