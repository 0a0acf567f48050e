"""A thin line along the bottom edge: how much of the film, or of the training, has been shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from weightreel.render.drawing.canvas import Frame, Rect, fill
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.theme import Style, ThemeColor
from weightreel.render.errors import Finding
from weightreel.render.views import View
from weightreel.trainer.options import Side
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

TICK, TICK_APART = 2, 6  # pixels
FILM = "film"  # the section that is no card


class Progress(View):
    """A bar at the bottom of its area that grows from left to right: with the film, up to the frame that is held, or
    with the training. Where weights between snapshots are made up, each snapshot has a tick.

    Example:
        [[view]]
        type = "progress"
        thickness = 8
        of = "training"
    """

    type: Literal["progress"] = "progress"
    of: Literal["film", "training"] = Field(default="film", description="what it is that goes on")
    color: ThemeColor = Field(default="muted", description="of the bar")
    thickness: Side = Field(default=6, description="height of the bar in pixels, on a frame 1080 high")

    on_top: bool | None = Field(default=None, description="may lie over other views; default: true")

    def _usually_on_top(self) -> bool:
        return True

    def unchosen(self, runs: Sequence[str]) -> Iterator[Finding]:
        """That it follows the first of several trainings."""
        return super().unchosen(runs) if self.of == "training" else iter(())

    def paints(self, place: Place) -> Rect:
        """The strip of the bar."""
        height = self._height(place)
        return place.rect._replace(y=place.rect.y + place.rect.height - height, height=height)

    def _height(self, place: Place) -> int:
        return min(place.style.even_px(self.thickness), place.rect.height)

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedProgress:
        """Fix the height of the bar, how long it grows, and where the ticks stand."""
        recording, (run,) = self.recording(recordings), self.runs(recordings)
        height = self._height(place)
        fitted = FittedProgress(self, place.style, height, _grows(course))
        if not course.tweens:
            return fitted
        room, steps = max(0, place.rect.width - TICK), course.shown(run)
        if self.of == "training":
            shares = [_share(recording, float(step)) for step in steps]
        else:
            frames = range(len(course))
            at = (bisect_left(frames, step, key=lambda i: course[i].place(run)) for step in steps.tolist())
            shares = [fitted.of_film(frame) for frame in at]
        ticks = tuple(_apart(share * room for share in shares))
        return FittedProgress(self, place.style, height, fitted.frames, ticks)


def _share(recording: Recording, place: float) -> float:
    """How much of what was recorded lies before a place, 0 to 1; a recording may begin in the middle of a training."""
    first = int(recording.steps[0])
    return min(1.0, max(0.0, place - first) / max(1, recording.about.length - first))


def _grows(course: Course) -> tuple[int, int]:
    """The first frame that shows the training, and the first of those that are alike at its end."""
    begin = next((i for i in range(len(course)) if course[i].section == FILM), 0)
    end = next((i for i in range(len(course) - 1, begin, -1) if course[i].section == FILM), begin)
    last = course[end].at
    while end > begin and course[end - 1].at == last:
        end -= 1
    return begin, end


def _apart(places: Iterable[float]) -> Iterator[int]:
    """Even pixels of places that rise, but of those that would touch."""
    last = -TICK_APART
    for place in places:
        at = round(place / 2) * 2
        if at - last >= TICK_APART:
            yield (last := at)


@dataclass(frozen=True)
class FittedProgress:
    """A progress line ready to draw; `frames` are the first and the last between which it grows with the film."""

    view: Progress
    style: Style
    height: int
    frames: tuple[int, int]
    ticks: tuple[int, ...] = ()

    def of_film(self, frame: int) -> float:
        """How much of the film lies before a frame, 0 to 1."""
        begin, end = self.frames
        return min(1.0, max(0.0, (frame - begin) / (end - begin))) if end > begin else 1.0

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the bar, and background in the rest of its strip."""
        (run,) = self.view.runs(recordings)
        training = self.view.of == "training"
        share = _share(recordings[run], moment.place(run)) if training else self.of_film(moment.index)
        strip = canvas[canvas.shape[0] - self.height :]
        done = round(share * canvas.shape[1] / 2) * 2
        fill(strip[:, :done], self.style.color(self.view.color))
        fill(strip[:, done:], self.style.background)
        for at in self.ticks:
            strip[:, at : at + TICK] = self.style.background if at + TICK <= done else self.style.color("muted")
