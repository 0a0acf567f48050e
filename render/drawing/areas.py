"""What areas of a frame are called and where a view stands in one: what the layout and the views tell each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.theme import Style

Role = Literal["title", "label", ""]


class Natural(NamedTuple):
    """The width and height that a view fills exactly, None where it takes any; `inset` is how far the first of
    its tiles is from its corner, None for a view without tiles; `role` is what words are for: a title says what the
    film shows, a label what stands right under it."""

    width: int | None
    height: int | None
    inset: int | None = None
    role: Role = ""

    def along(self, axis: int) -> int | None:
        """The width (axis 0) or the height (1)."""
        return self.height if axis else self.width


@dataclass(frozen=True)
class Place:
    """What a view is fitted to: its rectangle in the frame, and the frame's style."""

    rect: Rect
    style: Style


Measure = Callable[[Place], Natural | None]
ANY = Natural(None, None)


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

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The areas, in the order of their first cells."""
        return tuple(dict.fromkeys(n for row in self for n in row if n != "."))

    def tracks(self, axis: int) -> int:
        """How many columns (axis 0) or rows (1)."""
        return len(self) if axis else len(self[0])

    def span(self, name: str, axis: int) -> tuple[int, int]:
        """The first column (axis 0) or row (1) of an area, and the one after its last."""
        r0, r1, c0, c1 = self.spans[name]
        return (r0, r1) if axis else (c0, c1)

    def whole(self, name: str, axis: int) -> bool:
        """Whether an area goes from one end to the other, over more than one track."""
        begin, end = self.span(name, axis)
        return end - begin == self.tracks(axis) > 1

    def own(self, track: int, axis: int) -> list[str]:
        """The areas of a column (axis 0) or row (1) that have cells in no other."""
        return self._owned[axis][track]

    @cached_property
    def _owned(self) -> tuple[list[list[str]], list[list[str]]]:
        columns, rows = ([[] for _ in range(self.tracks(axis))] for axis in (0, 1))  # type: ignore[var-annotated]
        for name in self.names:
            for axis, tracks in ((0, columns), (1, rows)):
                begin, end = self.span(name, axis)
                if end == begin + 1:
                    tracks[begin].append(name)
        return columns, rows

    def under(self, name: str) -> str | None:
        """The area right under another one, in the same columns."""
        columns, row = self.span(name, 0), self.span(name, 1)[1]
        below = self[row][columns[0]] if row < len(self) else "."
        return below if below != "." and self.span(below, 0) == columns else None

    def fixed(self, known: Mapping[str, Natural], axis: int, given: Sequence[float] | None) -> dict[int, int]:
        """Widths (axis 0) or heights (1) of the tracks whose own areas all have a natural size. A weight that is given
        counts for more than the size of a text, but not for more than that of tiles, which cannot be stretched."""
        found = {}
        for i in range(self.tracks(axis)):
            sizes = [known.get(name, ANY) for name in self.own(i, axis)]
            if given and given[i]:
                sizes = [n if n.inset is not None else ANY for n in sizes]
            if sizes and all(n.along(axis) is not None for n in sizes):
                found[i] = max(n.along(axis) or 0 for n in sizes)
        return found


def natural(views: Sequence[Measure], place: Place) -> Natural:
    """The natural size of an area: in each direction the largest of its views, when each of them has one."""
    sizes = [view(place) or ANY for view in views] or [ANY]
    insets = [n.inset for n in sizes if n.inset is not None]
    width, height = (
        None if any(n.along(axis) is None for n in sizes) else max(n.along(axis) or 0 for n in sizes) for axis in (0, 1)
    )
    roles = [n.role for n in sizes if n.role]
    return Natural(width, height, insets[0] if insets else None, roles[0] if roles else "")
