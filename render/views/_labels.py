"""Words beside dots, as many as have room: no two touch, and none lies on a dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot
from typing import NamedTuple

from weightreel.render.drawing.canvas import Rect

Point = tuple[float, float]
CLEAR = 1.4  # times as far as its own dot are others from a label, or it would seem to be theirs
FAR = 6  # radiuses of a dot that a label may be away from it
AWAY = 1.5  # radiuses of a dot, from which a line joins a label to it


class Label(NamedTuple):
    """A label that has a place: whose it is, and where its top left corner is from the middle of the dot."""

    name: str
    dx: int
    dy: int
    width: int
    height: int

    def at(self, point: Point) -> Rect:
        """The pixels that it takes beside a dot."""
        return Rect(round(point[0]) + self.dx, round(point[1]) + self.dy, self.width, self.height)

    def joined(self, point: Point, far: float) -> Point | None:
        """Where a line from its dot meets it, where the dot is further from it than `far`."""
        rect = self.at(point)
        x = min(max(point[0], rect.x), rect.x + rect.width)
        y = min(max(point[1], rect.y), rect.y + rect.height)
        return (x, y) if _away(rect, point) > far else None


def beside(
    names: Sequence[str],
    points: Mapping[str, Point],
    widths: Mapping[str, int],
    height: int,
    radius: int,
    room: Rect,
) -> list[Label]:
    """The labels of some dots that have room beside all dots, each at the first side that has: right, left, above,
    below, between them. Those of the first names are placed first."""
    placed: list[Label] = []
    for name in names:
        sides = _sides(name, widths[name], height, radius)
        placed += next(([side] for side in sides if _free(side, points, placed, radius, room, CLEAR)), [])
    return placed


def near(name: str, points: Mapping[str, Point], width: int, height: int, radius: int, room: Rect) -> list[Label]:
    """The label of a dot that cannot be taken for another's, where there is room, also at some distance: then no other
    dot is on the way to it."""
    sides = (side for far in range(1, FAR + 1) for side in _sides(name, width, height, far * radius))
    others = [point for other, point in points.items() if other != name]
    free = (side for side in sides if _free(side, points, [], radius, room, 0.0))
    return next(([side] for side in free if not _crossed(side, points[name], others, radius)), [])


def shown(
    labels: Sequence[Label], points: Mapping[str, Point], radius: int, room: Rect, before: Sequence[Label] = ()
) -> list[Label]:
    """Of labels that keep their side, those that have room where the dots are now beside those placed `before`, the
    first ones first; after them."""
    found = list(before)
    for label in labels:
        if label.name in points and _free(label, points, found, radius, room, CLEAR):
            found.append(label)
    return found


def _sides(name: str, width: int, height: int, radius: int) -> list[Label]:
    away, high = radius + max(2, height // 6), height // 2
    corners = [(away, -high), (-away - width, -high), (-(width // 2), -away - height), (-(width // 2), away)]
    near = radius * 3 // 4  # beside and above at once
    corners += [(x, y) for y in (-near - height, near) for x in (near, -near - width)]
    return [Label(name, *corner, width, height) for corner in corners]


def _free(
    label: Label, points: Mapping[str, Point], others: Sequence[Label], radius: int, room: Rect, clear: float
) -> bool:
    """Whether a label is within the room, touches nothing, and has other dots so many times as far as its own."""
    rect = label.at(points[label.name])
    inside = room.x <= rect.x and rect.x + rect.width <= room.x + room.width
    inside = inside and room.y <= rect.y and rect.y + rect.height <= room.y + room.height
    if not inside or any(_meet(rect, other.at(points[other.name])) for other in others):
        return False
    apart = max(radius, clear * _away(rect, points[label.name]))
    return all(_away(rect, point) >= apart for name, point in points.items() if name != label.name)


def _crossed(label: Label, own: Point, others: Sequence[Point], radius: int) -> bool:
    """Whether a dot lies on the line that joins a label to its own."""
    end = label.joined(own, AWAY * radius)
    if end is None:
        return False
    x, y = end[0] - own[0], end[1] - own[1]
    for other in others:
        along = ((other[0] - own[0]) * x + (other[1] - own[1]) * y) / (x * x + y * y)
        share = min(1.0, max(0.0, along))
        if hypot(own[0] + share * x - other[0], own[1] + share * y - other[1]) < radius / 2:
            return True
    return False


def _away(rect: Rect, point: Point) -> float:
    """Pixels from a point to a rectangle."""
    x = max(rect.x - point[0], 0, point[0] - rect.x - rect.width)
    y = max(rect.y - point[1], 0, point[1] - rect.y - rect.height)
    return hypot(x, y)


def _meet(one: Rect, other: Rect) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height
