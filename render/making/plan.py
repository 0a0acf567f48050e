"""All that can be known, and can be wrong, before work begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from weightreel.render.check import fit, outputs, room
from weightreel.render.errors import Finding, SceneError
from weightreel.render.frames.take import ALL, Take
from weightreel.render.making.sources import Sources
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings


@dataclass(frozen=True)
class Plan:
    """What is to be done for a scene: `takes`, its outputs settled against it, from `sources`; `frames` are those that
    were asked for; `notes` say what the views must cut or leave out."""

    scene: Scene
    sources: Sources
    takes: tuple[Take, ...]
    frames: slice
    notes: tuple[Finding, ...] = ()

    def recorded_steps(self, run: str) -> list[int]:
        """The steps to be recorded: those of all outputs together, and both ends."""
        ends = np.array([0, self.sources.about[run].length])
        return np.unique(np.concatenate([ends, *(take.course.wanted[run] for take in self.takes)])).tolist()

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


def prepare(scene: Scene, sources: Sources, frames: slice = ALL) -> Plan:
    """Hold the scene to its data, lay out every size, settle every output.

    Raises:
        SceneError: with all problems that this brings to light.
    """
    problems = [] if scene.view else [Finding("view", 'shows nothing; add a [[view]], such as type = "neuron_grid"')]
    problems += fit.findings(scene, sources.about)
    if problems:
        raise SceneError(scene.source, problems)
    sizes = dict.fromkeys([*(output.size_in(scene.layout.size) for output in scene.output), scene.layout.size])
    notes = tuple(note for size in sizes for note in room.findings(scene, size, sources.about))
    takes = (Take.of(scene, output, sources.about, frames, key=f"output[{i}]") for i, output in enumerate(scene.output))
    return Plan(scene, sources, tuple(takes), frames, notes)


def check_outputs(plan: Plan) -> None:
    """Refuse outputs that cannot be written, or that would be empty.

    Raises:
        SceneError: with all problems found.
    """
    problems = list(outputs.findings(plan.scene))
    if not plan.scene.output and plan.scene.table is None:
        problems.append(Finding("output", "nothing to write; add an [[output]] or say -o PATH"))
    for take in plan.takes:
        count = len(take.course)
        if take.cut is not None and not take.cut:
            problems.append(Finding("--frames", f"chooses none of the {count} frames of {take.key}"))
        elif not take.indices:
            problems.append(Finding(f"{take.key}.frames", f"chooses none of the film's {count} frames"))
    if problems:
        raise SceneError(plan.scene.source, problems)
