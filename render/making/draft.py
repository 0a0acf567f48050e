"""A scene for a quick look."""

from __future__ import annotations

from pathlib import Path

from weightreel.render.drawing.canvas import even
from weightreel.render.errors import Finding, SceneError
from weightreel.render.making.plan import prepare
from weightreel.render.making.progress import Tell, unheard
from weightreel.render.making.sources import sources_of
from weightreel.render.scene.scene import Scene

DRAFT_FPS = 15


def draft(scene: Scene, *, recording: str | Path | None = None, tell: Tell = unheard) -> Scene:
    """The scene for a quick look: every output at most at 15 frames a second, and at half its size where its tiles
    still fit; where they do not, a note is told.

    Args:
        scene: from `load` or built from its types.
        recording: a kept recording that it will be drawn from.
        tell: is told the note.

    Raises:
        SceneError: the scene is wrong at any size.
        RecordingError: there is no such recording.
    """
    outputs, halved = [], []
    for output in scene.output:
        width, height = output.size_in(scene.layout.size)
        slow = output.model_copy(update={"fps": float(min(DRAFT_FPS, output.rate(scene.timeline.fps)))})
        outputs.append(slow)
        halved.append(slow.model_copy(update={"size": (max(2, even(width / 2)), max(2, even(height / 2)))}))
    small = scene.model_copy(update={"output": tuple(halved)})
    try:
        prepare(small, sources_of(small, recording), written=False)
        return small
    except SceneError as error:
        whole = scene.model_copy(update={"output": tuple(outputs)})
        prepare(whole, sources_of(whole, recording), written=False)
        first = error.findings[0]
        tell(Finding("--draft", f"every output keeps its size: at half of it, {first.key}: {first.message}", "note"))
        return whole
