"""From a scene and its recordings to frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.render.drawing.canvas import Color, Frame, Rect, blank, fill
from weightreel.render.drawing.layout import Natural, Place
from weightreel.render.drawing.template import values
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Problem, SceneError
from weightreel.render.formats.palette import pack, unpack
from weightreel.render.scene.scene import Scene
from weightreel.render.views import Fitted, View
from weightreel.render.views._card import FittedCard
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings

COUNTED, COUNTED_PIXELS = 24, 7  # frames in which colours are counted, and in those every seventh pixel


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


def places(scene: Scene, size: tuple[int, int], about: Mapping[str, About]) -> list[Place]:
    """Where each view of a scene stands, at a size of the frame.

    Raises:
        SceneError: a view does not fit where it was put.
    """
    style = Style(size, scene.theme)
    naturals: dict[str, list] = {}
    problems: list[Problem] = []
    for number, view in enumerate(scene.view):
        if view.area is not None:
            description = _about(view, about)
            naturals.setdefault(view.area, []).append(
                lambda place, v=view, d=description, n=number: _natural(v, d, place, n, problems)
            )
    rects = scene.layout.rects(style, naturals)
    whole, inner = Rect(0, 0, *size), scene.layout.content(style)
    found = [Place(rects[v.area] if v.area else inner if v.inset else whole, style) for v in scene.view]
    problems.clear()
    for key, card in scene.cards.items():
        found_here = card.misfits(about[card.run or next(iter(about))], style)
        problems += [Problem(f"{key}.{k}".rstrip("."), message) for k, message in found_here]
    for number, (view, place) in enumerate(zip(scene.view, found, strict=True)):
        _natural(view, _about(view, about), place, number, problems)
    if problems:
        raise SceneError(scene.source, problems)
    return found


def notes(scene: Scene, size: tuple[int, int], about: Mapping[str, About]) -> list[Problem]:
    """What the views must leave out or cut at a size of the frame."""
    return [
        Problem(f"view[{number}].{key}", f"at {size[0]} × {size[1]}: {message}")
        for number, (view, place) in enumerate(zip(scene.view, places(scene, size, about), strict=True))
        for key, message in view.notes(_about(view, about), place)
    ]


def _about(view: View, about: Mapping[str, About]) -> About:
    """The description of the run that a view shows; of the first for a view of all."""
    return about[view.run_among(about)]


def _natural(view: View, about: About, place: Place, number: int, problems: list[Problem]) -> Natural | None:
    try:
        return view.natural(about, place)
    except ValueError as error:
        problems.append(Problem(f"view[{number}].area", str(error)))
        return None


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


def colors_of(
    film: Film, recordings: Recordings, indices: Sequence[int], *, every: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The colours (n, 3) of frames and about how often each occurs (n,): a palette for them is exact where it can be.

    Every frame is drawn to see which colours there are, and some pixels of some frames are counted; without `every`,
    only those frames are drawn.
    """
    frame, seen = film.buffer(), np.zeros(1 << 24, bool)
    counted = set(np.unique(np.linspace(0, len(indices) - 1, COUNTED if every else COUNTED // 3).round().astype(int)))
    found: list[NDArray[np.uint32]] = []
    for number, index in enumerate(indices):
        if every or number in counted:
            film.draw(frame, recordings, index)
            numbers = pack(frame)
            seen[numbers] = True
            if number in counted:
                found.append(numbers.ravel()[::COUNTED_PIXELS])
    colors = np.flatnonzero(seen).astype(np.uint32)
    some, times = np.unique(np.concatenate(found), return_counts=True)
    counts = np.ones(len(colors), np.int64)
    counts[np.searchsorted(colors, some)] += times * COUNTED_PIXELS
    return unpack(colors), counts
