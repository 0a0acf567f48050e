"""A thin line along the bottom edge: how much of the training has been shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from weightreel.render.drawing.canvas import Frame
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.moment import Course, Moment
from weightreel.render.drawing.theme import Style, ThemeColor
from weightreel.render.views import View
from weightreel.trainer.options import Side
from weightreel.trainer.recording.store import Recordings


class Progress(View):
    """A bar at the bottom of its area that grows from left to right with the training.

    Example:
        [[view]]
        type = "progress"
        thickness = 8
    """

    type: Literal["progress"] = "progress"
    color: ThemeColor = Field(default="border", description="of the bar")
    thickness: Side = Field(default=6, description="height of the bar in pixels, on a frame 1080 high")

    def fit(self, recordings: Recordings, place: Place, course: Course) -> FittedProgress:
        """Fix the height of the bar."""
        return FittedProgress(self, place.style, min(place.style.even_px(self.thickness), place.rect.height))


@dataclass(frozen=True)
class FittedProgress:
    """A progress line ready to draw."""

    view: Progress
    style: Style
    height: int

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """Draw the bar, and background in the rest of its strip."""
        recording, step = self.view.now(recordings, moment)
        share = min(1.0, step / max(1, recording.about.length))
        strip = canvas[canvas.shape[0] - self.height :]
        done = round(share * canvas.shape[1] / 2) * 2
        strip[:, :done] = self.style.color(self.view.color)
        strip[:, done:] = self.style.background
