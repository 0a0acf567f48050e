"""From a scene and its recordings to frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Color, Frame, Rect, blank, fill
from weightreel.render.drawing.template import values
from weightreel.render.drawing.theme import Style
from weightreel.render.frames.places import places
from weightreel.render.scene.scene import Scene
from weightreel.render.views import Fitted
from weightreel.render.views._card import FittedCard
from weightreel.trainer.recording.store import Recordings


@dataclass(frozen=True)
class Part:
    """A fitted view, where it stands, and the run that it shows; None for all of them."""

    fitted: Fitted
    rect: Rect
    run: str | None


@dataclass(frozen=True)
class Film:
    """A film ready to be drawn, at one size and pace. Pickles; draws any frame alone.

    `steps` maps each run to the step that each frame shows, (frames,), those of the cards included; `cards` maps each
    card to its frames.
    """

    size: tuple[int, int]
    background: Color
    parts: tuple[Part, ...]
    steps: Mapping[str, NDArray[np.int64]]
    cards: tuple[tuple[range, FittedCard], ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.steps.values())))

    def buffer(self) -> Frame:
        """A frame to draw on, any number of times, in any order."""
        return blank(self.size, self.background)

    def draw(self, frame: Frame, recordings: Recordings, index: int) -> None:
        """Draw frame `index` on a `buffer`: every view paints all that it ever paints, a card everything."""
        for frames, card in self.cards:
            if int(index) in frames:
                card.draw(frame)
                return
        if self.cards:
            fill(frame, self.background)  # what a card left beside the views
        for part in self.parts:
            if part.run is None:
                recording: Any = recordings
                step = max(int(s[index]) for s in self.steps.values())
            else:
                recording = recordings[part.run]
                step = recording.recorded(int(self.steps[part.run][index]))
            part.fitted.draw(part.rect.of(frame), recording, step)


def compose(
    scene: Scene,
    size: tuple[int, int],
    steps: Mapping[str, NDArray[np.int64]],
    recordings: Recordings,
    fps: float | None = None,
) -> Film:
    """Lay out at a size and fit every view to its recording; `fps`, default the timeline's, says how many of the steps
    are those of cards."""
    about = {name: r.about for name, r in recordings.items()}
    parts = []
    for view, place in zip(scene.view, places(scene, size, about), strict=True):
        run = view.run_among(recordings)
        if view.every_run:
            parts.append(Part(view.fit(recordings, place), place.rect, None))
        else:
            place = replace(place, steps=tuple(np.unique(steps[run]).tolist()))
            parts.append(Part(view.fit(recordings[run], place), place.rect, run))
    style = Style(size, scene.theme)
    count = len(next(iter(steps.values())))
    cards = _cards(scene, style, recordings, count, scene.timeline.fps if fps is None else fps)
    return Film(size, style.background, tuple(parts), dict(steps), cards)


def _cards(
    scene: Scene, style: Style, recordings: Recordings, count: int, fps: float
) -> tuple[tuple[range, FittedCard], ...]:
    """Each card, fitted, with its frames of the film's `count`."""
    title, end = scene.card_frames(fps)
    frames, fitted = {"title_card": range(title), "end_card": range(count - end, count)}, []
    for key, card in scene.cards.items():
        recording = recordings[card.run or next(iter(recordings))]
        step = 0 if key == "title_card" else int(recording.steps[-1])
        fitted.append((frames[key], card.fit(style, values(recording, step))))
    return tuple(fitted)
