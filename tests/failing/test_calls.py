"""Each system call by which a render or a recording changes files fails once, and each kills the process once.

The calls are those of FFmpeg and OpenCV too: a small library, compiled by `make test-slow`, stands before the C
library's own. Whatever fails: the old clip is there or the new one whole, the old recording or as much of the new one
as was written, what is the user's is untouched, an error is told in words, and the next run finds its way.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SCENE
from failing.contents import contents

from weightreel.render.command.cli import run

LIBRARY = Path(__file__).parents[2] / ".venv" / "calls.so"
KILLED_BEFORE, KILLED_AFTER = -1, -2
USERS = ("clip.part", "clip.mp4.part", "clip.123.part.mp4", "clip.part.gif", "t.csv.part", "rec.part", "clip-part.png")
OUTPUTS = {
    "mp4v": ["-o", "clip.mp4", "--set", "output.0.codec=mp4v"],
    "mkv": ["-o", "clip.mkv"],
    "h264": ["-o", "clip.mp4", "--set", "output.0.codec=h264"],
    "webm": ["-o", "clip.webm"],
    "gif": ["-o", "clip.gif"],
    "apng": ["-o", "clip.apng"],
    "webp": ["-o", "clip.webp"],
    "poster": ["-o", "clip.png", "--set", "output.0.at=1"],
    "numbered": ["-o", "clip.png", "--frames", "0:5"],
    "table": ["-o", "clip.gif", "--set", "table=t.csv"],
}

PARTS = 8  # of what has many calls: a recording has hundreds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not LIBRARY.exists(), reason="there is no compiler, so no library that makes calls fail"),
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene and two recordings of it, of different seeds."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "scene.toml").write_text(SCENE)
    for seed in ("0", "1"):
        assert run(["train", str(folder / "scene.toml"), "-q", "--seed", seed, "--recording", f"{folder}/{seed}"]) == 0
    return folder


def lived_in(folder: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A folder with what an earlier run wrote there, and with files of the user's whose names look like ours."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert run(arguments) == 0
    for name in USERS:
        (folder / name).write_text("mine")
    return {name: (folder / name).read_bytes() for name in USERS}


def runs(
    folder: Path, before: Path, arguments: list[str], errors: list[int], part: int = 0, parts: int = 1
) -> list[dict]:
    """What came of each run; the first is the one in which nothing failed. One of some parts has every so-manieth."""
    job = {"arguments": arguments, "before": str(before), "folder": str(folder), "errors": errors}
    job |= {"part": part, "parts": parts}
    script = Path(__file__).with_name("forked.py")
    environment = os.environ | {"LD_PRELOAD": str(LIBRARY)}
    done = subprocess.run(
        [sys.executable, script], input=json.dumps(job), env=environment, text=True, stdout=subprocess.PIPE, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults(came: dict, old: dict[str, str], new: dict[str, str], targets: list[str]) -> list[str]:
    """All that is wrong with one run."""
    found, after = [], came["after"]
    # A recording is written in place: it is as it was, or what there is of the new one is right.
    found += came.get("damage", [])
    targets = [name for name in targets if not name.endswith(MANIFEST) and not name.startswith("rec/")]
    recorded = any(name.startswith("rec/") for name in new)
    if recorded and not any(name.startswith("rec/") for name in after):
        found.append("the recording is gone")
    killed = came["error"] < 0
    found += [f"{name} of the user's is gone or changed" for name in USERS if after.get(name) != old[name]]
    for name in targets:
        if after.get(name) not in {old.get(name), new.get(name)}:
            found.append(f"{name} is neither the old nor the new one: {after.get(name)}")
        if came["status"] == 0 and after.get(name) != new.get(name):
            found.append(f"status 0, but {name} is not the new one")
    tops = {name.split("/")[0] for name in after.keys() - old.keys() - new.keys()}
    if len(tops) > ((1 + recorded if killed else 1) if killed or came["kind"] == "unlink" else 0):
        found.append(f"left behind: {sorted(after.keys() - old.keys() - new.keys())}")
    if not killed and came["status"] not in (0, 1, 2):
        found.append(f"status {came['status']}")
    if "Traceback" in came["words"] or "Exception ignored" in came["words"]:
        found.append("a traceback")
    if came["status"] in (1, 2) and not any(word in came["words"] for word in ("space", "disk", "full", "rror")):
        found.append("the words do not say why")
    if came["again_status"] != 0 or came["again"] != new:
        differ = {n for n in came["again"].keys() | new.keys() if came["again"].get(n) != new.get(n)}
        found.append(f"the next run: status {came['again_status']}, differs in {sorted(differ)[:5]}")
    return found


def judge(came: list[dict], old: dict[str, str]) -> None:
    """Every run must be without a fault."""
    first, *failing = came
    assert first["status"] == 0, first["words"]
    assert first["count"] > 3, "no call was counted"
    new = first["after"]
    targets = sorted(name for name in old.keys() | new.keys() if name not in USERS)
    wrong = [(r, faults(r, old, new, targets)) for r in failing]
    told = [f"call {r['at']} {r['kind']} {r['error']}: {'; '.join(w)}\n{r['words']}" for r, w in wrong if w]
    assert not told, f"{len(told)} of {len(failing)} runs:\n" + "\n".join(told[:20])
    print(f"{first['count']} calls, {len(failing)} runs")


# Of what stands beside numbered frames, only the next run asks: on the way it names the old ones and the new ones.
MANIFEST = ".weightreel.json"
ERRORS = [errno.ENOSPC, errno.EIO, KILLED_BEFORE, KILLED_AFTER]


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_call_of_a_render(name, kept, tmp_path, monkeypatch):
    scene = [str(kept / "scene.toml"), "-q", *OUTPUTS[name]]
    before = tmp_path / "before"
    lived_in(before, ["render", *scene, "--recording", str(kept / "0")], monkeypatch)
    came = runs(tmp_path / "now", before, ["render", *scene, "--recording", str(kept / "1")], ERRORS)
    judge(came, contents(before))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_call_of_a_clip_within_a_budget(part, kept, tmp_path, monkeypatch):
    scene = [str(kept / "scene.toml"), "-q", "-o", "clip.gif", "--frames", "0:6", "--set", "output.0.max_bytes=15000"]
    before = tmp_path / "before"
    lived_in(before, ["render", *scene, "--recording", str(kept / "0")], monkeypatch)
    render = ["render", *scene, "--recording", str(kept / "1")]
    judge(runs(tmp_path / "now", before, render, [errno.ENOSPC, KILLED_BEFORE], part, PARTS), contents(before))


def test_every_call_of_a_still(kept, tmp_path, monkeypatch):
    still = ["still", str(kept / "scene.toml"), "-o", "clip.png", "--recording"]
    before = tmp_path / "before"
    lived_in(before, [*still, str(kept / "0")], monkeypatch)
    judge(runs(tmp_path / "now", before, [*still, str(kept / "1")], ERRORS), contents(before))


@pytest.mark.parametrize("part", range(PARTS))
def test_every_call_of_a_recording(part, kept, tmp_path, monkeypatch):
    small = ["run.layers=[{type='dense', units=10, activation='softmax'}]", "run.data.validation=0", "run.data.test=0"]
    settings = [word for setting in small for word in ("--set", setting)]
    train = ["train", str(kept / "scene.toml"), "-q", *settings, "--recording", "rec", "--seed"]
    before = tmp_path / "before"
    lived_in(before, [*train, "0"], monkeypatch)
    judge(
        runs(tmp_path / "now", before, [*train, "1"], [errno.ENOSPC, KILLED_BEFORE], part, PARTS),
        contents(before),
    )
