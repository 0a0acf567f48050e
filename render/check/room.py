"""What the views must leave out or cut at a size of the frame, those that do not fit at all, and those that lie over
each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from weightreel.render.drawing.canvas import Rect
from weightreel.render.errors import Finding, SceneError, gathered
from weightreel.render.frames.places import Stands, places
from weightreel.render.frames.take import Sizing, Take
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About

Sizings = Mapping[Sizing, str]  # what each is called in messages


def sizings(scene: Scene, takes: Sequence[Take], *, written: bool) -> Sizings:
    """The sizes that a scene is laid out at, each once: those of its outputs, which are named where they are written;
    of a scene without any, that of its layout."""
    sizes = [take.sizing for take in takes] or [Sizing(scene.layout.size)]
    keys: dict[Sizing, list[str]] = {sizing: [] for sizing in sizes}
    for take in takes if written else ():
        keys[take.sizing].append(take.key)
    return {sizing: _named(sizing, names) for sizing, names in keys.items()}


def _named(sizing: Sizing, keys: Sequence[str]) -> str:
    """Such as "output[1] at 1080 × 1920"."""
    return f"{' and '.join([', '.join(keys[:-1]), keys[-1]] if len(keys) > 1 else keys)} at {sizing}".strip()


def findings(scene: Scene, sizes: Sizings, about: Mapping[str, About]) -> Iterator[Finding]:
    """Everything that is found at some of the sizes, each thing once, with the sizes that it is found at; what is so at
    all of several needs none, but for errors. Where a view does not fit where it was put, that alone, as an error."""
    where: dict[Finding, list[str]] = {}
    for sizing, name in sizes.items():
        for finding in dict.fromkeys(_at(scene, sizing, about)):
            where.setdefault(finding, []).append(name)
    for finding, names in where.items():
        everywhere = len(names) == len(sizes) > 1 and finding.level != "error"
        told = "" if everywhere else f"{', '.join(names)}: "
        yield finding._replace(message=f"{told}{finding.message}")


def _at(scene: Scene, sizing: Sizing, about: Mapping[str, About]) -> Iterator[Finding]:
    try:
        stands = places(scene, sizing, about)
    except SceneError as error:
        yield from error.findings
        return
    yield from _overlaps(scene, stands)
    for number, (view, place) in enumerate(zip(scene.view, stands, strict=True)):
        shown = [_hidden(view.area or "")] if place is None else view.findings_among(about, place)
        yield from (finding.under(f"view[{number}]") for finding in gathered(shown))


def _hidden(area: str) -> Finding:
    return Finding("area", f"frames of this shape have no area '{area}': the view is not shown there", "note")


def _overlaps(scene: Scene, stands: Stands) -> Iterator[Finding]:
    """Views of which one would paint over another, though neither is to lie on top."""
    flat = [(n, p) for n, (v, p) in enumerate(zip(scene.view, stands, strict=True)) if p and not v.lies_on_top]
    under: dict[int, list[int]] = {}
    for (one, its), (other, second) in combinations(flat, 2):
        if _meet(its.rect, second.rect):
            culprit = one if scene.view[one].area is None else other
            under.setdefault(culprit, []).append(one + other - culprit)
    for number, others in under.items():
        named = ", ".join(f"view[{n}] ({getattr(scene.view[n], 'type', 'view')})" for n in others)
        if scene.view[number].area is None:
            told = f"without one it fills the frame: it and {named} would be painted over each other; give it an area"
        else:
            told = f"it would be painted over {named}; give it an area of its own"
        yield Finding("area", f"{told}, or write on_top = true").under(f"view[{number}]")


def _meet(a: Rect, b: Rect) -> bool:
    """Whether two rectangles have a pixel in common."""
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height
