"""What is asked for on the command line beside what a scene says: other outputs, their size, rate and budget."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import weightreel
from weightreel.render.command.cli import run
from weightreel.render.errors import SceneError
from weightreel.render.making.draft import draft
from weightreel.render.making.film import render
from weightreel.render.planning.recipe import read_recipe
from weightreel.render.proving.reproduce import reproduce
from weightreel.render.scene.file import load

OWN = """
[[output]]
path = "own.mp4"
codec = "av1"
crf = 50
size = [640, 360]
fps = 5
max_bytes = "400 kB"
give_up = ["crf"]
[[output]]
path = "talk"
for = "slides"
crf = 20
[[output]]
path = "poster.png"
at = "end"
[[output]]
path = "own.GIF"
thin = 2
max_bytes = "90 kB"
[[output]]
path = "later.gif"
"""


@pytest.fixture
def several(scene_file) -> Path:
    """A scene with outputs of several kinds, each with keys of its own."""
    words = scene_file.read_text()
    scene_file.write_text(words[: words.index("[[output]]")] + OWN)
    return scene_file


def keys(scene_file, *paths: str, **how) -> list[dict]:
    """What is said of outputs that take the place of a scene's."""
    scene = load(scene_file, outputs=paths, **how)
    return [output.model_dump(exclude_defaults=True, by_alias=True) for output in scene.output]


def test_every_key_but_the_codec_is_that_of_the_first_of_the_suffix(several):
    assert keys(several, "x.gif") == [{"path": "x.gif", "thin": 2, "max_bytes": 90_000}]
    assert keys(several, "x.png") == [{"path": "x.png", "at": "end"}]
    assert keys(several, "x_%04d.png") == [{"path": "x_%04d.png", "size": (640, 360), "fps": 5}], "no poster"


def test_another_codec_keeps_what_means_the_same_to_both(several):
    [made] = keys(several, "x.MP4")
    given = {"size": (640, 360), "fps": 5, "max_bytes": 400_000, "give_up": ("crf",)}
    assert made == {"path": "x.MP4", **given}, "and crf 50 of AV1 is another than that of H.264"
    [made] = load(several, outputs=["x.mp4"], settings=["output.0.codec=av1"]).output
    assert (made.codec_name, made.size) == ("av1", (640, 360))


def test_what_it_is_for_is_kept(several):
    words = several.read_text()
    first = words.index("[[output]]")
    several.write_text(words[:first] + words[words.index('[[output]]\npath = "talk"') :])
    [made] = load(several, outputs=["x.mp4"]).output
    assert (made.purpose, made.crf, made.codec_name) == ("slides", 20, "h264")
    assert (made.size_in((320, 180)), made.rate(60)) == ((1920, 1080), 30)
    [made] = load(several, outputs=["x.webp"], settings=["layout.size=180x320", "timeline.fps=60"]).output
    assert (made.purpose, made.size, made.fps) == (None, (608, 1080), 30), "its shape is that of the layout"


def test_without_one_of_the_suffix_size_and_rate_are_those_of_the_first(several, scene_file):
    assert keys(several, "x.webp", "x.avi") == [
        {"path": "x.webp", "size": (640, 360), "fps": 5},
        {"path": "x.avi", "size": (640, 360), "fps": 5},
    ]


def test_what_is_wrong_hides_in_no_output_that_is_replaced(several):
    several.write_text(several.read_text().replace("thin = 2", "thinn = 2"))
    with pytest.raises(SceneError, match=r"output\[0\].thinn   unknown key; did you mean 'thin'\?"):
        load(several, outputs=["x.gif"])
    assert keys(several, "x.webp")[0]["size"] == (640, 360)
    several.write_text(several.read_text().replace("size = [640, 360]", "size = 3"))
    with pytest.raises(SceneError, match=r"output\[0\].size   should be a list, not 3"):
        load(several, outputs=["x.webp"])
    for strange in ("output=3", "output=[3]", "output=[{for='slides', path=3}]", "layout=3", "timeline=[]"):
        with pytest.raises(SceneError):
            load(several, outputs=["x.xyz"], settings=[strange])


def test_no_output_at_all_gives_nothing_on(scene_file):
    words = scene_file.read_text()
    scene_file.write_text(words[: words.index("[[output]]")])
    assert keys(scene_file, "x.mp4") == [{"path": "x.mp4"}]


@pytest.mark.parametrize("codec", ["mp4v", "h264"])
def test_a_recipe_with_another_path_makes_the_same_clip(codec, scene_file):
    own = ["output.0.size=[336, 190]", "output.0.fps=5", f"output.0.codec={codec}", "output.0.thin=2"]
    render(load(scene_file, outputs=["x.mp4"], settings=own), frames=slice(1, 6))
    Path("again.toml").write_text(read_recipe(Path("x.mp4")))
    assert run(["render", "again.toml", "-q", "-o", "again/x.mp4", "-o", "again/x.webp"]) == 0
    assert Path("again/x.mp4").read_bytes() == Path("x.mp4").read_bytes()
    with Image.open("again/x.webp") as film:
        assert (film.n_frames, film.size) == (3, (336, 190)), "the frames that were chosen"
    assert reproduce("again/x.mp4").reproduced


def test_a_clip_of_another_path_has_a_recipe_of_the_same_film(several):
    render(load(several, outputs=["x.gif"]))
    Path("again.toml").write_text(read_recipe(Path("x.gif")))
    render(load("again.toml", outputs=["again.gif"]))
    first, again = (Image.open(name) for name in ("x.gif", "again.gif"))
    assert (first.size, first.n_frames) == (again.size, again.n_frames) == ((320, 180), 8)


def test_an_mp4_without_a_codec_is_h264_everywhere(scene_file):
    film = weightreel.film(load(scene_file, settings=["output.0.path=scene.mp4", "timeline.seconds=0.4"]))
    assert film.render()["outputs"][0]["codec"] == film.save("saved.mp4")["codec"] == "h264"
    for name in ("x.mp4", "x.mov", "x.mkv"):
        assert load(scene_file, outputs=[name]).output[0].codec_name == "h264"
    assert load(scene_file, outputs=["x.mp4"], settings=["output.0.codec=FMP4"]).output[0].codec_name == "FMP4"
    assert load(scene_file, outputs=["x.avi"]).output[0].codec_name == "mp4v"


@pytest.mark.parametrize("written", ["480x272", "480X272", "480×272", " 480 x 272 "])
def test_sizes_as_people_write_them(written, scene_file, capsys):
    assert run(["check", str(scene_file), "--size", written]) == 0
    assert "small.png: 480x272" in capsys.readouterr().out
    assert load(scene_file, settings=[f"layout.size={written}"]).layout.size == (480, 272)
    assert load(scene_file, settings=[f"output.0.size={written}"]).output[0].size == (480, 272)


def test_size_rate_and_budget_of_all_that_is_written(several, capsys):
    given = ["--size", "640x360", "--fps", "30000/1001", "--max-bytes", "1 MB"]
    assert run(["check", str(several), "-o", "a.webp", "-o", "b.mp4", *given]) == 0
    assert capsys.readouterr().out.count(": 640x360, 45 frames, 29.97 fps") == 2
    limits = [output.max_bytes for output in load(several, outputs=["a.gif"], keys={"max_bytes": 1_000_000}).output]
    assert limits == [1_000_000]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["check", "--size", "1080"], "'1080' is no size; write WIDTHxHEIGHT, such as 1080x1920"),
        (["check", "--size", "0x5"], "\n  --size   should be greater than 0, not 0\n"),
        (["render", "--size", "99999x9"], "\n  --size   should be less than or equal to 16,384, not 99999\n"),
        (["check", "--fps", "fast"], "'fast' is no rate; write it as 12.5 or 30000/1001"),
        (["check", "--fps", "-1"], "\n  --fps   should be greater than 0, not -1.0\n"),
        (["check", "--max-bytes", "much"], '\'much\' is no number of bytes; write it as "3 MB" or "200 kB"'),
        (
            ["check", "--max-bytes", "1 MB"],
            "\n  --max-bytes   'small.png' (.png) cannot be kept within it; name what is to be written, such as -o",
        ),
        (["still", "-o", "x.png", "--at", "101%"], "'101%' is no place in the film; write it as 0.5 or 50%"),
        (["still", "-o", "x.png", "--at", "5%5"], "'5%5' is no place in the film"),
        (["still", "-o", "x.png", "--size", "99999x9"], "\n  --size   should be less than or equal to 16,384"),
    ],
)
def test_what_is_no_size_rate_budget_or_place_is_refused(call, told, scene_file, capsys):
    assert run([call[0], str(scene_file), *call[1:]]) == 2
    assert told in capsys.readouterr().err


def test_a_still_has_the_size_that_is_asked_for(scene_file):
    assert run(["still", str(scene_file), "--at", "50%", "--size", "480x320", "-o", "a.png"]) == 0
    assert run(["still", str(scene_file), "--frame", "7", "--set", "layout.size=480x320", "-o", "b.png"]) == 0
    with Image.open("a.png") as a, Image.open("b.png") as b:
        assert a.size == b.size == (480, 320)
    assert reproduce("a.png").reproduced


def test_a_still_is_told_of_its_own_size_alone(scene_file, capsys):
    """What has no room in a size that is not drawn is nobody's concern."""
    crowded = "view=[{type='curve', metrics=['loss', 'batch_loss', 'accuracy', 'validation_loss']}]"
    call = ["still", str(scene_file), "--set", crowded, "--set", "layout.size=[120,90]", "-o", "a.png"]
    assert run(call) == 0
    assert "at 120 × 90" in (told := "".join(capsys.readouterr())) or "note: view[0]" in told
    assert run([*call, "--size", "1080x1920"]) == 0
    assert "view[0]" not in "".join(capsys.readouterr())


def test_folders_of_what_is_asked_for_are_made_and_said(scene_file, capsys):
    made = ["--set", "timeline.seconds=0.4", "--set", "timeline.hold=0"]
    assert run(["check", str(scene_file), "-o", "new/folder/x.gif", "-o", "new/folder/x.webp"]) == 0
    told = "note: output[0].path   there is no folder 'new/folder'; it will be made\n"
    assert capsys.readouterr().out.count("it will be made") == 1 and not Path("new").exists()
    assert run(["render", str(scene_file), *made, "-o", "new/folder/x.gif", "--max-bytes", "1 MB"]) == 0
    assert told in capsys.readouterr().err and Path("new/folder/x.gif").is_file()
    assert run(["still", str(scene_file), *made, "-o", "one/x.png"]) == 0
    assert "note: -o   there is no folder 'one'; it will be made\n" in capsys.readouterr().err
    Path("file").touch()
    assert run(["render", str(scene_file), "-o", "file/folder/x.gif"]) == 2
    assert "file' is no folder" in capsys.readouterr().err
    assert run(["render", str(scene_file), "--set", "output.0.path=other/x.gif"]) == 2
    assert "there is no folder 'other'; make it: mkdir -p other\n" in capsys.readouterr().err


def test_a_draft_of_what_is_asked_for(scene_file):
    made = draft(load(scene_file, outputs=["new/x.gif"], settings=["view.0.rows=1", "view.0.columns=1"]))
    assert made.output[0].size == (160, 90) and made.makes_folder_of("new/x.gif")
