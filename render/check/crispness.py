"""What would not come out crisp: warnings that `check` prints, before anything is trained or drawn.

4:2:0 video keeps one colour for 2 × 2 pixels: a border must be an even number of pixels thick and begin on an even
coordinate, and a coloured tile needs an even scale. Text needs a contrast of 4.5 : 1 (WCAG 2.1, success criterion
1.4.3). What is nothing in a colour map should look like the background, or it becomes a dark slab on white, or glares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from weightreel.render.check.room import sizings
from weightreel.render.drawing.canvas import READABLE, contrast, ink, luminance
from weightreel.render.drawing.catalogue import purpose_of, suits
from weightreel.render.drawing.colormaps import MAPS
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import TEXT, Style
from weightreel.render.drawing.tiles import TileGrid
from weightreel.render.errors import Finding, SceneError
from weightreel.render.frames.places import places
from weightreel.render.frames.take import Sizing, Take
from weightreel.render.scene.scene import Scene
from weightreel.trainer.recording.about import About

PICTURES = "gray"  # in which images are what they are
LISTED = "weightreel list colormaps"


def findings(scene: Scene, about: Mapping[str, About], takes: Iterable[Take]) -> list[Finding]:
    """Everything that would come out smeared or hard to read, each with its key and a way out."""
    where: dict[Finding, list[str]] = {}
    shared = [take for take in takes if take.output.shares_color]
    for sizing, at in sizings(scene, shared, written=True).items() if shared else ():
        for finding in _smeared_at(scene, sizing, about):
            where.setdefault(finding, []).append(at)
    smeared = [finding._replace(message=f"{', '.join(at)}: {finding.message}") for finding, at in where.items()]
    return [*_faint(scene), *_glaring(scene), *smeared]


def _smeared_at(scene: Scene, sizing: Sizing, about: Mapping[str, About]) -> Iterator[Finding]:
    try:
        stands = places(scene, sizing, about)
    except SceneError:
        return  # there is no room for it, which is said elsewhere
    for number, (view, place) in enumerate(zip(scene.view, stands, strict=True)):
        grid = None if place is None else view.tiles(about[view.runs(about)[0]], place)
        if place is not None and grid is not None:
            for key, told in dict.fromkeys(_smeared(grid, place, view.colored)):
                yield Finding(key, told, "warning").under(f"view[{number}]")


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
            if ratio < READABLE:
                told = f"'{name}' has a contrast of {ratio:.1f} : 1 on the background; text needs 4.5 : 1"
                yield Finding(key, told, "warning").under(f"view[{number}]")
    for role in ("text", "muted"):
        ratio = contrast(style.color(role), style.background)
        if ratio < READABLE:
            told = f"has a contrast of {ratio:.1f} : 1 on the background; text needs 4.5 : 1"
            yield Finding(f"theme.{role}", told, "warning")


def _glaring(scene: Scene) -> Iterator[Finding]:
    """Colour maps whose nothing stands out from the background: those of the theme, where a view takes them, and those
    that are made for a background of the other kind."""
    style = Style(scene.layout.size, scene.theme)
    other = ink(style.background)
    taken = [(number, getattr(view, "colormap", PICTURES)) for number, view in enumerate(scene.view)]
    for purpose in (purpose for purpose in MAPS if purpose in dict(taken).values()):
        if not suits(style.lookup_table(purpose), purpose, style.background):
            told = f"'{getattr(scene.theme, purpose)}' is not made for this background; choose another: {LISTED}"
            yield Finding(f"theme.{purpose}", told, "warning")
    for number, name in taken:
        table, purpose = style.lookup_table(name), purpose_of(name)
        if name in (PICTURES, *MAPS) or purpose not in MAPS or suits(table, purpose, style.background):
            continue
        if suits(table, purpose, other):
            made = f"'{name}' is made for a {'light' if luminance(other) else 'dark'} background"
            told = f'{made}; write "{purpose}" for the theme\'s own, or choose another: {LISTED}'
            yield Finding(f"view[{number}].colormap", told, "note")
