"""The laws of clips that are cut: what is joined shows what was drawn, and is the same whoever wrote the segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from contracts.test_encoders import FPS, SIZE, decoded, each, output, times

from examples import saying
from weightreel.render.drawing.canvas import blank
from weightreel.render.encoders import Output, Spec
from weightreel.render.encoders._encoder import Clip, Segment, complete, part_of, segment_path
from weightreel.render.formats.palette import count_colors

COUNTS = (125, 245, 365)


def frames(count: int) -> list[np.ndarray]:
    """A square that moves on a ground that drifts, beside noise that stands; every third frame is as the one before."""
    noise = np.random.default_rng(0).integers(0, 200, (16, 40, 3)).astype(np.uint8)
    made = []
    for i in range(count):
        frame = blank(SIZE, (23, 17, 13 + i // 8))
        frame[40:56, 50:90] = noise + i // 16
        frame[8:24, 2 * (i - i // 3) % 80 : 2 * (i - i // 3) % 80 + 16] = (255, 255, 255)
        made.append(frame)
    return made


def cut(clip: Output) -> tuple[int, Sequence[range]]:
    """How many frames a clip needs to have several segments, and those."""
    counts = [(count, clip.cuts(count, FPS)) for count in COUNTS]
    return next((found for found in counts if len(found[1]) > 1), counts[-1])


def written(clip: Output, pictures: Sequence[np.ndarray], cuts: Sequence[range], order: int = 1) -> Clip:
    """A clip of segments, which are written forward or, with an order of -1, backward."""
    colors = count_colors(np.stack(pictures)) if clip.needs_colors else None
    spec = clip.settled(Spec(SIZE, FPS, colors=colors, comment=saying("words")))
    part = part_of(clip, spec)
    paths = [segment_path(clip, part, number) for number in range(len(cuts))]
    for number, cut in list(enumerate(cuts))[::order]:
        lead = min(clip.lead, cut.start)
        own = replace(spec, begin=cut.start, lead=lead, last=cut.stop == len(pictures))
        with Segment(clip, own, paths[number]) as segment:
            for index in range(cut.start - lead, cut.stop):
                segment.write(pictures[index])
        assert segment.frames == len(cut)
    try:
        return complete(clip, spec, part, paths, len(pictures))
    finally:
        part.remove()


@each
@pytest.mark.parametrize("count", [1, 9, 25, 100, 205, 720, 1440])
def test_cuts_cover_the_clip_and_are_alike(kind, suffix, options, bound, count):
    cuts = kind(path=f"x{suffix}", **options).cuts(count, 24.0)
    assert cuts[0].start == 0 and cuts[-1].stop == count
    assert all(one.stop == two.start for one, two in pairwise(cuts))
    assert max(map(len, cuts)) <= 1.3 * min(map(len, cuts))
    if count >= 720:
        assert len(cuts) >= count / 180


@each
def test_what_is_joined_shows_what_one_segment_shows(kind, suffix, options, bound, tmp_path):
    count, several = cut(kind(path=f"x{suffix}", **options))
    pictures, found = frames(count), []
    for cuts in (several, [range(count)]):
        (folder := tmp_path / str(len(cuts))).mkdir()
        clip = output(kind, folder, suffix, options)
        assert written(clip, pictures, cuts).frames == count
        found.append(np.abs(decoded(Path(clip.path)).astype(int) - np.stack(pictures)))
        assert kind.comment(next(p for p in sorted(folder.iterdir()) if p.suffix == suffix)) == "words"
        if not clip.numbered:
            assert np.allclose(np.diff(times(Path(clip.path))), 1 / FPS, atol=0.002)
    off, usual = found
    assert off.mean() <= 1.05 * usual.mean()
    if clip.exact or (suffix == ".gif" and not clip.tolerance):
        assert np.array_equal(off, usual)
    elif getattr(clip, "tolerance", None):
        assert off.max() <= max(clip.tolerance, usual.max())


@each
def test_the_bytes_are_the_same_whoever_writes_the_segments(kind, suffix, options, bound, tmp_path):
    found = []
    for order in (1, -1):
        (folder := tmp_path / str(order)).mkdir()
        clip = output(kind, folder, suffix, options)
        count, cuts = cut(clip)
        written(clip, frames(count), cuts, order)
        found.append({p.name: p.read_bytes() for p in folder.iterdir()})
    assert found[0] == found[1]
