"""One image of the data, as large as it has room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.colormaps import Values
from weightreel.render.drawing.tiles import Border
from weightreel.render.errors import Finding
from weightreel.render.views import NO_CLASSES
from weightreel.render.views._pictures import NO_PICTURES, PictureTiles
from weightreel.render.views._tiled import LINED
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Images, Labels, Probe, SplitName
from weightreel.trainer.recording.recording import Recording


class Image(PictureTiles):
    """One image of a split: what `activation_maps` and `probabilities` of the same number answer to.

    Example:
        [[view]]
        type = "image"
        area = "grid"
        image = 3
    """

    rows: ClassVar[int] = 1  # type: ignore[misc]
    columns: ClassVar[int] = 1  # type: ignore[misc]
    gap: ClassVar[int] = 0  # type: ignore[misc]

    type: Literal["image"] = "image"
    image: Annotated[int, Field(ge=0)] = Field(default=0, description="number of the image in its split, from 0")
    split: SplitName = Field(default="test", description="the images to take it from")
    border: Border = Field(default=LINED, description="the frame around it")
    labels: bool = Field(default=False, description="its class under it")

    def unchosen(self, runs: Sequence[str]) -> Iterator[Finding]:
        """Nothing: what it shows is of the data, not of a run."""
        yield from ()

    def findings(self, about: About) -> Iterator[Finding]:
        """The inputs are no images, or there are no classes."""
        if len(about.inputs) not in (2, 3):
            yield Finding("type", NO_PICTURES)
        if self.labels and not about.classes:
            yield Finding("labels", NO_CLASSES)

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The image, and its label where that is written."""
        found = (self._image, self._label) if self.labels else (self._image,)
        return {p.key: p for p in found}

    def count(self, about: About) -> int:
        """One."""
        return 1

    def values(self, recording: Recording, step: int) -> Values:
        """The pixels, (1, height × width × channels)."""
        return recording.probe(self._image.key, step).reshape(1, -1).astype("float32")

    def widest_words(self, about: About) -> list[str]:
        """The class whose name is the widest."""
        return [max(about.classes, key=lambda c: text.width(c, 20))] if self.labels else []

    def words(self, recording: Recording, step: int) -> list[str]:
        """The name of its class."""
        return [recording.about.classes[int(recording.probe(self._label.key, step)[0])]]

    @property
    def _image(self) -> Images:
        return Images(self.split, 1, self.image)

    @property
    def _label(self) -> Labels:
        return Labels(self.split, 1, self.image)
