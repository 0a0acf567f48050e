"""The picture of all colour maps, written."""

from __future__ import annotations

from weightreel.render.drawing.swatches import picture
from weightreel.render.encoders.png import write_still
from weightreel.render.making.strip import must_be_png
from weightreel.trainer.paths import located


def write_swatches(path: str) -> None:
    """Write a picture of all colour maps.

    Raises:
        SceneError: nothing can be written at the path.
        EncodeError: the file cannot be written.
    """
    must_be_png(path)
    write_still(located(path), picture())
