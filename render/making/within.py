"""One clip written within a number of bytes: settings are tried until it fits, and what was given up is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.encoders._encoder import Clip, GaveUp
from weightreel.render.errors import EncodeError, Finding, SceneError
from weightreel.render.formats.single import make_folder_of
from weightreel.render.frames.places import places
from weightreel.render.frames.take import Take
from weightreel.render.making.budget import ENOUGH, State, ladder, search
from weightreel.render.work.progress import Stretch
from weightreel.render.work.sampling import runs_of, share_of
from weightreel.render.work.write import Writer
from weightreel.trainer.memory import shown_bytes


def write_clip(writer: Writer, take: Take) -> Clip:
    """Write one output whole, within its limit of bytes where it has one.

    Raises:
        EncodeError: it cannot be written, or not within its limit.
    """
    if writer.fits.scene.makes_folder_of(take.output.path):
        make_folder_of(Path(take.output.path))
    stretch = Stretch(writer.advance, len(take.indices), at=take.output.path)
    writer = replace(writer, advance=stretch)
    stretch.begin(len(take.indices))
    try:
        if isinstance(take.output, Budgeted) and take.output.max_bytes:
            return _write_within(writer, stretch, take, take.output.max_bytes)
        return writer.write(take)
    except EncodeError:
        stretch.begin(0)  # the bar goes on with the others
        raise


def _write_within(writer: Writer, stretch: Stretch, take: Take, limit: int) -> Clip:
    written: list[Clip] = []

    def write(state: State) -> int:
        changed = take.changed(**state)
        stretch.begin(len(changed.indices))
        written[:] = [writer.write(changed, limit)]
        return written[0].bytes

    def fits(size: tuple[int, int]) -> bool:
        return _fits(writer, take.changed(size=size))

    states = ladder(take.output, take.fps, take.size, fits)
    found = search(take.output.path, limit, states, write, lambda state: _predict(writer, take.changed(**state)))
    gave_up = _given_up(take, found)
    words = f"gave up to stay within {shown_bytes(limit)}: {_in_words(gave_up)}"
    if written[0].bytes < ENOUGH * limit:
        words += f"; it has {shown_bytes(written[0].bytes)}, with less given up it is too large, or expected to be"
    told = Finding("max_bytes", words, "note")
    return replace(written[0], gave_up=gave_up, notes=(*written[0].notes, *((told,) if gave_up else ())))


def _fits(writer: Writer, take: Take) -> bool:
    """Whether a scene can be laid out, and encoded, at a take's size."""
    try:
        places(writer.fits.scene, take.sizing, {name: r.about for name, r in writer.fits.recordings.items()})
    except SceneError:
        return False
    return not list(take.output.findings_at(take.padded))


def _predict(writer: Writer, take: Take) -> float:
    """Bytes of a clip, from some runs of its frames: those of the first frames of each are taken off again, since in
    the clip a frame rarely differs from the one before as much, but where a segment begins that is seen by itself."""
    runs, count = runs_of(take), len(take.indices)
    found = writer.measure_all(take, [*(run.first for run in runs), *(run.whole for run in runs)])
    begun = 1 if take.output.lead else len(take.output.cuts(count, take.rate))
    first = found[0] if take.output.lead else sum(found[: len(runs)]) / len(runs)
    following = sum(run.whole.count - run.first.count for run in runs)
    each = max(0, sum(found[len(runs) :]) - sum(found[: len(runs)])) / following if following else first
    return (begun * first + each * (count - begun)) / share_of(take) + writer.said(take)


def _given_up(take: Take, found: State) -> GaveUp:
    """What was given up, each as [before, after]."""
    given: GaveUp = {}
    for key, value in found.items():
        if key == "thin":
            given["fps"] = [round(take.rate, 3), round(take.fps / value, 3)]
        elif key == "size":
            given["size"] = [list(take.size), list(value)]
        else:
            given[key] = [getattr(take.output, key) or 0, value]
    return given


def _in_words(given: GaveUp) -> str:
    words = []
    for key, (before, after) in given.items():
        if isinstance(before, list) and isinstance(after, list):
            words.append("{}x{} → {}x{}".format(*before, *after))
        else:
            unit = {"fps": " fps", "colors": " colours"}.get(key)
            words.append(f"{before:g} → {after:g}{unit}" if unit else f"{key} {before:g} → {after:g}")
    return "; ".join(words)
