"""What a cluster does with files and machines, as far as no cluster is needed to see it."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

from weightreel.render.command.cli import run
from weightreel.render.crews.guest import PIECE, Piece, difference, installed, pieces_of
from weightreel.render.crews.hiring import hired
from weightreel.render.crews.luggage import SCENES, below, moved
from weightreel.render.crews.sending import Sender
from weightreel.render.crews.storage import Storage
from weightreel.render.errors import SceneError, SetupError
from weightreel.render.making.film import render
from weightreel.render.scene.file import load
from weightreel.render.showing.session import film


def test_a_cluster_needs_dask(scene_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SetupError, match=r"--dask needs Dask: pip install 'weightreel\[dask\]'"):
        render(load(scene_file), who=hired(dask="tcp://127.0.0.1:8786"))
    assert sorted(path.name for path in Path().iterdir()) == ["small.toml"]


@pytest.mark.parametrize("verb", [["render", "small.toml"], ["train", "small.toml", "--recording", "kept"]])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--jobs", "2", "--dask", "tcp://127.0.0.1:8786"], "a cluster has its own, give --dask alone"),
        (["--storage", "shared"], "--storage is what the workers of a cluster share; give --dask too"),
    ],
)
def test_options_that_do_not_go_together(verb, options, told, scene_file, capsys):
    assert run([*verb, *options]) == 2 and told in capsys.readouterr().err


def test_a_storage_of_no_cluster(scene_file):
    with pytest.raises(SceneError, match="storage   is what workers of a cluster share; give dask too"):
        film(scene_file).render(storage="shared")


def test_files_come_as_they_went(tmp_path):
    (source := tmp_path / "run.zarr" / "deep").mkdir(parents=True)
    (source / "empty").write_bytes(b"")
    (source / "small").write_bytes(b"small")
    (source.parent / "large").write_bytes(bytes(range(256)) * (PIECE // 256) + os.urandom(PIECE + 1))
    sent = list(pieces_of(source.parent))
    assert [packed for _, _, packed in sent] == [True, False, False]  # the last is a few bytes of noise
    pieces = [Piece(*piece) for piece in sent]
    for piece in reversed(pickle.loads(pickle.dumps(pieces))):
        piece.unpack(tmp_path / "came" / "run.zarr")
    assert _content(tmp_path / "came" / "run.zarr") == _content(source.parent)


def test_a_file_comes_as_it_went(tmp_path):
    (tmp_path / "one").write_bytes(b"one")
    for piece in pieces_of(tmp_path / "one"):
        Piece(*piece).unpack(tmp_path / "deep" / "two")
    assert (tmp_path / "deep" / "two").read_bytes() == b"one"


def _content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("path", ["digits.npz", "data/digits.npz", "../digits.npz", "../../data/./digits.npz"])
def test_data_is_where_the_path_of_its_scene_leads(path, tmp_path):
    place = below(path)
    assert place is not None
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(b"digits")
    (scenes := tmp_path / SCENES).mkdir(parents=True, exist_ok=True)
    assert (scenes / path).read_bytes() == b"digits"


@pytest.mark.parametrize("path", ["/data/digits.npz", "~/digits.npz", "../" * 9 + "digits.npz"])
def test_data_that_cannot_be_put_where_it_was_is_not_sent(path):
    assert below(path) is None


def test_paths_are_replaced_where_they_stand():
    payload = {"path": "/a/x.mp4", "piece": {"path": "/a/x.mp4", "frames": [0, 9]}, "words": ["/a/x.mp4 is"]}
    assert moved(payload, {"/a/x.mp4": "/b/x.mp4"}) == {
        "path": "/b/x.mp4",
        "piece": {"path": "/b/x.mp4", "frames": [0, 9]},
        "words": ["/a/x.mp4 is"],
    }


def test_it_is_said_how_much_is_copied(tmp_path, monkeypatch):
    """Once, and not of what workers read where it is."""
    monkeypatch.setattr("weightreel.render.crews.sending.MUCH", 1000)
    (shared := tmp_path / "shared").mkdir()
    for place in (tmp_path / "r.zarr", shared / "r.zarr"):
        place.mkdir()
        (place / "c.0").write_bytes(bytes(2_000_000))
    told: list[str] = []

    def sender(storage: Storage | None) -> Sender:
        return Sender(storage, lambda *arguments: arguments, lambda finding: told.append(finding.message))

    def parcel(path: Path) -> dict[str, object]:
        return {"recordings": {"run": str(path)}}

    through, film = sender(None), parcel(tmp_path / "r.zarr")
    through.film(film, with_data=False)
    through.film(film, with_data=False)
    assert told.pop().startswith("the recordings, 2.0 MB, go through the cluster to each worker, whole; ") and not told
    sender(Storage(str(shared / "film"))).film(parcel(shared / "r.zarr"), with_data=False)
    assert not told
    sender(Storage("memory://films")).film(film, with_data=False)
    assert told.pop().startswith("the recordings, 2.0 MB, go through memory://films to each worker")


def test_what_is_installed_otherwise_is_named():
    here = installed()
    assert difference(here, dict(here)) == ""
    assert difference(here, here | {"av": "1.0"}) == f"has 1.0 of av, and here it is {here['av']}"
    assert difference(here, {k: v for k, v in here.items() if k != "weightreel"}) == "has no weightreel"
    assert "weightreel's code" in difference(here, here | {"weightreel's code": "another"})
