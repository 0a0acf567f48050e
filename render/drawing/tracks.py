"""How the room of a frame is shared out between areas.

A view of whole tiles says its natural size; the columns and rows that hold nothing else shrink to it, so that
neighbours share its edges, and tiles begin on multiples of 8, where the blocks of an encoder begin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from weightreel.render.drawing.areas import Cells, Measure, Natural, Place, natural
from weightreel.render.drawing.canvas import Rect, even
from weightreel.render.drawing.theme import Style

BLOCK = 8  # tiles at scale 8 that begin on H.264's blocks take a third of the bytes of those a pixel beside them
TILED_SHARE = 1.5
LEAST_HEIGHT = 0.2  # of the frame's shorter side: what tiles leave to rows that take any height
FILLED = 0.8  # of the room: what spans less of it stands in its middle, and leaves the others what it does not need
Known = Mapping[str, Natural]
Views = Mapping[str, Sequence[Measure]]
Lengths = dict[int, int]  # of some columns or rows


@dataclass(frozen=True)
class Tracks:
    """Columns and rows of areas in a rectangle of the frame; `gaps` are (between columns, between rows), `roomy` says
    that margins may take what the areas leave."""

    grid: Cells
    rows: Sequence[float] | None
    columns: Sequence[float] | None
    content: Rect
    gaps: tuple[int, int]
    style: Style
    roomy: bool

    def rects(self, views: Views) -> dict[str, Rect]:
        """The rectangle of each area."""
        known = self._grown(views) if self.rows is None else self._measured(views)
        sizes = self._fixed(known)
        gaps = [self._spread(known, axis, sizes[axis]) for axis in (0, 1)]
        content = self._shrunk(known, sizes, gaps)
        spans = [self._spans(content, axis, sizes[axis], gaps[axis]) for axis in (0, 1)]
        rects = _in_the_middle(self.grid, self._placed(spans), known)
        return _begun(_aligned(rects, known, self.style.size), self.grid, known, self.gaps)

    def _fixed(self, known: Known) -> tuple[Lengths, Lengths]:
        """Widths and heights of the tracks that their areas fix."""
        return self.grid.fixed(known, 0, self.columns), self.grid.fixed(known, 1, self.rows)

    def _measure(self, views: Views, heights: Lengths, columns: Sequence[float] | None = None) -> dict[str, Natural]:
        """The natural sizes of areas in rows of which some have a height."""
        given = replace(self, columns=self.columns or columns)
        spans = [given._spans(self.content, axis, fixed) for axis, fixed in ((0, {}), (1, heights))]
        rects = self._placed(spans)
        return {a: natural(own, Place(rects[a], self.style)) for a, own in views.items() if a in rects}

    def _measured(self, views: Views) -> dict[str, Natural]:
        """Natural sizes where rows have weights; text takes its height from them, as far as its own weight is none."""
        known = self._measure(views, {})
        texts, columns = self._texts(known), self._tiled_columns(known)
        return self._measure(views, texts, columns) if _tiled(known) else known

    def _grown(self, views: Views) -> dict[str, Natural]:
        """Natural sizes where rows have no weights: text has its height, tiles are as large as they can be, and what
        takes any height has what they leave, which is never less than a plot needs."""
        known = self._measure(views, {})
        tiled = [r for r in range(self.grid.count(1)) if any(n in _tiled(known) for n in self.grid.own(r, 1))]
        texts, columns = self._texts(known), self._tiled_columns(known)
        if not tiled:
            return self._measure(views, texts, columns) if _tiled(known) else known
        free = self.content.height - self.gaps[1] * (self.grid.count(1) - 1) - sum(texts.values())
        others = self.grid.count(1) - len(tiled) - len(texts)
        least = min(free / (len(tiled) + others), LEAST_HEIGHT * min(self.style.size))
        free = max(len(tiled), even(free - least * others))
        room = {r: even(free / len(tiled)) for r in tiled}
        known = self._measure(views, texts | room, columns)
        for row in tiled:  # what one does not fill is another's
            filled = {r: h for r, h in self.grid.fixed(known, 1, None).items() if r in tiled and r != row}
            room = {r: filled.get(r, room[r]) for r in tiled}
            room[row] = max(room[row], even(free - sum(room.values()) + room[row]))
            known = self._measure(views, texts | room, columns)
            room |= {r: h for r, h in self.grid.fixed(known, 1, None).items() if r in tiled}
        return known

    def _texts(self, known: Known) -> Lengths:
        """The heights of rows of nothing but text."""
        return self.grid.fixed({a: n for a, n in known.items() if n.inset is None}, 1, self.rows)

    def _tiled_columns(self, known: Known) -> tuple[float, ...]:
        """Weights of columns: those of nothing but tiles get half as much again."""
        tiled, count = _tiled(known), self.grid.count(0)
        names = ({row[c] for row in self.grid} - {"."} for c in range(count))
        return tuple(TILED_SHARE if own and own <= tiled else 1.0 for own in names)

    def _spans(
        self, content: Rect, axis: int, fixed: Mapping[int, int], gaps: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        """(begin, end) of each column or row."""
        weights, count = (self.rows if axis else self.columns), self.grid.count(axis)
        shares = [0.0 if i in fixed else (weights[i] if weights else 1.0) for i in range(count)]
        return _tracks(content[axis], content[2 + axis], shares, gaps or [self.gaps[axis]] * (count - 1), fixed)

    def _placed(self, spans: Sequence[Sequence[tuple[int, int]]]) -> dict[str, Rect]:
        rects = {}
        for name, (r0, r1, c0, c1) in self.grid.spans.items():
            if name != ".":
                x, y = spans[0][c0][0], spans[1][r0][0]
                rects[name] = Rect(x, y, max(1, spans[0][c1 - 1][1] - x), max(1, spans[1][r1 - 1][1] - y))
        return rects

    def _spread(self, known: Known, axis: int, fixed: Lengths) -> list[int]:
        """The gaps between columns or rows, changed by at most a half so that tiles, or a matrix, over several columns
        of tiles end where those do."""
        gaps = [self.gaps[axis]] * (self.grid.count(axis) - 1)
        for name, size in known.items():
            first, end = self.grid.span(name, axis)
            inner = range(first, end - 1)
            if size[axis] is None or not inner or not all(i in fixed for i in range(first, end)):
                continue
            more = (size[axis] or 0) - sum(fixed[i] for i in range(first, end))
            gap = even(more / len(inner))
            if self.gaps[axis] / 2 <= gap <= 1.5 * self.gaps[axis]:
                gaps[first : end - 1] = [gap] * len(inner)
                gaps[end - 2] = even(more - gap * (len(inner) - 1))
        return gaps

    def _shrunk(self, known: Known, sizes: Sequence[Lengths], gaps: Sequence[Sequence[int]]) -> Rect:
        """The content cut down to what the views of whole tiles fill; what is left over becomes margin."""
        size = [self.content.width, self.content.height]
        for axis, fixed in enumerate(sizes):
            size[axis] = self._length(known, axis, fixed, sum(gaps[axis]))
        # Margins are equal all round where the other direction gives way.
        spare = [(frame - s) / 2 for frame, s in zip(self.style.size, size, strict=True)]
        for axis, fixed in enumerate(sizes):
            if len(fixed) < self.grid.count(axis) and spare[axis] < spare[1 - axis] and self.roomy:
                size[axis] = even(self.style.size[axis] - 2 * min(spare[1 - axis], 1.6 * spare[axis]))
        x, y = (even(self.content[axis] + (self.content[2 + axis] - size[axis]) / 2) for axis in (0, 1))
        return Rect(x, y, *size)

    def _length(self, known: Known, axis: int, fixed: Lengths, between: int) -> int:
        """The width or height of all tracks. A fixed track may be taken out of `fixed`, to take what the tiles over
        all of them need more."""
        length, count = self.content[2 + axis], self.grid.count(axis)
        spanning = [n[axis] or 0 for a, n in known.items() if self._all_over(a, n, axis)]
        if spanning and max(spanning) >= FILLED * length:
            length = min(length, max(spanning))
        if len(fixed) == count:
            total = sum(fixed.values()) + between
            if spanning and count > 1 and total < length:
                fixed.pop(max(fixed, key=lambda i: fixed[i]))
            else:
                length = min(length, total)
        return length

    def _all_over(self, name: str, size: Natural, axis: int) -> bool:
        """Whether something with a natural size goes from one end to the other: over all tracks, or, of one column,
        tiles above or below what takes any width."""
        alone = self.grid.count(axis) == 1 and size.inset is not None
        return size[axis] is not None and (alone or self.grid.whole(name, axis))


def _tiled(known: Known) -> set[str]:
    """The areas that have tiles."""
    return {a for a, n in known.items() if n.inset is not None}


def _tracks(
    start: int, length: int, shares: Sequence[float], gaps: Sequence[int], fixed: Mapping[int, int]
) -> list[tuple[int, int]]:
    """(begin, end) of each column or row, begins even: fixed ones first, the rest shared out by weight."""
    free = max(0, length - sum(gaps) - sum(fixed.values()))
    total = sum(shares) or 1.0
    position, tracks = float(start), []
    for i, share in enumerate(shares):
        size = fixed.get(i, free * share / total)
        tracks.append((even(position), even(position + size)))
        position += size + (gaps[i] if i < len(gaps) else 0)
    return tracks


def _in_the_middle(grid: Cells, rects: dict[str, Rect], known: Known) -> dict[str, Rect]:
    """Tiles that are alone in their rows, or their columns, in the middle of what they do not fill."""
    found = dict(rects)
    for name in _tiled(known):
        rect, size = list(rects[name]), known[name]
        for axis in (0, 1):
            alone, room, filled = grid.whole(name, axis) or grid.count(axis) == 1, rect[2 + axis], size[axis]
            if alone and filled is not None and filled < room:
                rect[axis] += even((room - filled) / 2)
                rect[2 + axis] = filled
        found[name] = Rect(*rect)
    return found


def _aligned(rects: dict[str, Rect], known: Known, size: tuple[int, int]) -> dict[str, Rect]:
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


def _begun(rects: dict[str, Rect], grid: Cells, known: Known, gaps: tuple[int, int]) -> dict[str, Rect]:
    """Columns and rows in which tiles begin, begun up to 7 pixels earlier, so that these tiles too start a block: with
    all that begins there, or tiles would be out of line with the words above them."""
    found = {name: list(rect) for name, rect in rects.items()}
    for axis in (0, 1):
        for name, size in known.items():
            first, inset = grid.span(name, axis)[0], size.inset
            early = 0 if inset is None else (found[name][axis] + inset) % BLOCK
            if early and first and early <= gaps[axis] / 2 and early % 2 == 0:
                for other, rect in found.items():
                    if grid.span(other, axis)[0] == first:
                        rect[axis] -= early
                        rect[2 + axis] += early
    return {name: Rect(*rect) for name, rect in found.items()}
