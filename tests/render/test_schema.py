"""The schema of scene files, as editors of TOML use it: Draft 4."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from weightreel.render.command.cli import run
from weightreel.render.scene.file import load, shipped_scenes
from weightreel.render.scene.schema import DRAFT_4, draft_4, scene_schema

SCHEMA = scene_schema()
TEMPLATE = Path(__file__).parents[2] / "render/scene/template.toml"
FILES = [*shipped_scenes().values(), TEMPLATE]


def valid(scene: dict) -> bool:
    return Draft4Validator(SCHEMA).is_valid(scene)


def test_is_draft_4():
    Draft4Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == DRAFT_4
    later = {"$defs", "const", "prefixItems", "discriminator", "if", "contains", "propertyNames", "examples"}
    assert not later & set(words(SCHEMA))


def words(schema: Any) -> Iterator[str]:
    """The words of a schema, without the names of keys and definitions."""
    if isinstance(schema, dict):
        for word, value in schema.items():
            yield word
            parts = value.values() if word in ("properties", "definitions") else [value]
            if word not in ("default", "enum"):
                for part in parts:
                    yield from words(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from words(part)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_shipped_scenes_are_valid(path):
    assert [e.message for e in Draft4Validator(SCHEMA).iter_errors(tomllib.loads(path.read_text()))] == []


RUN = {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"theme": "light"},
        {"theme": {"name": "print", "body": 30}},
        {"output": [{"for": "slides"}]},
        {"output": [{"path": "x", "for": "github"}]},
        {"output": [{"path": "x.GIF", "max_bytes": "3 MB", "colors": 64}]},
        {"output": [{"path": "x.gif", "max_bytes": 3_000_000}]},
        {"output": [{"path": "x.avi", "codec": "MJPG"}]},
        {"output": [{"path": "x.mp4", "codec": "h264", "crf": 20}, {"type": "png", "path": "x.png", "at": 0.5}]},
        {"view": [{"type": "neuron_grid", "normalize": {"range": [-1, 1]}, "labels": ["a"]}]},
        {"view": [{"type": "neuron_grid", "labels": True}]},
        {"grid": {"optimizer.lr": [0.1, 1.0]}},
        {"recipe": {"versions": {"numpy": "2"}}},
    ],
)
def test_short_forms_are_valid(part):
    assert valid({"run": RUN} | part)


@pytest.mark.parametrize(
    "part",
    [
        {"titel": "x"},
        {"folder": "."},
        {"seed": "0"},
        {"theme": "bright"},
        {"timeline": {"fps": 0}},
        {"timeline": {"fsp": 30}},
        {"layout": {"size": [640]}},
        {"layout": {"size": [640, 360, 3]}},
        {"view": [{"type": "neuron_gird"}]},
        {"view": [{"rows": 8}]},
        {"view": [{"type": "curve", "rows": 8}]},
        {"view": [{"type": "neuron_grid", "border": {"colour": "red"}}]},
        {"output": [{"path": "x.gif", "crf": 3}]},
        {"output": [{"path": "x.xyz"}]},
        {"output": [{"size": [640, 360]}]},
        {"output": [{"for": "slide"}]},
        {"run": {"layers": []}},
        {"run": {"layers": [{"type": "dense", "units": 0}]}},
        {"run": RUN | {"optimizer": {"type": "sgd", "momentum": 1.0}}},
    ],
)
def test_mistakes_are_not(part):
    assert not valid({"run": RUN} | part)


def test_something_must_be_trained():
    assert not valid({"title": "x"})
    assert valid({"runs": {"a": RUN, "b": RUN}})
    assert valid({"recording": "run.zarr"})
    assert valid({"recording": {"path": "run.zarr", "runs": ["a"]}})


def test_keys_have_words_to_hover_over():
    tables = {"Scene": SCHEMA} | SCHEMA["definitions"]
    for name in ("Theme", "Recorded"):
        tables[name] = tables[name]["anyOf"][1]
    for name, table in tables.items():
        silent = [key for key, part in table["properties"].items() if "description" not in part and key != "type"]
        assert silent == [], name


def test_what_is_not_for_files_is_not_there():
    assert not {"folder", "source", "makes"} & set(SCHEMA["properties"])


def test_limits_of_each_kind():
    made = draft_4({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1})
    assert made == {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1, "exclusiveMaximum": True}
    made = draft_4({"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "default": None, "description": "a"})
    assert made == {"description": "a", "allOf": [{"$ref": "#/definitions/A"}]}


class TestCommand:
    def test_prints_it(self, capsys):
        assert run(["schema"]) == 0
        assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(SCHEMA))

    @pytest.mark.parametrize("source", [[], ["--from", "lesson_9"]])
    def test_new_lays_it_beside_the_scene(self, source, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert run(["new", "mine.toml", *source]) == 0
        told = capsys.readouterr().err.splitlines()
        assert told[0] == "weightreel.schema.json  written; editors of TOML complete and check the scene with it"
        assert Path("mine.toml").read_text().startswith("#:schema ./weightreel.schema.json\n")
        assert valid(tomllib.loads(Path("mine.toml").read_text()))
        assert load("mine.toml").output
        assert json.loads(Path("weightreel.schema.json").read_text())["$schema"] == DRAFT_4

    def test_new_keeps_one_that_is_there(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        Path("weightreel.schema.json").write_text("{}")
        assert run(["new", "mine.toml"]) == 0
        assert "weightreel.schema.json  kept as it is; weightreel schema prints today's\n" in capsys.readouterr().err
        assert Path("weightreel.schema.json").read_text() == "{}"

    def test_no_scene_names_one_that_was_not_written(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        Path("weightreel.schema.json").symlink_to("no_folder/x.json")
        assert run(["new", "mine.toml"]) == 1
        assert not Path("mine.toml").exists()

    def test_a_copy_names_it_once(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert run(["new", "a.toml"]) == 0
        assert run(["new", "b.toml", "--from", "a.toml"]) == 0
        assert Path("b.toml").read_text() == Path("a.toml").read_text()
