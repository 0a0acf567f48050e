"""Words under tiles: on how many lines, how large, and which where the tiles are of classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from weightreel.render.drawing import text
from weightreel.render.drawing.fitting import in_lines, smaller
from weightreel.render.drawing.theme import Style
from weightreel.trainer.recording.about import About

MOST_LINES = 3
APART = "0"  # neighbours are as far from each other as this is wide


class Labels(NamedTuple):
    """Labels on so many lines of type of `size` pixels, none wider than `width`, what keeps neighbours apart included;
    no size, no labels."""

    size: int
    lines: int = 1
    width: int = 0

    @classmethod
    def of(cls, words: Sequence[str], style: Style, share: float) -> Iterator[Labels]:
        """The ways to write them at a share of the type size, those on fewer lines first."""
        if not words:
            yield cls(0)
            return
        size = smaller(style.body_px, share)
        measure = partial(text.width, size=size)
        for lines in range(1, MOST_LINES + 1):
            broken = [in_lines(word, size, lines) for word in dict.fromkeys(words)]
            if lines == max(map(len, broken)):  # else no word has so many
                yield cls(size, lines, max(measure(line) for rows in broken for line in rows) + measure(APART))


def classes_of(about: About, layer: int | str) -> tuple[str, ...]:
    """The names of the classes, where a layer's units stand for them: it is the last, and has as many."""
    weighted = [number for number, there in enumerate(about.layers) if there.kind != "shape"]
    last = bool(weighted) and about.place(layer) == weighted[-1]
    return tuple(about.classes) if last and about.layer(layer).tensor[-1:] == (len(about.classes),) else ()
