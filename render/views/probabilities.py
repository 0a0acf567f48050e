"""What the network takes one image for: the probability of each class as a bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Color, Frame, Rect, blank, cv2, even, fill, mix
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.plot import SHIFT
from weightreel.render.drawing.template import Written
from weightreel.render.drawing.text import Weight
from weightreel.render.drawing.theme import SMALLEST_TEXT_PX, Style
from weightreel.render.errors import Finding, Unfit
from weightreel.render.views import NO_CLASSES, View
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.probes import Labels, Probe, SplitName
from weightreel.trainer.recording.probes import Probabilities as ProbabilitiesProbe
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

TRUE, RIGHT, WRONG = "true class", "✓ right", "× wrong"
LARGEST = 34  # type size on a frame 1080 high, where there are few classes in much room
PITCH = 2.2  # rows stand at most so many type sizes apart
LEAST_BAR = 3  # type sizes that a bar of 100 % is long at the least
LEAST_SHARE = 0.005  # a bar is said to be 1 % from here on
QUIET = 0.55  # of the colour of words, have bars that are not the largest
GAP = 2  # type sizes between two columns
TOP: tuple[str, Weight] = ("text", "semibold")
OTHERS: tuple[str, Weight] = ("muted", "regular")
SPLITS = {"train": "training", "validation": "validation", "test": "test"}  # as the theme calls them


class Probabilities(View):
    """One image's class probabilities, a bar a class. The largest stands out, filled where it is that of the true
    class, else an outline; a triangle is at the true class, and the last line says whether both are the same.

    Example:
        [[view]]
        type = "probabilities"
        area = "grid"
        image = 3
    """

    inset: ClassVar[bool] = True
    steady: ClassVar[bool] = True

    type: Literal["probabilities"] = "probabilities"
    image: Annotated[int, Field(ge=0)] = Field(default=0, description="number of the image in its split, from 0")
    split: SplitName = Field(default="test", description="the images to take it from")

    def findings(self, about: About) -> Iterator[Finding]:
        """There are no classes."""
        if not about.classes:
            yield Finding("type", NO_CLASSES)

    def findings_at(self, about: About, place: Place) -> Iterator[Finding]:
        """Classes that no row is left for."""
        rows, every = rows_of(about.classes, place, self.area is None), len(about.classes)
        if rows.many < every:
            told = f"the area has room for {rows.many} of {every} classes"
            yield Finding("area", f"{told}: those that become most probable are shown; enlarge it for more", "note")

    def natural(self, about: About, place: Place) -> None:
        """It takes the place that there is.

        Raises:
            Unfit: that is too small for a name and a bar.
        """
        if not rows_of(about.classes, place, self.area is None).whole:
            size = f"{place.rect.width} × {place.rect.height} pixels"
            name = max(about.classes, key=lambda name: text.width(name, SMALLEST_TEXT_PX, "semibold"))
            told = f"the name '{name}' and a bar do not fit into {size} even in type of {SMALLEST_TEXT_PX} pixels"
            raise Unfit("area", f"{told}; enlarge the area")

    def probes(self, about: About) -> Mapping[str, Probe]:
        """The probabilities, and the label."""
        return {p.key: p for p in (self._probe, self._label)}

    def written(self, run: str, about: About) -> Iterator[Written]:
        """The names of the classes."""
        yield from (Written("the names of the classes", name) for name in about.classes)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedProbabilities:
        """Fix the rows, and which classes have one where there are more."""
        recording, (run,) = self.recording(recordings), self.runs(recordings)
        classes = recording.about.classes
        rows = rows_of(classes, place, self.area is None)
        shown = tuple(range(len(classes)))
        if rows.many < len(classes):
            shown = self._most_probable(recording, course.shown(run), rows.many)
        background = blank(place.rect[2:], place.style.background)
        fitted = FittedProbabilities(self, place.style, rows, classes, shown, background)
        fitted.draw_still()
        return fitted

    def now_of(self, recording: Recording, step: int) -> tuple[int, NDArray[np.float64]]:
        """The number of the true class, and the probability of each, (classes,)."""
        label = int(recording.probe(self._label.key, step)[0])
        return label, recording.probe(self._probe.key, step)[0]

    def _most_probable(self, recording: Recording, steps: NDArray[np.int64], count: int) -> tuple[int, ...]:
        """The true class and those that have the largest probabilities over the clip, in their order."""
        label, highest = self.now_of(recording, int(steps[0]))
        for step in steps:
            highest = np.maximum(highest, self.now_of(recording, int(step))[1])
        highest = np.nan_to_num(highest)
        highest[label] = np.inf
        return tuple(sorted(np.argsort(-highest, kind="stable")[:count].tolist()))

    @property
    def _probe(self) -> ProbabilitiesProbe:
        return ProbabilitiesProbe(self.split, 1, self.image)

    @property
    def _label(self) -> Labels:
        return Labels(self.split, 1, self.image)


class Rows(NamedTuple):
    """Where the bars stand, in pixels of the view: `many` of them in `columns`, each `down` rows high and `across`
    wide; rows `pitch` apart, type of `size`; a bar begins at `left` of its column and is `length` long for 100 %. The
    last line is at `below`, None without one."""

    many: int
    columns: int
    down: int
    across: int
    pitch: int
    size: int
    left: int
    length: int
    top: int
    below: int | None

    @property
    def whole(self) -> bool:
        """Whether words and bars have the room that they need."""
        return self.pitch >= _line(self.size) and self.length >= LEAST_BAR * self.size

    def at(self, place: int) -> tuple[int, int]:
        """(x, y) of the top left corner of a row."""
        column, row = divmod(place, self.down)
        return column * self.across, self.top + row * self.pitch

    def named(self) -> int:
        """Pixels that a name may take."""
        return self.left - self.size // 2 - _mark(self.size)


def rows_of(classes: Sequence[str], place: Place, centred: bool) -> Rows:
    """One column of large type, or more, as long as all classes have room; then smaller type; in the smallest, as many
    as have."""
    style, smallest = place.style, SMALLEST_TEXT_PX
    for least, most in ((style.body_px, style.text_px(LARGEST)), (smallest, style.body_px)):
        for columns in range(1, len(classes) + 1):
            sizes = range(max(least, most), least - 1, -1)
            found = next((r for r in (_rows(classes, columns, s, place, centred) for s in sizes) if r.whole), None)
            if found is not None:
                return found
    widest = [_rows(classes, n, smallest, place, centred) for n in range(1, len(classes) + 1)]
    columns = sum(rows.length >= LEAST_BAR * smallest for rows in widest) or 1
    line = _line(smallest)
    down = max(1, (place.rect.height - line - smallest // 2) // line)
    return _rows(classes[: min(len(classes), columns * down)], columns, smallest, place, centred, classes)


def _rows(
    shown: Sequence[str], columns: int, size: int, place: Place, centred: bool, named: Sequence[str] = ()
) -> Rows:
    """The rows at a type size; names are those of all classes, of which more may be `named` than are shown."""
    (_, _, width, height), line = place.rect, _line(size)
    below = line + size // 2 if height >= 4 * line and _told_width(size) <= width else 0
    across = (width + GAP * size) // columns
    room = across - GAP * size
    widest = max(text.width(name, size, "semibold") for name in named or shown)
    percent = size // 3 + text.width("100%", size, "semibold")
    left = _mark(size) + widest + size // 2
    down = -(-len(shown) // columns)
    pitch = max(1, min((height - below) // down, round(PITCH * size)))
    top = max(0, (height - below - down * pitch) // 2) if centred else 0
    length = max(1, even(room - left - percent))
    under = top + down * pitch if below else None
    return Rows(len(shown), columns, down, across, pitch, size, left, length, top, under)


def _line(size: int) -> int:
    return sum(text.metrics(size)[:2])


def _told_width(size: int) -> int:
    """Pixels of the last line."""
    verdict = max(text.width(words, size, "semibold") for words in (RIGHT, WRONG))
    return _mark(size) + text.width(TRUE, size) + size + verdict


def _mark(size: int) -> int:
    """Pixels that the triangle at the true class takes."""
    return size


@dataclass(frozen=True)
class FittedProbabilities:
    """Bars ready to draw; `shown` are the numbers of the classes that have one."""

    view: Probabilities
    style: Style
    rows: Rows
    classes: Sequence[str]
    shown: tuple[int, ...]
    background: Frame

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the bars of a moment."""
        recording, step = self.view.now(recordings, moment)
        label, shares = self.view.now_of(recording, step)
        shares = np.nan_to_num(shares)
        guess = int(shares.argmax())
        canvas[:] = self.background
        for place, number in enumerate(self.shown):
            self._row(canvas, place, number, float(shares[number]), largest=number == guess, right=guess == label)
            if number == label:
                self._triangle(canvas, self.rows.at(place))
        if self.rows.below is not None:
            self._write(canvas, self._verdict_at(), RIGHT if guess == label else WRONG, "text", "semibold")

    def draw_still(self) -> None:
        """What the triangle means."""
        if self.rows.below is not None:
            x, y = 0, self.rows.below + self.rows.size // 2
            self._triangle(self.background, (x, y), _line(self.rows.size))
            self._write(self.background, (_mark(self.rows.size), y), TRUE, "muted")

    @property
    def _quiet(self) -> Color:
        """Of the bars that are not the largest."""
        return mix(self.style.background, self.style.color("muted"), QUIET)

    def _verdict_at(self) -> tuple[int, int]:
        x = _mark(self.rows.size) + text.width(TRUE, self.rows.size) + self.rows.size
        return x, (self.rows.below or 0) + self.rows.size // 2

    def _row(self, canvas: Frame, place: int, number: int, share: float, *, largest: bool, right: bool) -> None:
        """A name, its bar and, where it is one at least, its per cent; the largest is an outline where it is wrong."""
        rows, style, (x, y) = self.rows, self.style, self.rows.at(place)
        color, weight = TOP if largest else OTHERS
        line = y + (rows.pitch - _line(rows.size)) // 2
        self._name(canvas, (x + _mark(rows.size), line), self.classes[number], color, weight)
        thick = max(2, even(min(0.6 * rows.pitch, 1.2 * rows.size)))
        bar = Rect(x + rows.left, y + (rows.pitch - thick) // 2, round(share * rows.length), thick)
        fill(bar.of(canvas), style.split_color(SPLITS[self.view.split]) if largest else self._quiet)
        if largest and not right:
            edge = max(2, style.even_px(4))
            inner = Rect(bar.x + edge, bar.y + edge, max(0, bar.width - 2 * edge), max(0, thick - 2 * edge))
            fill(inner.of(canvas), style.background)
        Rect(bar.x, bar.y, max(1, style.px(2)), thick).of(canvas)[:] = style.color("muted" if largest else "line")
        if share >= LEAST_SHARE:
            self._write(canvas, (bar.x + bar.width + rows.size // 3, line), f"{share:.0%}", color, weight)

    def _name(self, canvas: Frame, at: tuple[int, int], name: str, color: str, weight: Weight) -> None:
        """A name that ends before the bar."""
        x = at[0] + self.rows.named() - text.width(name, self.rows.size, weight)
        self._write(canvas, (x, at[1]), name, color, weight)

    def _triangle(self, canvas: Frame, at: tuple[int, int], height: int | None = None) -> None:
        """It points to the right, half as wide as type is high."""
        side, middle = 0.42 * self.rows.size, at[1] + (height or self.rows.pitch) / 2
        corners = np.array([[at[0], middle - side], [at[0], middle + side], [at[0] + 1.4 * side, middle]])
        points = np.round(corners * (1 << SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(canvas, points, self.style.color("text"), cv2.LINE_AA, SHIFT)

    def _write(self, canvas: Frame, at: tuple[int, int], words: str, color: str, weight: Weight = "regular") -> None:
        ground = self.style.background
        shade = self.style.color(color)
        text.draw(canvas, at, words, size=self.rows.size, color=shade, background=ground, weight=weight)


assert not text.missing(TRUE + RIGHT + WRONG)
