"""The JSON Schema of scene files, for editors: pydantic's, said in Draft 4, which is what editors of TOML know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from weightreel.render.scene.scene import Scene
from weightreel.trainer import plugins

Schema = dict[str, Any]
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
_NULL = {"type": "null"}


class Untitled(GenerateJsonSchema):
    """Without the titles that pydantic makes up from the names of keys."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Only titles that a type says itself."""
        return False


def scene_schema() -> Schema:
    """A Draft 4 schema of what a scene file may say, short forms included."""
    document = Scene.model_json_schema(schema_generator=Untitled)
    definitions = document["$defs"]
    for definition in definitions.values():
        if "const" in definition.get("properties", {}).get("type", {}):
            definition["required"] = ["type", *definition.get("required", ())]
    for kind in plugins.options("weightreel.render.encoders").values():
        _by_path(definitions[kind.__name__], getattr(kind, "suffixes", ()))
    outputs = document["properties"]["output"]["items"]
    outputs["anyOf"] = outputs.pop("oneOf")  # several encoders write .mp4
    document["anyOf"] = [{"required": [key]} for key in ("run", "runs", "recording")]
    return {"$schema": DRAFT_4, **draft_4(document)}


def _by_path(output: Schema, suffixes: Iterable[str]) -> None:
    """An output is known by the suffix of its path, or says what it is for; then it may leave the path out."""
    output["required"] = [key for key in output["required"] if key not in ("type", "path")]
    if not output["required"]:
        del output["required"]  # Draft 4 takes no empty list
    ends = "|".join("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in s.lstrip(".")) for s in suffixes)
    named = {"required": ["path"], "properties": {"path": {"pattern": rf"\.({ends})$"}}}
    output["anyOf"] = [named, {"required": ["for"]}]


def draft_4(schema: Schema) -> Schema:
    """A schema of today in the words of Draft 4, without null, which TOML does not have."""
    made = {}
    for word, value in _without_null(schema).items():
        if word in ("properties", "$defs"):
            value = {name: draft_4(part) for name, part in value.items()}
        elif word in ("anyOf", "oneOf", "allOf", "prefixItems"):
            value = [draft_4(part) for part in value]
        elif isinstance(value, dict) and word in ("items", "additionalProperties"):
            value = draft_4(value)
        made[word] = value
    return _whole_reference(_renamed(made))


def _without_null(schema: Schema) -> Schema:
    """An `anyOf` that null is taken out of may be left with one part, which is then the schema itself."""
    made = dict(schema)
    if _NULL in made.get("anyOf", ()):
        parts = [part for part in made.pop("anyOf") if part != _NULL]
        made = {"anyOf": parts} | made if len(parts) > 1 else parts[0] | made
    if "default" in made:
        made["default"] = _set_values(made["default"])
        if made["default"] is None:
            del made["default"]
    return made


def _set_values(value: object) -> object:
    if isinstance(value, dict):
        return {k: _set_values(v) for k, v in value.items() if v is not None}
    return value


def _renamed(schema: Schema) -> Schema:
    made = dict(schema)
    made.pop("discriminator", None)
    made.pop("propertyNames", None)  # a word of Draft 6
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if "prefixItems" in made:
        made |= {"items": made.pop("prefixItems"), "additionalItems": False}
    for limit in ("Minimum", "Maximum"):
        if f"exclusive{limit}" in made:
            made[limit.lower()] = made[f"exclusive{limit}"]
            made[f"exclusive{limit}"] = True
    if "$defs" in made:
        made["definitions"] = made.pop("$defs")
    return made


def _whole_reference(schema: Schema) -> Schema:
    """Draft 4 reads nothing beside a `$ref`: what describes the key goes around it."""
    if "$ref" not in schema:
        return schema
    reference = {"$ref": schema["$ref"].replace("#/$defs/", "#/definitions/")}
    beside = {word: value for word, value in schema.items() if word != "$ref"}
    return beside | {"allOf": [reference]} if beside else reference
