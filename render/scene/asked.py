"""Outputs that are asked for beside those that a scene has: other paths, and keys for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weightreel.render.drawing.layout import Layout
from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.encoders._output import Output
from weightreel.render.encoders._presets import with_suffix
from weightreel.render.errors import Finding, SceneError
from weightreel.render.formats.patterns import PLACE
from weightreel.render.scene.outputs import all_kinds, output_kind
from weightreel.render.scene.timeline import Timeline

Keys = dict[str, Any]
CHOOSE = ("codec", "type")  # the encoder, where the suffix does not
OPTIONS = {"size": "--size", "fps": "--fps", "max_bytes": "--max-bytes"}  # what the command has for keys of all outputs


def replaced(document: Mapping[str, Any], paths: Iterable[str]) -> list[Keys]:
    """The outputs of a document in whose place others are asked for, by their paths.

    Each keeps the keys of the document's first output of its suffix but those that choose the encoder: an .mp4 plays
    everywhere, whatever the scene's own was for. Without such an output it has the size and rate of the first one. A
    recipe is of one clip, which is only to stand elsewhere: there the encoder is kept too, and in another format the
    choice of frames.
    """
    own = document.get("output")
    outputs = [output for output in own if isinstance(output, dict)] if isinstance(own, list) else []
    return [_asked(path, outputs, document) for path in paths]


def _asked(path: str, outputs: list[Keys], document: Mapping[str, Any]) -> Keys:
    whole, alike = "recipe" in document, next((own for own in outputs if _is_alike(own, path)), None)
    if alike is not None:
        return alike | {"path": path} if whole else _kept(alike, path)
    if not outputs:
        return {"path": path}
    chosen = {key: outputs[0][key] for key in ("frames", "thin") if whole and key in outputs[0]}
    return {"path": path} | _shape(outputs[0], document) | chosen


def _is_alike(output: Keys, path: str) -> bool:
    """Whether an output has the suffix of a path; a poster is no model for frames that are numbered."""
    own = with_suffix(output).get("path")
    if not isinstance(own, str) or Path(own).suffix.lower() != Path(path).suffix.lower():
        return False
    return "at" not in output or not PLACE.search(Path(path).stem)


def _kept(output: Keys, path: str) -> Keys:
    """The keys of an output for another path; where that has another encoder, those that mean the same to both."""
    keys = {key: value for key, value in output.items() if key not in CHOOSE} | {"path": path}
    name = output_kind(keys)
    if name == output_kind(output):
        return keys
    kind = all_kinds().get(name or "", Output)
    both = {field.alias or key for key, field in Output.model_fields.items()}
    both |= set(Budgeted.model_fields) if issubclass(kind, Budgeted) else set()
    return {key: value for key, value in keys.items() if key in both}


def _shape(output: Keys, document: Mapping[str, Any]) -> Keys:
    """The size and rate of an output, where they are not the scene's; as they are written where something is wrong."""
    kind = all_kinds().get(output_kind(output) or "")
    try:
        layout = Layout.model_validate(document.get("layout", {}))
        timeline = Timeline.model_validate(document.get("timeline", {}))
        made = kind.model_validate(output) if kind else None
    except SceneError:
        made = None
    if made is None:
        return {key: output[key] for key in ("size", "fps") if key in output}
    size, fps = made.size_in(layout.size), made.rate(timeline.fps)
    return ({"size": list(size)} if size != layout.size else {}) | ({"fps": fps} if fps != timeline.fps else {})


def give(document: Mapping[str, Any], keys: Mapping[str, object]) -> None:
    """Set keys of every output of a document."""
    outputs = document.get("output")
    for output in outputs if isinstance(outputs, list) else ():
        if isinstance(output, dict):
            output.update(keys)


def told(findings: Iterable[Finding], document: Mapping[str, Any], keys: Mapping[str, object]) -> list[Finding]:
    """What is wrong with a scene, where it is a key that all outputs got once, as what the command has for it."""
    return list(dict.fromkeys(_told(finding, document, keys) for finding in findings))


def _told(finding: Finding, document: Mapping[str, Any], keys: Mapping[str, object]) -> Finding:
    place, _, key = finding.key.rpartition(".")
    number = place.removeprefix("output[").removesuffix("]")
    if key not in keys or not number.isdecimal():
        return finding
    if not finding.message.startswith("unknown key"):
        return finding._replace(key=OPTIONS.get(key, key))
    output = document["output"][int(number)]
    kind = output.get("codec") or Path(output["path"]).suffix
    told = f"'{output['path']}' ({kind}) cannot be kept within it; name what is to be written, such as -o film.mp4"
    return finding._replace(key=OPTIONS.get(key, key), message=told)
