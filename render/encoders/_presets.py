"""Presets for people who do not want to know: what an output is for chooses its format, size, rate and budget.

Keys that the output has win. Sizes are boxes that the film is laid out in, in the shape of the scene's layout, or where
the purpose has a shape of its own, exact; rates are the highest.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from weightreel.render.drawing.canvas import Rect, even

Purpose = Literal["slides", "web", "github", "notebook", "story", "square", "master"]


class Preset(NamedTuple):
    """What one purpose asks for; a codec of "" is left to the suffix, `box` (width, height) and `fps` of None to the
    scene. `inside` (x, y, width, height) is the part of the box that nothing else covers where it is shown."""

    suffix: str = ""
    codec: str = ""
    box: tuple[int, int] | None = None
    fps: float | None = None
    max_bytes: int | None = None
    exact: bool = False
    inside: Rect | None = None


PRESETS: Mapping[str, Preset] = {
    # PowerPoint, Keynote and Impress play H.264 in mp4; a projector shows 1080 lines.
    "slides": Preset(".mp4", "h264", (1920, 1080), 30),
    "web": Preset(".mp4", "h264", (1280, 720), 30, 4_000_000),
    # A README shows pictures up to 10 MB, and 830 pixels wide.
    "github": Preset(".gif", "", (960, 540), 12.5, 5_000_000),
    # A notebook keeps its clips inside, in base64.
    "notebook": Preset(".mp4", "h264", (960, 540), 30, 2_000_000),
    # Phones show stories upright, their own words over the upper and the lower fifth: what we write stays within
    # x 108–972, y 384–1536, also where the layout moves it by 4 pixels, so that tiles begin on blocks.
    "story": Preset(".mp4", "h264", (1080, 1920), 30, exact=True, inside=Rect(112, 388, 856, 1144)),
    "square": Preset(".mp4", "h264", (1080, 1080), 30, exact=True),
    "master": Preset(".mkv", "ffv1"),
}


def preset_of(purpose: object) -> Preset:
    """The preset of a purpose; one that asks for nothing where there is no such purpose."""
    return PRESETS.get(purpose, Preset()) if isinstance(purpose, str) else Preset()


def with_suffix(output: Mapping[str, object]) -> dict[str, object]:
    """An output's keys with a path and a codec that suit its purpose, where it does not say them.

    The codec is left to a suffix that is not the preset's. Who knows the scene's file names the path after that.
    """
    filled, preset = dict(output), preset_of(output.get("for"))
    path = filled.setdefault("path", f"scene-{output['for']}") if preset.suffix else filled.get("path")
    if not isinstance(path, str) or not preset.suffix:
        return filled
    if not Path(path).suffix:
        filled["path"] = path = path + preset.suffix
    if preset.codec and not {"codec", "type"} & filled.keys() and Path(path).suffix.lower() == preset.suffix:
        filled["codec"] = preset.codec
    return filled


def size_for(purpose: object, layout: tuple[int, int]) -> tuple[int, int]:
    """(width, height) that a purpose asks for, of a scene whose layout has a size."""
    preset = preset_of(purpose)
    if preset.box is None:
        return layout
    return preset.box if preset.exact else fitted(layout, preset.box)


def inside(purpose: object, size: tuple[int, int]) -> Rect | None:
    """The part of a frame that nothing covers where the film is shown; None for all of it."""
    preset = preset_of(purpose)
    if preset.inside is None or preset.box is None:
        return None
    shares = (size[0] / preset.box[0], size[1] / preset.box[1]) * 2
    return Rect(*(even(side * share) for side, share in zip(preset.inside, shares, strict=True)))


def fitted(layout: tuple[int, int], box: tuple[int, int]) -> tuple[int, int]:
    """The largest even (width, height) of the layout's shape that is within a box."""
    share = min(box[0] / layout[0], box[1] / layout[1])
    return tuple(max(2, round(side * share / 2) * 2) for side in layout)  # type: ignore[return-value]
