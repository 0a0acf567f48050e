"""The picture of all colour maps, written."""

from __future__ import annotations

from weightreel.render.drawing.swatches import picture
from weightreel.render.showing.strip import must_be_png, put
from weightreel.render.work.progress import Tell


def write_swatches(path: str, tell: Tell) -> None:
    """Write a picture of all colour maps; a folder that is made for it is told.

    Raises:
        SceneError: nothing can be written at the path.
        EncodeError: the file cannot be written.
    """
    must_be_png(path)
    put(path, picture(), tell)
