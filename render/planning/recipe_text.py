"""The words of a recipe: written so that nothing is hidden in them, and read as if a stranger had sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli_w

from weightreel.render.errors import Finding, SceneError
from weightreel.render.planning.signs import in_toml
from weightreel.render.scene.file import document_of, parse
from weightreel.render.scene.written import LONGEST

HEADING = "# weightreel: the recipe of"
UNKNOWN = "unknown type"


def written(document: Mapping[str, Any]) -> str:
    """A recipe as TOML. Signs that people would not see, or that a terminal obeys, stand as escapes."""
    name = str(document["output"][0]["path"]).replace("\n", "\\n")
    return in_toml(f"{HEADING} {name}\n{tomli_w.dumps(document)}")


def parsed(words: str, source: str) -> str:
    """A recipe that was found in a clip, written anew: comments are gone, and what is shown is what a scene says.

    Raises:
        SceneError: it is no scene. Plug-ins that are not installed here may be named.
    """
    if len(words.encode()) > LONGEST:
        raise _refused(source, [Finding("", f"is longer than {LONGEST:,} bytes")])
    try:
        document = document_of(words, source)
        _must_be_scene(document)
    except SceneError as error:
        raise _refused(source, error.findings) from None
    return written(document)


def _must_be_scene(document: dict[str, Any]) -> None:
    try:
        parse(document)
    except SceneError as error:
        if not all(finding.message.startswith(UNKNOWN) for finding in error.findings):
            raise
    output = document.get("output")
    if not (isinstance(output, list) and len(output) == 1):
        raise SceneError("", [Finding("output", "a recipe has one")])


def _refused(source: str, findings: list[Finding]) -> SceneError:
    return SceneError(f"{source}: the recipe in it is no scene", findings)
