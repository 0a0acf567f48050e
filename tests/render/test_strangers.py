"""Recipes as doors: what leaves with a clip says nothing of the machine, what comes with one does nothing unasked."""

from __future__ import annotations

import random
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Union

import numpy as np
import pytest
from pydantic import BaseModel

from weightreel.render.command.cli import run
from weightreel.render.encoders._encoder import write_all
from weightreel.render.errors import SceneError
from weightreel.render.formats.spec import Spec
from weightreel.render.making.film import render
from weightreel.render.planning.recipe import read_recipe
from weightreel.render.planning.signs import HIDDEN, in_toml
from weightreel.render.scene.file import load
from weightreel.render.scene.outputs import output_kinds
from weightreel.render.scene.scene import Scene
from weightreel.trainer import plugins
from weightreel.trainer.fields import meant, models
from weightreel.trainer.kinds import KINDS
from weightreel.trainer.options import PATH, Many, PathText
from weightreel.trainer.paths import bare

SECRET = "mysecret"
OUTWARD = {  # paths that lead to a file in a folder of that name, as any system writes them; all are made on this one
    "absolute": "{here}/mysecret/d.npz",
    "upward": "mysecret/../mysecret/d.npz",
    "home": "~/mysecret/d.npz",
    "windows": "C:\\Users\\mysecret\\d.npz",
    "drive": "c:mysecret\\d.npz",
    "unc": "\\\\mysecret\\share\\d.npz",
    "file": "file:///mysecret/d.npz",
    "opaque": "file:mysecret/d.npz",
    "windows upward": "..\\mysecret\\d.npz",
}
DATA = "run.data={{type='npz', path='{path}', validation=0.2}}"


def made(path: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A path with data at its end."""
    monkeypatch.setenv("HOME", str(here))
    path = path.format(here=here)
    target = Path(path).expanduser()
    (here / SECRET).mkdir(exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    with target.open("wb") as file:
        np.savez(file, x=images, y=np.arange(60) % 10)
    return path


@pytest.mark.parametrize("style", OUTWARD)
@pytest.mark.parametrize("place", ["run", "grid"])
def test_no_clip_says_where_files_are(style, place, scene_file, tmp_path, monkeypatch):
    path = made(OUTWARD[style], tmp_path, monkeypatch)
    settings = [DATA.format(path=path), f"table='{tmp_path}/{SECRET}/t.csv'", "run.epochs=1"]
    if place == "grid":
        settings.append(f"grid={{'data.path'=['{path}'], l2=[0.0, 0.1]}}")
    out = tmp_path / SECRET / "x.gif"
    render(load(scene_file, outputs=[str(out)], settings=settings), frames=slice(0, 1))
    assert SECRET.encode() not in out.read_bytes()
    document = tomllib.loads(read_recipe(out))
    assert (document["run"]["data"]["path"], document["table"]) == ("d.npz", "t.csv")
    assert document.get("grid", {}).get("data.path") == (["d.npz"] if place == "grid" else None)


def test_files_of_one_name_are_told_apart(scene_file, tmp_path, monkeypatch):
    """In a grid, whose runs are called after them."""
    paths = [made(f"{tmp_path}/{SECRET}/{n}/d.npz", tmp_path, monkeypatch) for n in (1, 2)]
    grid = 'grid={"data.path"=' + repr(paths) + "}"
    render(load(scene_file, outputs=["x.gif"], settings=[grid, DATA.format(path=paths[0])]))
    words = read_recipe(tmp_path / "x.gif")
    document = tomllib.loads(words)
    assert document["grid"] == {"data.path": ["d.npz", "d-2.npz"]}
    assert set(document["recipe"]["data"]) <= set(Scene.model_validate(document).trainings)
    assert SECRET not in words


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("d.npz", "d.npz"),
        ("data/d.npz", "data/d.npz"),
        ("run:1.mp4", "run:1.mp4"),
        ("/", "."),
        ("..", "."),
        ("~", "."),
        ("~anna", "."),
        ("~anna/d.npz", "d.npz"),
        ("~film.mp4", "film.mp4"),
        ("C:d.npz", "d.npz"),
        ("/data/images/", "images"),
        ("a/../b/./d.npz", "d.npz"),
        ("https://host/d.npz", "d.npz"),
        ("FILE:/d.npz", "d.npz"),
    ],
)
def test_what_is_told_of_a_path(path, told):
    assert bare(path) == told


class Inner(BaseModel):
    file: PathText = ""


class Other(BaseModel):
    folder: Path = Path()


def test_paths_are_found_by_type():
    """Wherever a plug-in may keep them."""

    class Anything(BaseModel):
        one: PathText
        maybe: PathText | None = None
        many: Many[PathText] = ()
        named: dict[str, PathText] = {}
        perhaps: dict[str, list[PathText]] | None = None
        either: Annotated[Union[Inner, Other], "which"]  # noqa: UP007
        folder: Path
        mixed: str | PathText
        text: str

    document = {
        "one": "p0",
        "maybe": "p1",
        "many": ["p2", "p3"],
        "named": {"a": "p4"},
        "perhaps": {"a": ["p5"]},
        "either": {"folder": "p6"},
        "folder": "p7",
        "mixed": "p8",
        "text": "no",
    }
    assert [path for _, path in meant(Anything, document, PATH)] == [f"p{i}" for i in range(9)]


def test_every_key_that_is_called_so_is_a_path():
    """Names of fields decide nothing; but who calls a field path and means none would be misread by people."""
    every = {m for kind in KINDS.values() for m in plugins.options(kind.package).values()} | {Scene}
    seen: set[type[BaseModel]] = set()
    while new := every - seen:
        seen |= new
        every |= {m for model in new for f in model.model_fields.values() for m in models(f.rebuild_annotation())}
    called = [
        (model.__name__, key)
        for model in seen
        for key, field in model.model_fields.items()
        if any(word in key for word in ("path", "file", "folder", "font")) or key == "table"
        if not list(meant(model, {key: "x"}, PATH))
    ]
    assert called == []


def clip(comment: str, name: str = "x.gif") -> Path:
    """A clip of somebody's with a comment of theirs."""
    kind = next(kind for kind in output_kinds().values() if Path(name).suffix in kind.default_for or name[-3:] == "mp4")
    frames = [np.zeros((32, 32, 3), np.uint8)]
    write_all(kind(path=name), Spec((32, 32), 10, comment=lambda number=None: comment), frames)
    return Path(name)


HEAD = "# weightreel: the recipe of x\n"
SCENE = """
[run]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
[[output]]
path = "x.gif"
[recipe]
"""


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("\x1b]0;OWNED\x07title = 1", "not TOML"),
        ("title = 1" + SCENE, "title   should be text in quotes, not 1"),
        ("colour = 1" + SCENE, "colour   unknown key"),
        (SCENE.replace("[[output]]", "[[outputs]]"), "outputs   unknown key"),
        (SCENE.replace('[[output]]\npath = "x.gif"\n', ""), "output   a recipe has one"),
        (f'title = "{"x" * 1_100_000}"{SCENE}', "is longer than 1,000,000 bytes"),
        ("x = " + "[" * 5_000, "not TOML"),
    ],
)
def test_a_recipe_is_a_scene_or_refused(comment, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["recipe", str(clip(HEAD + comment))]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("x.gif: the recipe in it is no scene: 1 problem\n")
    assert words in err or (words == "not TOML" and "deep" in err)


def test_nothing_is_hidden_in_what_is_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    title = "a\\u001b]0;b\\u0007\u202e\u2066\x9b\u2028\U000e0041é×"
    comment = f'# \x9b31m a comment that lies \u202e\ntitle = "{title}"{SCENE}'
    assert run(["recipe", str(clip(HEAD + comment))]) == 0
    words = capsys.readouterr().out
    assert not HIDDEN.search(words)
    assert "lies" not in words and "é×" in words
    assert tomllib.loads(words) == tomllib.loads(comment)
    assert tomllib.loads(in_toml(words, ascii_only=True)) == tomllib.loads(comment)
    assert in_toml(words, ascii_only=True).isascii()


def test_a_name_with_signs_is_written_and_read(scene_file, tmp_path):
    name = "a\nb\u202e\x1b.gif"
    render(load(scene_file, outputs=[name]), frames=slice(0, 1))
    words = read_recipe(tmp_path / name)
    assert not HIDDEN.search(words)
    assert tomllib.loads(words)["output"][0]["path"] == name


def test_a_recipe_that_names_a_plugin_of_others_is_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = read_recipe(clip(HEAD + '[[view]]\ntype = "spiral"\nturns = 3\n' + SCENE))
    assert 'type = "spiral"' in words


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("{out}/x.gif", "x.gif"),
        ("../x.gif", "x.gif"),
        ("sub/x.gif", "x.gif"),
        ("~/x.gif", "x.gif"),
        ("C:\\\\films\\\\x.gif", "x.gif"),
        ("..\\\\x.gif", "x.gif"),
        ("x.gif", "x.gif"),
    ],
)
def test_what_a_recipe_writes_lands_in_the_working_folder(said, name, tmp_path, monkeypatch):
    (tmp_path / "work" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    said = said.format(out=tmp_path)
    Path("r.toml").write_text(f'table = "{tmp_path}/t.txt"{SCENE.replace("x.gif", said)}')
    scene = load("r.toml")
    assert (scene.output[0].path, scene.table) == (name, "t.txt.csv")
    assert [note.key for note in scene.notes] == ["table", *(["output[0].path"] if said != name else [])]


def test_where_a_recipe_writes_is_said(scene_file, tmp_path, capsys):
    scene_file.write_text(f'table = "{tmp_path}/sub/t.csv"\n{scene_file.read_text()}[recipe]\n')
    assert run(["check", str(scene_file)]) == 0
    told = f"note: table   a recipe writes into the working folder: 't.csv' and not '{tmp_path}/sub/t.csv'"
    assert told in capsys.readouterr().out


def test_who_names_another_place_gets_it_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("r.toml").write_text(f'table = "/t.csv"{SCENE.replace("x.gif", "/x.gif")}')
    named = load("r.toml", outputs=["sub/y.gif"], settings=["table=sub/u.csv"])
    assert (named.output[0].path, named.table, named.notes) == ("sub/y.gif", "sub/u.csv", ())
    set_ = load("r.toml", settings=["output.0.path=sub/z.gif"])
    assert (set_.output[0].path, [note.key for note in set_.notes]) == ("sub/z.gif", ["table"])


def test_scenes_that_are_no_recipes_write_where_they_say(scene_file, tmp_path):
    assert load(scene_file, outputs=[f"{tmp_path}/x.gif"]).notes == ()


DAMAGE = """
import random, resource, sys, time, warnings
from pathlib import Path
from weightreel.render.errors import SceneError
from weightreel.render.planning.recipe import read_recipe
good, count, worst = Path(sys.argv[1]), int(sys.argv[2]), 0.0
data, chance, target = good.read_bytes(), random.Random(good.suffix), good.with_stem("damaged")
for number in range(count):
    bad, head = bytearray(data), min(len(data), 4096)
    at = chance.randrange(head)
    kind = number % 6
    if kind == 0: bad = bad[: chance.randrange(len(bad))]
    if kind == 1: bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
    if kind == 2: bad[at : at + 4] = chance.choice([-1, 2**31 - 1, 0, -(2**31)]).to_bytes(4, "big", signed=True)
    if kind == 3: del bad[at : at + chance.randrange(1, 64)]
    if kind == 4: bad[at:at] = chance.randbytes(chance.randrange(1, 64))
    if kind == 5: bad[at : at + 8] = chance.randbytes(8)
    target.write_bytes(bad)
    begun = time.perf_counter()
    try:
        read_recipe(target)
    except SceneError as error:
        assert str(error).startswith(str(target))
    worst = max(worst, time.perf_counter() - begun)
# Not getrusage: of a process that was forked it counts what its parent had, too.
try:
    most = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
except OSError:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(worst, most)
"""


@pytest.mark.parametrize(
    ("suffix", "count"),
    [
        *((suffix, 60) for suffix in (".mp4", ".gif")),
        *(
            pytest.param(suffix, 1_000, marks=pytest.mark.slow)
            for suffix in (".mp4", ".mov", ".webm", ".mkv", ".avi", ".gif", ".webp", ".apng", ".png")
        ),
    ],
)
def test_a_damaged_clip_is_read_or_refused(suffix, count, scene_file, tmp_path):
    """Never anything else, nor for long, nor with much memory; in a process that FFmpeg may end."""
    settings = ["output.0.at=end"] if suffix == ".png" else []
    render(load(scene_file, outputs=[f"x{suffix}"], settings=[*settings, "run.epochs=1"]), frames=slice(0, 3))
    done = subprocess.run(
        [sys.executable, "-c", DAMAGE, f"x{suffix}", str(count)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    seconds, kilobytes = map(float, done.stdout.split())
    assert seconds < 10 and kilobytes < 1_000_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.mp4", bytes(8)),
        ("large.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0\x5b\x55\x1b\x2a"),
        ("xmp.webp", b"RIFF\xf0\xff\xff\xffWEBPXMP \xe0\xff\xff\xff"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_what_is_no_clip_is_refused(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SceneError, match=f"cannot be read as {name[-3:]}|carries no recipe|as webp"):
        read_recipe(tmp_path / name)


def test_the_end_of_a_file_is_no_interruption(tmp_path, monkeypatch, capsys):
    """FFmpeg's EOFError went to click, which took it for a person who breaks off."""
    from weightreel.render.encoders.h264 import H264

    def ends(path: Path) -> str:
        raise EOFError(541478725, "End of file")

    monkeypatch.setattr(H264, "comment", ends)
    (tmp_path / "x.mp4").write_bytes(bytes(random.Random(0).randbytes(100)))
    assert run(["recipe", str(tmp_path / "x.mp4")]) == 2
    assert "cannot be read as mp4" in capsys.readouterr().err
