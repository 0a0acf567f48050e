"""Where the files of a recipe go: a clip may be anybody's, so what its recipe writes lands in the working folder, under
the name alone. Who names another place, with -o or --set, gets it there."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from typing import Any

from weightreel.render.errors import Finding
from weightreel.render.scene.outputs import all_kinds, output_kind
from weightreel.trainer.fields import Loc, key_path, meant
from weightreel.trainer.options import PATH

TABLE = ".csv"


Landed = dict[Loc, tuple[str, str]]  # by place: the name, and the path that stood there


def land(document: MutableMapping[str, Any]) -> Landed:
    """Cut the paths that a recipe writes to down to names, in place; those that were more."""
    found: Landed = {}
    for at, path in list(_written(document)):
        name = _name(path, TABLE if at == ("table",) else "")
        if name != path:
            _owner(document, at)[at[-1]] = name
            found[at] = name, path
    return found


def notes(document: MutableMapping[str, Any], landed: Landed) -> tuple[Finding, ...]:
    """A note for each path that was cut down and that nobody has changed since."""
    now = dict(_written(document))
    told = "a recipe writes into the working folder: '{}' and not '{}'; -o or --set names another place"
    return tuple(
        Finding(key_path(at), told.format(name, path), "note")
        for at, (name, path) in landed.items()
        if now.get(at) == name
    )


def _owner(document: MutableMapping[str, Any], at: Loc) -> Any:
    node: Any = document
    for part in at[:-1]:
        node = node[part]
    return node


def _written(document: MutableMapping[str, Any]) -> Iterator[tuple[Loc, str]]:
    """The places of paths that are written to, each with what stands there; what is wrong is said elsewhere."""
    if isinstance(document.get("table"), str):
        yield ("table",), document["table"]
    outputs = document.get("output")
    for i, output in enumerate(outputs if isinstance(outputs, list) else ()):
        kind = all_kinds().get(output_kind(output) or "") if isinstance(output, dict) else None
        for at, path in meant(kind, output, PATH) if kind else ():
            if isinstance(path, str):
                yield ("output", i, *at), path


def _name(path: str, suffix: str) -> str:
    """The last part of a path, on any system."""
    name = re.split(r"[\\/]", re.sub(r"^[A-Za-z]:", "", path))[-1].lstrip("~")
    return name if name.lower().endswith(suffix) else name + suffix
