"""What the networks and the data cannot give to a scene's cards and views, as far as both are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from weightreel.render.drawing import text
from weightreel.render.errors import Finding, gathered
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About


def findings(scene: Scene, about: Mapping[str, About]) -> Iterator[Finding]:
    """What the networks and the data cannot give to the scene's cards and views; runs that `about` lacks are passed
    over."""
    names = scene.names(about)
    for key, card in scene.cards.items():
        run = card.run_of(names) if names else ""
        yield from (finding.under(key) for finding in card.unchosen(names))
        if run in about:
            yield from (finding.under(key) for finding in card.findings(about[run]))
        elif scene.recording and names:
            yield _no_run(run, names).under(key)
    if scene.title_card and scene.title_card.heading is None and text.missing(scene.title.replace("\n", "")):
        lost = text.missing(scene.title.replace("\n", ""))
        told = f"the typeface has no sign for {text.named(lost)}; say title_card.heading, or"
        yield Finding("title", f"{told} {text.instead(lost)}")
    for i, view in enumerate(scene.view):
        shown = view.runs(names) if names else ()
        yield from (finding.under(f"view[{i}]") for finding in view.unchosen(names))
        shown = shown[:1] if view.every_run else shown
        found = [f for run in shown if run in about for f in gathered(view.findings(about[run]))]
        yield from (finding.under(f"view[{i}]") for finding in dict.fromkeys(found))
        if scene.recording:
            yield from (_no_run(run, names).under(f"view[{i}]") for run in shown if run not in about)


def _no_run(run: str, names: Sequence[str]) -> Finding:
    """A run that the recording has not; of trainings, that is found in the scene itself."""
    return Finding("run", f"no run '{run}'; there are {', '.join(names)}")
