"""What the views of the data's own images share: their shape, their colours, the names of their classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from weightreel.render.drawing.template import Written
from weightreel.render.views._tiled import TiledView
from weightreel.trainer.recording.about import About

NO_PICTURES = "the inputs are no images"


class PictureTiles(TiledView):
    """Tiles of what the network is given."""

    of_weights: ClassVar[bool] = False

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The names of the classes."""
        yield from (Written("the names of the classes", name) for name in about.classes if self.labels)

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the network's input."""
        height, width = about.inputs[:2]
        return height, width

    def in_color(self, about: About) -> bool:
        """Whether the images have three channels."""
        return about.inputs[2:] == (3,)
