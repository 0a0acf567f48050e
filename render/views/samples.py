"""Images with what they are and what the network takes them for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect
from weightreel.render.drawing.colormaps import Values
from weightreel.render.drawing.template import Words, Written
from weightreel.render.drawing.tiles import Border, outline
from weightreel.render.errors import Finding
from weightreel.render.views import NO_CLASSES
from weightreel.render.views._tiled import LINED, FittedTiles, TiledView
from weightreel.trainer.options import Many, Tiles
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Images, Labels, Probabilities, Probe, SplitName
from weightreel.trainer.recording.recording import Recording

RIGHT, WRONG = "✓", "×"


class Samples(TiledView):
    """The first rows × columns images of a split, under each its label, the prediction and its confidence.

    A right prediction has a tick and a thin border, a wrong one a cross, an arrow from label to prediction and a
    double border: no colour is needed to tell them apart.

    Example:
        [[view]]
        type = "samples"
        area = "grid"
        split = "test"
        rows = 2
        columns = 5
    """

    of_weights: ClassVar[bool] = False

    type: Literal["samples"] = "samples"
    split: SplitName = Field(default="test", description="the images to take them from")
    rows: Tiles = Field(default=3, description="images down")
    columns: Tiles = Field(default=3, description="images across")
    border: Border = Field(default=LINED, description="the frame around each image")
    labels: bool | Many[Words] = Field(
        default=True, description="true: label, prediction and confidence under each image; false: none"
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """The inputs are no images, or there are no classes."""
        if not about.classes:
            yield Finding("type", NO_CLASSES)
        if len(about.inputs) not in (2, 3):
            yield Finding("type", "the inputs are no images")

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The images, their labels and the network's probabilities."""
        found = (Images(self.split, self._shown), Labels(self.split, self._shown), self._probabilities)
        return {p.key: p for p in found}

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The names of the classes."""
        yield from (Written("the names of the classes", name) for name in about.classes if self.labels)

    def count(self, about: About) -> int:
        """One a cell."""
        return self._shown

    def tile(self, about: About) -> tuple[int, int]:
        """The shape of the network's input."""
        height, width = about.inputs[:2]
        return height, width

    def values(self, recording: Recording, step: int) -> Values:
        """The pixels, (count, height × width)."""
        images = recording.probe(Images(self.split, self._shown).key, step)
        return images.reshape(len(images), -1).astype("float32")

    def widest_words(self, about: About) -> list[str]:
        """As wide as a wrong answer."""
        widest = max(about.classes, key=lambda c: text.width(c, 20))
        return [f"{WRONG} {widest} → {widest}  100%"]

    def words(self, recording: Recording, step: int) -> list[str]:
        """ "✓ 7  99%", or "× 7 → 1  63%" where the network is wrong."""
        classes, words = recording.about.classes, []
        for label, guess, share in self._answers(recording, step):
            mark = f"{RIGHT} {classes[label]}" if guess == label else f"{WRONG} {classes[label]} → {classes[guess]}"
            words.append(f"{mark}  {share:.0%}")
        return words

    def annotate(self, canvas: Frame, fitted: FittedTiles, recording: Recording, step: int) -> None:
        """A double border around what is wrong: on any image and any background one of the two is seen."""
        out, (th, tw), s, style = self.border.outside, fitted.grid.tile, fitted.grid.scale, fitted.style
        thick = style.even_px(5)
        for number, (label, guess, _) in enumerate(self._answers(recording, step)[: fitted.count]):
            if guess != label:
                x, y = fitted.grid.corner(number)
                rect = Rect(x - out, y - out, tw * s + 2 * out, th * s + 2 * out)
                outline(canvas, rect, 2 * thick, style.background)
                outline(canvas, rect, thick, style.color("text"))

    @property
    def _shown(self) -> int:
        return self.rows * self.columns

    @property
    def _probabilities(self) -> Probabilities:
        return Probabilities(self.split, self._shown)

    def _answers(self, recording: Recording, step: int) -> list[tuple[int, int, float]]:
        """(label, prediction, its probability) of each image."""
        labels = recording.probe(Labels(self.split, self._shown).key, step)
        shares = recording.probe(self._probabilities.key, step)
        guesses = shares.argmax(axis=1)
        return [(int(a), int(g), float(s[g])) for a, g, s in zip(labels, guesses, shares, strict=True)]


assert not text.missing(RIGHT + WRONG + "→")
