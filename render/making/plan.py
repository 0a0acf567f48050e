"""All that can be known, and can be wrong, before work begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from weightreel.render.check import whole
from weightreel.render.errors import Finding, SceneError
from weightreel.render.frames.take import ALL, Take
from weightreel.render.making.sources import Sources
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings


@dataclass(frozen=True)
class Plan:
    """What is to be done for a scene: `takes`, its outputs settled against it, from `sources`; `frames` are those that
    were asked for; `findings` are warnings and notes."""

    scene: Scene
    sources: Sources
    takes: tuple[Take, ...]
    frames: slice
    findings: tuple[Finding, ...] = ()

    def recorded_steps(self, run: str) -> list[int]:
        """The steps to be recorded: those of all outputs together, and both ends."""
        ends = np.array([0, self.sources.about[run].length])
        steps: list[int] = np.unique(np.concatenate([ends, *(take.course.wanted[run] for take in self.takes)])).tolist()
        return steps

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
        return any(set(other.recorded_steps(run)) - set(self.recorded_steps(run)) for run in self.sources.about)

    def takes_of(self, recordings: Recordings) -> tuple[Take, ...]:
        """The outputs settled anew, now that the length of the trainings is known."""
        about = {name: r.about for name, r in recordings.items()}
        takes = (Take.of(self.scene, take.output, about, self.frames, key=take.key) for take in self.takes)
        return tuple(take.over(recordings) for take in takes)


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
    about = sources.about
    takes = tuple(Take.of(scene, out, about, frames, key=f"output[{i}]") for i, out in enumerate(scene.output))
    found = whole.findings(scene, about, takes, written=written)
    errors = [finding for finding in found if finding.level == "error"]
    if errors:
        raise SceneError(scene.source, errors)
    return Plan(scene, sources, takes, frames, found)


def refuse_nothing(plan: Plan) -> None:
    """A render must write something.

    Raises:
        SceneError: neither an output nor a table is asked for.
    """
    if not plan.scene.output and plan.scene.table is None:
        told = "nothing to write; add an [[output]] or say -o PATH"
        raise SceneError(plan.scene.source, [Finding("output", told)])
