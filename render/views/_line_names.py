"""The names of lines: beside the plot, each where its line ends, or over it; never on what is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Color, Frame
from weightreel.render.drawing.plot import SHIFT, Plot, dashed, line
from weightreel.render.drawing.theme import Style

BESIDE, OVER = 0.3, 0.3  # of the width of the place, at the most, and of its height
GAP, NEAR = 12, 8  # before a name, between names; on a frame 1080 high


class Named(NamedTuple):
    """What is to be named: a metric of a run, and how its line looks."""

    run: str
    words: str
    color: Color
    dashed: bool
    short: str


class Label(NamedTuple):
    """Lines of words beside the plot, and which of the lines of the plot they belong to."""

    words: tuple[str, ...]
    color: Color
    of: tuple[int, ...]


class Key(NamedTuple):
    """Words over the plot, behind a piece of line where there is one to be told apart."""

    words: str
    color: Color
    line: bool
    dashed: bool


@dataclass(frozen=True)
class Names:
    """Where the names go: `labels` beside the plot, which take `beside` pixels; `rows` of keys over it, or
    `left_out` where these would take too much of the place."""

    labels: tuple[Label, ...]
    rows: tuple[tuple[Key, ...], ...]
    beside: int
    style: Style
    left_out: bool = False

    @classmethod
    def of(cls, named: Sequence[Named], size: tuple[int, int], style: Style, *, runs: int, heading: str) -> Names:
        """Beside where there is room; with several runs their names stand there, and what the lines are, over the
        plot. `heading` is the name of a run that nobody chose."""
        labels, beside = _beside(named, runs, size, style)
        keys = [Key(heading, style.color("muted"), False, False)] if heading else []
        if runs > 1:
            keys += _metrics(named, style)
        if not labels:
            several = len({n.words for n in named}) < len(named)
            told = [n._replace(words=f"{n.run}: {n.words}") for n in named] if several else named
            keys = [k for k in keys if k.words == heading] + [Key(n.words, n.color, True, n.dashed) for n in told]
        rows = tuple(_rows(keys, size[0], style))
        left_out = len(rows) * _line(style) > size[1] * OVER or any(_wide(row, style) > size[0] for row in rows)
        if left_out and any(n.short != n.words for n in named):
            return cls.of([n._replace(words=n.short) for n in named], size, style, runs=runs, heading=heading)
        return cls(tuple(labels), () if left_out else rows, beside, style, left_out)

    def has_room_above(self, height: int) -> bool:
        """Whether one line of words more may stand over the plot, in a place so high."""
        return (self.lines + 1) * _line(self.style) <= height * OVER

    def height(self, best: bool) -> int:
        """Pixels that words over and under a plot take, with a line for the best epoch or without."""
        return (self.lines + best + 2) * _line(self.style)

    @property
    def lines(self) -> int:
        """Lines of words over the plot."""
        return len(self.rows)

    def draw(self, background: Frame, plot: Plot, ends: Sequence[float]) -> None:
        """The keys, and each name at the height at which its line ends, or near it."""
        for number, row in enumerate(self.rows):
            x = max(0, min(plot.rect.x, background.shape[1] - _wide(row, self.style)))
            for key in row:
                if key.line:
                    self._piece(background, key, x, number * _line(self.style))
                    x += _key(self.style) + _gap(self.style)
                plot.write(background, (x, number * _line(self.style)), key.words, key.color)
                x += text.width(key.words, self.style.body_px) + 2 * _gap(self.style)
        height = _line(self.style)
        wanted = [float(np.mean([ends[i] for i in label.of])) for label in self.labels]
        heights, lowest = [len(label.words) * height for label in self.labels], plot.rect.y + plot.rect.height
        tops = _spread(wanted, heights, lowest + height // 3, self.style.px(NEAR))
        left = plot.rect.x + plot.rect.width + self.style.dot_px + self.style.px(GAP)
        for label, top in zip(self.labels, tops, strict=True):
            for i, words in enumerate(label.words):
                plot.write(background, (left, top + i * height), words, label.color)

    def told(self, canvas: Frame, plot: Plot, words: str, x: int) -> None:
        """Words over the plot, under the keys, as near to a column of pixels as they can stand."""
        wide = text.width(words, self.style.body_px)
        left = min(max(x - wide // 2, plot.rect.x), max(plot.rect.x, plot.rect.x + plot.rect.width - wide))
        plot.write(canvas, (left, self.lines * _line(self.style)), words, self.style.color("text"))

    def _piece(self, background: Frame, key: Key, x: int, y: int) -> None:
        ascent, _, cap = text.metrics(self.style.body_px)
        middle = y + ascent - cap // 2
        points = np.array([[x, middle], [x + _key(self.style), middle]], np.int32) << SHIFT
        weight = self.style.curve_px
        for part in dashed(points, 2.5 * weight, 2.5 * weight) if key.dashed else [points]:
            line(background, part, key.color, weight)


def _line(style: Style) -> int:
    return sum(text.metrics(style.body_px)[:2])


def _key(style: Style) -> int:
    """Pixels of a piece of line in a key: as many as show dashes."""
    return max(8 * style.curve_px, round(1.5 * style.body_px))


def _gap(style: Style) -> int:
    """Pixels between it and its name; twice as many lie between keys."""
    return style.body_px // 2


def _beside(named: Sequence[Named], runs: int, size: tuple[int, int], style: Style) -> tuple[list[Label], int]:
    """Labels beside the plot and the pixels that they take: in as few lines as have room; none where there is none."""
    gap = style.dot_px + style.px(GAP)
    room = round(BESIDE * size[0]) - gap
    labels = list(_labels(named, runs, room, style))
    wide = max((text.width(words, style.body_px) for label in labels for words in label.words), default=0)
    high = sum(len(label.words) for label in labels) * _line(style) + (len(labels) - 1) * style.px(NEAR)
    most = size[1] / 2 if runs < 2 else size[1] - 4 * _line(style)
    return (labels, wide + gap) if labels and wide <= room and high <= most else ([], 0)


def _labels(named: Sequence[Named], runs: int, room: int, style: Style) -> Iterator[Label]:
    """A label for each line; with several runs, one for each of them."""
    if runs < 2:
        yield from (Label(tuple(_broken(n.words, room, style)), n.color, (i,)) for i, n in enumerate(named))
        return
    for run in dict.fromkeys(n.run for n in named):
        own = tuple(i for i, n in enumerate(named) if n.run == run)
        yield Label((run,), named[own[0]].color, own)


def _metrics(named: Sequence[Named], style: Style) -> Iterator[Key]:
    """What the lines of several runs are."""
    kinds = dict.fromkeys((n.words, n.dashed) for n in named)
    color = style.color("muted")
    yield from (Key(words, color, len(kinds) > 1, dashes) for words, dashes in kinds)


def _broken(words: str, room: int, style: Style) -> Iterator[str]:
    """Words in lines: broken behind a comma and, what is too wide, at the blank nearest to the middle."""
    for part in words.split(", "):
        wide = text.width(part, style.body_px) > room
        blanks = [i for i, sign in enumerate(part) if sign == " " and wide]
        at = min(blanks, key=lambda i: abs(2 * i - len(part)), default=len(part))
        yield from filter(None, (part[:at], part[at + 1 :]))


def _rows(keys: Sequence[Key], width: int, style: Style) -> Iterator[tuple[Key, ...]]:
    """As many keys in a row as there is room for."""
    row: list[Key] = []
    for key in keys:
        if row and _wide([*row, key], style) > width * 0.9:
            yield tuple(row)
            row = []
        row.append(key)
    if row:
        yield tuple(row)


def _wide(row: Sequence[Key], style: Style) -> int:
    """Pixels of a row of keys."""
    lines = sum(key.line for key in row) * (_key(style) + _gap(style))
    return lines + sum(text.width(key.words, style.body_px) for key in row) + 2 * _gap(style) * (len(row) - 1)


def _spread(wanted: Sequence[float], heights: Sequence[int], room: int, apart: int) -> list[int]:
    """Tops of boxes whose middles are wanted at these pixels, moved as little as keeps them apart and inside."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    tops, below = [0] * len(wanted), 0
    for i in order:
        tops[i] = max(below, round(wanted[i] - heights[i] / 2))
        below = tops[i] + heights[i] + apart
    above = room
    for i in reversed(order):
        tops[i] = max(0, min(tops[i], above - heights[i]))
        above = tops[i] - apart
    return tops
