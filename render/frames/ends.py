"""Words on the frame where a run ended before its time: a film that stands still must say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect, even, fill
from weightreel.render.drawing.lines import Line
from weightreel.render.drawing.moment import Moment
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.theme import Style
from weightreel.trainer.recording.about import About

PAD, MARGIN, BAR = 14, 24, 6  # the lengths are for frames 1080 high
MOST_NAMED = 4  # runs; of more, it is said how many
MOST_HIGH = 0.4  # of the frame
STEPS = tuple(i / 16 for i in range(17))  # of the places that are tried, across and down


@dataclass(frozen=True)
class Ends:
    """A panel that says which runs have ended and why; there from the moment at which the first of them stands still.

    Attributes:
        last: the last recorded step of each run that was stopped.
        lines: its words, by its name, or one for all of them with a place for how many.
    """

    style: Style
    box: Rect
    last: Mapping[str, int]
    lines: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, about: Mapping[str, About], style: Style, frame: Frame) -> Ends | None:
        """The panel where `frame`, the last one without it, is emptiest; None where no words fit the frame."""
        last = {name: a.length for name, a in about.items() if a.stopped}
        for lines in _wordings(about):
            size = _size(style, [row for rows in lines.values() for row in rows])
            if size[0] <= style.size[0] and size[1] <= MOST_HIGH * style.size[1]:
                return cls(style, _emptiest(style, size, frame), last, lines)
        return None

    def ended(self, moment: Moment) -> list[str]:
        """The runs that have ended by this moment: before the first has, there is no panel."""
        return [name for name, step in self.last.items() if moment.step(name) >= step]

    def draw(self, frame: Frame, moment: Moment) -> None:
        """The words of the runs that have ended by this moment."""
        ended = self.ended(moment)
        box, style = self.box.of(frame), self.style
        fill(box, style.panel)
        fill(box[:, : style.even_px(BAR)], style.color("text"))
        x, y = style.even_px(BAR) + style.px(PAD), style.px(PAD) // 2
        for name, rows in self.lines.items():
            for row in rows:
                line = _line(style, row.format(count=len(ended)))
                if name in ended or name == "":
                    color, ground = style.color(line.color), style.panel
                    text.draw(box, (x, y), line.words, size=line.size, color=color, background=ground)
                y += line.height


def _wordings(about: Mapping[str, About]) -> Iterator[dict[str, tuple[str, ...]]]:
    """What can be said, the longest first: the words of each run, in rows."""
    stopped = {name: spaced(a.stopped.step) for name, a in about.items() if a.stopped}
    if len(stopped) > MOST_NAMED:
        yield {"": (f"{{count}} of {len(about)} runs stopped: loss not finite",)}
        yield {"": (f"{{count}} of {len(about)} runs stopped", "loss not finite")}
        yield {"": (f"{{count}} of {len(about)} stopped",)}
        return
    shown = {name: f"{_escaped(name)} " if len(about) > 1 else "" for name in stopped}
    yield {name: (f"{shown[name]}stopped at step {step}: loss not finite",) for name, step in stopped.items()}
    yield {name: (f"{shown[name]}stopped at step {step}", "loss not finite") for name, step in stopped.items()}
    yield {name: (f"{shown[name]}stopped at step {step}",) for name, step in stopped.items()}
    yield {"": ("stopped: loss", "not finite")}
    yield {"": ("stopped",)}


def _escaped(name: str) -> str:
    """A name that stays itself where a line is filled in; signs that the typeface has not are left out."""
    shown = "".join(c for c in name if c not in text.missing(name))
    return shown.replace("{", "{{").replace("}", "}}")


def _line(style: Style, words: str) -> Line:
    return Line(words, style.body_px, "regular", "text")


def _size(style: Style, rows: Sequence[str]) -> tuple[int, int]:
    """(width, height) of the panel, in whole samples of 4:2:0 video."""
    lines = [_line(style, row.format(count=1000)) for row in rows]
    width = style.even_px(BAR) + max(line.width for line in lines) + 2 * style.px(PAD)
    return even(width + 1), even(sum(line.height for line in lines) + style.px(PAD) + 1)


def _emptiest(style: Style, size: tuple[int, int], frame: Frame) -> Rect:
    """The place of the panel that hides least and keeps most distance, on even pixels; of several the nearest to a
    corner below. The frame has (height, width, 3)."""
    painted = np.abs(frame.astype(np.int16) - np.array(style.background, np.int16)).sum(axis=2, dtype=np.int64)
    margin = [min(style.px(MARGIN), (whole - part) // 2) for whole, part in zip(style.size, size, strict=True)]
    free = [whole - part - 2 * edge for whole, part, edge in zip(style.size, size, margin, strict=True)]
    found = []
    for share in sorted(product(STEPS, STEPS), key=lambda at: (min(at[0], 1 - at[0]) + 1 - at[1], at)):
        x, y = (even(edge + room * at) for edge, room, at in zip(margin, free, share, strict=True))
        found.append(Rect(x, y, *size))
    return min(found, key=lambda rect: int(_around(rect, style.px(PAD)).of(painted).sum()))


def _around(rect: Rect, pad: int) -> Rect:
    """A rectangle and what stands near it."""
    x, y = max(0, rect.x - pad), max(0, rect.y - pad)
    return Rect(x, y, rect.x - x + rect.width + pad, rect.y - y + rect.height + pad)
