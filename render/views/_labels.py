"""Words beside dots, as many as have room: no two touch, and none lies on a dot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from weightreel.render.drawing.canvas import Rect

Point = tuple[float, float]


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


def beside(
    names: Sequence[str],
    points: Mapping[str, Point],
    widths: Mapping[str, int],
    height: int,
    radius: int,
    room: Rect,
) -> list[Label]:
    """The labels of some dots that have room beside all dots, each at the first side that has: right, left, above,
    below. Those of the first names are placed first."""
    placed: list[Label] = []
    for name in names:
        sides = _sides(name, widths[name], height, radius)
        placed += next(([side] for side in sides if _free(side, points, placed, radius, room)), [])
    return placed


def shown(labels: Sequence[Label], points: Mapping[str, Point], radius: int, room: Rect) -> list[Label]:
    """Of labels that keep their side, those that have room where the dots are now, the first ones first."""
    found: list[Label] = []
    for label in labels:
        if label.name in points and _free(label, points, found, radius, room):
            found.append(label)
    return found


def _sides(name: str, width: int, height: int, radius: int) -> list[Label]:
    away, middle = radius + max(2, height // 6), -(height // 2)
    corners = (away, middle), (-away - width, middle), (-(width // 2), -away - height), (-(width // 2), away)
    return [Label(name, *corner, width, height) for corner in corners]


def _free(label: Label, points: Mapping[str, Point], others: Sequence[Label], radius: int, room: Rect) -> bool:
    rect = label.at(points[label.name])
    inside = room.x <= rect.x and rect.x + rect.width <= room.x + room.width
    inside = inside and room.y <= rect.y and rect.y + rect.height <= room.y + room.height
    dots = (Rect(round(x) - radius, round(y) - radius, 2 * radius, 2 * radius) for x, y in points.values())
    return inside and not any(_meet(rect, other) for other in (*dots, *(o.at(points[o.name]) for o in others)))


def _meet(one: Rect, other: Rect) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height
