"""Where each view of a scene stands, at a size of the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding, SceneError, Unfit
from weightreel.render.scene.scene import Scene
from weightreel.render.views import View
from weightreel.trainer.recording.about import About


def places(scene: Scene, size: tuple[int, int], about: Mapping[str, About]) -> list[Place]:
    """Where each view of a scene stands, at a size of the frame.

    Raises:
        SceneError: a view or a card does not fit where it was put.
    """
    style = Style(size, scene.theme)
    naturals: dict[str, list[Callable[[Place], Natural | None]]] = {}
    for view in scene.view:
        if view.area is not None:
            naturals.setdefault(view.area, []).append(_measure(view, about_of(view, about)))
    rects = scene.layout.rects(style, naturals)
    whole, inner = Rect(0, 0, *size), scene.layout.content(style)
    found = [Place(rects[v.area] if v.area else inner if v.inset else whole, style) for v in scene.view]
    problems = [*_cards(scene, style, about), *_views(scene, found, about)]
    if problems:
        raise SceneError(scene.source, problems)
    return found


def about_of(view: View, about: Mapping[str, About]) -> About:
    """What is known of the run that a view shows; of the first for a view of all."""
    return about[view.runs(about)[0]]


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


def _views(scene: Scene, stands: list[Place], about: Mapping[str, About]) -> Iterator[Finding]:
    for number, (view, place) in enumerate(zip(scene.view, stands, strict=True)):
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
