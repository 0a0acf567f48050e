"""What a kept recording lacks of what a scene shows: probes, epochs, a name for its data."""

from __future__ import annotations

from collections.abc import Iterator

from weightreel.render.errors import Finding, gathered
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings


def findings(scene: Scene, kept: Recordings) -> Iterator[Finding]:
    """A finding for each thing that a view or a card asks of its run and that was not recorded, with how to record it.
    What the run itself cannot give is said elsewhere."""
    for key, card in scene.cards.items():
        run = card.run_of(kept)
        if run in kept and not card.findings(kept[run].about):
            yield from (finding.under(key) for finding in card.lacking(kept[run]))
    yield from unseen(scene, kept)
    for number, view in enumerate(scene.view):
        lacking = [
            finding
            for run in view.runs(kept)
            if run in kept and not gathered(view.findings(kept[run].about))
            for finding in view.lacking(kept[run])
        ]
        yield from (finding.under(f"view[{number}]") for finding in dict.fromkeys(lacking))


def unseen(scene: Scene, recordings: Recordings) -> Iterator[Finding]:
    """A note for each thing that a view shows and that, as it was recorded, nobody will see."""
    for number, view in enumerate(scene.view):
        for run in view.runs(recordings):
            if run in recordings and not gathered(view.findings(recordings[run].about)):
                yield from (finding.under(f"view[{number}]") for finding in view.unseen(run, recordings[run]))
