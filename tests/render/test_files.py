"""Which files a render leaves: numbered frames and their manifest; two outputs that are one file; full disks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from contracts.test_encoders import each, output

from weightreel.render.command.cli import run
from weightreel.render.encoders import Spec, write_all
from weightreel.render.encoders.png import Png
from weightreel.render.errors import EncodeError, SceneError
from weightreel.render.formats.numbering import digest
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import load
from weightreel.render.showing.still import still


def write(folder: Path, count: int, film: str, start: int = 0) -> None:
    """Frames of one colour, which the film decides."""
    frames = [np.full((8, 8, 3), len(film) * 10 + i, np.uint8) for i in range(start, start + count)]
    write_all(Png(path=str(folder / "x.png")), Spec((8, 8), 10, start=start, film=film), frames)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def numbered(*numbers: int) -> list[str]:
    return [f"x-{n:05d}.png" for n in numbers]


def manifest(folder: Path) -> dict:
    return json.loads((folder / "x.weightreel.json").read_text())


def test_a_manifest_names_the_frames(tmp_path):
    write(tmp_path, 3, "one")
    told = manifest(tmp_path)
    assert (told["weightreel"], told["whole"], sorted(told["frames"])) == (1, True, numbered(0, 1, 2))
    for name, known in told["frames"].items():
        assert known == {digest((tmp_path / name).read_bytes()): digest(b"one")}


@pytest.mark.parametrize("films", [("one", "another"), ("", "")])
def test_frames_of_a_longer_film_go_and_what_somebody_changed_stays(films, tmp_path):
    write(tmp_path, 6, films[0])
    for name in ("x-00007.png", "x-0004.png", "y-00004.png"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "x-00004.png").write_bytes(b"painted over")
    write(tmp_path, 2, films[1])
    kept = ["x-00004.png", "x-00007.png", "x-0004.png", "y-00004.png"]
    assert names(tmp_path) == sorted([*numbered(0, 1), *kept, "x.weightreel.json"])
    assert sorted(manifest(tmp_path)["frames"]) == numbered(0, 1)


def test_a_film_may_be_written_in_pieces(tmp_path):
    for start in (0, 4, 2):
        write(tmp_path, 2, "one", start)
    assert sorted(manifest(tmp_path)["frames"]) == numbered(*range(6))
    write(tmp_path, 1, "another", 3)
    assert names(tmp_path) == [*numbered(3), "x.weightreel.json"]


def test_a_manifest_speaks_of_nothing_else(tmp_path):
    """A stranger may have written it."""
    (tmp_path / "sub").mkdir()
    folder, mine = tmp_path / "sub", tmp_path / "mine.png"
    mine.write_bytes(b"mine")
    (folder / "x-00009.png").symlink_to(mine)
    told = {name: {digest(b"mine"): ""} for name in ("../mine.png", str(mine), "x-00009.png", "x-..", "")}
    (folder / "x.weightreel.json").write_text(json.dumps({"weightreel": 1, "whole": True, "frames": told}))
    write(folder, 1, "one")
    assert mine.read_bytes() == b"mine"
    assert names(folder) == [*numbered(0, 9), "x.weightreel.json"]


@pytest.mark.parametrize(
    "words", [b"", b"[]", b"{}", b'{"weightreel": 2}', b"\xff", b'{"weightreel": 1, "frames": [1]}']
)
def test_what_is_no_manifest_is_left_alone(words, tmp_path):
    (tmp_path / "x.weightreel.json").write_bytes(words)
    with pytest.raises(
        EncodeError, match=r"x\.weightreel\.json' is there and says nothing of frames; move it or choose"
    ):
        write(tmp_path, 1, "one")
    assert (tmp_path / "x.weightreel.json").read_bytes() == words


JOINED = 1  # a name is changed where a segment becomes the clip, before the manifest is written


@pytest.mark.parametrize("moment", range(5))
def test_a_kill_in_the_midst_leaves_what_the_next_run_knows(moment, tmp_path):
    write(tmp_path, 5, "one")
    code = (
        "import os, numpy as np, weightreel.render.formats.numbering as n\n"
        "from weightreel.render.encoders import Spec, write_all\n"
        "from weightreel.render.encoders.png import Png\n"
        f"real, left = os.replace, [{moment + JOINED}]\n"
        "def replace(*given):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0: os._exit(9)\n"
        "    real(*given)\n"
        "os.replace = replace\n"
        f"write_all(Png(path={str(tmp_path / 'x.png')!r}), Spec((8, 8), 10, film='another'),"
        "[np.full((8, 8, 3), i, np.uint8) for i in range(3)])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 9
    assert {*numbered(0, 1, 2)} <= {*names(tmp_path)}
    assert manifest(tmp_path)["whole"] is (moment == 0)
    write(tmp_path, 1, "a third")
    assert names(tmp_path) == [*numbered(0), "x.weightreel.json"]


def test_without_second_names_frames_are_put_back_too(tmp_path, monkeypatch):
    write(tmp_path, 3, "one")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    real = os.replace

    def fails(source, target):
        if str(target) == str(tmp_path / "x-00002.png") and "frames" in str(source):
            raise OSError(5, "Input/output error")
        real(source, target)

    def unsupported(*names, **how):
        raise OSError(95, "Operation not supported")

    for linking in (os.link, None):
        monkeypatch.setattr(os, "link", linking or unsupported)
        monkeypatch.setattr(os, "replace", fails)
        with pytest.raises(EncodeError, match="Input/output error"):
            write(tmp_path, 3, "another")
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_folder_of_a_frames_name_is_known_before(tmp_path):
    (tmp_path / "x-00003.png").mkdir()
    (finding,) = Png(path=str(tmp_path / "x.png")).target_findings()
    assert finding.message == "the frame x-00003.png is a folder; choose another name"


def check(scene) -> list[str]:
    with pytest.raises(SceneError) as caught:
        prepare(scene, sources_of(scene))
    return [f"{f.key}   {f.message}" for f in caught.value.findings]


def linked(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "a.gif").write_bytes(b"")
    os.symlink("../a.gif", folder / "sub" / "b.gif")
    os.link(folder / "a.gif", folder / "c.gif")
    os.symlink("a.gif", folder / "nowhere.webp")
    os.symlink("small.toml", folder / "scene.gif")
    os.symlink("table.csv", folder / "table.gif")


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        (["a.gif", "sub/../a.gif"], "output[1].path   'sub/../a.gif' is the same file as output[0].path, 'a.gif'"),
        (["a.gif", "sub/b.gif"], "output[1].path   'sub/b.gif' is the same file as output[0].path, 'a.gif'"),
        (["a.gif", "c.gif"], "output[1].path   'c.gif' is the same file as output[0].path, 'a.gif'"),
        (["a.gif", "nowhere.webp"], "output[1].path   'nowhere.webp' is the same file as output[0].path, 'a.gif'"),
        (["x.png", "x-00000.apng"], None),
        (["scene.gif"], "output[0].path   'scene.gif' is the same file as the scene, '{folder}/small.toml'"),
        (["table.gif"], "table   'table.csv' is the same file as output[0].path, 'table.gif'"),
    ],
)
def test_two_outputs_that_are_one_file(scene_file, tmp_path, outputs, told):
    linked(tmp_path)
    scene = load(scene_file, outputs=outputs, settings=["table=table.csv"])
    if told is None:
        prepare(scene, sources_of(scene))
    else:
        assert check(scene) == [told.format(folder=tmp_path) + "; choose another name"]


def test_a_poster_over_a_numbered_frame(scene_file):
    for names in (["x.png", "x-00000.png"], ["x-00000.png", "x.png"]):
        poster = names.index("x-00000.png")
        scene = load(scene_file, outputs=names, settings=[f"output.{poster}.at=start"])
        assert check(scene) == [
            f"output[1].path   '{names[1]}' is the same file as output[0].path, '{names[0]}'; choose another name"
        ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x.png", "x.PNG", True),
        ("x.png", "x-%05d.png", True),
        ("x_%d.png", "x_%04d.png", True),
        ("%d.png", "%02d.png", True),
        ("x-0.png", "x-%d.png", False),
        ("x.png", "x_%05d.png", False),
        ("x.png", "y.png", False),
    ],
)
def test_numbered_frames_of_one_name(scene_file, one, other, same):
    for first, second in ((one, other), (other, one)):
        scene, told = load(scene_file, outputs=[first, second]), f"output[1].path   '{second}' is the same file as "
        if same:
            assert check(scene) == [f"{told}output[0].path, '{first}'; choose another name"]
        else:
            prepare(scene, sources_of(scene))


def test_an_output_over_data(scene_file, tmp_path):
    np.savez(tmp_path / "own.npz", x=np.zeros((400, 6, 5), np.uint8), y=np.arange(400) % 3)
    (tmp_path / "own.gif").symlink_to("own.npz")
    scene = load(scene_file, outputs=["own.gif"], settings=["run.data={type='npz', path='own.npz', validation=50}"])
    told = "output[0].path   'own.gif' is the same file as run.data.path, 'own.npz'; choose another name"
    with pytest.raises(SceneError, match="is the same file as") as caught:
        prepare(scene, sources_of(scene))
    assert told in [f"{f.key}   {f.message}" for f in caught.value.findings]


def test_stills_and_tables_are_refused_before_training(scene_file, tmp_path, monkeypatch):
    monkeypatch.setattr("weightreel.render.work.trained.train", None)
    (tmp_path / "x.png").mkdir()
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(SceneError, match=r"-o +'x.png' is a folder; choose the name of a file"):
        still(load(scene_file), "x.png")
    assert check(load(scene_file, settings=["table=t.csv"])) == [
        "table   't.csv' is a folder; choose the name of a file"
    ]


def test_a_table_is_said(scene_file, capsys):
    words = [str(scene_file), "--set", "table=t.csv"]
    assert run(["check", *words]) == 0
    assert "\nt.csv: 1 run\n" in capsys.readouterr().out
    assert run(["render", *words, "--json"]) == 0
    told = capsys.readouterr()
    assert "\nt.csv  1 run\n" in told.err and json.loads(told.out)["table"] == "t.csv"
    assert run(["render", str(scene_file), "--json"]) == 0
    assert "table" not in json.loads(capsys.readouterr().out)


def test_users_files_beside_a_table_survive(scene_file, tmp_path):
    (tmp_path / "t.csv.part").write_text("mine")
    assert run(["render", str(scene_file), "-q", "--set", "table=t.csv"]) == 0
    assert (tmp_path / "t.csv.part").read_text() == "mine"
    assert (tmp_path / "t.csv").read_text().startswith("run,steps")


@each
def test_a_file_that_may_not_grow_says_so(kind, suffix, options, bound, tmp_path):
    """A bound on files stands for a full disk, which tests cannot make."""
    resource = pytest.importorskip("resource")
    frames = list(np.random.default_rng(0).integers(0, 256, (8, 256, 256, 3), np.uint8))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    clip = output(kind, tmp_path, suffix, options)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(EncodeError, match=r"no file may be larger than 20,000 bytes here"):
            write_all(clip, Spec((256, 256), 10), frames)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
