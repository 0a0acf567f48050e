"""Films of more frames than anyone watches, found before the steps of their frames are listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weightreel.render.errors import Finding
from weightreel.render.scene.scene import Scene
from weightreel.render.scene.timeline import MOST_FRAMES
from weightreel.trainer.recording.about import About

MOST_LISTED = 10_000_000  # steps that the frames of all outputs show, a list for each length of a training: 80 MB


def findings(scene: Scene, about: Mapping[str, About]) -> Iterator[Finding]:
    """The timeline makes too many frames, at its own rate or at that of an output."""
    lengths = {a.length for a in about.values()}
    rates = {"timeline": scene.timeline.fps}
    rates |= {f"output[{i}]": output.rate(scene.timeline.fps) for i, output in enumerate(scene.output)}
    counts = {key: _frames(scene, max(lengths), fps) for key, fps in rates.items()}
    for key, count in counts.items():
        if count > MOST_FRAMES and (key == "timeline" or rates[key] != scene.timeline.fps):
            yield Finding(key, f"makes {count:,.0f} frames of {max(lengths):,} steps; {_way_out(scene)}")
    frames = sum(count for key, count in counts.items() if key != "timeline")
    listed = frames * len(lengths)
    if max(counts.values()) <= MOST_FRAMES and listed > MOST_LISTED:
        told = f"{frames:,.0f} frames in all, of trainings of {len(lengths):,} lengths, are too many"
        way_out = "take outputs or runs out, or shorten the film"
        yield Finding("output", f"{told}: {listed:,.0f} steps to list, where {MOST_LISTED:,} can be; {way_out}")


def _way_out(scene: Scene) -> str:
    by = "raise timeline.every" if scene.timeline.every is not None else "lower timeline.seconds"
    return f"a film has at most {MOST_FRAMES:,}: {by}, or lower fps"


def _frames(scene: Scene, total: int, fps: float) -> float:
    cards = sum(card.frames(fps) for card in scene.cards.values())
    return scene.timeline.count(total, fps) + cards
