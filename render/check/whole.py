"""Everything that can be found wrong, or worth knowing, with a scene and the data or recordings that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from weightreel.render.check import crispness, disk, fit, letters, outputs, room, trial
from weightreel.render.errors import Finding
from weightreel.render.frames.take import Take
from weightreel.render.scene.scene import Scene
from weightreel.render.views.progress import Progress
from weightreel.trainer.recording.about import About

NOTHING = Finding("output", "nothing to write; add an [[output]] or say -o PATH", "note")


def findings(
    scene: Scene, about: Mapping[str, About], takes: Sequence[Take], *, written: bool = True
) -> tuple[Finding, ...]:
    """All findings, each once.

    Args:
        scene: what is to be filmed.
        about: what is known of each run; what is not known is not looked at.
        takes: the outputs, settled; none while the runs are not all known.
        written: whether the outputs are to be written, and not only looked at.
    """
    found = [*_no_view(scene), *fit.findings(scene, about)]
    found += letters.findings(_without(scene, found), about)
    if about and about.keys() == set(scene.names(about)):
        sound = _without(scene, found)
        found += room.findings(sound, room.sizings(scene, takes, written=written), about)
        found += crispness.findings(_without(scene, found), about, takes)
    if written:
        found += [*_nothing(scene), *outputs.findings(scene), *(f for take in takes for f in _of_take(take))]
        wrong = [finding.key for finding in found if finding.level == "error"]
        found += [*trial.findings(takes, wrong), *disk.findings(takes)]
    return tuple(dict.fromkeys(found))


def _without(scene: Scene, found: Sequence[Finding]) -> Scene:
    """The scene without what errors were found in: one fault hides no other. A view becomes one that asks for nothing,
    so that the others keep their numbers and the layout its areas."""
    wrong = {finding.key.partition(".")[0] for finding in found if finding.level == "error"}
    views = tuple(Progress(area=view.area) if f"view[{i}]" in wrong else view for i, view in enumerate(scene.view))
    changed: dict[str, object] = {"view": views} | {key: None for key in ("title_card", "end_card") if key in wrong}
    return scene.model_copy(update=changed) if wrong else scene


def _no_view(scene: Scene) -> Iterator[Finding]:
    if not scene.view:
        yield Finding("view", 'shows nothing; add a [[view]], such as type = "neuron_grid"')


def _nothing(scene: Scene) -> Iterator[Finding]:
    if not scene.output and scene.table is None:
        yield NOTHING


def _of_take(take: Take) -> Iterator[Finding]:
    """A rate that cannot be written; frames that become larger than the film; frames that were chosen so that none is
    left."""
    count = len(take.course)
    own = take.key if take.output.fps else "timeline"
    yield from (finding.under(own) for finding in take.output.findings_at_rate(take.rate))
    yield from (finding.under(take.key) for finding in take.output.padding(take.size))
    if take.cut is not None and not take.cut:
        yield Finding("--frames", f"chooses none of the {count} frames of {take.key}")
    elif not take.indices:
        yield Finding(f"{take.key}.frames", f"chooses none of the film's {count} frames")
