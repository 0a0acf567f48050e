"""How the room of a frame is shared out between areas.

A view of whole tiles says its natural size; the columns and rows that hold nothing else shrink to it, so that
neighbours share its edges, and tiles begin on multiples of 8, where the blocks of an encoder begin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from weightreel.render.drawing.areas import ANY, Cells, Measure, Natural, Place, natural
from weightreel.render.drawing.canvas import Rect, even
from weightreel.render.drawing.theme import Style

BLOCK = 8  # tiles at scale 8 that begin on H.264's blocks take a third of the bytes of those a pixel beside them
TILED_SHARE = 1.5
NEAR = 0.4  # of the gap between rows: between a label and what it is of
LEAST_HEIGHT = 0.2  # of the frame's shorter side: what tiles leave to rows that take any height
FILLED = 0.8  # of the room: what spans less of it stands in its middle, and leaves the others what it does not need
Known = dict[str, Natural]
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
        known = self._grown(views)
        sizes = self._level(known, 0), self._level(known, 1)
        gaps = [self._spread(known, axis, sizes[axis]) for axis in (0, 1)]
        content = self._shrunk(known, sizes, gaps)
        spans = [self._spans(content, axis, sizes[axis], gaps[axis]) for axis in (0, 1)]
        rects = _in_the_middle(self.grid, self._placed(spans), known)
        return _begun(_aligned(rects, known, self.style.size), self.grid, known, gaps)

    def _fixed(self, known: Known) -> tuple[Lengths, Lengths]:
        """Widths and heights of the tracks that their areas fix."""
        return self.grid.fixed(known, 0, self.columns), self.grid.fixed(known, 1, self.rows)

    def _level(self, known: Known, axis: int) -> Lengths:
        """The tracks that are fixed, and without weights those that tiles about fill: a plot beside them ends where
        they do."""
        fixed, given = self._fixed(known)[axis], self.rows if axis else self.columns
        spans = self._spans(self.content, axis, fixed, self._gaps(known, axis))
        for track, (begin, end) in enumerate(spans if given is None else ()):
            tiles = (known[name].along(axis) or 0 for name in self.grid.own(track, axis) if name in _tiled(known))
            longest = max(tiles, default=0)
            if track not in fixed and longest >= FILLED * (end - begin):
                fixed[track] = longest
        return fixed

    def _measure(self, views: Views, known: Known, widths: Lengths, heights: Lengths) -> dict[str, Natural]:
        """The natural sizes of areas in columns and rows of which some have a length; `known` is what was measured
        before."""
        lengths = widths, heights
        rects = self._placed([self._spans(self.content, a, lengths[a], self._gaps(known, a)) for a in (0, 1)])
        return {a: natural(own, Place(rects[a], self.style)) for a, own in views.items() if a in rects}

    def _grown(self, views: Views) -> dict[str, Natural]:
        """Natural sizes: text is as high as it is, tiles are as large as they can be, and what takes any height has
        what they leave, which is never less than a plot needs. Weights of rows that are given count for more."""
        known = self._first(views)
        if not _tiled(known):
            return self._measure(views, known, {}, self._texts(known))
        room = {0: self._tiled_columns(known), 1: self._tiled_rows(known)}
        texts = self._texts(known)

        def measured() -> dict[str, Natural]:
            return self._measure(views, known, room[0], texts | room[1])

        known = measured()
        for axis in (0, 1):
            for track in list(room[axis]):  # what one does not fill is another's
                fixed = self._fixed(known)[axis]
                filled = {i: fixed.get(i, length) for i, length in room[axis].items() if i != track}
                spare = sum(room[axis].values()) - sum(filled.values()) - room[axis][track]
                if spare > 0:
                    room[axis] = filled | {track: room[axis][track] + even(spare)}
                    known = measured()
                    room[axis][track] = self._fixed(known)[axis].get(track, room[axis][track])
        return known

    def _first(self, views: Views) -> dict[str, Natural]:
        """Natural sizes where all tracks are alike; tiles that do not fit there are known by what they are in all of
        the room."""
        known, room = self._measure(views, {}, {}, {}), Place(self.content, self.style)
        free = {a: natural(views[a], room) for a, size in known.items() if size == ANY}
        return known | {a: size for a, size in free.items() if size.inset is not None}

    def _tiled_rows(self, known: Known) -> Lengths:
        """The room of rows with tiles where no weights are given: what is not text's, and not left to a plot."""
        texts, count = self._texts(known), self.grid.tracks(1)
        tiled = [r for r in range(count) if any(n in _tiled(known) for n in self.grid.own(r, 1))]
        if self.rows is not None or not tiled:
            return {}
        free = self.content.height - sum(self._gaps(known, 1)) - sum(texts.values())
        others = count - len(tiled) - len(set(texts) - set(tiled))
        least = min(free / (len(tiled) + others), LEAST_HEIGHT * min(self.style.size))
        return dict.fromkeys(tiled, max(2, even((free - least * others) / len(tiled))))

    def _tiled_columns(self, known: Known) -> Lengths:
        """The room of columns; without weights, those of nothing but tiles have half as much again."""
        tiled, count = _tiled(known), self.grid.tracks(0)
        names = [{row[c] for row in self.grid} - {"."} for c in range(count)]
        usual = [TILED_SHARE if own and own <= tiled else 1.0 for own in names]
        spans = replace(self, columns=self.columns or usual)._spans(self.content, 0, {}, self._gaps(known, 0))
        return {c: end - begin for c, (begin, end) in enumerate(spans)}

    def _texts(self, known: Known) -> Lengths:
        """The heights of rows of nothing but text."""
        return self.grid.fixed({a: n for a, n in known.items() if n.inset is None}, 1, self.rows)

    def _spans(self, content: Rect, axis: int, fixed: Mapping[int, int], gaps: Sequence[int]) -> list[tuple[int, int]]:
        """(begin, end) of each column or row."""
        weights, count = (self.rows if axis else self.columns), self.grid.tracks(axis)
        shares = [0.0 if i in fixed else (weights[i] if weights else 1.0) for i in range(count)]
        return _tracks(content[axis], content[2 + axis], shares, gaps, fixed)

    def _placed(self, spans: Sequence[Sequence[tuple[int, int]]]) -> dict[str, Rect]:
        rects = {}
        for name, (r0, r1, c0, c1) in self.grid.spans.items():
            if name != ".":
                x, y = spans[0][c0][0], spans[1][r0][0]
                rects[name] = Rect(x, y, max(1, spans[0][c1 - 1][1] - x), max(1, spans[1][r1 - 1][1] - y))
        return rects

    def _gaps(self, known: Known, axis: int) -> list[int]:
        """The gaps between columns or rows. Labels are near to what they are of, where each of them stands in a row of
        nothing but labels: no two of a frame stand at different distances."""
        gaps = [self.gaps[axis]] * (self.grid.tracks(axis) - 1)
        rows = [{known.get(name, ANY).role for name in self.grid.own(i, 1)} for i in range(len(gaps) if axis else 0)]
        labels = [i for i, roles in enumerate(rows) if "label" in roles]
        if all(rows[i] == {"label"} for i in labels):
            for i in labels:
                gaps[i] = even(NEAR * gaps[i])
        return gaps

    def _spread(self, known: Known, axis: int, fixed: Lengths) -> list[int]:
        """The gaps between columns or rows, changed by at most a half so that tiles, or a matrix, over several columns
        of tiles end where those do."""
        gaps = self._gaps(known, axis)
        for name, size in known.items():
            first, end = self.grid.span(name, axis)
            inner = range(first, end - 1)
            if size.along(axis) is None or not inner or not all(i in fixed for i in range(first, end)):
                continue
            more = (size.along(axis) or 0) - sum(fixed[i] for i in range(first, end))
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
            if len(fixed) < self.grid.tracks(axis) and spare[axis] < spare[1 - axis] and self.roomy:
                size[axis] = even(self.style.size[axis] - 2 * min(spare[1 - axis], 1.6 * spare[axis]))
        x, y = (even(self.content[axis] + (self.content[2 + axis] - size[axis]) / 2) for axis in (0, 1))
        return Rect(x, y, *size)

    def _length(self, known: Known, axis: int, fixed: Lengths, between: int) -> int:
        """The width or height of all tracks. A fixed track may be taken out of `fixed`, to take what the tiles over
        all of them need more."""
        length, count = self.content[2 + axis], self.grid.tracks(axis)
        spanning = [n.along(axis) or 0 for a, n in known.items() if self._all_over(a, n, axis)]
        if spanning and max(spanning) >= FILLED * length:
            length = min(length, max(spanning))
        if len(fixed) == count:
            total = sum(fixed.values()) + between
            if spanning and count > 1 and total < length:
                fixed.pop(max(fixed, key=lambda i: fixed[i]))
            else:
                length = min(self.content[2 + axis], total)
        return length

    def _all_over(self, name: str, size: Natural, axis: int) -> bool:
        """Whether something with a natural size goes from one end to the other: over all tracks, or, of one column,
        tiles above or below what takes any width."""
        alone = self.grid.tracks(axis) == 1 and size.inset is not None
        return size.along(axis) is not None and (alone or self.grid.whole(name, axis))


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
            alone, room, filled = grid.whole(name, axis) or grid.tracks(axis) == 1, rect[2 + axis], size.along(axis)
            if alone and filled is not None and filled < room:
                before = even((room - filled) / 2)
                rect[axis] += before
                rect[2 + axis] = filled
                if axis == 0:
                    found |= _beside(grid, name, found, known, before)
        found[name] = Rect(*rect)
    return found


def _beside(grid: Cells, name: str, rects: Mapping[str, Rect], known: Known, before: int) -> dict[str, Rect]:
    """The label of an area, begun as much later as the area."""
    labels = [n for n, size in known.items() if size.role == "label" and grid.under(n) == name]
    return {n: rects[n]._replace(x=rects[n].x + before, width=rects[n].width - before) for n in labels}


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


def _begun(rects: dict[str, Rect], grid: Cells, known: Known, gaps: Sequence[Sequence[int]]) -> dict[str, Rect]:
    """Columns and rows in which tiles begin, begun up to 7 pixels earlier, so that the first of these tiles start a
    block: with all that begins there, or tiles would be out of line with the words above them."""
    found = {name: list(rect) for name, rect in rects.items()}
    for axis in (0, 1):
        first = {grid.span(n, axis)[0]: n for n, size in reversed(known.items()) if size.inset is not None}
        for track, name in first.items():
            early = (found[name][axis] + (known[name].inset or 0)) % BLOCK
            if track and early % 2 == 0 and early <= gaps[axis][track - 1] / 2:
                for other in (n for n in found if grid.span(n, axis)[0] == track):
                    found[other][axis] -= early
                    found[other][2 + axis] += early
    return {name: Rect(*rect) for name, rect in found.items()}
