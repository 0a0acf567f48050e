"""A scene for a quick look."""

from __future__ import annotations

from pathlib import Path

from weightreel.render.drawing.canvas import even
from weightreel.render.errors import SceneError
from weightreel.render.making.plan import prepare
from weightreel.render.making.sources import sources_of
from weightreel.render.scene.scene import Scene

DRAFT_FPS = 15


def draft(scene: Scene, recording: str | Path | None = None) -> Scene:
    """The scene for a quick look: every output at most at 15 frames a second, and at half its size where its tiles
    still fit; `recording` is what it is drawn from, where that is kept."""
    outputs, halved = [], []
    for output in scene.output:
        width, height = output.size_in(scene.layout.size)
        slow = output.model_copy(update={"fps": float(min(DRAFT_FPS, output.rate(scene.timeline.fps)))})
        outputs.append(slow)
        halved.append(slow.model_copy(update={"size": (max(2, even(width / 2)), max(2, even(height / 2)))}))
    small = scene.model_copy(update={"output": tuple(halved)})
    try:
        prepare(small, sources_of(small, recording), written=False)
    except SceneError:
        return scene.model_copy(update={"output": tuple(outputs)})
    return small
