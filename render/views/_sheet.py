"""Where the cells of small multiples stand, and what is written around them: a matrix of the grid's settings, whose
values stand once along two edges; or, where the runs are none, row by row, each under its own title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import ceil, log, prod
from typing import NamedTuple

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.numbers import FIGURE_SPACE
from weightreel.render.drawing.theme import SMALLEST_TEXT_PX, Style

GAP, INDENT = 28, 14  # between cells, between words and lines; on a frame 1080 high
SHAPE = 1.6  # times as wide as high cells should be
SHRINK = 0.75  # of the usual type size, before titles take another line
APART = 2 * FIGURE_SPACE  # settings of a title
MOST_KEYS = 6  # settings of a matrix

Settings = Mapping[str, str]
Values = Mapping[str, Sequence[str]]  # of each setting that differs


class Written(NamedTuple):
    """A line of words: its top left corner, and the part of it, from the left, that is quiet."""

    x: int
    y: int
    quiet: str
    words: str
    size: int


@dataclass(frozen=True)
class Sheet:
    """Cells, one for each run, in pixels of the view.

    Attributes:
        cells: where each run is drawn.
        headings: what is written around them.
        above: pixels of a cell above its highest line.
        left: the cells beside whose left edge the limits of the axis are written.
    """

    cells: tuple[Rect, ...]
    headings: tuple[Written, ...]
    above: int
    left: tuple[Rect, ...]


def sheet(
    settings: Mapping[str, Settings], room: tuple[int, int], limits: int, style: Style, columns: int | None
) -> Sheet:
    """The cells of runs, by their names, in a room (width, height) that leaves out what is written under all of them;
    `limits` is how wide the limits of the axis are. With `columns` they stand row by row."""
    if columns is None and (values := _values(list(settings.values()))):
        matrices = (_matrix(values, across, room, limits, style) for across in _choices(list(values)))
        found = [made for made in matrices if made is not None]
        if found:
            return max(found, key=_fitness).sheet(settings)
    return _listed(settings, room, limits, style, columns or ceil(len(settings) ** 0.5))


def _values(runs: Sequence[Settings]) -> dict[str, list[str]]:
    """The values of each setting that differs, in their order; nothing where runs are not all their combinations, each
    once, of two settings or more."""
    found = {key: list(dict.fromkeys(run.get(key, "") for run in runs)) for key in (runs[0] if runs else ())}
    differing = {key: values for key, values in found.items() if len(values) > 1}
    there = {tuple(run.get(key, "") for key in differing) for run in runs}
    whole = len(there) == len(runs) == prod(map(len, differing.values()))
    return differing if whole and 2 <= len(differing) <= MOST_KEYS else {}


def _choices(keys: Sequence[str]) -> list[tuple[str, ...]]:
    """The settings that may stand along the top: some, not all."""
    return list(chain.from_iterable(combinations(keys, n) for n in range(1, len(keys))))


def _fitness(made: _Matrix) -> float:
    """The nearer cells are to the shape that they should have, the better."""
    return -abs(log(made.cell[0] / made.cell[1] / SHAPE))


class _Matrix(NamedTuple):
    """Settings along the top and along the left: their combinations, type size, pixels between cells and of a line,
    widths of the columns of words on the left, the corner of the first cell, the (width, height) of each, and the
    widest of the words along the top."""

    across: tuple[str, ...]
    down: tuple[str, ...]
    tops: Sequence[tuple[str, ...]]
    sides: Sequence[tuple[str, ...]]
    size: int
    gap: int
    line: int
    widths: Sequence[int]
    corner: tuple[int, int]
    cell: tuple[int, int]
    widest: int

    @classmethod
    def of(
        cls, values: Values, across: tuple[str, ...], room: tuple[int, int], limits: int, style: Style, size: int
    ) -> _Matrix:
        """At a type size."""
        down = tuple(key for key in values if key not in across)
        tops, sides = (list(product(*(values[key] for key in keys))) for keys in (across, down))
        gap, line = style.px(GAP) * size // style.body_px, sum(text.metrics(size)[:2])
        wide = {key: max(text.width(_words(key, value)[1], size) for value in values[key]) for key in values}
        widths = [wide[key] + gap for key in down]
        left, top = sum(widths) + limits + style.px(INDENT), len(across) * line + style.px(INDENT) // 2
        rest = room[0] - left - gap * _groups(tops), room[1] - top - gap * _groups(sides)
        cell = (rest[0] + gap) // len(tops) - gap, (rest[1] + gap) // len(sides) - gap
        widest = max(wide[key] for key in across)
        return cls(across, down, tops, sides, size, gap, line, widths, (left, top), cell, widest)

    @property
    def fits(self) -> bool:
        """Whether words along the top are no wider than a cell, and those along the left no higher."""
        return self.widest <= self.cell[0] and self.line <= self.cell[1]

    def sheet(self, settings: Mapping[str, Settings]) -> Sheet:
        """The cells of the runs and all words."""
        cells = [
            self._at(self.tops.index(_picked(run, self.across)), self.sides.index(_picked(run, self.down)))
            for run in settings.values()
        ]
        left = tuple(cell for cell in cells if cell.x == self.corner[0])
        return Sheet(tuple(cells), (*self._along_top(), *self._along_left()), 0, left)

    def _at(self, column: int, row: int) -> Rect:
        (left, top), (width, height), gap = self.corner, self.cell, self.gap
        x = left + column * (width + gap) + gap * _groups(self.tops[: column + 1])
        return Rect(x, top + row * (height + gap) + gap * _groups(self.sides[: row + 1]), width, height)

    def _along_top(self) -> Iterator[Written]:
        for level, key in enumerate(self.across):
            for column in _changes(self.tops, level):
                at = self._at(column, 0).x, level * self.line
                yield Written(*at, *_words(key, self.tops[column][level]), self.size)

    def _along_left(self) -> Iterator[Written]:
        """In the middle of the rows that they are for."""
        for level, key in enumerate(self.down):
            starts = _changes(self.sides, level)
            for row, end in zip(starts, [*starts[1:], len(self.sides)], strict=True):
                middle = (self._at(0, row).y + self._at(0, end - 1).y + self.cell[1]) // 2
                at = sum(self.widths[:level]), middle - self.line // 2
                yield Written(*at, *_words(key, self.sides[row][level]), self.size)


def _matrix(
    values: Values, across: tuple[str, ...], room: tuple[int, int], limits: int, style: Style
) -> _Matrix | None:
    """Some settings along the top, the others along the left; None where their values have no room."""
    sizes = range(style.body_px, SMALLEST_TEXT_PX - 1, -1)
    made = (_Matrix.of(values, across, room, limits, style, size) for size in sizes)
    return next((matrix for matrix in made if matrix.fits), None)


def _picked(run: Settings, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(run[key] for key in keys)


def _groups(edge: Sequence[tuple[str, ...]]) -> int:
    """After how many groups another begins, which stands apart: those of the first of several settings."""
    return len(_changes(edge, 0)) - 1 if len(edge[0]) > 1 else 0


def _changes(edge: Sequence[tuple[str, ...]], level: int) -> list[int]:
    """Where along an edge another value of a setting, or of one before it, begins."""
    return [i for i in range(len(edge)) if not i or edge[i][: level + 1] != edge[i - 1][: level + 1]]


def _words(key: str, value: str) -> tuple[str, str]:
    """A setting and its value: the quiet part and all of it. A digit wide apart, or l2 and 0.1 are one number."""
    name = f"{key.rpartition('.')[2]}{FIGURE_SPACE}"
    return name, f"{name}{value}"


def _listed(settings: Mapping[str, Settings], room: tuple[int, int], limits: int, style: Style, columns: int) -> Sheet:
    """Row by row, each cell under a title, of which the last lines hold what the first has no room for."""
    rows, left, gap = ceil(len(settings) / columns), limits + style.px(INDENT), style.px(GAP)
    wide = max(1, (room[0] - left - gap * (columns - 1)) // columns)
    high = max(1, (room[1] - gap * (rows - 1)) // rows)
    parts = [[_words(*pair)[1] for pair in run.items()] or [name] for name, run in settings.items()]
    titles, size = _titles(parts, wide, style)
    line, cells, headings = sum(text.metrics(size)[:2]), [], []
    lines = max(map(len, titles))
    for number, title in enumerate(titles):
        cell = Rect(left + number % columns * (wide + gap), number // columns * (high + gap), wide, high)
        cells.append(cell)
        spare = text.metrics(size)[0] - text.highest(title[0], size)
        headings += [Written(cell.x, cell.y - spare + i * line, "", words, size) for i, words in enumerate(title)]
    above = text.metrics(size)[2] + style.px(INDENT + 8) + (lines - 1) * line
    return Sheet(tuple(cells), tuple(headings), above, tuple(cells[::columns]))


def _titles(parts: Sequence[Sequence[str]], width: int, style: Style) -> tuple[list[list[str]], int]:
    """The lines of each title, and the size of their type: a little smaller than usual before one more line is taken,
    and never under the smallest that can be read."""
    body = style.body_px
    for size in range(body, max(SMALLEST_TEXT_PX, ceil(SHRINK * body)) - 1, -1):
        whole = [[APART.join(title)] for title in parts]
        if all(text.width(line, size) <= width for title in whole for line in title):
            return whole, size
    for size in range(body, SMALLEST_TEXT_PX, -1):
        wrapped = [_wrapped(title, width, size) for title in parts]
        if all(text.width(line, size) <= width for title in wrapped for line in title):
            return wrapped, size
    return [_wrapped(title, width, SMALLEST_TEXT_PX) for title in parts], SMALLEST_TEXT_PX


def _wrapped(title: Sequence[str], width: int, size: int) -> list[str]:
    """As many parts in a line as have room."""
    lines = [title[0]]
    for part in title[1:]:
        longer = f"{lines[-1]}{APART}{part}"
        if text.width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines
