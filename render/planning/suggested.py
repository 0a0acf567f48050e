"""A scene that films a recording, made from what the recording says of itself; and recordings in place of scenes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from weightreel.render.errors import SceneError
from weightreel.render.planning import filmed
from weightreel.render.planning.chosen import Shown, curves_of, headings_of, matrices_of, weights_of
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.signs import in_toml
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene import file
from weightreel.render.scene.scene import Scene
from weightreel.trainer.paths import located
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import Recordings, looks_like_one, open_recordings

SIZE = (1280, 720)
FPS, LEAST_SECONDS, MOST_SECONDS, HOLD = 30, 4, 12, 1.5
A_SECOND = 30  # snapshots


def load(
    name: str | Path,
    *,
    outputs: str | Path | Iterable[str | Path] = (),
    keys: Mapping[str, object] | None = None,
    settings: str | Iterable[str] = (),
    seed: int | None = None,
    recording: str | Path | None = None,
) -> Scene:
    """A scene from a file, the name of one that ships, or the path of a recording, which has the scene that
    `weightreel inspect --scene` prints.

    Args:
        name: path or name; - for standard input, where paths within the scene start at the working directory.
        outputs: paths that replace the scene's outputs; each keeps the keys of the first one of its suffix, or has
            the size and rate of the first one. Their folders are made.
        keys: what every output is given, such as fps.
        settings: "key.path=value" each, applied after that; values in TOML, bare words as strings.
        seed: replaces the scene's seed.
        recording: what the scene will be drawn from: one that says neither what is trained nor what is filmed is
            about this.

    Raises:
        SceneError: with every problem found.
        RecordingError: it is a recording that cannot be read.
    """
    if films(name):
        words = scene_of(str(name))
        document = file.document_of(words, str(name))
        return file.made(document, str(name), outputs=outputs, keys=keys, settings=settings, seed=seed)
    return file.load(name, outputs=outputs, keys=keys, settings=settings, seed=seed, recording=recording)


def films(name: str | Path) -> bool:
    """Whether a recording is meant, and no scene; it may be a damaged one."""
    try:
        place = located(name)
    except SceneError:
        return False
    return place.is_dir() and looks_like_one(place)


def scene_of(path: str) -> str:
    """The words of a scene that films the recording at a path; it is checked, and what it cannot show is left out.

    Raises:
        RecordingError: there is none, or one that cannot be read.
    """
    kept = open_recordings(located(path))
    name = next((name for name, recording in kept.items() if len(recording)), next(iter(kept)))
    recording = kept[name]
    if len(recording):
        filmed.settle(recording)
    weights, curves = weights_of(recording.about), curves_of(recording) if len(recording) else []
    headings = headings_of(recording, Path(_called(path)).stem)
    while True:
        words = _written(path, name, kept, weights, curves, headings[0])
        wrong = _wrong(words, path) if len(recording) else ()
        if len(headings) > 1 and any(number >= len(weights) for number in wrong):
            headings = headings[1:]  # numbers or names that are too long to be large
            continue
        fewer = [view for number, view in enumerate(weights) if number not in wrong]
        if len(fewer) == len(weights):
            return words
        other = [view for view in matrices_of(recording.about) if view not in weights]
        weights = fewer or other  # pictures for which there is no room


def _wrong(words: str, path: str) -> set[int]:
    """The numbers of the views that the scene cannot show."""
    scene = file.made(file.document_of(words, path), path)
    try:
        prepare(scene, sources_of(scene), written=False)
    except SceneError as error:
        return {int(f.key[5 : f.key.index("]")]) for f in error.findings if f.key.startswith("view[")}
    return set()


def _written(
    path: str,
    name: str,
    kept: Recordings,
    weights: Sequence[Shown],
    curves: Sequence[Shown],
    heading: Sequence[Shown],
) -> str:
    """The scene: views of weights first, by whose numbers `_wrong` knows them."""
    recording = kept[name]
    areas = [f"weights_{i}" if len(weights) > 1 else "weights" for i in range(len(weights))]
    plots = ["loss", "share"] if len(curves) > 1 else ["curve"] * len(curves)
    words = ["words", "figures"][: len(heading)]
    tables = [
        *_recording_table(path, name, kept),
        *_table("timeline", _timeline(recording)),
        *_layout(areas, words, plots),
    ]
    for area, view in zip([*areas, *plots, *words], [*weights, *curves, *heading], strict=True):
        tables += [f"# {view.why}", *_table("[view]", {"type": view.keys["type"], "area": area} | view.keys)]
    tables += _table("[view]", {"type": "progress"})
    tables += _table("[output]", {"path": _clip_of(_called(path)), "codec": "h264"})
    return in_toml("\n".join([f"# A film of {_value(path)}", *tables]).rstrip() + "\n")


def _layout(weights: Sequence[str], words: Sequence[str], plots: Sequence[str]) -> list[str]:
    """The areas of each shape of frame: beside the weights all the rest, where they are about square only the plots;
    one above the other in frames that stand upright."""
    wide = [" ".join([*weights, area]) for area in (*words, *plots)]
    sides = [side for side in (weights, plots) if side]
    square = [" ".join([area] * max(1, len(sides))) for area in words]
    square += [" ".join(side[min(i, len(side) - 1)] for side in sides) for i in range(max(map(len, sides), default=0))]
    return [
        *_table("layout", {"size": list(SIZE), "areas": wide}),
        *_table("layout.portrait", {"areas": [*words, *weights, *plots]}),
        *_table("layout.square", {"areas": square}),
    ]


def _called(path: str) -> str:
    """The name of a recording's folder, also where the path does not say it."""
    return located(path).resolve().name or path


def _clip_of(name: str) -> str:
    """The name of its clip, which is another than its own."""
    clip = f"{Path(name).stem}.mp4"
    return clip if clip != name else f"film-{clip}"


def _recording_table(path: str, name: str, kept: Recordings) -> list[str]:
    """Which run is filmed, and which others there are."""
    several = {"run": name} if len(kept) > 1 else {}
    told = [f"# there are also {', '.join(json.dumps(n) for n in kept if n != name)}"] if several else []
    return [*told, *_table("recording", {"path": path, **several})]


def _timeline(recording: Recording) -> dict[str, Any]:
    """Equal time for each snapshot: loops record more of them where more is learned."""
    seconds = min(MOST_SECONDS, max(LEAST_SECONDS, round(len(recording) / A_SECOND + HOLD)))
    return {"fps": FPS, "seconds": seconds, "pacing": "snapshots", "hold": HOLD}


def _table(name: str, keys: Mapping[str, Any]) -> list[str]:
    return [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in keys.items()), ""]


def _value(value: object) -> str:
    """A value in a line of TOML; rows of areas, and tables, a line each."""
    if isinstance(value, list) and value and all(isinstance(item, dict) or " " in str(item) for item in value):
        return "[\n" + "".join(f"  {_value(item)},\n" for item in value) + "]"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(item)}' for key, item in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
