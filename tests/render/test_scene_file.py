"""Wrong scenes: every problem at once, each with its key and a way out, word for word."""

from __future__ import annotations

import pickle
import tomllib

import av
import numpy as np
import pytest

from trainings import planned
from weightreel.render.check import outputs
from weightreel.render.command.cli import run
from weightreel.render.drawing.layout import Layout
from weightreel.render.encoders.gif import Gif
from weightreel.render.errors import Finding, SceneError
from weightreel.render.making.film import render
from weightreel.render.making.sources import sources_of
from weightreel.render.scene.file import load, parse, shipped_scenes
from weightreel.render.scene.scene import Scene
from weightreel.render.scene.timeline import Timeline
from weightreel.render.views.neuron_grid import NeuronGrid
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.run import Run

DENSE = [{"type": "dense", "units": 3, "activation": "softmax"}]
# (what in the small scene, is replaced by what, the problems that are reported)
WRONG = {
    "misspelt key": ("columns = 3", "column = 3", "view[0].column   unknown key; did you mean 'columns'?"),
    "wrong type": ("rows = 3", 'rows = "three"', "view[0].rows   should be a whole number, not 'three'"),
    "unknown view": (
        'type = "neuron_grid"',
        'type = "neuron_gird"',
        "view[0].type   unknown type 'neuron_gird'; did you mean 'neuron_grid'?",
    ),
    "layer out of range": (
        'type = "neuron_grid"',
        'type = "neuron_grid"\nlayer = 4',
        "view[0].layer   layer 4 is out of range; the run has layers 0 to 1",
    ),
    "no such area": (
        'area = "grid"',
        'area = "gird"',
        "view[0].area   no area 'gird'; layout.areas names 'grid', 'words', 'loss'",
    ),
    "odd size": (
        'path = "small.png"',
        'path = "small.mp4"\nsize = [1919, 1080]',
        "output[0].size   width 1919 is odd; video needs even sizes, such as 1920",
    ),
    "odd layout": (
        "size = [320, 180]",
        "size = [320, 181]",
        None,
    ),
    "negative fps": ("fps = 10", "fps = -10", "timeline.fps   should be greater than 0, not -10"),
    "no such folder": (
        'path = "small.png"',
        'path = "nowhere/small.png"',
        "output[0].path   there is no folder 'nowhere'; make it: mkdir -p nowhere",
    ),
    "unknown suffix": (
        'path = "small.png"',
        'path = "small.xyz"',
        "output[0].path   unknown suffix '.xyz'; known are .apng .avi .gif .mkv .mov .mp4 .png .webm .webp",
    ),
    "unknown colormap": (
        "rows = 3",
        'rows = 3\ncolormap = "virdis"',
        "view[0].colormap   unknown colormap 'virdis'; did you mean 'viridis'?",
    ),
    "wrong word": (
        "batch_size = 50",
        'batch_size = 50\nloss = "crossentropy"',
        "run.loss   'crossentropy' is none of 'binary_cross_entropy', 'cross_entropy' or 'mean_squared_error'; "
        "did you mean 'cross_entropy'?",
    ),
    "activation and loss": (
        'activation = "softmax"',
        'activation = "relu"',
        "run.layers[1].activation   loss 'cross_entropy' goes with 'softmax' on the last layer, not 'relu'",
    ),
    "too few units": (
        "units = 10",
        "units = 9",
        "run.layers[1].units   9 units, but the data has 10 classes; one unit a class is needed",
    ),
    "nothing to stop by": (
        'batch_size = 50\nepochs = 2\ndata = { type = "mnist", train = 300, validation = 100,',
        'early_stopping = {}\ndata = { type = "mnist", train = 300, validation = 0,',
        "run.early_stopping   goes by images to validate on, and the data holds none back; set data.validation, "
        "or leave this out",
    ),
    "too many images": (
        "train = 300",
        "train = 60_000",
        "run.data   mnist: asked for train = 60000, validation = 100, test = 100 of 70000 images; "
        "ask for fewer, and for one to train on at least",
    ),
    "gif too fast": (
        'path = "small.png"',
        'path = "small.gif"\nfps = 60',
        "output[0].fps   should be less than or equal to 50, not 60",
    ),
    "poster after the end": (
        'path = "small.png"',
        'path = "small.png"\nat = 2',
        "output[0].at   2 is none of 'start' or 'end'; or should be less than or equal to 1, not 2",
    ),
    "poster in words": (
        'path = "small.png"',
        'path = "small.png"\nat = "middle"',
        "output[0].at   'middle' is none of 'start' or 'end'; or should be a number, not 'middle'",
    ),
    "webp too large": (
        'path = "small.png"',
        'path = "small.webp"\nsize = [16384, 180]',
        "output[0].size   width 16384 is too large; WebP ends at 16383",
    ),
    "webp too fast": (
        'path = "small.png"',
        'path = "small.webp"\nfps = 70',
        "output[0].fps   should be less than or equal to 60, not 70",
    ),
    "hold too long": (
        "hold = 0.3",
        "hold = 3",
        "timeline   hold 3 s leaves nothing of seconds = 1.5; lower it",
    ),
    "film too long": (
        "seconds = 1.5",
        "seconds = 1e6",
        "timeline   10,000,000 frames are too many; lower seconds or fps",
    ),
    "frame too large": (
        "size = [320, 180]",
        "size = [100000, 180]",
        "layout.size[0]   should be less than or equal to 16,384, not 100000",
    ),
    "unknown metric": (
        'type = "curve"',
        'type = "curve"\nmetrics = ["los"]',
        "view[1].metrics[0]   unknown metric 'los'; there are loss, accuracy, batch_loss, batch_accuracy, "
        "validation_loss, validation_accuracy, test_loss, test_accuracy",
    ),
    "unknown name in a template": (
        "{loss:.4f}",
        "{los:.4f}",
        "view[2].text   unknown name {los}; there are data, epoch, step, steps, loss, accuracy, batch_loss, "
        "batch_accuracy, validation_loss, validation_accuracy, test_loss, test_accuracy",
    ),
    "not a number format": (
        "{loss:.4f}",
        "{loss:.4q}",
        "view[2].text   '{loss:.4q}' is not a format for it (unknown format code 'q'); "
        "write {loss:.4f}, or {loss:.1%} for a share",
    ),
    "a number format for a name": (
        "{loss:.4f}",
        "{data:.4f}",
        "view[2].text   '{data:.4f}' is not a format for it (unknown format code 'f'); write {data}",
    ),
    "half a format in a heading": (
        'text = "epoch {epoch:.2f}  loss {loss:.4f}"',
        'heading = "{step:.}"\ntext = "epoch {epoch:.2f}  loss {loss:.4f}"',
        "view[2].heading   '{step:.}' is not a format for it (format specifier missing precision); write {step:6d}",
    ),
    "a format in figures": (
        'type = "curve"',
        'type = "figures"\nitems = [{ label = "a", value = "{epoch:2g2}" }]',
        "view[1].items[0].value   '{epoch:2g2}' is not a format for it (invalid format specifier '2g2'); "
        "write {epoch:.2f}",
    ),
    "a format on a card": (
        'title = "small"',
        'title = "small"\nend_card = { heading = "{accuracy:%%}" }',
        "end_card.heading   '{accuracy:%%}' is not a format for it (invalid format specifier '%%'); "
        "write {accuracy:.4f}, or {accuracy:.1%} for a share",
    ),
    "sign the font lacks": (
        "epoch {epoch",
        "字 {epoch",
        "view[2].text   the typeface has no sign for 字; use others",
    ),
    "not a rectangle": (
        'areas = ["grid words", "grid loss"]',
        'areas = ["grid words", "loss grid"]',
        "layout.areas   area 'grid' is not a rectangle",
    ),
    "tiles too large": (
        "rows = 3\ncolumns = 3",
        "rows = 30\ncolumns = 30",
        "view[0].area   30 × 30 tiles of 28 × 28 do not fit into 148 × 168 pixels even at scale 1; "
        "enlarge the area or show fewer",
    ),
    "same file twice": (
        'path = "small.png"',
        'path = "small.png"\n[[output]]\npath = "small.png"',
        "output[1].path   'small.png' is the same file as output[0].path, 'small.png'; choose another name",
    ),
    "unknown codec": (
        'path = "small.png"',
        'path = "small.mp4"\ncodec = "h265"',
        "output[0].codec   this OpenCV cannot write 'h265' into .mp4; use codec 'mp4v', or MJPG or XVID with .avi",
    ),
    "codec in capitals": (
        'path = "small.png"',
        'path = "small.mp4"\ncodec = "H264"',
        "output[0].codec   this OpenCV cannot write 'H264' into .mp4; did you mean 'h264'?",
    ),
    "codec in the wrong container": (
        'path = "small.png"',
        'path = "small.avi"\ncodec = "h264"',
        "output[0].codec   this OpenCV cannot write 'h264' into .avi; 'h264' goes into .mp4 .mov .mkv",
    ),
    "same file by another way": (
        'path = "small.png"',
        'path = "small.png"\n[[output]]\npath = "./small.png"',
        "output[1].path   './small.png' is the same file as output[0].path, 'small.png'; choose another name",
    ),
    "no run": (
        '[run]\nlayers = [\n  { type = "dense", units = 9, activation = "sigmoid" },\n'
        '  { type = "dense", units = 10, activation = "softmax" },\n]\nbatch_size = 50\nepochs = 2\n'
        'data = { type = "mnist", train = 300, validation = 100, test = 100 }\n',
        "",
        "run   is missing; a scene needs a [run] table that says what is trained",
    ),
}


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
        ('path = "small.png"', 'path = "small.mp4"\nsize = [1919, 1080]'),
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
        ("title.x.y=1", "nothing of that number here; it has no keys"),
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
            "or one of the theme's: text, muted, line, border, first, second, third, fourth",
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
    assert not {"folder", "source", "ships"} & {*scene.model_dump(), *Scene.model_json_schema()["properties"]}
    with pytest.raises(SceneError, match="folder   unknown key"):
        parse({**scene.model_dump(), "folder": "x"})


def test_a_scene_says_everything_about_itself():
    for path in shipped_scenes().values():
        scene = load(path)
        again = parse(scene.model_dump(mode="json", exclude_none=True), folder=path.parent, source=str(path))
        assert again == scene
