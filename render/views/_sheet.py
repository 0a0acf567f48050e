"""Where the cells of small multiples stand, and what is written around them: a matrix of the grid's settings, whose
values stand once along two edges; or, where the runs are none, row by row, each under its own title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import ceil, log, prod
from typing import NamedTuple

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.theme import SMALLEST_TEXT_PX, Style

GAP, INDENT = 28, 14  # between cells, between words and lines; on a frame 1080 high
SHAPE = 1.6  # times as wide as high cells should be
SHRINK = 0.75  # of the usual type size, before titles take another line
MOST_KEYS = 6  # settings of a matrix

Settings = Mapping[str, str]


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
        matrices = (_matrix(settings, values, across, room, limits, style) for across in _choices(list(values)))
        found = [made for made in matrices if made is not None]
        if found:
            return max(found, key=_fitness)
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


def _fitness(made: Sheet) -> float:
    """The nearer cells are to the shape that they should have, the better."""
    cell = made.cells[0]
    return -abs(log(max(1, cell.width) / max(1, cell.height - made.above) / SHAPE))


def _matrix(
    settings: Mapping[str, Settings],
    values: Mapping[str, Sequence[str]],
    across: tuple[str, ...],
    room: tuple[int, int],
    limits: int,
    style: Style,
) -> Sheet | None:
    """Some settings along the top, the others along the left; None where their values have no room."""
    down = tuple(key for key in values if key not in across)
    tops, sides = (list(product(*(values[key] for key in keys))) for keys in (across, down))
    for size in range(style.body_px, SMALLEST_TEXT_PX - 1, -1):
        gap, line = style.px(GAP) * size // style.body_px, sum(text.metrics(size)[:2])
        widths = [max(_wide(key, value, size) for value in values[key]) + gap for key in down]
        left, top = sum(widths) + limits + style.px(INDENT), len(across) * line + style.px(INDENT) // 2
        cell = (room[0] - left + gap) // len(tops) - gap, (room[1] - top + gap) // len(sides) - gap
        widest = max(_wide(key, value, size) for key in across for value in values[key])
        if widest <= cell[0] and line <= cell[1]:
            break
    else:
        return None
    pitch = cell[0] + gap, cell[1] + gap
    place = {(a, d): (x, y) for x, a in enumerate(tops) for y, d in enumerate(sides)}
    cells = []
    for run in settings.values():
        x, y = place[tuple(run[key] for key in across), tuple(run[key] for key in down)]
        cells.append(Rect(left + x * pitch[0], top + y * pitch[1], *cell))
    headings = []
    for level, key in enumerate(across):
        for x in _changes(tops, level):
            headings.append(Written(left + x * pitch[0], level * line, *_words(key, tops[x][level]), size))
    for level, key in enumerate(down):
        starts = _changes(sides, level)
        for y, end in zip(starts, [*starts[1:], len(sides)], strict=True):
            middle = top + (y * pitch[1] + end * pitch[1] - gap) // 2
            at = sum(widths[:level]), middle - line // 2
            headings.append(Written(*at, *_words(key, sides[y][level]), size))
    return Sheet(tuple(cells), tuple(headings), 0, tuple(cell for cell in cells if cell.x == left))


def _changes(edge: Sequence[tuple[str, ...]], level: int) -> list[int]:
    """Where along an edge another value of a setting, or of one before it, begins."""
    return [i for i in range(len(edge)) if not i or edge[i][: level + 1] != edge[i - 1][: level + 1]]


def _words(key: str, value: str) -> tuple[str, str]:
    """A setting and its value: the quiet part and all of it."""
    name = key.rpartition(".")[2]
    return f"{name} ", f"{name} {value}"


def _wide(key: str, value: str, size: int) -> int:
    return text.width(_words(key, value)[1], size)


def _listed(settings: Mapping[str, Settings], room: tuple[int, int], limits: int, style: Style, columns: int) -> Sheet:
    """Row by row, each cell under a title, of which the last lines hold what the first has no room for."""
    rows, left, gap = ceil(len(settings) / columns), limits + style.px(INDENT), style.px(GAP)
    wide = max(1, (room[0] - left - gap * (columns - 1)) // columns)
    high = max(1, (room[1] - gap * (rows - 1)) // rows)
    parts = [[" ".join(_words(*pair)[1:]) for pair in run.items()] or [name] for name, run in settings.items()]
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
        whole = [["  ".join(title)] for title in parts]
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
        longer = f"{lines[-1]}  {part}"
        if text.width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines
