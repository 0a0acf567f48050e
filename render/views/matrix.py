"""A matrix of weights as a heat map: an embedding, the matrices of attention, any layer of rows and columns."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from weightreel.render.drawing import colormaps, text
from weightreel.render.drawing.canvas import Frame, Rect, blank, cv2, even
from weightreel.render.drawing.colormaps import Limits, Normalize, Values
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.numbers import spaced
from weightreel.render.drawing.template import Words
from weightreel.render.drawing.theme import COLORMAP, Style, ThemeColormap
from weightreel.render.errors import Finding, Unfit
from weightreel.render.views import View
from weightreel.render.views._bar import bar_beside, bar_width, draw_bar, draw_range
from weightreel.render.views._reduced import Cells
from weightreel.trainer.bounds import MOST_NAME
from weightreel.trainer.options import WhichLayer
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

NAMES = {"linear": ("inputs", "units"), "embedding": ("entries", "dimensions")}
OTHER = ("rows", "columns")
NEAR = 6  # pixels between words and picture, on a frame 1080 high
MOST_NAMED = 12
MOST_READ, LEAST_STEPS = 500_000_000, 16  # numbers that are looked at for the range of a clip


class Matrix(View):
    """The weights of a layer, or any other parameter, a cell a weight: its first axis down, its second across.

    Cells are whole pixels. Of a matrix that is larger than its area each pixel is the mean of some weights, and a line
    under it says so.

    Example:
        [[view]]
        type = "matrix"
        area = "grid"
        layer = 1
        down = "pixels"
    """

    inset: ClassVar[bool] = True
    steady: ClassVar[bool] = True

    type: Literal["matrix"] = "matrix"
    layer: WhichLayer = Field(default=0, description="a layer whose weights have two axes, counted from 0, or its name")
    parameter: str | None = Field(
        default=None,
        max_length=MOST_NAME,
        description="what is shown in place of a layer's weights, by its name in the recording, such as 0/bias",
    )
    transpose: bool = Field(default=False, description="the first axis across and the second down")
    down: Words | None = Field(default=None, description="what stands down, such as inputs; default: by the layer")
    across: Words | None = Field(default=None, description="what stands across, such as units; default: by the layer")
    normalize: Normalize = Field(
        default=Normalize(over="clip", range="symmetric"), description="how values become positions in the colour map"
    )
    colormap: ThemeColormap = Field(default="diverging", description=COLORMAP)
    colorbar: bool = Field(default=True, description="a bar beside the matrix: which colour is which value")

    @property
    def colored(self) -> bool:
        """All colour maps but one have."""
        return self.colormap != "gray"

    def findings(self, about: About) -> Iterator[Finding]:
        """There is no such layer or parameter, or it has not two axes."""
        shape = self._parameter(about)[1]
        if len(shape) not in (1, 2):
            key, told = "layer" if self.parameter is None else "parameter", " × ".join(map(str, shape))
            yield Finding(key, f"its weights are {told}, and no matrix; a matrix has rows and columns")

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Words or a bar that have no room."""
        laid = self._laid(about, place)
        out = [] if laid.names else ["the names of the axes"]
        out += ["the colour bar"] if self.colorbar and not laid.bar else []
        if out:
            told = f"{place.rect.width} × {place.rect.height} pixels have no room for {' and '.join(out)}"
            yield Finding("area", f"{told}, left out; give the matrix more room", "note")

    def lacking(self, recording: Recording) -> Iterator[Finding]:
        """The parameter was not recorded, as biases may not be."""
        name = self._parameter(recording.about)[0]
        there = [key.partition("/")[2] for key in recording.keys if key.startswith("parameters/")]
        if name not in there:
            near = difflib.get_close_matches(name, there, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(there[:MOST_NAMED]) or 'none'}"
            yield Finding("parameter", f"'{name}' was not recorded; {hint}")

    def natural(self, about: About, place: Place) -> Natural | None:
        """The matrix with its words and its bar."""
        if self.area is None:
            return None
        return Natural(*self._laid(about, place).size)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedMatrix:
        """Fix the cells, the words, and the range where it is one for the whole clip."""
        recording, (run,) = self.recording(recordings), self.runs(recordings)
        laid = self._laid(recording.about, place)
        fitted = FittedMatrix(self, place.style, laid, blank(place.rect[2:], place.style.background))
        if self.normalize.over == "clip":
            fitted = replace(fitted, limits=self._clip_limits(recording, laid, course.shown(run)))
        fitted.draw_still()
        return fitted

    def values(self, recording: Recording, step: int) -> Values:
        """The matrix (down, across)."""
        matrix = np.atleast_2d(recording.parameter(self._parameter(recording.about)[0], step))
        matrix = matrix if matrix.dtype.itemsize >= 4 else matrix.astype(np.float32)
        return matrix.T if self.transpose else matrix

    def _clip_limits(self, recording: Recording, laid: Laid, steps: np.ndarray) -> Limits:
        """The range of the clip: of all steps or, of means too many to be looked at, of some of them."""
        rows, columns = laid.shape
        if laid.cells.reduced:
            most = max(LEAST_STEPS, MOST_READ // (rows * columns))
            some = steps[np.unique(np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int))]
            shown = (laid.cells.values(self.values(recording, int(step))) for step in some)
            ends = np.array([[v.min(), v.max()] for v in shown])
        else:
            spans = recording.span(f"parameters/{self._parameter(recording.about)[0]}")
            ends = spans[[recording.index(int(step)) for step in steps]]
        return self.normalize.limits_over(ends)

    def _parameter(self, about: About) -> tuple[str, tuple[int, ...], tuple[str, str]]:
        """(name, shape, names of the axes).

        Raises:
            Unfit: there is none.
        """
        if self.parameter is None:
            layer = about.layer(self.layer)
            return about.weights(self.layer, layer.kind), layer.tensor, NAMES.get(layer.kind, OTHER)
        known = dict(_parameters(about))
        if self.parameter in known:
            return self.parameter, *known[self.parameter]
        near = difflib.get_close_matches(self.parameter, list(known), 1)
        there = ", ".join(name for name in known if name.endswith("/weights")) or "none"
        hint = f"did you mean '{near[0]}'?" if near else f"there are {there}, and biases"
        raise Unfit("parameter", f"no parameter '{self.parameter}'; {hint}")

    def _laid(self, about: About, place: Place) -> Laid:
        """Where everything stands: with words and bar where most of the place is left to the matrix, else alone."""
        _, shape, names = self._parameter(about)
        rows, columns = shape if len(shape) == 2 else (1, *shape)
        down, across = names
        if self.transpose:
            rows, columns, down, across = columns, rows, across, down
        named = (self.down or (down if rows > 1 else ""), self.across or across)
        for words, bar in ((named, self.colorbar), (named, False), (None, self.colorbar), (None, False)):
            laid = Laid.of((rows, columns), words, place, bar=bar, centred=self.area is None)
            if laid is not None:
                return laid
        raise AssertionError("alone it always has room")


def _parameters(about: About) -> Iterator[tuple[str, tuple[tuple[int, ...], tuple[str, str]]]]:
    """(name, (shape, names of the axes)) of weights and biases."""
    for layer in about.layers:
        if layer.weights is not None and layer.shape is not None:
            yield layer.weights, (layer.shape, NAMES.get(layer.kind, OTHER))
            if layer.kind in ("linear", "conv", "conv1d"):
                for biases in ("bias", "biases"):  # the first of layers of ours, the second of others
                    yield f"{layer.weights.removesuffix('/weights')}/{biases}", (layer.shape[-1:], ("", "units"))


@dataclass(frozen=True)
class Laid:
    """Where a matrix stands in its place, in pixels: `picture`; `names` of the axes, empty where they are left out;
    `size` (width, height) of all of it; `told` is written under the picture."""

    shape: tuple[int, int]
    cells: Cells
    picture: Rect
    names: tuple[str, ...]
    size: tuple[int, int]
    bar: bool
    told: str

    @classmethod
    def of(
        cls, shape: tuple[int, int], names: tuple[str, str] | None, place: Place, *, bar: bool, centred: bool
    ) -> Laid | None:
        """All of it; None where words and bar would take most of the place."""
        style, (x, y, width, height) = place.style, place.rect
        line = even(sum(text.metrics(style.body_px)[:2]) + style.px(NEAR) + 1)
        left, top = (line if names and names[0] else 0, line if names else 0)
        right = bar_width(style) if bar else 0
        cells, below = Cells.of(shape, (height - top, width - left - right)), 0
        if cells.reduced and names:
            below = line
            cells = Cells.of(shape, (height - top - below, width - left - right))
        if (names or bar) and (left + right > width / 2 or top + below > height / 2):
            return None
        across, down = cells.size(shape)[::-1]
        size = (even(left + across + right + 1), even(top + down + below + 1))
        dx, dy = (max(0, (room - n) // 2) if centred else 0 for room, n in zip((width, height), size, strict=True))
        at = (_even(x, dx + left, width - across), _even(y, dy + top, height - down))
        told = _told(cells, across, style) if below else ""
        return cls(shape, cells, Rect(*at, across, down), names or (), size, bar, told)


def _even(start: int, offset: int, most: int) -> int:
    """The offset, or one less or more, at which an even pixel of the frame is."""
    odd = (start + offset) % 2
    return offset - odd if offset >= odd else min(offset + odd, most)


def _told(cells: Cells, width: int, style: Style) -> str:
    """What a pixel of a reduced matrix is, in as few words as have room."""
    down, across = cells.means
    means = f"{down} × {across}"
    words = (f"each pixel is the mean of {means} weights", f"pixels are means of {means}", f"means of {means}")
    return next((told for told in words if text.width(told, style.body_px) <= width), words[-1])


@dataclass(frozen=True)
class FittedMatrix:
    """A matrix ready to draw."""

    view: Matrix
    style: Style
    laid: Laid
    background: Frame
    limits: Limits | None = None

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the matrix at a moment."""
        canvas[:] = self.background
        values = self.laid.cells.values(self.view.values(*self.view.now(recordings, moment)))
        low, high = self.limits or self.view.normalize.limits(values.min(), values.max())
        levels = colormaps.to_levels(values, np.asarray(low), np.asarray(high))
        picture = colormaps.colorize(levels, self.style.lookup_table(self.view.colormap))
        down, across = self.laid.cells.scale
        if (down, across) != (1, 1):
            picture = cv2.resize(picture, None, fx=across, fy=down, interpolation=cv2.INTER_NEAREST)  # type: ignore
        self.laid.picture.of(canvas)[:] = picture
        if self.laid.bar:
            draw_range(canvas, self._bar, (float(low), float(high)), self.view.colormap, self.style)

    @property
    def _bar(self) -> Rect:
        return bar_beside(self.laid.picture, self.style)

    def draw_still(self) -> None:
        """What stands on the background: the names of the axes, what a pixel is, the colours of the bar."""
        x, y, width, height = self.laid.picture
        ascent, descent, _ = text.metrics(self.style.body_px)
        line, near = ascent + descent, self.style.px(NEAR)
        if self.laid.names:
            down, across = self.laid.names
            rows, columns = self.laid.shape
            self._put(self._axis(columns, across, width), x, y - near - line)
            if down:
                self._put(np.rot90(self._axis(rows, down, height, upwards=True)), x - near - line, y)
        if self.laid.told:
            strip = blank((text.width(self.laid.told, self.style.body_px), line), self.style.background)
            self._write(strip, 0, self.laid.told)
            self._put(strip, x, y + height + near)
        if self.laid.bar:
            draw_bar(self.background, self._bar, self.style.lookup_table(self.view.colormap))

    def _axis(self, count: int, name: str, length: int, *, upwards: bool = False) -> Frame:
        """A line as long as an axis: its name and how many there are in the middle, the first and the last number at
        the ends; what has no room is left out."""
        px, style = self.style.body_px, self.style
        ascent, descent, _ = text.metrics(px)
        strip = blank((length, ascent + descent), style.background)
        ends = ["0", spaced(count - 1)]
        named = f"{spaced(count)} {name}"
        widths = [text.width(word, px) for word in (*ends, named)]
        middle = (length - widths[2]) // 2
        if middle - max(widths[:2]) >= style.px(3 * NEAR):
            first, last = reversed(ends) if upwards else ends
            self._write(strip, 0, first)
            self._write(strip, length - text.width(last, px), last)
        if middle >= 0:
            self._write(strip, middle, named)
        elif (middle := (length - text.width(name, px)) // 2) >= 0:
            self._write(strip, middle, name)
        return strip

    def _write(self, strip: Frame, x: int, words: str) -> None:
        style = self.style
        text.draw(strip, (x, 0), words, size=style.body_px, color=style.color("muted"), background=style.background)

    def _put(self, strip: Frame, x: int, y: int) -> None:
        """What of a strip lies on the background."""
        top, left = max(0, y), max(0, x)
        part = strip[top - y :, left - x :]
        target = self.background[top : top + part.shape[0], left : left + part.shape[1]]
        target[:] = part[: target.shape[0], : target.shape[1]]
