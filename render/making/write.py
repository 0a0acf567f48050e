"""From a film to one clip: the frames an output shows, its colours, its limits, its recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.render.encoders._budgeted import Budgeted, shown_bytes
from weightreel.render.encoders._encoder import Clip, Encoder
from weightreel.render.encoders._output import Output
from weightreel.render.errors import Finding, SceneError
from weightreel.render.formats.spec import Spec
from weightreel.render.frames.colors import colors_of
from weightreel.render.frames.film import Film, compose
from weightreel.render.frames.places import places
from weightreel.render.frames.pump import pump
from weightreel.render.making.budget import State, ladder, search
from weightreel.render.making.recipe import recipe_of
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.store import Recordings

Advance = Callable[[], None]
Track = Callable[[str, int], AbstractContextManager[Advance]]


@dataclass
class Shot:
    """What is to be written: a scene, the step of each frame, the recordings, which of the frames."""

    scene: Scene
    steps: Mapping[str, NDArray[np.int64]]
    recordings: Recordings
    frames: slice
    recipe: bool = True
    films: dict[tuple[int, int], Film] = field(default_factory=dict)
    colors: dict[tuple, Any] = field(default_factory=dict)

    def film(self, output: Output) -> Film:
        """The film at the size of an output; frames whose size the codec cannot have are padded with background."""
        size = output.size_in(self.scene.layout.size)
        if size not in self.films:
            rate = output.rate(self.scene.timeline.fps)
            film = compose(self.scene, size, self.steps, self.recordings, rate)
            self.films[size] = replace(film, size=output.padded(size))
        return self.films[size]

    def indices(self, output: Output) -> Sequence[int]:
        """The frames of the film that an output shows."""
        return output.moments(self._asked())

    def _asked(self) -> range:
        return range(*self.frames.indices(len(next(iter(self.steps.values())))))

    def spec(self, output: Output, indices: Sequence[int], *, thorough: bool) -> Spec:
        """What the encoder is asked for; the colours of all frames where it is `thorough`, else of some."""
        film = self.film(output)
        cut = None if self.frames == slice(None) else self._asked()
        comment = recipe_of(self.scene, output, self.recordings, cut) if self.recipe else ""
        rate = output.rate(self.scene.timeline.fps) / output.thin
        spec = Spec(film.size, rate, start=indices[0], comment=comment)
        if not output.needs_colors:
            return spec
        if not thorough:
            return replace(spec, colors=colors_of(film, self.recordings, indices, every=False))
        seen = (film.size, tuple(indices))
        if seen not in self.colors:
            self.colors[seen] = colors_of(film, self.recordings, indices)
        return replace(spec, colors=self.colors[seen])


def write_clip(shot: Shot, output: Output, track: Track) -> Clip:
    """Write one output whole, within its limit of bytes where it has one.

    Raises:
        EncodeError: it cannot be written, or not within its limit.
    """
    if isinstance(output, Budgeted) and output.max_bytes:
        return _write_within(shot, output, output.max_bytes, track)
    return _write(shot, output, track)


def _write(shot: Shot, output: Output, track: Track, limit: int | None = None) -> Clip:
    indices = shot.indices(output)
    spec = shot.spec(output, indices, thorough=True)
    with Encoder(output, spec, limit, len(indices)) as encoder, track(output.path, len(indices)) as advance:
        _draw_all(shot, output, indices, encoder, advance)
    assert encoder.result is not None
    return replace(encoder.result, notes=tuple(output.padding(output.size_in(shot.scene.layout.size))))


def _draw_all(
    shot: Shot, output: Output, indices: Sequence[int], encoder: Encoder, advance: Advance = lambda: None
) -> None:
    film = shot.film(output)
    pump(encoder, indices, partial(_draw, film, shot.recordings), film.buffer, advance)


def _draw(film: Film, recordings: Recordings, frame: NDArray[np.uint8], index: int) -> None:
    film.draw(frame, recordings, index)


PROBE_SHARE, LEAST_WINDOWS, WINDOW = 12, 2, 9


def _write_within(shot: Shot, output: Any, limit: int, track: Track) -> Clip:
    size, fps = output.size_in(shot.scene.layout.size), output.rate(shot.scene.timeline.fps)
    written: dict[str, Clip] = {}

    def at(state: State) -> Output:
        return output.model_copy(update=state)

    def write(state: State) -> int:
        clip = _write(shot, at(state), track, limit)
        written["clip"] = clip
        return clip.bytes

    def fits(smaller: tuple[int, int]) -> bool:
        try:
            places(shot.scene, smaller, {n: r.about for n, r in shot.recordings.items()})
        except SceneError:
            return False
        return not list(output.fitting(output.padded(smaller)))

    states = ladder(output, fps, size, fits)
    found = search(output.path, limit, states, write, lambda state: _predict(shot, at(state)))
    gave_up = _given_up(output, found, fps, size)
    told = Finding("max_bytes", f"gave up to stay within {shown_bytes(limit)}: {_in_words(gave_up)}", "note")
    return replace(written["clip"], gave_up=gave_up, notes=(*written["clip"].notes, *((told,) if gave_up else ())))


def _predict(shot: Shot, output: Output) -> float:
    """Bytes of a clip, from windows of consecutive frames: those of their first frames are taken off again, since in
    the clip a frame rarely differs from the one before as much."""
    indices = shot.indices(output)
    windows = max(LEAST_WINDOWS, len(indices) // (WINDOW * PROBE_SHARE))
    middles = (np.arange(windows) + 0.5) / windows * len(indices)
    starts = np.unique(np.clip(middles.astype(int) - WINDOW // 2, 0, None) // WINDOW * WINDOW)
    rows = [i for s in starts for i in range(s, min(s + WINDOW, len(indices)))]
    begun, all_of_them = (_bytes_of(shot, output, [indices[i] for i in some]) for some in (starts, rows))
    if len(rows) == len(starts):
        return begun * len(indices) / len(starts)
    each = max(0.0, all_of_them - begun) / (len(rows) - len(starts))
    return begun / len(starts) + each * (len(indices) - 1)


def _bytes_of(shot: Shot, output: Output, indices: Sequence[int]) -> int:
    """Bytes of a clip of some frames that nobody keeps."""
    with Encoder(output, shot.spec(output, indices, thorough=False), trial=True) as encoder:
        _draw_all(shot, output, indices, encoder)
    assert encoder.result is not None
    return encoder.result.bytes


def _given_up(output: Any, found: State, fps: float, size: tuple[int, int]) -> dict[str, list[Any]]:
    """What was given up, each as [before, after]."""
    given: dict[str, list[Any]] = {}
    for key, value in found.items():
        if key == "thin":
            given["fps"] = [round(fps / output.thin, 3), round(fps / value, 3)]
        elif key == "size":
            given["size"] = [list(size), list(value)]
        else:
            given[key] = [getattr(output, key) or 0, value]
    return given


def _in_words(given: Mapping[str, list[Any]]) -> str:
    words = []
    for key, (before, after) in given.items():
        if key == "size":
            words.append("{}x{} → {}x{}".format(*before, *after))
        else:
            unit = {"fps": " fps", "colors": " colours"}.get(key)
            words.append(f"{before:g} → {after:g}{unit}" if unit else f"{key} {before:g} → {after:g}")
    return "; ".join(words)
