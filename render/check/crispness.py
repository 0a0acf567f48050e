"""What would not come out crisp: warnings that `check` prints, before anything is trained or drawn.

4:2:0 video keeps one colour for 2 × 2 pixels: a border must be an even number of pixels thick and begin on an even
coordinate, and a coloured tile needs an even scale. Text needs a contrast of 4.5 : 1 (WCAG 2.1, success criterion
1.4.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from weightreel.render.drawing.canvas import contrast
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import TEXT, Style
from weightreel.render.drawing.tiles import TileGrid
from weightreel.render.errors import Finding, SceneError
from weightreel.render.frames.places import places
from weightreel.render.frames.take import Sizing, Take
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About

LEAST_CONTRAST = 4.5


def findings(scene: Scene, about: Mapping[str, About], takes: Iterable[Take]) -> list[Finding]:
    """Everything that would come out smeared or hard to read, each with its key and a way out."""
    found = list(_faint(scene))
    sizings: dict[Sizing, str] = {}
    for take in takes:
        if take.output.shares_color:
            sizings.setdefault(take.sizing, f"{take.key} at {take.sizing}: ")
    for sizing, at in sizings.items():
        try:
            stands = places(scene, sizing, about)
        except SceneError:
            continue  # there is no room for it, which is said elsewhere
        for number, (view, place) in enumerate(zip(scene.view, stands, strict=True)):
            grid = None if place is None else view.tiles(about[view.runs(about)[0]], place)
            if place is not None and grid is not None:
                smeared = _smeared(grid, place, view.colored)
                found += [Finding(key, at + m, "warning").under(f"view[{number}]") for key, m in smeared]
    return list(dict.fromkeys(found))


def _smeared(grid: TileGrid, place: Place, colored: bool) -> Iterator[tuple[str, str]]:
    other = 'or write codec = "h264_444"'
    if grid.border.thickness % 2:
        pixels = grid.border.thickness
        yield "border.thickness", f"{pixels} px mixes with its neighbours in 4:2:0 video; take {pixels + 1}, {other}"
    if colored and grid.scale % 2:
        yield "area", f"tiles at scale {grid.scale} mix their colours in 4:2:0 video; give more room or less, {other}"
    begins = [(start + origin) % 2 for start, origin in zip(place.rect, grid.origin, strict=False)]
    if (grid.border.thickness and any(begins)) or any(pitch % 2 for pitch in grid.pitch):
        yield "gap", f"tiles begin on odd pixels and mix with their borders in 4:2:0 video; leave out gap, {other}"


def _faint(scene: Scene) -> Iterator[Finding]:
    style = Style(scene.layout.size, scene.theme)
    for number, view in enumerate(scene.view):
        for key, name in view.meant(TEXT).items():
            ratio = contrast(style.color(name), style.background)
            if ratio < LEAST_CONTRAST:
                told = f"'{name}' has a contrast of {ratio:.1f} : 1 on the background; text needs 4.5 : 1"
                yield Finding(key, told, "warning").under(f"view[{number}]")
    for role in ("text", "muted"):
        ratio = contrast(style.color(role), style.background)
        if ratio < LEAST_CONTRAST:
            told = f"has a contrast of {ratio:.1f} : 1 on the background; text needs 4.5 : 1"
            yield Finding(f"theme.{role}", told, "warning")
