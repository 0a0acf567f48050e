"""Layers by their names: as good as their numbers in every view that takes a layer, and said in recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples import VIEWS, plugins_of
from trainings import RUNS, fitted, moment_at, record_for, small_data
from weightreel.render.command.cli import run
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import SceneError
from weightreel.render.making.film import record_to, render
from weightreel.render.planning.recipe import read_recipe
from weightreel.render.proving.reproduce import reproduce
from weightreel.render.scene.file import load, parse
from weightreel.render.views import View
from weightreel.trainer.options import LAYER
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.store import Recordings
from weightreel.trainer.run import describe

NAMES = ("first", "second", "third.weird/one", "last")
PLACE = Place(Rect(0, 0, 400, 300), Style((400, 300)))


def called(about: About) -> About:
    """The same layers under names."""
    named = [layer.model_copy(update={"name": NAMES[i]}) for i, layer in enumerate(about.layers)]
    return about.model_copy(update={"layers": tuple(named)})


def drawn(view: View, recordings: Recordings) -> bytes:
    canvas = blank((400, 300), (0, 0, 0))
    fitted(view, recordings, PLACE).draw(canvas, recordings, moment_at(recordings, 12))
    return canvas.tobytes()


CASES = [
    pytest.param(name, example, id=f"{name}{number}")
    for name, examples in VIEWS.items()
    for number, example in enumerate(examples)
    if plugins_of("view")[name](**example.options).meant(LAYER)  # type: ignore[attr-defined]
]


def test_every_view_that_has_a_layer_is_tried():
    """What its type says: none has a key of that name which is something else."""
    having = {name for name, kind in plugins_of("view").items() if "layer" in kind.model_fields}
    assert having == {name for name in having if plugins_of("view")[name]().meant(LAYER)}
    assert {case.values[0] for case in CASES} == having


@pytest.mark.parametrize(("name", "example"), CASES)
def test_a_name_is_as_good_as_a_number(name, example):
    by_number = plugins_of("view")[name](**example.options)
    recordings = record_for(by_number, example.training)
    about = called(recordings["run"].about)
    by_name = by_number.model_copy(update={"layer": NAMES[by_number.layer]})
    assert list(by_name.findings(about)) == list(by_number.findings(about)) == []
    assert by_name.probes(about) == by_number.probes(about)
    before = drawn(by_number, recordings)
    recordings["run"].about = about
    assert drawn(by_name, recordings) == drawn(by_number, recordings) == before


def layers(*names: str | None) -> dict:
    """A scene whose two layers have these names."""
    made = [
        {"type": "dense", "units": 9, "activation": "tanh"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]
    return {
        "run": {"layers": [one | ({"name": n} if n is not None else {}) for one, n in zip(made, names, strict=True)]}
    }


@pytest.mark.parametrize(
    ("names", "layer", "told"),
    [
        (("hidden", None), "hiden", "view[0].layer   no layer 'hiden'; there are hidden; did you mean 'hidden'?"),
        (("hidden", None), "1", "view[0].layer   no layer '1'; there are hidden"),
        ((None, None), "hidden", "view[0].layer   no layer 'hidden'; the layers have no names, only numbers, 0 to 1"),
        (("hidden", None), 2, "view[0].layer   layer 2 is out of range; the run has layers 0 to 1"),
        (("a", "a"), 0, "run.layers[1].name   'a' is the name of layer 0 too; each has one of its own"),
        (("1", None), 0, "run.layers[0].name   '1' is a number, which stands for a place; take a word"),
        (("", None), 0, "run.layers[0].name   should have at least 1 character, not ''"),
    ],
)
def test_names_that_lead_nowhere(names, layer, told):
    with pytest.raises(SceneError) as caught:
        parse({**layers(*names), "view": [{"type": "back_projection", "layer": layer}]})
    assert str(caught.value) == f"scene: 1 problem\n  {told}"


def test_a_number_is_always_a_place():
    """And no name, whatever the names are; frameworks call layers by numbers, too."""
    about = called(describe(RUNS["convnet"](), small_data(), 0))
    by_number = [layer.model_copy(update={"name": str(3 - i)}) for i, layer in enumerate(about.layers)]
    about = about.model_copy(update={"layers": tuple(by_number)})
    assert about.layer(0).type == "conv2d"
    assert about.layer("0").type == "dense"


def test_a_scene_with_names_is_checked_drawn_and_made_again(scene_file, capsys):
    words = scene_file.read_text().replace("units = 9,", 'units = 9, name = "hidden",')
    scene_file.write_text(words.replace('type = "neuron_grid"', 'type = "neuron_grid"\nlayer = "hidden"'))
    assert run(["check", "small.toml"]) == 0, capsys.readouterr().err
    render(load(scene_file, outputs=["x.gif"]))
    recipe = read_recipe(Path("x.gif"))
    assert 'name = "hidden"' in recipe
    assert 'layer = "hidden"' in recipe
    assert reproduce("x.gif").reproduced


def test_a_name_may_be_given_after_the_training(scene_file):
    """It is no part of what was trained."""
    words = scene_file.read_text()
    record_to(load(scene_file), "kept")
    render(load(scene_file, outputs=["before.png"]), recording="kept")
    scene_file.write_text(words.replace("units = 9,", 'units = 9, name = "hidden",'))
    named = load(scene_file, outputs=["x.gif"], settings=['view.0.layer="hidden"'])
    report = render(named, recording="kept")
    assert report.get("notes", []) == []
    assert reproduce("x.gif", recording="kept").reproduced
