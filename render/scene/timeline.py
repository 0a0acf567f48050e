"""Film time and training time: which step each frame shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from weightreel.render.formats.rates import Rate
from weightreel.trainer.options import Count, Options

MOST_FRAMES = 1_000_000
MOST_SECONDS = 1_000_000
LOG_SPEEDUP = 100.0  # with pacing "log", training runs this many times faster at the end than at the start

PACINGS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "linear": lambda u: u,
    "log": lambda u: np.expm1(u * np.log(LOG_SPEEDUP)) / (LOG_SPEEDUP - 1),
    "snapshots": lambda u: u,  # until they are there, see `Course.over`
}


class Timeline(Options):
    """How long the film is and how training time runs through it.

    Either `seconds`, the whole film with its hold, or `every`, a frame every so many steps. Pure: the same total
    always gives the same steps.

    Example:
        [timeline]
        fps = 60
        seconds = 12
        pacing = "log"
        hold = 1.5
    """

    fps: Rate = Field(default=30, description="frames a second; 23.976, 29.97 and 59.94 are those of NTSC, exactly")
    seconds: float | None = Field(
        default=None,
        gt=0,
        le=MOST_SECONDS,
        description="length of the whole film, hold included; default: 10, or what follows from every",
    )
    every: Count | None = Field(
        default=None, description="steps from one frame to the next; default: what follows from seconds"
    )
    pacing: Literal["linear", "log", "snapshots"] = Field(
        default="linear",
        description="how training time runs against film time; log: slow at first, where most is learned; snapshots: "
        "as long on each recorded snapshot as on any other, wherever they were taken",
    )
    between: Literal["hold", "linear"] = Field(
        default="hold",
        description="what stands between two snapshots that are further apart than frames; hold: the one before; "
        "linear: weights that lie between those of both, marked with a ~, ticks and quieter borders; never metrics",
    )
    hold: float = Field(default=0.0, ge=0, le=MOST_SECONDS, description="seconds on the last frame")

    @model_validator(mode="after")
    def _consistent(self) -> Timeline:
        if self.seconds is not None and self.every is not None:
            raise ValueError("seconds and every both set the length of the film; keep one of them")
        if self.every is not None and self.pacing != "linear":
            raise ValueError(f"every sets an even pace; pacing = '{self.pacing}' goes with seconds")
        if self.every is None and self.fps * self.length > MOST_FRAMES:
            raise ValueError(f"{self.fps * self.length:,.0f} frames are too many; lower seconds or fps")
        if self.every is None and self.hold >= self.length:
            raise ValueError(f"hold {self.hold:g} s leaves nothing of seconds = {self.length:g}; lower it")
        return self

    @property
    def length(self) -> float:
        """Seconds of the film where `every` is not set; 10 by default."""
        return 10.0 if self.seconds is None else self.seconds

    def count(self, total: int, fps: float | None = None) -> float:
        """About how many frames `steps` has, without making them."""
        rate = self.fps if fps is None else fps
        if self.every is None:
            return rate * self.length
        return (total // self.every + 2 + self.fps * self.hold) * (rate / self.fps)

    def held(self, seconds: float) -> Timeline:
        """The same with the last frame held for so long at least, but for no more than half of a film whose length is
        set."""
        most = seconds if self.every is not None else min(seconds, self.length / 2)
        return self.model_copy(update={"hold": max(self.hold, most)})

    def steps(self, total: int, fps: float | None = None) -> NDArray[np.int64]:
        """The step that each frame shows, (frames,), rising from 0 to `total`.

        With `seconds` there are round(fps × seconds) frames, of which round(fps × hold) at the end repeat the last.
        With `every`, the length follows from the total; another `fps` shows the same film at another rate.
        """
        return np.round(self.places(total, fps)).astype(np.int64)

    def places(self, total: int, fps: float | None = None) -> NDArray[np.float64]:
        """The same, not rounded to whole steps."""
        if fps is not None and fps != self.fps:
            if self.every is None:
                return self.model_copy(update={"fps": fps}).places(total)
            film = self.places(total)
            count = max(1, round(len(film) * fps / self.fps))
            shown: NDArray[np.float64] = film[np.linspace(0, len(film) - 1, count).round().astype(int)]
            return shown
        held = round(self.fps * self.hold)
        if self.every is not None:
            moving = np.arange(0, total + self.every, self.every).clip(max=total).astype(np.float64)
        else:
            held = min(held, max(1, round(self.fps * self.length)) - 1)
            moving = self._paced(max(1, round(self.fps * self.length)) - held, total, ends_at_total=held == 0)
        return np.concatenate([moving, np.full(held, float(total))])

    def _paced(self, frames: int, total: int, *, ends_at_total: bool) -> NDArray[np.float64]:
        if frames == 1:
            return np.array([total if ends_at_total else 0], np.float64)
        return PACINGS[self.pacing](np.linspace(0.0, 1.0, frames)) * total
