"""The laws of what encoders leave on the disk: what is ours is whole or gone, what is somebody else's stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contracts.test_encoders import COUNT, FPS, PARAMETERS, SIZE, decoded, each, frames, output

from examples import saying
from weightreel.render.encoders import Output, Spec, write_all
from weightreel.render.errors import EncodeError
from weightreel.trainer import parts
from weightreel.trainer.parts import Part

KILLED = f"""
import importlib, os, sys
import numpy as np
from weightreel.render.encoders import Encoder, Spec
held = []
for module, name, path, options in eval(sys.stdin.read()):
    held.append(Encoder(getattr(importlib.import_module(module), name)(path=path, **options), Spec({SIZE}, {FPS})))
    held[-1].__enter__()
    for i in range(9):
        held[-1].write(np.full(({SIZE[1]}, {SIZE[0]}, 3), i * 20, np.uint8))
os._exit(9)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> dict[tuple, Output]:
    """A clip of every example, whose run was killed in the midst of writing it; each in a folder of its own."""
    clips = {}
    for kind, suffix, options, _ in (parameter.values for parameter in PARAMETERS):
        clips[kind, suffix, str(options)] = output(kind, tmp_path_factory.mktemp("killed"), suffix, options)
    told = [
        (kind.__module__, kind.__name__, clip.path, example)
        for ((kind, _, _), clip), (_, _, example, _) in zip(
            clips.items(), (parameter.values for parameter in PARAMETERS), strict=True
        )
    ]
    done = subprocess.run([sys.executable, "-c", KILLED], input=repr(told), text=True, check=False)
    assert done.returncode == 9
    return clips


@each
def test_a_part_left_by_a_killed_run_is_removed(kind, suffix, options, bound, killed):
    clip = killed[kind, suffix, str(options)]
    folder = Path(clip.path).parent
    assert [p for p in folder.iterdir() if ".weightreel-part" not in p.name] == []
    write_all(clip, Spec(SIZE, FPS), frames())
    assert [p for p in folder.iterdir() if ".weightreel-part" in p.name] == []
    assert len(decoded(Path(clip.path))) == COUNT


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def renamed(part: Part, old: str, new: str) -> Path:
    """A part as another process has it, another container, another machine."""
    return part.folder.rename(part.folder.with_name(part.folder.name.replace(f"-{old}-", f"-{new}-")))


@each
def test_only_what_a_run_left_is_removed(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    names = ["clip.part", f"clip{suffix}.part", f"clip.123.part{suffix}", f"clip.{os.getpid()}.part{suffix}", "part"]
    for name in (*names, "clip.weightreel-part"):
        (tmp_path / name).write_text("words")
    place, own = clip.place, str(os.getpid())
    new = iter([Part(place) for _ in range(6)])
    alive = [next(new).folder, renamed(next(new), own, str(os.getppid()))]
    alive += [renamed(next(new), known(), "0badb007") for known in (parts._machine, parts._space)]
    gone = [renamed(next(new), parts._boot(), "0badb007"), renamed(next(new), own, "99999999")]
    for folder in (*alive, *gone):
        (folder / "words").write_text("being written")
    before = {n: c for n, c in contents(tmp_path).items() if n.split("/")[0] not in {f.name for f in gone}}
    write_all(clip, Spec(SIZE, FPS), frames())
    after = contents(tmp_path)
    assert {name: after.get(name) for name in before} == before
    assert not any(folder.exists() for folder in gone)
    assert len(decoded(Path(clip.path))) == COUNT


@each
def test_a_link_is_written_through(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    if clip.numbered:
        pytest.skip("names of frames are no links")
    (tmp_path / "there").mkdir()
    there = tmp_path / "there" / f"other{suffix}"
    Path(clip.path).symlink_to(there)
    for _ in range(2):  # to nothing at first, then to a file
        write_all(clip, Spec(SIZE, FPS), frames())
        assert Path(clip.path).is_symlink() and not there.is_symlink()
        assert len(decoded(there)) == COUNT
    assert sorted(p.name for p in tmp_path.rglob("*")) == sorted([f"clip{suffix}", "there", f"other{suffix}"])


@each
def test_names_that_mean_something_to_ffmpeg_are_plain_names(kind, suffix, options, bound, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for stem in ("run:1", "http:x", "tee:a|b", "-x", "concat:a", "pipe:1", "%s", "a?b*", "a b\n'\"c", "é" * 100):
        clip = kind(path=f"{stem}{suffix}", **options)
        write_all(clip, Spec(SIZE, FPS, comment=saying("words")), frames(count=2))
        written = [p for p in tmp_path.iterdir() if p.suffix != ".json"]
        assert {p.name[: len(stem)] for p in written} == {stem}
        assert kind.comment(Path(written[0].name)) == "words"
        for path in tmp_path.iterdir():
            path.unlink()


def test_the_longest_names_have_parts(tmp_path):
    part = Part(tmp_path / ("x" * 251 + ".gif"))
    assert part.folder.is_dir() and len(part.folder.name) < 143
    assert part.folder.stat().st_mode & 0o777 == 0o700
    part.remove()


UNFIT = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/null"),
    "a folder; choose": lambda path: path.symlink_to(path.parent),
    "leads in a circle": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("told", UNFIT)
def test_what_is_no_file_is_refused_and_stays(told, tmp_path):
    from weightreel.render.encoders.gif import Gif

    path = tmp_path / "x.gif"
    UNFIT[told](path)
    before = os.lstat(path)
    (finding,) = Gif(path=str(path)).target_findings()
    assert told in finding.message
    with pytest.raises(EncodeError, match="choose"):
        write_all(Gif(path=str(path)), Spec(SIZE, FPS), frames())
    assert (os.lstat(path).st_ino, os.lstat(path).st_mode) == (before.st_ino, before.st_mode)
    assert [p.name for p in tmp_path.iterdir()] == ["x.gif"]


@each
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_call_that_fails_leaves_the_clip_that_stood_there(kind, suffix, options, bound, call, tmp_path, monkeypatch):
    clip = output(kind, tmp_path, suffix, options)
    write_all(clip, Spec(SIZE, FPS, comment=saying("one"), film="one"), frames())
    before, real = contents(tmp_path), getattr(os, call)
    for number in range(40):
        calls = []

        def fails(*given, number=number, calls=calls):
            calls.append(given)
            if len(calls) == number + 1:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*given)

        monkeypatch.setattr(f"weightreel.trainer.parts.os.{call}", fails)
        try:
            write_all(clip, Spec(SIZE, FPS, comment=saying("two"), film="two"), frames(count=5))
        except EncodeError as error:
            assert "the disk is full" in str(error)
            assert contents(tmp_path) == before
        else:
            break
        monkeypatch.undo()
    else:
        pytest.fail("it never came to an end")
    assert len(decoded(Path(clip.path))) == 5


ENDLESS = """
import importlib, sys
import numpy as np
from weightreel.render.encoders import Spec, write_all
module, name, path, options = eval(sys.stdin.read())
output = getattr(importlib.import_module(module), name)(path=path, **options)
print("begun", flush=True)
while True:
    frames = [np.full((64, 96, 3), i, np.uint8) for i in range(9)]
    write_all(output, Spec((96, 64), 20, comment=lambda number=None: "words"), frames)
    print("done", flush=True)
"""


@pytest.mark.slow
@each
def test_a_kill_at_any_moment_leaves_the_old_clip_or_the_new(kind, suffix, options, bound, tmp_path):
    clip = output(kind, tmp_path, suffix, options)
    write_all(clip, Spec(SIZE, FPS), frames())
    told = repr((kind.__module__, kind.__name__, clip.path, options))
    for moment in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", ENDLESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        process.stdin.write(told)
        process.stdin.close()
        process.stdout.readline()
        time.sleep(moment * 0.037)
        process.kill()
        process.wait()
        process.stdout.close()
        assert len(decoded(Path(clip.path))) == COUNT
    write_all(clip, Spec(SIZE, FPS), frames())
    assert [p for p in tmp_path.iterdir() if "weightreel-part" in p.name] == []
