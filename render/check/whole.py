"""Everything that can be found wrong, or worth knowing, with a scene and the data or recordings that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from weightreel.render.check import crispness, fit, outputs, room
from weightreel.render.errors import Finding
from weightreel.render.frames.take import Take
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About


def findings(
    scene: Scene, about: Mapping[str, About], takes: Sequence[Take], *, written: bool = True
) -> tuple[Finding, ...]:
    """All findings, each once; `about` describes the runs, `takes` are the outputs, which are looked at where they are
    to be `written`. Room and crispness are looked for where the views have what they need."""
    found = [*_nothing(scene), *fit.findings(scene, about)]
    if not found:
        sizes = dict.fromkeys([*(take.size for take in takes), scene.layout.size])
        found += [finding for size in sizes for finding in room.findings(scene, size, about)]
    if not any(finding.level == "error" for finding in found):
        found += crispness.findings(scene, about)
    if written:
        found += [*outputs.findings(scene), *(finding for take in takes for finding in _empty(take))]
    return tuple(dict.fromkeys(found))


def _nothing(scene: Scene) -> Iterator[Finding]:
    if not scene.view:
        yield Finding("view", 'shows nothing; add a [[view]], such as type = "neuron_grid"')


def _empty(take: Take) -> Iterator[Finding]:
    """Frames that were chosen so that none is left."""
    count = len(take.course)
    if take.cut is not None and not take.cut:
        yield Finding("--frames", f"chooses none of the {count} frames of {take.key}")
    elif not take.indices:
        yield Finding(f"{take.key}.frames", f"chooses none of the film's {count} frames")
