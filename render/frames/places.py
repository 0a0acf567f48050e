"""Where each view of a scene stands, at a size of the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from weightreel.render.drawing.areas import Measure
from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.layout import Layout, Natural, Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding, SceneError, Unfit, gathered
from weightreel.render.frames.restacked import restacked
from weightreel.render.frames.take import Sizing
from weightreel.render.scene.scene import Scene
from weightreel.render.views import View
from weightreel.trainer.recording.about import About

Stands = Sequence[Place | None]
MOST_FOUND = 64
_FOUND: dict[tuple[int, ...], tuple[object, Layout]] = {}  # by what it was sought for, which is kept alive with it


def places(scene: Scene, sizing: Sizing, about: Mapping[str, About]) -> Stands:
    """Where each view of a scene stands, at a size of the frame; None for one whose area frames of this shape do not
    have.

    Args:
        scene: what is to be filmed.
        sizing: the size of the frame, and the part of it that areas stand in.
        about: what is known of each run.

    Raises:
        SceneError: a view or a card does not fit where it was put.
    """
    style, inside = Style(sizing.size, scene.theme), sizing.inside
    layout = _layout(scene, style, about, inside)
    found = _placed(scene, style, layout, layout.rects(style, _measures(scene, about), inside), inside)
    problems = [*_cards(scene, style, about), *_views(scene, found, about)]
    if problems:
        raise SceneError(scene.source, problems)
    return found


def about_of(view: View, about: Mapping[str, About]) -> About:
    """What is known of the run that a view shows; of the first for a view of all."""
    return about[view.runs(about)[0]]


def _layout(scene: Scene, style: Style, about: Mapping[str, About], inside: Rect | None) -> Layout:
    """The layout for frames of this shape; where the scene has none for it, its areas stacked anew, which is sought
    once for the same parts of a scene."""
    layout = scene.layout.at(style.size)
    if not scene.layout.turned(style.size):
        return layout
    parts = (scene.view, scene.layout, scene.theme, *about.values())
    key = (*map(id, parts), *style.size, *(inside or ()))
    if key not in _FOUND:
        if len(_FOUND) >= MOST_FOUND:
            _FOUND.clear()
        measures, wrong = _measures(scene, about), _Wrong(scene, style, layout, about, inside)
        _FOUND[key] = parts, restacked(layout, style, measures, wrong, inside)
    return _FOUND[key][1]


class _Wrong:
    """How many views do not fit into areas, and how much is cut in them; each view is asked once in a room."""

    def __init__(
        self, scene: Scene, style: Style, layout: Layout, about: Mapping[str, About], inside: Rect | None
    ) -> None:
        self._scene, self._style, self._layout, self._about, self._inside = scene, style, layout, about, inside
        self._found: dict[tuple[int, int, int], int | None] = {}

    def __call__(self, rects: Mapping[str, Rect]) -> tuple[int, int]:
        unfit = cut = 0
        stands = _placed(self._scene, self._style, self._layout, rects, self._inside)
        for number, (view, place) in enumerate(zip(self._scene.view, stands, strict=True)):
            if view.area is None or place is None:
                continue
            key = number, *place.rect[2:]
            if key not in self._found:
                self._found[key] = _cut(view, about_of(view, self._about), place)
            found = self._found[key]
            unfit, cut = unfit + (found is None or any(_beyond(place))), cut + (found or 0)
        return unfit, cut


def _cut(view: View, about: About, place: Place) -> int | None:
    """How much a view cuts in a place; None where it does not fit."""
    try:
        view.natural(about, place)
        return len(gathered(view.findings_at(about, place)))
    except Unfit:
        return None


def _measures(scene: Scene, about: Mapping[str, About]) -> dict[str, list[Measure]]:
    found: dict[str, list[Measure]] = {}
    for view in scene.view:
        if view.area is not None:
            found.setdefault(view.area, []).append(_measure(view, about_of(view, about)))
    return found


def _placed(
    scene: Scene, style: Style, layout: Layout, rects: Mapping[str, Rect], inside: Rect | None
) -> list[Place | None]:
    whole, inner = Rect(0, 0, *style.size), inside or layout.content(style)
    free = [inner if v.inset else inside or whole if v.worded else whole for v in scene.view]
    own = [rects.get(view.area) if view.area else rect for view, rect in zip(scene.view, free, strict=True)]
    return [None if rect is None else Place(rect, style) for rect in own]


def _measure(view: View, about: About) -> Callable[[Place], Natural | None]:
    """What the layout asks a view for, in places that may still change: none that is too small is held against it."""

    def natural(place: Place) -> Natural | None:
        try:
            return view.natural(about, place)
        except Unfit:
            return None

    return natural


def _cards(scene: Scene, style: Style, about: Mapping[str, About]) -> Iterator[Finding]:
    for key, card in scene.cards.items():
        found = card.findings_at(about[card.run_of(about)], style)
        yield from (finding.under(key) for finding in found)


def _views(scene: Scene, stands: Stands, about: Mapping[str, About]) -> Iterator[Finding]:
    for number, (view, place) in enumerate(zip(scene.view, stands, strict=True)):
        if place is None:
            continue
        try:
            view.natural(about_of(view, about), place)
        except Unfit as error:
            yield error.finding.under(f"view[{number}]")
        else:
            yield from (finding.under(f"view[{number}]") for finding in _beyond(place))


def _beyond(place: Place) -> Iterator[Finding]:
    """What the areas beside it need may leave an area outside of the frame."""
    (x, y, width, height), (across, down) = place.rect, place.style.size
    if min(x, y) < 0 or min(width, height) < 1 or x + width > across or y + height > down:
        told = f"its {width} × {height} pixels at ({x}, {y}) do not fit into the frame of {across} × {down}"
        yield Finding("area", f"{told}; enlarge the frame, or show less in this area or beside it")
