"""Films whose drawing is timed, view by view."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from weightreel.render.drawing.canvas import Frame
from weightreel.render.drawing.moment import Moment
from weightreel.render.frames.film import Film
from weightreel.render.views import Fitted
from weightreel.render.work.stages import Stages
from weightreel.trainer.recording.store import Recordings


def timed(film: Film, stages: Stages) -> Film:
    """The same film; what each view takes to draw is counted under its name, at the cost of a microsecond."""
    sections = {
        key: tuple(replace(part, fitted=_Timed(part.fitted, part.name, stages)) for part in parts)
        for key, parts in film.sections.items()
    }
    return replace(film, sections=sections)


@dataclass(frozen=True)
class _Timed:
    """A fitted view with a clock."""

    fitted: Fitted
    name: str
    stages: Stages

    def draw(self, canvas: Frame, recordings: Recordings, moment: Moment) -> None:
        """See `Fitted`."""
        begun = time.perf_counter()
        self.fitted.draw(canvas, recordings, moment)
        self.stages.add("draw", time.perf_counter() - begun, self.name)
