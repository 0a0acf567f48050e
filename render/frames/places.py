"""Where each view of a scene stands, at a size of the frame."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from weightreel.render.drawing.canvas import Rect
from weightreel.render.drawing.layout import Measure, Natural, Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding, SceneError, Unfit
from weightreel.render.scene.scene import Scene
from weightreel.render.views import View
from weightreel.trainer.recording.about import About


def places(scene: Scene, size: tuple[int, int], about: Mapping[str, About]) -> list[Place]:
    """Where each view of a scene stands, at a size of the frame.

    Raises:
        SceneError: a view does not fit where it was put.
    """
    style = Style(size, scene.theme)
    naturals: dict[str, list[Measure]] = {}
    problems: list[Finding] = []
    for number, view in enumerate(scene.view):
        if view.area is not None:
            description = about_of(view, about)
            measure = partial(_natural, view, description, number, problems)
            naturals.setdefault(view.area, []).append(measure)
    rects = scene.layout.rects(style, naturals)
    whole, inner = Rect(0, 0, *size), scene.layout.content(style)
    found = [Place(rects[v.area] if v.area else inner if v.inset else whole, style) for v in scene.view]
    problems.clear()
    for key, card in scene.cards.items():
        found_here = card.findings_at(about[card.run or next(iter(about))], style)
        problems += [finding.under(key) for finding in found_here]
    for number, (view, place) in enumerate(zip(scene.view, found, strict=True)):
        _natural(view, about_of(view, about), number, problems, place)
    if problems:
        raise SceneError(scene.source, problems)
    return found


def about_of(view: View, about: Mapping[str, About]) -> About:
    """The description of the run that a view shows; of the first for a view of all."""
    return about[view.runs(about)[0]]


def _natural(view: View, about: About, number: int, problems: list[Finding], place: Place) -> Natural | None:
    try:
        return view.natural(about, place)
    except Unfit as error:
        problems.append(error.finding.under(f"view[{number}]"))
        return None
