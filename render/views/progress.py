"""A thin line along the bottom edge: how much of the training has been shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from weightreel.render.drawing.canvas import Frame
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.theme import Style, ThemeColor
from weightreel.render.views import View
from weightreel.trainer.options import Side
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings

TICK, TICK_APART = 2, 6  # pixels


class Progress(View):
    """A bar at the bottom of its area that grows from left to right with the training. Where weights between snapshots
    are made up, each snapshot has a tick.

    Example:
        [[view]]
        type = "progress"
        thickness = 8
    """

    type: Literal["progress"] = "progress"
    color: ThemeColor = Field(default="border", description="of the bar")
    thickness: Side = Field(default=6, description="height of the bar in pixels, on a frame 1080 high")

    def _usually_on_top(self) -> bool:
        return True

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedProgress:
        """Fix the height of the bar, and where the ticks stand."""
        recording, (run,) = self.recording(recordings), self.runs(recordings)
        height = min(place.style.even_px(self.thickness), place.rect.height)
        shares = np.array([_share(recording, float(step)) for step in course.shown(run)] if course.tweens else [])
        ticks = _apart(shares * max(0, place.rect.width - TICK)) if course.tweens else ()
        return FittedProgress(self, place.style, height, tuple(ticks))


def _share(recording: Recording, place: float) -> float:
    """How much of what was recorded lies before a place, 0 to 1; a recording may begin in the middle of a training."""
    first = int(recording.steps[0])
    return min(1.0, max(0.0, place - first) / max(1, recording.about.length - first))


def _apart(places: NDArray[np.float64]) -> Iterator[int]:
    """Even pixels of places that rise, but of those that would touch."""
    last = -TICK_APART
    for place in places.tolist():
        at = round(place / 2) * 2
        if at - last >= TICK_APART:
            yield (last := at)


@dataclass(frozen=True)
class FittedProgress:
    """A progress line ready to draw."""

    view: Progress
    style: Style
    height: int
    ticks: tuple[int, ...] = ()

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the bar, and background in the rest of its strip."""
        (run,) = self.view.runs(recordings)
        share = _share(recordings[run], moment.place(run))
        strip = canvas[canvas.shape[0] - self.height :]
        done = round(share * canvas.shape[1] / 2) * 2
        strip[:, :done] = self.style.color(self.view.color)
        strip[:, done:] = self.style.background
        for at in self.ticks:
            strip[:, at : at + TICK] = self.style.background if at + TICK <= done else self.style.color("muted")
