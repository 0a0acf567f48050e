"""Which class is taken for which: a heat map with counts, true classes down, predictions across."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import READABLE, Color, Frame, Rect, blank, contrast, ink
from weightreel.render.drawing.fitting import in_cell
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.theme import COLORMAP, SMALLEST_TEXT_PX, Style, ThemeColormap
from weightreel.render.errors import Finding
from weightreel.render.views import NO_CLASSES, View
from weightreel.render.views._class_names import LINES, ClassNames
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import ConfusionMatrix as ConfusionProbe
from weightreel.trainer.recording.probes import Probe, SplitName
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

LEAST = 8 * LINES  # pixels of cells that have lines around them
COUNT = "000"  # what cells with counts have room for at the least


class ConfusionMatrix(View):
    """Counts in square cells, true classes down, predictions across; a cell's colour is its share of the row, so that
    rare classes show as much as common. Cells of nothing have about the colour of the background.

    Example:
        [[view]]
        type = "confusion_matrix"
        area = "grid"
        split = "validation"
    """

    inset: ClassVar[bool] = True
    steady: ClassVar[bool] = True

    type: Literal["confusion_matrix"] = "confusion_matrix"
    split: SplitName = Field(default="validation", description="the images that are counted")
    colormap: ThemeColormap = Field(default="sequential", description=COLORMAP)
    counts: bool = Field(default=True, description="write the counts, where cells are 24 pixels or more")

    def findings(self, about: About) -> Iterator[Finding]:
        """There are no classes."""
        if not about.classes:
            yield Finding("type", NO_CLASSES)

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The matrix, over the whole split at every snapshot."""
        probe = ConfusionProbe(self.split)
        return {probe.key: probe}

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The names of the classes."""
        yield from (Written("the names of the classes", name) for name in about.classes)

    def natural(self, about: About, place: Place) -> Natural | None:
        """A square of cells with words on the left and on top."""
        if self.area is None:
            return None
        rect, _ = _laid(place, about)
        return Natural(rect.x + rect.width, rect.y + rect.height)

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Counts that have no room in their cells, and names that have none beside them."""
        names = _laid(place, about)[1]
        side = names.side
        if not names.size:
            needs = f"{len(about.classes)} names have no room beside cells of {side} × {side} pixels and are left out"
            yield Finding("area", f"{needs}; give the matrix more room", "note")
        if self.counts and not in_cell(COUNT, side, SMALLEST_TEXT_PX):
            needs = f"cells of {side} × {side} pixels have no room for counts, which are left out"
            yield Finding("counts", f"{needs}; give the matrix more room", "note")

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedConfusionMatrix:
        """Fix the cells and write the names of the classes."""
        recording = self.recording(recordings)
        rect, names = _laid(place, recording.about)
        background = blank(place.rect[2:], place.style.background)
        size = self._size(recording, names, place.style)
        fitted = FittedConfusionMatrix(self, place.style, rect, recording.about.classes, background, size)
        fitted.draw_lines()
        names.draw(background, rect, place.style)
        fitted.draw_sides()
        return fitted

    def _size(self, recording: Recording, names: ClassNames, style: Style) -> int:
        """Type size of the counts: the largest, all images of a class, has room in its cell; 0 where it has none."""
        counts = recording.probe(ConfusionProbe(self.split).key, int(recording.steps[0]))
        widest = max(COUNT, spaced(int(counts.sum(axis=1).max())), key=len)
        return in_cell(widest, names.side, min(style.body_px, names.side // 2)) if self.counts else 0


def _laid(place: Place, about: About) -> tuple[Rect, ClassNames]:
    """The cells within a place, whole even squares, right and below the words; and those."""
    names = ClassNames.of(about.classes, place.rect[2:], place.style)
    side = names.side * len(about.classes)
    return Rect(names.left, names.top, side, side), names


@dataclass(frozen=True)
class FittedConfusionMatrix:
    """A confusion matrix ready to draw."""

    view: ConfusionMatrix
    style: Style
    rect: Rect
    classes: Sequence[str]
    background: Frame
    size: int  # of the counts

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the counts of a moment."""
        recording, step = self.view.now(recordings, moment)
        canvas[:] = self.background
        counts = recording.probe(ConfusionProbe(self.view.split).key, step)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        levels = colormaps.to_levels(shares, np.array(0.0), np.array(1.0))
        table = self.style.lookup_table(self.view.colormap)[:, 0]
        for (row, column), count in np.ndenumerate(counts):
            shade = table[levels[row, column]]
            self._cell(canvas, row, column, int(count), (int(shade[0]), int(shade[1]), int(shade[2])))

    def _cell(self, canvas: Frame, row: int, column: int, count: int, shade: Color) -> None:
        side, gap = self._side, self._gap
        x, y = self.rect.x + column * side, self.rect.y + row * side
        canvas[max(0, y) : y + side - gap, max(0, x) : x + side - gap] = shade
        word, size = spaced(count), self.size
        if not size:
            return
        ascent, _, cap = text.metrics(size)
        at = (x + (side - gap - text.width(word, size)) // 2, y + (side - gap + cap) // 2 - ascent)
        text.draw(canvas, at, word, size=size, color=self._ink(count, shade), background=shade)

    def _ink(self, count: int, shade: Color) -> Color:
        """Nothing is written more quietly, where that can be read."""
        quiet = self.style.color("muted")
        return quiet if not count and contrast(quiet, shade) >= READABLE else ink(shade)

    @property
    def _side(self) -> int:
        return self.rect.width // len(self.classes)

    @property
    def _gap(self) -> int:
        return LINES if self._side >= LEAST else 0

    def draw_lines(self) -> None:
        """The ground of the cells, of which lines stay to be seen between and around them."""
        x, y, width, height = self.rect
        left, top = max(0, x - self._gap), max(0, y - self._gap)
        Rect(left, top, x + width - left, y + height - top).of(self.background)[:] = self.style.color("line")

    def draw_sides(self) -> None:
        """What the sides are."""
        across, px = "predicted class", self.style.body_px
        x = self.rect.x + (self.rect.width - text.width(across, px)) // 2
        self._write(self.background, (max(0, x), 0), across)
        self._write_upwards("true class")

    def _write_upwards(self, words: str) -> None:
        """Text turned by a quarter, along the left edge."""
        px = self.style.body_px
        ascent, descent, _ = text.metrics(px)
        strip = blank((text.width(words, px), ascent + descent), self.style.background)
        self._write(strip, (0, 0), words)
        turned = np.rot90(strip)
        top = self.rect.y + (self.rect.height - turned.shape[0]) // 2
        target = self.background[max(0, top) : max(0, top) + turned.shape[0], : turned.shape[1]]
        target[:] = turned[: target.shape[0], : target.shape[1]]

    def _write(self, canvas: Frame, at: tuple[int, int], words: str) -> None:
        style = self.style
        color = style.color("muted")
        text.draw(canvas, at, words, size=style.body_px, color=color, background=style.background)
