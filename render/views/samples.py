"""Images with what they are and what the network takes them for: the first ones, or hard ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Frame, Rect
from weightreel.render.drawing.colormaps import Values
from weightreel.render.drawing.template import Words
from weightreel.render.drawing.tiles import Border, outline
from weightreel.render.errors import Finding
from weightreel.render.views import NO_CLASSES
from weightreel.render.views._pictures import NO_PICTURES, PictureTiles
from weightreel.render.views._tiled import LINED, FittedTiles, Steps
from weightreel.trainer.options import Many, Tiles
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Images, Labels, Probabilities, Probe, SplitName
from weightreel.trainer.recording.recording import Recording

AMONG = 400  # images that hard ones are sought among, where nobody says
SEEN = 14  # parts of an image's side: one at each end, at the most, is a line of the double border, and one its ground
RIGHT, WRONG, KEPT = "✓", "×", "\N{NO-BREAK SPACE}"


class Samples(PictureTiles):
    """Rows × columns images of a split, the first ones or hard ones, under each its label, the prediction and its
    confidence.

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

    type: Literal["samples"] = "samples"
    split: SplitName = Field(default="test", description="the images to take them from")
    rows: Tiles = Field(default=3, description="images down")
    columns: Tiles = Field(default=3, description="images across")
    choose: Literal["first", "hard"] = Field(
        default="first",
        description="which images, said in a line under them where they are not the first; hard: half of them the "
        "network still takes for something else at the end, most surely first; the rest it learned last",
    )
    among: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description=f"how many images, all of them recorded, hard ones are sought among; default: {AMONG}, or all "
        "of a split that has fewer",
    )
    border: Border = Field(default=LINED, description="the frame around each image")
    labels: bool | Many[Words] = Field(
        default=True, description="true: label, prediction and confidence under each image; false: none"
    )

    def findings(self, about: About) -> Iterator[Finding]:
        """The inputs are no images, or there are no classes."""
        if not about.classes:
            yield Finding("type", NO_CLASSES)
        if len(about.inputs) not in (2, 3):
            yield Finding("type", NO_PICTURES)
        if self.among is not None and self.choose == "first":
            yield Finding("among", 'the first images are chosen among no others; say choose = "hard" or leave it out')
        if self._pool < self._shown:
            told = f"{self.rows} × {self.columns} images cannot be chosen among {self._pool}"
            yield Finding("among", f"{told}; raise it or show fewer")

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The images, their labels and the network's probabilities."""
        found = (self._images, self._truths, self._probabilities)
        return {p.key: p for p in found}

    def count(self, about: About) -> int:
        """One a cell."""
        return self._shown

    def values(self, recording: Recording, step: int) -> Values:
        """The pixels, (count, height × width)."""
        images = recording.probe(self._images.key, step)
        return images.reshape(len(images), -1)

    def chosen(self, recording: Recording, steps: Steps, count: int) -> tuple[int, ...] | None:
        """The hard images: at most half, rounded up, that are wrong at the end, as long as others were wrong before."""
        if self.choose == "first":
            return None
        labels = recording.probe(self._truths.key, int(steps[-1]))
        told = [np.nan_to_num(recording.probe(self._probabilities.key, int(step))) for step in steps]
        wrong = np.array([shares.argmax(axis=1) != labels for shares in told])
        return _hard(wrong, told[-1][np.arange(len(labels)), labels], count)

    def told(self, about: About, count: int) -> str:
        """What is hard about the images."""
        return self._told_among(self._pool)

    def told_of(self, recording: Recording, steps: Steps, count: int) -> str:
        """The same, with how many images there were to choose among."""
        return self._told_among(len(recording.probe(self._truths.key, int(steps[-1]))))

    def _told_among(self, pool: int) -> str:
        return f"wrong to the end, or learned last, of {pool}" if self.choose == "hard" else ""

    def widest_words(self, about: About) -> list[str]:
        """As wide as a wrong answer."""
        widest = max(about.classes, key=lambda c: text.width(c, 20))
        return [_told(WRONG, widest, widest, 1.0)]

    def words(self, recording: Recording, step: int) -> list[str]:
        """ "✓ 7  99%", or "× 7 → 1  63%" where the network is wrong."""
        classes, words = recording.about.classes, []
        for label, guess, share in self._answers(recording, step):
            words.append(_told(RIGHT if guess == label else WRONG, classes[label], classes[guess], share))
        return words

    def annotate(self, canvas: Frame, fitted: FittedTiles, recording: Recording, step: int) -> None:
        """A double border around what is wrong: on any image and any background one of the two is seen."""
        out, (th, tw), s, style = self.border.outside, fitted.grid.tile, fitted.grid.scale, fitted.style
        thick = min(style.even_px(5), max(1, min(th, tw) * s // SEEN))
        answers = self._answers(recording, step)
        for number, image in enumerate(fitted.chosen or range(fitted.count)):
            label, guess, _ = answers[image]
            if guess != label:
                x, y = fitted.grid.corner(number)
                rect = Rect(x - out, y - out, tw * s + 2 * out, th * s + 2 * out)
                outline(canvas, rect, 2 * thick, style.background)
                outline(canvas, rect, thick, style.color("text"))

    @property
    def _shown(self) -> int:
        return self.rows * self.columns

    @property
    def _pool(self) -> int:
        """How many images are recorded."""
        return self._shown if self.choose == "first" else self.among or AMONG

    @property
    def _enough(self) -> int:
        """How many are at the least: all that were asked for, or as many as are shown."""
        return self._shown if self.among is None else self._pool

    @property
    def _images(self) -> Images:
        return Images(self.split, self._pool, enough=self._enough)

    @property
    def _truths(self) -> Labels:
        return Labels(self.split, self._pool, enough=self._enough)

    @property
    def _probabilities(self) -> Probabilities:
        return Probabilities(self.split, self._pool, enough=self._enough)

    def _answers(self, recording: Recording, step: int) -> list[tuple[int, int, float]]:
        """(label, prediction, its probability) of each image."""
        labels = recording.probe(self._truths.key, step)
        shares = recording.probe(self._probabilities.key, step)
        guesses = shares.argmax(axis=1)
        sure = shares[np.arange(len(shares)), guesses]
        return [*zip(labels.astype(int).tolist(), guesses.tolist(), sure.astype(float).tolist(), strict=True)]


def _hard(wrong: NDArray[np.bool_], sure: NDArray[np.float64], count: int) -> tuple[int, ...]:
    """Of images that are `wrong` at each step, (steps, images), and whose own class has probabilities `sure` at the
    last: `count`, those first that stay wrong, most surely first; then those that were wrong last."""
    last = np.where(wrong.any(axis=0), len(wrong) - 1 - wrong[::-1].argmax(axis=0), -1)
    stays = [int(i) for i in np.argsort(sure, kind="stable") if wrong[-1, i]]
    late = [int(i) for i in np.argsort(-last, kind="stable") if not wrong[-1, i]]
    learned = sum(last[i] >= 0 for i in late)
    kept = stays[: max((count + 1) // 2, count - learned)]
    return (*kept, *late[: count - len(kept)])


def _told(mark: str, label: str, guess: str, share: float) -> str:
    """An answer; where it needs several lines, what belongs together stays so."""
    end = f"  {share:.0%}"
    return f"{mark}{KEPT}{label}{end}" if mark == RIGHT else f"{mark}{KEPT}{label} →{KEPT}{guess}{end}"


assert not text.missing(RIGHT + WRONG + "→")
