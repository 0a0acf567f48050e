"""Letters that the typeface lacks, in words that others than the scene bring: classes, runs, metrics, files of data.

What the scene says itself is refused where it stands, with the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from weightreel.render.drawing import text
from weightreel.render.drawing.template import Written
from weightreel.render.errors import Finding
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About


def findings(scene: Scene, about: Mapping[str, About]) -> Iterator[Finding]:
    """A warning for each sort of words that a view or a card shows with boxes in them; runs that `about` lacks are
    passed over."""
    names = scene.names(about)
    for key, card in scene.cards.items() if names else ():
        run = card.run_of(names)
        yield from (finding.under(key) for finding in _boxes(card.written(run, about[run]) if run in about else ()))
    for number, view in enumerate(scene.view if names else ()):
        there = (run for run in view.runs(names) if run in about)
        written = (words for run in there for words in view.written(run, about[run]))
        yield from (finding.under(f"view[{number}]") for finding in _boxes(written))


def _boxes(written: Iterable[Written]) -> Iterator[Finding]:
    signs: dict[str, dict[str, None]] = {}
    for what, words in written:
        signs.setdefault(what, {}).update(dict.fromkeys(text.missing(words)))
    for what, lost in signs.items():
        if lost:
            told = f"the typeface lacks signs of {what}, which are drawn as boxes: {text.named(''.join(lost))}"
            way_out = text.instead("".join(lost), "write them in Latin, Greek or Cyrillic letters")
            yield Finding("", f"{told}; {way_out}", "warning")
