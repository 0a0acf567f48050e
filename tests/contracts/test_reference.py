"""The reference says all there is, and only what is so: every key described, every example valid, all of today."""

from __future__ import annotations

import re
import runpy
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

import weightreel
from weightreel.render.command import vocabulary
from weightreel.render.command.cli import run
from weightreel.render.command.console import counted, progress
from weightreel.render.command.help import overview, page_text
from weightreel.render.command.keys import is_type, models_in
from weightreel.render.command.listing import lines
from weightreel.render.command.markdown import markdown
from weightreel.render.command.page import Page
from weightreel.render.command.reference import KINDS, find, topics
from weightreel.render.command.scenes import LISTED
from weightreel.render.drawing.theme import ROLES
from weightreel.render.scene.file import parse
from weightreel.render.scene.scene import Scene
from weightreel.render.scene.schema import scene_schema
from weightreel.trainer import plugins
from weightreel.trainer.mathematics.activations import ACTIVATIONS

ROOT = Path(__file__).parents[2]
SCHEMA = Draft4Validator(scene_schema())
TEMPLATE = ROOT / "render/scene/template.toml"


def models(model: type, found: dict) -> dict:
    """All classes of options that a scene is made of, from this one on."""
    if model not in found:
        found[model] = None
        for field in model.model_fields.values():
            for inner in models_in(field.annotation):
                models(inner, found)
    return found


MODELS = list(models(Scene, {}))


def pages() -> Iterator[Page]:
    """Every page that can be asked for."""
    for page in topics().values():
        yield page
        yield from page.pages


PAGES = list(pages())
OPTIMIZERS = ", ".join(plugins.names("weightreel.trainer.optimizers"))


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_key_is_described(model):
    silent = [
        f"{model.__module__}.{model.__name__}.{name}"
        for name, field in model.model_fields.items()
        if not field.description and not is_type(name, field)
    ]
    assert silent == [], "give them a Field(description=…): weightreel help and editors show it"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
class TestEveryPage:
    def test_begins_with_a_sentence(self, page):
        assert page.summary.endswith((".", "!", "?")), page.summary
        assert len(page.summary) < 200

    def test_its_example_is_a_valid_scene(self, page):
        if not page.example:
            assert page.pages, f"{page.name}: give its docstring an example, in TOML under 'Example:'"
            return
        said = tomllib.loads(page.example)
        base = tomllib.loads(TEMPLATE.read_text())
        document = base | said
        if "recording" in said:  # in place of what is trained
            del document["run"]
        else:
            document["run"] = base["run"] | said.get("run", {})
        assert [e.message for e in SCHEMA.iter_errors(document)] == []
        if "layout" in said:  # whose areas are not those of the template's views
            document["view"] = []
        for output in document["output"]:
            output.setdefault("path", f"scene-{output.get('for')}")
        parse(document)

    def test_fits_a_terminal(self, page):
        for width in (80, 97, 120):
            text, _, example = page_text(page, width).partition("\n\nExample\n")
            assert max(map(len, text.splitlines())) <= width
        assert page.example.splitlines()[:1] == [line.strip() for line in example.splitlines()[:1]]

    def test_says_everything_that_it_has(self, page):
        words = page_text(page, 120)
        assert all(f"\n  {key.name}  " in words for key in page.keys)
        assert all(member.name in words for member in page.pages)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.package], ids=lambda k: k.topic)
def test_the_example_of_a_plugin_shows_it(kind):
    for name, model in kind.members.items():
        example = find(kind.topic, name).example
        shown = f'type = "{name}"' in example or any(
            f'{suffix}"' in example for suffix in getattr(model, "suffixes", ())
        )
        assert shown, f"{name}: its example shows something else"


@pytest.mark.parametrize("page", [page for page in topics().values() if page.pages], ids=lambda p: p.name)
def test_what_all_of_a_kind_have_is_told_once(page):
    """In the reference, which links to it; in a terminal a page has all keys."""
    shared = page if page.keys or not page.see else topics()[page.see[0]]
    for member in page.pages:
        written = markdown().split(f"\n### {member.name}\n")[1].split("\n##")[0]
        twice = [key.name for key in shared.keys if key in member.keys and f"\n| `{key.name}` |" in written]
        assert twice == []


def test_one_is_not_many():
    assert [counted(n, "frame") for n in (0, 1, 2)] == ["0 frames", "1 frame", "2 frames"]


def test_a_training_counts_steps_and_a_clip_frames(capsys):
    for label, count, unit in (("train", 236, "step"), ("train.mp4", 236, "frame"), ("poster.png", 1, "frame")):
        with progress(False)(label, count, unit):
            pass
    told = ["train: 236 steps", "train.mp4: 236 frames", "poster.png: 1 frame"]
    assert capsys.readouterr().err.splitlines() == told


def test_lists_stand_in_columns_and_say_whole_sentences():
    for kind in LISTED[:-1]:
        said = list(lines(kind, brief=True))
        names = [line.split()[0] for line in said]
        assert all(line[max(map(len, names)) :][:2] == "  " for line in said)
        assert kind == "scenes" or all(re.search(r"[.!?]( \(\..*\))?( \(from package .*\))?$", line) for line in said)


def test_pages_have_names_of_their_own():
    names = [page.name for page in PAGES]
    assert len(names) == len(set(names))
    assert max(map(len, overview(80).splitlines())) <= 100


def test_words_are_those_that_there_are():
    assert sorted(vocabulary.ACTIVATION_WORDS) == sorted(ACTIVATIONS)
    assert set(vocabulary.ROLE_WORDS) <= set(ROLES)
    assert set(find("metric").keys) <= set(find("template").keys)


WRITTEN = runpy.run_path(str(ROOT / "tests/reference.py"))["written"]()


@pytest.mark.parametrize(("path", "text"), WRITTEN.items(), ids=[path.name for path in WRITTEN])
def test_what_is_made_from_the_types_is_of_today(path, text):
    assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date; run make reference"


def test_the_types_of_the_public_names_are_theirs():
    words = (ROOT / "render/public/__init__.pyi").read_text()
    assert all(f" import {name} as {name}\n" in words for name in (*weightreel.__all__, "NeuronGrid", "Gif"))


class TestHelp:
    @pytest.mark.parametrize(
        ("call", "first"),
        [
            (["view", "neuron_grid"], 'NEURON_GRID   [[view]]  type = "neuron_grid"'),
            (["views", "neuron_grid"], 'NEURON_GRID   [[view]]  type = "neuron_grid"'),
            (["neuron_grid"], 'NEURON_GRID   [[view]]  type = "neuron_grid"'),
            (["layer", "dense"], 'DENSE   layers = [{ type = "dense", … }]'),
            (["encoders", "h264"], "H264   [[output]]  path = .mp4 .mov .mkv"),
            (["losses"], "LOSS   [run]  loss = …"),
            (["title_card"], "CARD   [title_card] and [end_card]"),
            (["color"], "COLOUR   color = …"),
            (["purpose", "slides"], "PURPOSE   [[output]]  for = …"),
        ],
    )  # fmt: skip
    def test_shows_a_page(self, call, first, capsys):
        assert run(["help", *call]) == 0
        assert capsys.readouterr().out.startswith(first + "\n")

    def test_lists_topics_and_their_kinds(self, capsys):
        assert run(["help"]) == 0
        shown = capsys.readouterr().out
        assert all(f"\n  {name} " in shown for name in topics())
        assert run(["help", "view"]) == 0
        shown = capsys.readouterr().out
        assert "\n  curve             Lines of metrics over epochs or steps" in shown
        assert "More of each: weightreel help view NAME" in shown

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            (["veiw"], "no topic 'veiw'; did you mean 'view'?"),
            (["render"], "render is a command; its options: weightreel render --help"),
            (["view", "neurongrid"], "no view 'neurongrid'; did you mean 'neuron_grid'?"),
            (["optimizer", "zzz"], f"no optimizer 'zzz'; there are {OPTIMIZERS}"),
            (["timeline", "pfs"], "no timeline 'pfs'; did you mean 'fps'?"),
        ],
    )
    def test_unknown_names(self, call, words, capsys):
        assert run(["help", *call]) == 2
        assert words in capsys.readouterr().err

    def test_shows_a_key_alone(self, capsys):
        assert run(["help", "timeline", "fps"]) == 0
        shown = capsys.readouterr().out
        assert "\n  fps  " in shown and "seconds" not in shown
        assert run(["help", "grid", "lr"]) == 2
        assert "grid has no names; ask for it alone: weightreel help grid" in capsys.readouterr().err

    def test_is_as_wide_as_the_terminal(self, capsys, monkeypatch):
        monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: shutil.os.terminal_size((80, 24)))
        assert run(["help", "view", "curve"]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80

    def test_defaults_are_those_of_the_view(self, capsys):
        inner = find("view", "activation_maps").tables[0]
        assert {key.name: key.default for key in inner.keys} == {"over": '"frame"', "range": '"positive"', "gain": "1"}
