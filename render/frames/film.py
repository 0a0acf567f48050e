"""From a scene and its recordings to frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Color, Frame, Rect, blank, fill
from weightreel.render.drawing.moment import Moment
from weightreel.render.drawing.template import values
from weightreel.render.drawing.theme import Style
from weightreel.render.frames.course import Course
from weightreel.render.frames.ends import Ends
from weightreel.render.frames.grounds import Grounds, Pictures
from weightreel.render.frames.places import places
from weightreel.render.frames.take import Sizing
from weightreel.render.scene.scene import Scene
from weightreel.render.scene.sections import FILM, Section
from weightreel.render.views import Fitted
from weightreel.trainer.blas import one_thread
from weightreel.trainer.recording.store import Recordings


@dataclass(frozen=True)
class Part:
    """A fitted view, the rectangle of the frame in which it stands, the part of the frame that it `paints`, what
    messages call it, and whether the steps of a moment alone decide on all of its pixels."""

    fitted: Fitted
    rect: Rect
    paints: Rect
    name: str
    steady: bool

    def alike(self, one: Moment, other: Moment) -> bool:
        """Whether it is the same at two moments of a section; it may be even where this says no."""
        return self.steady and one.at == other.at


@dataclass(frozen=True)
class Film:
    """A film ready to be drawn, at one size and rate: any frame alone, any number of times, in any order.

    `sections` holds the parts of each section of the course, by its key; `ends` says which runs ended before their
    time; `inside` is the part of the frame that areas stand in, None for all of it but the margins.
    """

    size: tuple[int, int]
    background: Color
    sections: Mapping[str, tuple[Part, ...]]
    course: Course
    recordings: Recordings
    ends: Ends | None = None
    inside: Rect | None = None
    grounds: Grounds = field(default_factory=Grounds, repr=False, compare=False)
    pictures: Pictures = field(default_factory=Pictures, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.course)

    def buffer(self) -> Frame:
        """A frame to draw on."""
        return blank(self.size, self.background)

    @one_thread()
    def draw(self, frame: Frame, index: int) -> None:
        """Draw frame `index` on a `buffer`, which nobody else draws on: every view paints all that it ever paints."""
        moment, last = self.course[int(index)], self.grounds.take(frame)
        if last is None or self._kind(last) != self._kind(moment):
            fill(frame, self.background)
            last = None
        again = moment.index + 1 < len(self) and self.course[moment.index + 1].at == moment.at
        for part in self._anew(last, moment):
            self._draw(part, part.rect.of(frame), moment, again=again)
        if (ends := self._kind(moment)[1]) is not None:
            ends.draw(frame, moment)
        self.grounds.note(frame, moment)

    def _anew(self, last: Moment | None, moment: Moment) -> Sequence[Part]:
        """What is drawn on a buffer on which a moment of the same kind stands: what is not to be as it is there, and
        what lies over or under that, for a view may let something show through, and would do so twice."""
        parts = self.sections[moment.section]
        if last is None:
            return parts
        anew, same = list[Part](), list[Part]()
        for part in parts:
            (same if part.alike(last, moment) else anew).append(part)
        for part in anew:  # it grows
            anew += [other for other in same if part.paints.meets(other.paints)]
            same = [other for other in same if not part.paints.meets(other.paints)]
        return parts if not same else [part for part in parts if not any(part is other for other in same)]

    def changed(self, before: int, index: int) -> tuple[Rect, ...]:
        """The parts of a frame outside of which it is the same as one `before`; none where both are alike."""
        one, other = self.course[int(before)], self.course[int(index)]
        (section, ends), kind = self._kind(one), self._kind(other)
        if (section, ends) != kind:
            return (Rect(0, 0, *self.size),)
        parts = tuple(part.paints for part in self.sections[section] if not part.alike(one, other))
        return parts if ends is None else (*parts, ends.box)

    def _kind(self, moment: Moment) -> tuple[str, Ends | None]:
        """Its section, and the words over it that say which runs have ended: frames of a kind differ in what these and
        the views paint."""
        ended = moment.section == FILM and self.ends is not None and self.ends.ended(moment)
        return moment.section, self.ends if ended else None

    def _draw(self, part: Part, canvas: Frame, moment: Moment, *, again: bool) -> None:
        """Draw a view, or take its picture; `again` says that the next frame shows the same steps."""
        if not part.steady:
            part.fitted.draw(canvas, self.recordings, moment)
        elif not self.pictures.put(canvas, part.name, moment.at):
            part.fitted.draw(canvas, self.recordings, moment)
            if again:
                self.pictures.keep(canvas, part.name, moment.at)

    def where(self, index: int, amounts: NDArray[Any]) -> str:
        """The view of frame `index` in which most is of `amounts`, (rows, columns) over the whole frame. Most is meant
        by the root of its area: what fills a small view is not said of a large one that holds it."""
        rows, columns = amounts.shape

        def share(part: Part) -> float:
            x, width = (side * columns / self.size[0] for side in (part.rect.x, part.rect.width))
            y, height = (side * rows / self.size[1] for side in (part.rect.y, part.rect.height))
            inside = amounts[round(y) : max(round(y + height), round(y) + 1), round(x) : round(x + width) or 1]
            return float(inside.sum()) / sqrt(width * height)

        parts = self.sections[self.course[int(index)].section]
        return max(parts, key=share).name


@one_thread()
def compose(scene: Scene, sizing: Sizing, course: Course, recordings: Recordings) -> Film:
    """Lay out at a size, and fit every view to what was recorded and to the course.

    Raises:
        SceneError: a view does not fit where it was put.
    """
    size = sizing.size
    style, about = Style(size, scene.theme), {name: r.about for name, r in recordings.items()}
    stands = places(scene, sizing, about)
    order = sorted(enumerate(zip(scene.view, stands, strict=True)), key=lambda item: item[1][0].lies_on_top)
    views = tuple(
        Part(
            view.fit(recordings, place, course),
            place.rect,
            view.paints(place),
            f"view[{number}] ({getattr(view, 'type', 'view')})",
            view.steady,
        )
        for number, (view, place) in order
        if place is not None
    )
    sections = {
        section.key: views if section.card is None else (_card(section, style, recordings),)
        for section in scene.sections
    }
    film = Film(size, style.background, sections, course, recordings, inside=sizing.inside)
    return replace(film, ends=_ends(film, style)) if any(a.stopped for a in about.values()) else film


def _ends(film: Film, style: Style) -> Ends | None:
    """The words on runs that ended before their time, where the last frame under the views has most room for them."""
    last = film.buffer()
    film.draw(last, next(end for key, _, end in film.course.sections if key == FILM) - 1)
    return Ends.of({name: r.about for name, r in film.recordings.items()}, style, last)


def _card(section: Section, style: Style, recordings: Recordings) -> Part:
    """A card with the numbers of its end of the training, over the whole frame."""
    assert section.card is not None
    run = section.card.run_of(recordings)
    step = int(recordings[run].steps[-1 if section.at_end else 0])
    fitted, whole = section.card.fit(style, values(recordings[run], step, run)), Rect(0, 0, *style.size)
    return Part(fitted, whole, whole, section.key, steady=True)
