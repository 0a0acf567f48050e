"""The areas of a scene stacked anew for a frame of another shape: of the arrangements that come into question, the one
in which nothing is cut and tiles and plots are largest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import log

from weightreel.render.drawing.areas import Measure, Natural, Place, natural
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.layout import Layout, shape_of
from weightreel.render.drawing.stacks import Blocks, stacked
from weightreel.render.drawing.theme import Style

LEAST_WIDTH, LEAST_HEIGHT = 0.28, 0.18  # of the shorter side: of what takes any room, such as a plot
WIDEST, HIGHEST = 3.0, 1.2  # width ÷ height, height ÷ width: a plot that is longer is no larger for it
TILES = 2.0  # what the size of tiles counts, that of the rest being 1
EMPTY = 0.5  # what the share of the frame that nothing stands in counts
Wrong = Callable[[Mapping[str, Rect]], tuple[int, int]]  # how many views do not fit, how many cut something


@dataclass(frozen=True)
class Measured:
    """The views of areas, measured once in each place: arrangements share most of their places."""

    views: Mapping[str, Sequence[Measure]]
    style: Style
    known: dict[tuple[str, Rect], Natural]

    def size(self, area: str, place: Place) -> Natural:
        """The natural size of an area in a place."""
        key = area, Rect(0, 0, *place.rect[2:])
        if key not in self.known:
            self.known[key] = natural(self.views[area], place)
        return self.known[key]

    @property
    def measures(self) -> dict[str, list[Measure]]:
        """One for each area."""
        return {area: [partial(self.size, area)] for area in self.views}


def restacked(
    layout: Layout, style: Style, views: Mapping[str, Sequence[Measure]], wrong: Wrong, inside: Rect | None
) -> Layout:
    """The layout with the areas that hold views, stacked for frames of the style's size."""
    measured, written = Measured(views, style, {}), _written(layout, style, views)
    if not views:
        return layout
    whole = Place(inside or layout.content(style), style)
    blocks = Blocks.of(layout.grid, {area: measured.size(area, whole) for area in views})
    best, least = layout, (1 << 30, 0, 0, 0.0)
    for other in stacked(layout, blocks, shape_of(style.size)):
        rects = other.rects(style, measured.measures, inside)
        rank = (*wrong(rects), _small(rects, measured), -_worth(_areas(rects, measured), written, whole.rect))
        if rank < least:
            best, least = other, rank
    return best


def _small(rects: Mapping[str, Rect], measured: Measured) -> int:
    """How many of those that take any room have too little."""
    side = min(measured.style.size)
    free = [r for r, size in _sized(rects, measured) if size.height is None]
    return sum(r.width < LEAST_WIDTH * side or r.height < LEAST_HEIGHT * side for r in free)


def _written(layout: Layout, style: Style, views: Mapping[str, Sequence[Measure]]) -> dict[str, float]:
    """How large everything is in the layout as it was written, of 1 in all: what is large there is to stay so."""
    own = Measured(views, Style(layout.size, style.theme), {})
    rects = {name: rect for name, rect in layout.rects(own.style, own.measures).items() if name in views}
    areas = {name: area * (TILES if _tiled(own, name, rects) else 1.0) for name, area in _areas(rects, own).items()}
    return {name: area / sum(areas.values()) for name, area in areas.items()}


def _tiled(measured: Measured, name: str, rects: Mapping[str, Rect]) -> bool:
    return measured.size(name, Place(rects[name], measured.style)).width is not None


def _worth(areas: Mapping[str, float], written: Mapping[str, float], whole: Rect) -> float:
    """The more, the larger everything is in proportion to what it was, and the less is empty."""
    large = sum(written.get(name, 0.0) * log(area) for name, area in areas.items())
    return large + EMPTY * log(sum(areas.values()) / (whole.width * whole.height)) if areas else 0.0


def _areas(rects: Mapping[str, Rect], measured: Measured) -> dict[str, float]:
    """How many pixels everything fills, but words, which are as large as they are."""
    found = {}
    for name, rect in rects.items():
        size = measured.size(name, Place(rect, measured.style))
        width, height = size.width or rect.width, size.height or rect.height
        if size.height is None:
            found[name] = min(width, WIDEST * height) * min(height, HIGHEST * width)
        elif size.width is not None:
            found[name] = float(width * height)
    return found


def _sized(rects: Mapping[str, Rect], measured: Measured) -> Iterator[tuple[Rect, Natural]]:
    for area, rect in rects.items():
        yield rect, measured.size(area, Place(rect, measured.style))
