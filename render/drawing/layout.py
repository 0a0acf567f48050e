"""Where the views stand: named areas, as in CSS grid.

Everything lies on even coordinates, because 4:2:0 video smears odd edges. A view of whole tiles says its
natural size; the columns and rows that hold nothing else shrink to it, so that neighbours share its edges, and
its first tile is put on a multiple of 8, where the blocks of an encoder begin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, NamedTuple

from pydantic import Field

from weightreel.render.drawing.canvas import FrameSize, Rect, even
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding
from weightreel.trainer.options import Length, Many, Options

MOST_TRACKS = 64  # rows of areas, and names in each
Weights = Annotated[Many[Annotated[float, Field(ge=0, le=1e6)]], Field(max_length=MOST_TRACKS)]
BLOCK = 8  # tiles at scale 8 that begin on H.264's blocks take a third of the bytes of those a pixel beside them
COLUMN_GAP, ROW_GAP = 0.06, 0.05  # of the frame's shorter side
TILED_SHARE = 1.5


class Natural(NamedTuple):
    """The width and height that a view fills exactly, None where it takes any; `inset` is how far the first of
    its tiles is from its corner, None for a view without tiles."""

    width: int | None
    height: int | None
    inset: int | None = None


@dataclass(frozen=True)
class Place:
    """What a view is fitted to: its rectangle in the frame, and the frame's style."""

    rect: Rect
    style: Style


Measure = Callable[[Place], Natural | None]


class Cells(list[list[str]]):
    """Names of areas by row and column, '.' for none."""

    @cached_property
    def spans(self) -> dict[str, tuple[int, int, int, int]]:
        """(first row, row after the last, first column, column after the last) of each area."""
        found: dict[str, tuple[int, int, int, int]] = {}
        for r, row in enumerate(self):
            for c, name in enumerate(row):
                r0, r1, c0, c1 = found.get(name, (r, r + 1, c, c + 1))
                found[name] = min(r0, r), max(r1, r + 1), min(c0, c), max(c1, c + 1)
        return found


class Layout(Options):
    """Size of the frame, and its areas. Lengths are for this size; other sizes scale them.

    An area spans all cells that hold its name, which form a rectangle. Views of whole tiles take what their tiles
    fill, captions and figures the height of their words; the rest is shared out.

    Example:
        [layout]
        size = [1920, 1080]
        areas = [
          "grid title",
          "grid figures",
          "grid loss",
        ]
        columns = [3, 2]
    """

    size: FrameSize = Field(default=(1280, 720), title="[width, height]", description="size of the frame in pixels")
    areas: Annotated[Many[str], Field(max_length=MOST_TRACKS)] = Field(
        default=(), description="one string a row: names of areas with spaces between, '.' for an empty cell"
    )
    rows: Weights | None = Field(
        default=None,
        description="relative heights of rows, 0: as high as its text; default: text as high as that, others alike",
    )
    columns: Weights | None = Field(
        default=None, description="relative widths of the columns; default: alike, those of tiles half as much again"
    )
    margin: Length | None = Field(default=None, description="pixels around the areas; default: 4 % of the shorter side")
    gutter: Length | None = Field(
        default=None,
        description="pixels between the areas; default: 6 % of the shorter side between columns, 5 % between rows",
    )

    @property
    def grid(self) -> Cells:
        """Area names by row and column."""
        return Cells(row.split() for row in self.areas)

    @property
    def names(self) -> tuple[str, ...]:
        """The areas, in the order of their first cells."""
        return tuple(dict.fromkeys(n for row in self.grid for n in row if n != "."))

    def findings(self) -> list[Finding]:
        """Rows of different lengths, areas that are not rectangles, weights that do not match."""
        grid, found = self.grid, []
        if not grid:
            return []
        longest = max(map(len, grid))
        if longest > MOST_TRACKS:
            return [Finding("areas", f"a row has {longest:,} names; give at most {MOST_TRACKS}")]
        if len({len(row) for row in grid}) != 1 or not grid[0]:
            return [Finding("areas", "rows have different numbers of names; use '.' for an empty cell")]
        for name in self.names:
            r0, r1, c0, c1 = grid.spans[name]
            if any(grid[r][c] != name for r in range(r0, r1) for c in range(c0, c1)):
                found.append(Finding("areas", f"area '{name}' is not a rectangle"))
        for key, weights, count in (("rows", self.rows, len(grid)), ("columns", self.columns, len(grid[0]))):
            if weights is not None and len(weights) != count:
                found.append(Finding(key, f"{len(weights)} weights for {count} {key} of areas"))
        return found

    def rects(self, style: Style, naturals: Mapping[str, list[Measure]] | None = None) -> dict[str, Rect]:
        """The rectangle of each area at the style's size.

        `naturals` maps areas to functions Place -> Natural | None, one for each view in the area.
        """
        if not self.grid:
            return {}
        content = self.content(style)
        known = self._measured(content, style, naturals or {}, {})
        if any(n.inset is not None for n in known.values()):
            known = self._measured(content, style, naturals or {}, known)
        content, widths, heights = self._shrunk(content, style, known)
        rects = self._split(content, style, widths, heights)
        return _aligned(rects, known, style.size)

    def _measured(
        self, content: Rect, style: Style, naturals: Mapping[str, list[Measure]], before: Mapping[str, Natural]
    ) -> dict[str, Natural]:
        """Natural sizes in a first split. What was measured before tells which rows are text, and leave their room to
        tiles; without weights, columns of nothing but tiles get half as much again."""
        tiled = {a for a, n in before.items() if n.inset is not None}
        texts = {a: n for a, n in before.items() if n.inset is None}
        weights = None
        if tiled and not self.columns:
            columns = ({row[c] for row in self.grid} - {"."} for c in range(len(self.grid[0])))
            weights = tuple(TILED_SHARE if names and names <= tiled else 1.0 for names in columns)
        heights = _fixed(self.grid, texts, axis=1, given=self.rows)
        rects = self._split(content, style, {}, heights, weights)
        return {a: _natural(views, Place(rects[a], style)) for a, views in naturals.items() if a in rects}

    def content(self, style: Style) -> Rect:
        """The frame without its margins."""
        scale = min(style.size) / min(self.size)
        margin = even(0.04 * min(style.size) if self.margin is None else self.margin * scale)
        width, height = style.size
        return Rect(margin, margin, max(2, even(width - 2 * margin)), max(2, even(height - 2 * margin)))

    def _gaps(self, style: Style) -> tuple[int, int]:
        """Pixels between columns and between rows."""
        if self.gutter is not None:
            gap = even(self.gutter * min(style.size) / min(self.size))
            return gap, gap
        return even(COLUMN_GAP * min(style.size)), even(ROW_GAP * min(style.size))

    def _split(
        self,
        content: Rect,
        style: Style,
        widths: dict[int, int],
        heights: dict[int, int],
        weights: Sequence[float] | None = None,
    ) -> dict[str, Rect]:
        grid, gaps = self.grid, self._gaps(style)
        xs = _tracks(content.x, content.width, len(grid[0]), self.columns or weights, gaps[0], widths)
        ys = _tracks(content.y, content.height, len(grid), self.rows, gaps[1], heights)
        rects = {}
        for name in self.names:
            r0, r1, c0, c1 = grid.spans[name]
            x, y = xs[c0][0], ys[r0][0]
            rects[name] = Rect(x, y, max(1, xs[c1 - 1][1] - x), max(1, ys[r1 - 1][1] - y))
        return rects

    def _shrunk(
        self, content: Rect, style: Style, known: Mapping[str, Natural]
    ) -> tuple[Rect, dict[int, int], dict[int, int]]:
        """The content and the tracks cut down to what the views of whole tiles fill."""
        grid, gaps = self.grid, self._gaps(style)
        columns, rows = len(grid[0]), len(grid)
        widths = _fixed(grid, known, axis=0, given=self.columns)
        heights = _fixed(grid, known, axis=1, given=self.rows)
        size = [content.width, content.height]
        for axis, (tracks, count) in enumerate(((widths, columns), (heights, rows))):
            spanning = [n[axis] for a, n in known.items() if _spans(grid, a, axis, count)]
            sizes = [n for n in spanning if n is not None]
            if sizes and count > 1:
                size[axis] = min(size[axis], max(sizes))
            if len(tracks) == count:
                total = sum(tracks.values()) + gaps[axis] * (count - 1)
                if sizes and count > 1 and total < size[axis]:
                    tracks.pop(max(tracks, key=lambda i: tracks[i]))  # it takes what the spanning tiles need more
                else:
                    size[axis] = min((content.width, content.height)[axis], total)
        # What is left over becomes margin; margins are equal all round where the other direction gives way.
        spare = [(frame - s) / 2 for frame, s in zip(style.size, size, strict=True)]
        for axis, tracks, count in ((0, widths, columns), (1, heights, rows)):
            if len(tracks) < count and spare[axis] < spare[1 - axis] and self.margin is None:
                size[axis] = even(style.size[axis] - 2 * min(spare[1 - axis], 1.6 * spare[axis]))
        x = even(content.x + (content.width - size[0]) / 2)
        y = even(content.y + (content.height - size[1]) / 2)
        return Rect(x, y, *size), widths, heights


def _natural(views: list[Measure], place: Place) -> Natural:
    """The natural size of an area: in each direction the largest of its views, when each of them has one."""
    sizes = [view(place) or Natural(None, None) for view in views] or [Natural(None, None)]
    insets = [n.inset for n in sizes if n.inset is not None]
    width, height = (
        None if any(n[axis] is None for n in sizes) else max(n[axis] or 0 for n in sizes) for axis in (0, 1)
    )
    return Natural(width, height, insets[0] if insets else None)


def _spans(grid: Cells, name: str, axis: int, count: int) -> bool:
    r0, r1, c0, c1 = grid.spans[name]
    return (c1 - c0 if axis == 0 else r1 - r0) == count


def _fixed(grid: Cells, known: Mapping[str, Natural], axis: int, given: Sequence[float] | None) -> dict[int, int]:
    """Widths (axis 0) or heights (1) of the tracks whose own areas all have a natural size. A weight that is given
    counts for more than the size of a text, but not for more than that of tiles, which cannot be stretched."""
    tracks = [{row[c] for row in grid} for c in range(len(grid[0]))] if axis == 0 else [set(row) for row in grid]
    fixed = {}
    for i, names in enumerate(tracks):
        own = [known.get(a, Natural(None, None)) for a in names if a != "." and _spans(grid, a, axis, 1)]
        if given and given[i]:
            own = [n if n.inset is not None else Natural(None, None) for n in own]
        if own and all(n[axis] is not None for n in own):
            fixed[i] = max(n[axis] or 0 for n in own)
    return fixed


def _tracks(
    start: int, length: int, count: int, weights: Sequence[float] | None, gap: int, fixed: dict[int, int]
) -> list[tuple[int, int]]:
    """(begin, end) of each column or row, begins even: fixed ones first, the rest shared out by weight."""
    shares = [0.0 if i in fixed else (weights[i] if weights else 1.0) for i in range(count)]
    free = max(0, length - gap * (count - 1) - sum(fixed.values()))
    total = sum(shares) or 1.0
    position, tracks = float(start), []
    for i in range(count):
        size = fixed.get(i, free * shares[i] / total)
        tracks.append((even(position), even(position + size)))
        position += size + gap
    for (_, end), (begin, _) in pairwise(tracks):
        assert end <= begin or gap == 0
    return tracks


def _aligned(rects: dict[str, Rect], known: Mapping[str, Natural], size: tuple[int, int]) -> dict[str, Rect]:
    """All areas moved by at most 4 pixels, so that the first tile of the first tiled view starts a block."""
    tiled = [(a, n.inset) for a, n in known.items() if n.inset is not None]
    if not tiled:
        return rects
    area, inset = tiled[0]
    dx, dy = (_shift(at + inset) for at in rects[area][:2])
    moved = {n: Rect(r.x + dx, r.y + dy, r.width, r.height) for n, r in rects.items()}
    inside = all(
        r.x >= 0 and r.y >= 0 and r.x + r.width <= size[0] and r.y + r.height <= size[1] for r in moved.values()
    )
    return moved if inside else rects


def _shift(position: int) -> int:
    """The nearest move, -4…4, that takes a position to a multiple of 8."""
    return (BLOCK // 2 - position) % BLOCK - BLOCK // 2
