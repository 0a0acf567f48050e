"""Wrong scenes: every problem at once, each with its key and a way out, word for word."""

from __future__ import annotations

import av
import numpy as np
import pytest
from wrong import WRONG

from trainings import planned
from weightreel.render.check import outputs
from weightreel.render.command.cli import run
from weightreel.render.errors import Finding, SceneError
from weightreel.render.making.film import render
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import load, parse

DENSE = [{"type": "dense", "units": 3, "activation": "softmax"}]


def complaint(path) -> str:
    """What `check` says."""
    with pytest.raises(SceneError) as caught:
        scene = load(path)
        planned(scene)
        problems = list(outputs.findings(scene))
        if problems:
            raise SceneError(scene.source, problems)
    return str(caught.value)


@pytest.mark.parametrize("case", [c for c, (_, _, words) in WRONG.items() if words])
def test_one_problem(case, scene_file):
    old, new, words = WRONG[case]
    text = scene_file.read_text()
    assert old in text
    scene_file.write_text(text.replace(old, new, 1))
    assert complaint(scene_file) == f"{scene_file}: 1 problem\n  {words}"


def test_odd_sizes_of_h264_are_padded_and_said(scene_file, capsys):
    settings = ["--set", "output.0={path='x.mp4', codec='h264', size=[321, 181]}"]
    assert run(["check", str(scene_file), *settings]) == 0
    assert "321x181 is odd: padded to 322x182 with the background" in capsys.readouterr().out
    report = render(load(scene_file, settings=settings[1:], outputs=()))
    clip = report["outputs"][0]
    assert (clip["width"], clip["height"]) == (322, 182)
    told = {"key": "output[0].size", "message": "321x181 is odd: padded to 322x182 with the background"}
    assert report["findings"] == [told | {"level": "note"}]
    with av.open("x.mp4") as container:
        last = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)][-1]
    assert np.abs(last[-1].astype(int) - (13, 17, 23)).max() <= 4


def test_odd_sizes_are_fine_for_pictures(scene_file):
    scene_file.write_text(scene_file.read_text().replace("[320, 180]", "[321, 181]"))
    assert planned(load(scene_file)).takes[0].size == (321, 181)


def test_missing_data_file(scene_file):
    text = scene_file.read_text().replace('type = "mnist"', 'type = "npz", path = "mine.npz"')
    scene_file.write_text(text)
    folder = scene_file.parent
    assert complaint(scene_file) == (
        f"{scene_file}: 1 problem\n  run.data.path   mine.npz: no such file; paths start at {folder}"
    )


def test_what_is_wrong_with_one_run_hides_no_other(scene_file):
    runs = {"a": {"layers": DENSE, "data": {"type": "npz", "path": "mine.npz"}}, "b c": {"layers": DENSE}, "d": {}}
    runs["b c"]["data"] = {"type": "mnist", "train": 300, "validation": 0}
    runs["d"] = {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}], "data": runs["b c"]["data"]}
    found = sources_of(parse({"runs": runs}, folder=scene_file.parent))
    assert [finding.key for finding in found.findings] == ["runs.a.data.path", 'runs."b c".layers[0].units']
    assert (list(found.data), list(found.about)) == (["b c", "d"], ["d"])


def test_all_problems_at_once(scene_file):
    text = scene_file.read_text()
    for old, new in (
        ("rows = 3", 'rows = 3\ncolormap = "virdis"'),
        ('area = "loss"', 'area = "los"'),
        ('path = "small.png"', 'path = "small.mp4"\ncodec = "mp4v"\nsize = [1919, 1080]'),
        ("fps = 10", "fsp = 10"),
    ):
        text = text.replace(old, new, 1)
    scene_file.write_text(text)
    assert complaint(scene_file) == (
        f"{scene_file}: 4 problems\n"
        "  timeline.fsp       unknown key; did you mean 'fps'?\n"
        "  view[0].colormap   unknown colormap 'virdis'; did you mean 'viridis'?\n"
        "  view[1].area       no area 'los'; layout.areas names 'grid', 'words', 'loss'\n"
        "  output[0].size     width 1919 is odd; video needs even sizes, such as 1920"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty; weightreel new PATH writes a scene to start from"),
        (b"title = \n", "not TOML: invalid value; see toml.io for the syntax"),
        (b"\xff\xfa\x00", "is not text in UTF-8; a scene is a TOML file"),
        (
            b'x = "C:\\data"',
            "not TOML: unescaped '\\' in a string; write a path with backslashes in single quotes, such ",
        ),
        (
            b'x = "C:\\Users"',
            "not TOML: invalid hex value; write a path with backslashes in single quotes, such as 'C:\\",
        ),
        (b"[run\n", "not TOML: expected ']' at the end of a table declaration"),
    ],
)
def test_files_that_are_no_scene(scene_file, content, words):
    scene_file.write_bytes(content)
    assert words in complaint(scene_file)


def test_unknown_scene_is_guessed():
    assert complaint("hiden_grid").endswith("no such file, and no scene of that name; did you mean 'hidden_grid'?")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("run.epochs", "write it as KEY=VALUE, such as run.epochs=1"),
        ("output.9.fps=1", "nothing of that number here; there is 1, counted from 0"),
        ("view.9.rows=1", "nothing of that number here; there are 3, counted from 0"),
        ("output[9].fps=1", "--set output.9   nothing of that number here; there is 1, counted from 0"),
        ("output.fps=1", "--set output.fps   say which by its number, such as output.0.fps; there is 1, "),
        ("title.x.y=1", "nothing of that number here; it has no keys"),
        ("epochs=1", "epochs   unknown key; did you mean 'run.epochs'?"),
        ("fps=1", "fps   unknown key; did you mean 'timeline.fps'?"),
        ("size=1", "size   unknown key; did you mean 'layout.size'?"),
        ("epoch=1", "epoch   unknown key; there are title, seed, "),
        ("grid={l2=0.1}", "grid.l2   should be a list, not 0.1"),
        ("run.epochs=many", "run.epochs   should be a whole number, not 'many'"),
    ],
)
def test_wrong_settings(scene_file, setting, words):
    with pytest.raises(SceneError) as caught:
        load(scene_file, settings=[setting])
    assert words in str(caught.value)


def test_dots_in_bare_words_are_no_parts_of_keys(scene_file):
    title = "wait" + "." * 50
    assert load(scene_file, settings=[f"title={title}", "seed=3"]).title == title
    with pytest.raises(SceneError, match="has a key of more than 32 parts; a scene needs 5"):
        load(scene_file, settings=["run={" + "a." * 50 + "a=1}"])


def test_words_of_a_locale_that_is_not_ours(scene_file):
    with pytest.raises(SceneError) as caught:
        load(scene_file, outputs=["\udcc3.gif"])
    told = "'\udcc3.gif' is no text in UTF-8; choose another, or set a locale of UTF-8, such as LC_ALL=C.UTF-8"
    assert caught.value.findings == [Finding("output[0].path", told)]


@pytest.mark.parametrize("verb", [["check"], ["still", "-o", "nowhere/x.png"]])
def test_a_setting_without_a_value_is_what_is_refused(verb, scene_file, capsys):
    assert run([*verb, str(scene_file), "--set", "run.epochs", "1"]) == 2
    assert "'run.epochs' has no value; write it as KEY=VALUE, such as run.epochs=1\n" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["run.layers.0.units", "run.layers[0].units", "run.layers[0] . units"])
def test_settings_name_a_place_as_messages_do(scene_file, key):
    assert load(scene_file, settings=[f"{key}=7"]).trainings["run"].layers[0].units == 7


def test_brackets_in_quotes_are_letters(scene_file):
    with pytest.raises(SceneError, match=r'run."x\[0\]"   unknown key'):
        load(scene_file, settings=['run."x[0]"=7'])


def test_settings_and_outputs(scene_file):
    scene = load(
        scene_file,
        outputs=["a.mp4", "b.gif"],
        settings=["output.0.size=[640, 360]", "layout.size=[160, 90]", "title=bare words", "output.0.codec=MJPG"],
        seed=7,
    )
    assert [o.path for o in scene.output] == ["a.mp4", "b.gif"]
    assert scene.output[0].size == (640, 360)
    assert scene.output[0].codec_name == "MJPG"
    assert (scene.title, scene.seed, scene.layout.size) == ("bare words", 7, (160, 90))
