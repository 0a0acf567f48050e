"""Scenes that scripts build are told what is wrong in the words of files."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

import numpy as np
import pytest
from wrong import WRONG

import weightreel
from weightreel.render.drawing.layout import Layout
from weightreel.render.encoders.gif import Gif
from weightreel.render.errors import SceneError
from weightreel.render.scene.file import load, parse, shipped_scenes
from weightreel.render.scene.scene import Scene
from weightreel.render.scene.timeline import Timeline
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.run import Run


@pytest.mark.parametrize("case", [c for c, (_, _, words) in WRONG.items() if words])
def test_scenes_from_python_are_told_the_same(case, scene_file):
    """In the words of files, with keys and values given as keywords."""
    old, new, words = WRONG[case]
    document = tomllib.loads(scene_file.read_text().replace(old, new, 1))
    try:
        parse(document)
    except SceneError as error:
        with pytest.raises(SceneError) as caught:
            Scene(**document)
        assert str(caught.value) == str(error) == f"scene: 1 problem\n  {words}"
    else:
        assert Scene(**document) == parse(document)


def test_all_problems_of_a_scene_from_python_at_once():
    with pytest.raises(SceneError) as caught:
        Scene(
            run={"layers": ({"type": "dense", "units": 2}, {"type": "dens"})},
            layout={"areas": ["a b", "b a"]},
            view=(
                {"type": "progress", "area": "x"},
                {"type": "caption", "text": "{los"},
                NeuronGrid(run="other"),
                {"type": "curve", "runn": "run"},
            ),
            output=[{"path": "x.mp4", "size": [1919, 1080], "codec": "mp4v"}, {"path": "x.xyz"}, 3],
            source="x",
        )
    known = ".apng .avi .gif .mkv .mov .mp4 .png .webm .webp"
    assert str(caught.value).splitlines() == [
        "scene: 10 problems",
        "  run.layers[1].type   unknown type 'dens'; did you mean 'dense'?",
        "  layout.areas         area 'a' is not a rectangle",
        "  layout.areas         area 'b' is not a rectangle",
        "  view[0].area         no area 'x'; layout.areas names 'a', 'b'",
        "  view[1].text         '{los' is not a template (expected '}' before end of string); write {{ for a brace",
        "  view[3].runn         unknown key; did you mean 'run'?",
        "  output[0].size       width 1919 is odd; video needs even sizes, such as 1920",
        f"  output[1].path       unknown suffix '.xyz'; known are {known}",
        f"  output[2]            has no path with a suffix; known are {known}",
        f"  source               unknown key; there are {', '.join(Scene.model_fields)}",
    ]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (
            lambda: Dense(activaton="relu"),
            "Dense: 2 problems\n  units       is missing, and has no default\n"
            "  activaton   unknown key; did you mean 'activation'?",
        ),
        (lambda: NeuronGrid(rows="x"), "NeuronGrid: 1 problem\n  rows   should be a whole number, not 'x'"),
        (
            lambda: NeuronGrid(border={"color": "redd"}),
            "NeuronGrid: 1 problem\n  border.color   unknown colour 'redd'; write it as '#ff0000' or as a CSS name, "
            "or one of the theme's: text, muted, line, border, first, second, third, fourth, training, validation, "
            "test",
        ),
        (lambda: Layout(size=(0, 9)), "Layout: 1 problem\n  size[0]   should be greater than 0, not 0"),
        (lambda: Gif(path="x.gif", fps=60), "Gif: 1 problem\n  fps   should be less than or equal to 50, not 60"),
        (
            lambda: Run(layers=[{"type": "dens"}, {"type": "dense", "units": 2.5}]),
            "Run: 2 problems\n  layers[0].type    unknown type 'dens'; did you mean 'dense'?\n"
            "  layers[1].units   should be a whole number, not 2.5",
        ),
        (
            lambda: Timeline.model_validate({"hold": 30.0}),
            "Timeline: 1 problem\n  hold 30 s leaves nothing of seconds = 10; lower it",
        ),
    ],
)
def test_parts_from_python_are_told_the_same(build, words):
    with pytest.raises(SceneError) as caught:
        build()
    assert str(caught.value) == words
    assert str(pickle.loads(pickle.dumps(caught.value))) == words


def test_where_a_scene_came_from_is_no_part_of_it(scene_file):
    scene = load(scene_file)
    assert (scene.folder, scene.source, scene.makes_folder_of("small.png")) == (
        str(scene_file.parent),
        str(scene_file),
        False,
    )
    again = pickle.loads(pickle.dumps(scene.model_copy(update={"title": "other"})))
    assert (again.title, again.source) == ("other", str(scene_file))
    assert not {"folder", "source", "makes"} & {*scene.model_dump(), *Scene.model_json_schema()["properties"]}
    with pytest.raises(SceneError, match="folder   unknown key"):
        parse({**scene.model_dump(), "folder": "x"})


def test_a_scene_says_everything_about_itself():
    for path in shipped_scenes().values():
        scene = load(path)
        again = parse(scene.model_dump(mode="json", exclude_none=True), folder=path.parent, source=str(path))
        assert again == scene


@pytest.mark.parametrize("make", [lambda keys: Dense(**keys), lambda keys: Dense(units=4).model_copy(update=keys)])
def test_a_misspelt_key_gets_the_words_of_a_file(make):
    with pytest.raises(SceneError, match=r"Dense: 1 problem\n  activaton   unknown key; did you mean 'activation'\?"):
        make({"units": 4, "activaton": "tanh"})


def test_keys_are_given_by_name():
    with pytest.raises(TypeError, match=r"Dense takes its keys by name, such as Dense\(units=…\)"):
        Dense(4)
    assert Dense(units=4).model_copy(update={"units": np.int64(5)}) == Dense(units=5)


def test_paths_and_numbers_of_numpy_are_taken_everywhere(scene_file):
    assert [o.path for o in load(scene_file, outputs=Path("a.gif"), settings="seed=3").output] == ["a.gif"]
    keys = {"size": np.array([480, 272]), "fps": np.float32(12.5)}
    scene = load(scene_file, outputs=[Path("a.gif"), "b.png"], keys=keys, seed=np.int64(5))
    assert [(o.path, o.size, o.fps) for o in scene.output] == [("a.gif", (480, 272), 12.5), ("b.png", (480, 272), 12.5)]
    assert weightreel.film(scene, output=np.int64(1)).size == (480, 272)
    with pytest.raises(SceneError, match="there is no output 2; the scene has 2, counted from 0"):
        weightreel.film(scene, output=np.int8(2))
    saved = weightreel.film(scene).save(Path("c.gif"), frames=np.array([0, 2]), fps=np.float64(5))
    assert (saved["path"], saved["frames"]) == ("c.gif", 2)
