"""The frame of a plot: grid lines, tick labels, names of the axes; and where a pair of values falls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log10
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing import text
from weightreel.render.drawing.axes import Axis
from weightreel.render.drawing.canvas import Color, Frame, Rect, cv2
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding

SHIFT = 4  # OpenCV draws at sixteenths of a pixel
ON, OFF = 2.5, 2.5  # dashes and what is between them, over the weight of the line
LABEL_GAP = 14  # between the y axis and its labels, on a frame 1080 high
LEAST = 2, 6  # lines of small text that a plot is high, and its canvas wide, before words about its axes have room
APART = 1.6  # heights of a capital, at least, from one label of the y axis to the next
Names = tuple[str, str]  # of the x axis, which stands below, and of the y axis, which stands on top, or ""


class Room(NamedTuple):
    """Which words have room about a plot. Of a low one the names of the axes go first, then the numbers along the x
    axis, then those along the y axis; a narrow one has none."""

    names: bool
    across: bool
    up: bool

    @classmethod
    def of(cls, size: tuple[int, int], style: Style, names: Names, *, lines: int = 0) -> Room:
        """About a plot on a canvas of `size` (width, height), with `lines` of words over it."""
        line, cap = _line(style), text.metrics(style.body_px)[2]
        free = size[1] - _above(style) - _drop(style) - lines * line
        wide, broadest = size[0] >= LEAST[1] * line, max(text.width(name, style.body_px) for name in names)
        return cls(
            names=free - (2 + bool(names[1])) * line >= LEAST[0] * line and wide and size[0] >= broadest,
            across=wide and free - line >= LEAST[0] * line,
            up=wide and free >= cap,
        )

    def findings(self) -> Iterator[Finding]:
        """A note on what has none."""
        words = ("the names of the axes", "the numbers along the x axis", "those along the y axis")
        lost = [told for told, there in zip(words, self, strict=True) if not there]
        if lost:
            told = " and ".join(filter(None, (", ".join(lost[:-1]), lost[-1])))
            yield Finding("area", f"has no room for {told}, which are left out; enlarge it", "note")


@dataclass(frozen=True)
class Plot:
    """Two axes around a rectangle `rect` of a canvas."""

    rect: Rect
    x: Axis
    y: Axis
    style: Style
    names: Names
    room: Room

    @classmethod
    def within(
        cls, size: tuple[int, int], x: Axis, y: Axis, style: Style, names: Names, *, lines: int = 0, beside: int = 0
    ) -> Plot:
        """The plot that fills a canvas of `size` (width, height), labels included; `lines` of words stand over it, and
        words in `beside` pixels to its right."""
        room, line = Room.of(size, style, names, lines=lines), _line(style)
        wide = max(text.width(label, style.body_px) for label in y.labels) + style.px(LABEL_GAP)
        left = wide if room.up else style.dot_px + 1
        top = _above(style) + (line if names[1] and room.names else 0) + line * lines
        over = _overhang(x, size[0] - left - beside, style) if room.across else 0
        width = size[0] - left - max(style.dot_px + 1, beside, over)
        height = size[1] - top - (room.names + room.across) * line - _drop(style)
        rect = Rect(left, top, max(1, width), max(1, height))
        return cls(rect, x, y, style, names, room)

    def points(self, xs: NDArray[np.number], ys: NDArray[np.number], *, cut: Literal["x", ""]) -> NDArray[np.int32]:
        """Where pairs of values fall, (n, 2) in sixteenths of a pixel, beyond the axes too: for values outside of the
        axis that is `cut`, at its end."""
        r = self.rect
        px = self.x.place(xs, r.x, r.x + r.width, cut=cut == "x")
        py = self.y.place(ys, r.y + r.height, r.y, cut=False)
        return np.round(np.stack([px, py], axis=1) * (1 << SHIFT)).astype(np.int32)

    def line(
        self, canvas: Frame, points: NDArray[np.int32], color: Color, thickness: int, *, whole: bool = True
    ) -> None:
        """A line, of which only what lies between the ends of the axes is seen; one that is not `whole` is `thinned`
        already."""
        self._lines(canvas, [thinned(points) if whole else points], color, thickness)

    def dashes(
        self, canvas: Frame, points: NDArray[np.int32], color: Color, thickness: int, *, left: int | None = None
    ) -> None:
        """The same as dashes, which stay where they are while the line grows; with `left`, of a line that runs to the
        right, those alone that end right of this column of pixels."""
        parts = dashed(points, ON * thickness, OFF * thickness, left=left)
        self._lines(canvas, [thinned(part) for part in parts], color, thickness)

    def _lines(self, canvas: Frame, parts: Sequence[NDArray[np.int32]], color: Color, thickness: int) -> None:
        r = self.rect
        left, top = max(0, r.x - thickness - 1), max(0, r.y - thickness)
        shown = canvas[top : r.y + r.height + thickness, left : r.x + r.width + thickness + 1]
        corner = np.array([left, top], np.int32) << SHIFT
        lines(shown, [part - corner for part in parts], color, thickness)

    def holds(self, point: NDArray[np.int32]) -> bool:
        """Whether a point lies between the ends of the axes."""
        x, y = (int(p) / (1 << SHIFT) for p in point)
        r = self.rect
        return r.x - 0.5 <= x <= r.x + r.width + 0.5 and r.y - 0.5 <= y <= r.y + r.height + 0.5

    def draw_axes(self, canvas: Frame) -> None:
        """Horizontal grid lines, tick labels, the names of the axes."""
        style, r = self.style, self.rect
        ascent, _, cap = text.metrics(style.body_px)
        for y, label in self.up():
            canvas[y : y + style.grid_px, r.x : r.x + r.width] = style.color("line")
            if self.room.up:
                at = r.x - style.px(LABEL_GAP) - text.width(label, style.body_px), y - ascent + cap // 2
                self.write(canvas, at, label)
        below = r.y + r.height + _drop(style)
        if self.room.across:
            self._count_across(canvas, below)
        if self.room.names:
            self._name_axes(canvas, below + _line(style))

    def up(self) -> list[tuple[int, str]]:
        """The grid lines, from below: (row, label). Of a low plot every second, or third: those whose labels have room,
        of a logarithmic axis rather the powers of ten, so that what is left is as even as what was there."""
        r, axis, apart = self.rect, self.y, APART * text.metrics(self.style.body_px)[2]
        rows = [round(float(axis.place(np.array(tick), r.y + r.height, r.y))) for tick in axis.ticks]
        every = list(zip(rows, axis.labels, strict=True))
        tens = [line for line, tick in zip(every, axis.ticks, strict=True) if axis.log and _is_ten(tick)]
        thinner = ([*every[:: n + 1]] for n in range(len(every)))
        for lines in (every, *([tens] if len(tens) > 1 else []), *thinner):
            if all(a[0] - b[0] >= apart for a, b in pairwise(lines)):
                return lines
        return []

    def _name_axes(self, canvas: Frame, under: int) -> None:
        style, (x_name, y_name) = self.style, self.names
        wide = text.width(x_name, style.body_px)
        x = min(self.rect.x + (self.rect.width - wide) // 2, canvas.shape[1] - wide)
        self.write(canvas, (x, under - style.px(4)), x_name)
        if y_name:
            self.write(canvas, (0, text.highest(y_name, style.body_px) - text.metrics(style.body_px)[0]), y_name)

    def _count_across(self, canvas: Frame, top: int) -> None:
        """The labels of the x axis; one that would touch the one before it is left out."""
        style, r, free = self.style, self.rect, -canvas.shape[1]
        for value, label in zip(self.x.ticks, self.x.labels, strict=True):
            middle = float(self.x.place(np.array(value), r.x, r.x + r.width))
            width = text.width(label, style.body_px)
            left = max(0, min(round(middle - width / 2), canvas.shape[1] - width))
            if left >= free:
                free = left + width + style.px(LABEL_GAP)
                self.write(canvas, (left, top), label)

    def write(self, canvas: Frame, xy: tuple[int, int], words: str, color: Color | None = None) -> None:
        """A line of small text."""
        style = self.style
        color = color or style.color("muted")
        text.draw(canvas, xy, words, size=style.body_px, color=color, background=style.background)


def _is_ten(tick: float) -> bool:
    return abs(log10(tick) - round(log10(tick))) < 1e-9


def line(canvas: Frame, points: NDArray[np.int32], color: Color, thickness: int) -> None:
    """An antialiased line through points in sixteenths of a pixel."""
    lines(canvas, [thinned(points)], color, thickness)


def lines(canvas: Frame, parts: Sequence[NDArray[np.int32]], color: Color, thickness: int) -> None:
    """Several, one after the other, as they are."""
    drawn = [points for points in parts if len(points) > 1]
    if drawn:
        cv2.polylines(canvas, drawn, False, color, thickness, cv2.LINE_AA, SHIFT)


def dashed(points: NDArray[np.int32], on: float, off: float, *, left: int | None = None) -> list[NDArray[np.int32]]:
    """The parts (m, 2) of a line (n, 2) that are dashes, `on` pixels each, `off` pixels apart, from its beginning; with
    `left`, of a line that runs to the right, those that end right of this column of pixels, and some before."""
    if len(points) < 2:
        return []
    steps = np.hypot(*np.diff(points.astype(np.float64), axis=0).T)
    along, pitch, first = np.concatenate([[0.0], np.cumsum(steps)]), (on + off) * (1 << SHIFT), 0
    if left is not None:
        before = max(0, int(np.searchsorted(points[:, 0], left << SHIFT)) - 1)
        first = max(0, int(along[before] // pitch) - 1)
    starts = np.arange(first, np.ceil(along[-1] / pitch)) * pitch
    ends = np.minimum(starts + on * (1 << SHIFT), along[-1])
    begins, stops = np.searchsorted(along, starts, "right"), np.searchsorted(along, ends, "left")
    tips = [np.stack([np.interp(at, along, axis) for axis in points.T], axis=1) for at in (starts, ends)]
    # All of them in one array, which is cut up: a dash is its tips and the points between them.
    cuts = np.concatenate([[0], np.cumsum(np.maximum(stops - begins, 0) + 2)])
    sources = np.arange(cuts[-1]) + np.repeat(begins - cuts[:-1] - 1, np.diff(cuts))
    parts = points[np.minimum(sources, len(points) - 1)]
    parts[cuts[:-1]], parts[cuts[1:] - 1] = (np.round(tip).astype(np.int32) for tip in tips)
    return [parts[a:b] for a, b in pairwise(cuts.tolist())]


def ring(canvas: Frame, point: NDArray[np.int32], color: Color, radius: int, weight: int) -> None:
    """An antialiased circle around a point in sixteenths of a pixel."""
    cv2.circle(canvas, (int(point[0]), int(point[1])), radius << SHIFT, color, weight, cv2.LINE_AA, SHIFT)


def dot(canvas: Frame, point: NDArray[np.int32], color: Color, radius: int) -> None:
    """An antialiased disc around a point in sixteenths of a pixel."""
    cv2.circle(canvas, (int(point[0]), int(point[1])), radius << SHIFT, color, -1, cv2.LINE_AA, SHIFT)


def thinned(points: NDArray[np.int32], width: int = 1) -> NDArray[np.int32]:
    """The line with only the first, lowest, highest and last point of each column of pixels: it covers the same.
    Columns of more `width`, under a pen four times as wide, change a pixel in seventy, few of them by much."""
    if len(points) < 3:
        return points
    starts = changes(points[:, 0] // (width << SHIFT))
    if len(starts) == len(points):
        return points
    ends = np.append(starts[1:], len(points))
    keep = np.zeros(len(points), bool)
    keep[starts] = keep[ends - 1] = True
    for i in np.flatnonzero(ends - starts > 2):
        a, b = starts[i], ends[i]
        keep[a + int(points[a:b, 1].argmin())] = keep[a + int(points[a:b, 1].argmax())] = True
    return points[keep]


def averaged(points: NDArray[np.int32], width: int) -> NDArray[np.int32]:
    """The line with one point, their mean, for what lies within a pen's `width` in pixels; its ends stay. A line with
    many points under its pen would become a blot."""
    if len(points) < 3:
        return points
    starts = changes(points[1:-1, 0] // (width << SHIFT))
    counts = np.diff(starts, append=len(points) - 2)[:, None]
    means = np.round(np.add.reduceat(points[1:-1].astype(np.int64), starts, axis=0) / counts)
    return np.concatenate([points[:1], means.astype(np.int32), points[-1:]])


def changes(numbers: NDArray[np.integer]) -> NDArray[np.intp]:
    """Where another number begins, the first of them, which there must be, included."""
    other = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=other[1:])
    return np.flatnonzero(other)


def _overhang(x: Axis, length: int, style: Style) -> int:
    """Pixels that the last label of the x axis reaches beyond an axis of about `length`."""
    end = float(x.place(np.array(x.ticks[-1]), 0, length))
    return max(0, text.width(x.labels[-1], style.body_px) // 2 - round(length - end))


def _line(style: Style) -> int:
    return sum(text.metrics(style.body_px)[:2])


def _above(style: Style) -> int:
    """Pixels over a plot: for the upper half of the highest label of the y axis, or of a dot."""
    return max((text.metrics(style.body_px)[2] + 1) // 2, style.dot_px + 1)


def _drop(style: Style) -> int:
    """Pixels from the plot to the labels under it: clear of the lowest label of the y axis."""
    return text.metrics(style.body_px)[2] // 2 + 1
