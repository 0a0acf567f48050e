"""What the networks and the data cannot give to a scene's cards and views, once both are known."""

from __future__ import annotations

from collections.abc import Mapping

from weightreel.render.drawing import text
from weightreel.render.errors import Problem
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About


def misfits(scene: Scene, about: Mapping[str, About]) -> list[Problem]:
    """What the networks and the data cannot give to the scene's cards and views, once both are known."""
    found = [Problem(f"{k}.{key}".rstrip("."), m) for k, card in scene.cards.items() for key, m in card.problems()]
    if scene.title_card and scene.title_card.heading is None and text.missing(scene.title):
        lost = " ".join(text.missing(scene.title))
        found.append(Problem("title", f"the typeface has no sign for {lost}; use others, or say title_card.heading"))
    return found + [
        Problem(f"view[{i}].{key}", message)
        for i, view in enumerate(scene.view)
        for key, message in view.problems(about[view.runs(about)[0]])
    ]
