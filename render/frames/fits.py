"""Films of one scene over its recordings, each composed once however many outputs have its size and rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from weightreel.render.frames.banded import Banded
from weightreel.render.frames.colors import Colors
from weightreel.render.frames.film import Film, compose
from weightreel.render.frames.take import Sizing, Take
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings

MOST_BANDED = 2  # runs of frames of which bands are kept


@dataclass(frozen=True)
class Fits:
    """Fitted films by size and rate, and the colours of the frames of a clip; neither is made twice."""

    scene: Scene
    recordings: Recordings
    _films: dict[tuple[Sizing, float], Film] = field(default_factory=dict)
    _colors: dict[tuple[Sizing, float, tuple[int, ...]], Colors] = field(default_factory=dict)
    _banded: dict[tuple[Sizing, float, tuple[int, ...], int], Banded] = field(default_factory=dict)

    def film(self, take: Take) -> Film:
        """The film that a take shows, with background where its frames are padded."""
        key = take.sizing, take.fps
        if key not in self._films:
            self._films[key] = compose(self.scene, take.sizing, take.course, self.recordings)
        return replace(self._films[key], size=take.padded)

    def colors(self, film: Film, indices: Sequence[int], count: Callable[[], Colors]) -> Colors:
        """The colours of some frames of a film, and how often each occurs; somebody else may `count` them."""
        key = Sizing(film.size, film.inside), film.course.fps, tuple(indices)
        if key not in self._colors:
            self._colors[key] = count()
        return self._colors[key]

    def banded(self, take: Take, indices: Sequence[int], every: int) -> Banded:
        """The bands of some frames of what a take shows; those that were asked for last are kept."""
        key = take.sizing, take.fps, tuple(indices), every
        found = self._banded.pop(key, None) or Banded(take.padded, indices, every)
        self._banded[key] = found
        for old in list(self._banded)[:-MOST_BANDED]:
            del self._banded[old]
        return found
