"""What the encoders of animated pictures share: their keys, and frames that are held within a tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from weightreel.render.drawing.canvas import Frame
from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.encoders._output import Output
from weightreel.render.formats.cutting import CHANGED, HELD, evenly
from weightreel.render.formats.hold import Hold
from weightreel.render.formats.rates import Exact
from weightreel.render.formats.spec import Sink, Spec

# Browsers stretch delays of 10 ms and less to 100 ms; at 60 the delays stay well above, and that is what screens show.
FASTEST_FPS = 60


class HeldSink:
    """A file whose frames are held before they are written."""

    def __init__(self, target: Sink, tolerance: int, spec: Spec) -> None:
        self.target, self.hold, self.leads, self.last = target, Hold(tolerance), spec.lead, spec.last

    def add(self, frame: Frame) -> None:
        """Take a frame, write what is ready. One that leads is exact: so the segment before ends."""
        frames = self.hold.show(frame) if self.leads else self.hold.add(frame)
        self.leads = 0
        for held in frames:
            self.target.add(held)

    def close(self) -> None:
        """Write the frames that are still waiting, and complete the file."""
        for held in self.hold.rest(exact=not self.last):
            self.target.add(held)
        self.target.close()

    def abort(self) -> None:
        """Let go of the file."""
        self.target.abort()


class Animated(Budgeted, Output):
    """The keys of animated pictures that are exact unless a tolerance is given."""

    economies: ClassVar = ("fps", "tolerance", "size")
    lead: ClassVar = 1

    fps: Annotated[float, Field(gt=0, le=FASTEST_FPS), Exact()] | None = Field(
        default=None,
        description="frames a second, at most 60, as browsers show it; default: the scene's",
    )
    loop: Annotated[int, Field(ge=0, le=65535)] = Field(default=0, description="times to play; 0 = for ever")
    tolerance: Annotated[int, Field(ge=0, le=64)] = Field(
        default=0, description="a pixel keeps its colour while it is off by no more than this, of 255"
    )

    def rate(self, fps: float) -> float:
        """The scene's rate, at most 60."""
        return min(super().rate(fps), FASTEST_FPS)

    @property
    def exact(self) -> bool:
        """Without a tolerance."""
        return not self.tolerance

    def cuts(self, frames: int, rate: float) -> Sequence[range]:
        """Equal ones; longer with a tolerance, since each of them ends with a frame that is exact."""
        return evenly(frames, HELD if self.tolerance else CHANGED)

    def held(self, sink: Sink, spec: Spec) -> Sink:
        """A sink whose frames are held within the tolerance."""
        return HeldSink(sink, self.tolerance, spec) if self.tolerance else sink
