"""Any task, done: what a crew calls, in whatever process and on whatever machine.

What was opened for a task stays open for the next: the scene, its recordings and fitted films.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from weightreel.render.errors import Finding
from weightreel.render.frames.colors import counted_in
from weightreel.render.frames.fits import Fits
from weightreel.render.frames.take import Take
from weightreel.render.planning.sources import Sources, sources_of
from weightreel.render.scene.scene import Scene
from weightreel.render.work.cached import Shelf, cache_of, written
from weightreel.render.work.parcel import Parcel, opened, scene_in
from weightreel.render.work.progress import Advance
from weightreel.render.work.segments import Piece, Shared
from weightreel.render.work.stages import Stages
from weightreel.render.work.tasks import Plain, Task, plain_of
from weightreel.render.work.trained import record_run
from weightreel.render.work.write import Writer
from weightreel.trainer.recording.keeping import keeping
from weightreel.trainer.recording.wanted import Wanted

MOST_OPEN = 2  # films that stay open; each holds what its views were fitted to


@dataclass(frozen=True)
class Opened:
    """What stands in a parcel: films by size and rate, and the scene's outputs settled over what was recorded."""

    fits: Fits
    takes: tuple[Take, ...]

    def take(self, payload: Mapping[str, Any]) -> Take:
        """What a task shows: the output of its number, with the keys that a limit of bytes changed."""
        take: Take = self.takes[payload["output"]]
        changed = {key: tuple(v) if isinstance(v, list) else v for key, v in payload.get("changed", {}).items()}
        return take.changed(**changed) if changed else take


@dataclass
class Desk:
    """Where tasks are done. A thread has its own: films are not drawn by two at once. `pumps` says whether there is a
    processor for encoding beside the one for drawing."""

    pumps: bool = True
    known: list[tuple[Parcel, Opened]] = field(default_factory=list)
    data: list[tuple[Parcel, tuple[Scene, Sources]]] = field(default_factory=list)

    def opened(self, parcel: Parcel) -> Opened:
        """What a parcel holds."""
        for known, there in self.known:
            if known is parcel or known == parcel:
                return there
        plan, recordings = opened(parcel)
        there = Opened(Fits(plan.scene, recordings), plan.takes_of(recordings))
        self.known[:] = [*self.known[1 - MOST_OPEN :], (parcel, there)]
        return there

    def untrained(self, parcel: Parcel) -> tuple[Scene, Sources]:
        """The scene of a parcel, and what its runs are trained on."""
        for known, there in self.data:
            if known is parcel or known == parcel:
                return there
        scene = scene_in(parcel)
        self.data[:] = [(parcel, (scene, sources_of(scene)))]
        return self.data[0][1]


_desks = threading.local()


def _desk() -> Desk:
    if not hasattr(_desks, "own"):
        _desks.own = Desk()
    own: Desk = _desks.own
    return own


def work(task: Task, advance: Advance, desk: Desk | None = None) -> Plain:
    """Do a task.

    Args:
        task: what is to be done.
        advance: is called as it goes on.
        desk: where; default: that of this thread.

    Returns:
        Plain data, as JSON can hold it.

    Raises:
        WeightreelError: it cannot be done.
    """
    return KINDS[task.kind](task.payload, desk or _desk(), advance)


def segment(payload: Mapping[str, Any], desk: Desk, advance: Advance) -> Plain:
    """Draw and encode a `piece` of a clip into its file; what was `seen`, and the seconds of `stages`."""
    there = desk.opened(payload["film"])
    writer = Writer(there.fits, recipe=True, advance=advance, pumps=desk.pumps)
    seen = writer.segment(there.take(payload), Piece.of(payload["piece"]), Shared.of(payload["shared"]))
    return {"seen": seen.plain(), "stages": writer.stages.plain()}


def colors(payload: Mapping[str, Any], desk: Desk, advance: Advance) -> Plain:
    """The `colors` of a `part` of the frames of a clip, see `weightreel.render.frames.colors.Counted`."""
    there, stages = desk.opened(payload["film"]), Stages()
    take = there.take(payload)
    with stages.spent("encode", take.output.path):
        film, part = there.fits.film(take), range(*payload["part"])
        found = counted_in(film, take.indices, part, every=payload["every"])
    advance(len(range(*payload["part"])))
    return {"colors": [plain_of(values) for values in found], "stages": stages.plain()}


def measure(payload: Mapping[str, Any], desk: Desk, advance: Advance) -> Plain:
    """The `bytes` of some frames, `indices` of the film, encoded by themselves, and the seconds of `stages`."""
    there = desk.opened(payload["film"])
    writer = Writer(there.fits, recipe=True, advance=advance, pumps=desk.pumps)
    take = there.take(payload).showing(payload["indices"])
    return {"bytes": writer.measure(take, Shared.of(payload["shared"])), "stages": writer.stages.plain()}


def train(payload: Mapping[str, Any], desk: Desk, advance: Advance) -> Plain:
    """Train the `run` of a scene: into the cache that is shared, or else into a recording of its own at a `path`.
    Whether the cache was `tried`, whether it is `kept` there, and was `before`; what has to be known of that."""
    scene, sources = desk.untrained(payload["film"])
    name, wanted, path = payload["run"], Wanted.from_plain(payload["wanted"]), Path(payload["path"])
    cache, notes = cache_of(payload.get("cache")), list[Finding]()
    if cache is None:
        record_run(scene, sources, name, wanted, path, advance=advance)
        return {"tried": False, "kept": False, "before": False, "notes": []}
    shelf = Shelf(cache, scene, sources, notes.append, dict(payload["cache"]["keys"]))
    recording = shelf.trained(name, wanted, advance)
    kept = shelf.found(name, wanted) is not None
    if not kept:
        with keeping(path) as own:
            written(recording, name, own, wanted.probes)
    said = [finding.message for finding in notes]
    return {"tried": True, "kept": kept, "before": recording.cached, "notes": said}


KINDS: Mapping[str, Callable[[Mapping[str, Any], Desk, Advance], Plain]] = {
    "segment": segment,
    "colors": colors,
    "measure": measure,
    "train": train,
}
