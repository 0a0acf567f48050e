"""Several processes that draw and train one film: what comes of it is what comes of one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from examples import cases
from weightreel.render.command.cli import run
from weightreel.render.crews.crew import Crews
from weightreel.render.crews.pool import _Hand
from weightreel.render.encoders.gif import Gif
from weightreel.render.encoders.h264 import H264
from weightreel.render.errors import EncodeError, SceneError
from weightreel.render.making.film import record_to, render
from weightreel.render.scene.file import load
from weightreel.render.showing.session import film

LONG = "timeline.seconds=40"  # 400 frames, which are cut


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.mark.slow
def test_the_bytes_are_the_same_however_many_write_them(scene_file, tmp_path, monkeypatch):
    """Of every format; one film has them all, since processes take a moment to begin."""
    few = [LONG, "layout={size=[160, 90]}", "view=[{type='neuron_grid', rows=2, columns=4}]"]
    record_to(load(scene_file, settings=few), "kept")
    outputs = tuple(
        kind(path=f"clips/{number}{example.suffix}", **example.options)
        for number, (_, kind, example) in enumerate(cases("encoder"))
    )
    outputs += (H264(path="clips/within.mp4", max_bytes=30_000), Gif(path="clips/within.gif", max_bytes=60_000))
    scene = load(scene_file, settings=few)
    scene = scene.model_copy(update={"output": outputs}).located(folder=tmp_path, source="small.toml")
    found, reports = [], []
    for jobs in (1, 2, 3):
        (tmp_path / str(jobs) / "clips").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / str(jobs))
        reports.append(render(scene, recording=tmp_path / "kept", who=Crews(jobs)))
        found.append(written(Path("clips")))
    assert len(reports[0]["outputs"]) == len(outputs) and reports[0].get("notes") == reports[1].get("notes")
    for report, several in zip(reports[1:], found[1:], strict=True):
        assert [name for name in found[0].keys() | several.keys() if found[0].get(name) != several.get(name)] == []
        assert report["outputs"] == reports[0]["outputs"] and report["runs"] == reports[0]["runs"]


def killing(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Kills the process that begins the second task, as often as that; those that it killed."""
    begun: list[str] = []
    dead: list[int] = []
    begin = _Hand.begin

    def first(hand: _Hand, job: Any) -> None:
        begin(hand, job)
        begun.append(job.task.payload["path"])
        if len(set(begun)) > 1 and begun[-1] == list(dict.fromkeys(begun))[1] and len(dead) < times:
            dead.append(hand.process.pid)
            os.kill(hand.process.pid, signal.SIGKILL)

    monkeypatch.setattr(_Hand, "begin", first)
    return dead


def test_a_worker_that_is_killed_costs_nothing(scene_file, monkeypatch):
    scene = load(scene_file, settings=[LONG, "output.0.path=x.mp4"])
    render(scene)
    expected = Path("x.mp4").read_bytes()
    dead = killing(monkeypatch, 1)
    advanced: list[int] = []
    render(scene, who=Crews(2), track=counting(advanced))
    assert Path("x.mp4").read_bytes() == expected and len(dead) == 1
    assert sum(advanced) == 400


def counting(advanced: list[int]) -> Any:
    """Notes what is told of frames."""
    from contextlib import contextmanager

    @contextmanager
    def track(label: str, total: int, unit: str) -> Any:
        yield lambda count=1, /, **told: advanced.append(count) if unit == "frame" else None

    return track


def test_a_task_that_kills_twice_ends_with_a_message_and_no_file(scene_file, monkeypatch):
    killing(monkeypatch, 2)
    told = r"x\.mp4.*: the process that worked on it ended twice \(signal 9\); nothing half-written was left.*--jobs 1"
    with pytest.raises(EncodeError, match=told):
        render(load(scene_file, settings=[LONG, "output.0.path=x.mp4"]), who=Crews(2))
    assert sorted(os.listdir()) == ["small.toml"]


SCRIPT = """
import weightreel
print("once")
film = weightreel.film("small.toml")
print(film.save("x.mp4", jobs=2)["frames"])
"""


@pytest.mark.parametrize("way", ["file", "stdin", "word"])
def test_a_script_needs_no_guard(way, scene_file):
    scene_file.write_text(scene_file.read_text().replace("seconds = 1.5", "seconds = 40"))
    Path("script.py").write_text(SCRIPT)
    call = {"file": ["script.py"], "stdin": ["-"], "word": ["-c", SCRIPT]}[way]
    words = SCRIPT if way == "stdin" else None
    done = subprocess.run([sys.executable, *call], input=words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "once\n400\n", "")


def test_a_notebook_needs_no_care(scene_file):
    nbclient = pytest.importorskip("nbclient")
    import nbformat

    scene_file.write_text(scene_file.read_text().replace("seconds = 1.5", "seconds = 40"))
    cell = nbformat.v4.new_code_cell(SCRIPT)
    book = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": os.getcwd()}}).execute()
    printed = [out["text"] for out in book.cells[0].outputs if out.get("name") == "stdout"]
    assert "".join(printed) == "once\n400\n"


OWN = """
import weightreel
from weightreel import NeuronGrid, load
class Own(NeuronGrid):
    def fit(self, *given):
        return super().fit(*given)
scene = load("small.toml")
scene = scene.model_copy(update={"view": (Own(rows=3, columns=3),)})
print(weightreel.film(scene).save("x.mp4", jobs=2)["notes"])
"""


def test_what_only_a_script_knows_is_drawn_by_one_process(scene_file):
    scene_file.write_text(scene_file.read_text().replace("seconds = 1.5", "seconds = 40"))
    done = subprocess.run([sys.executable, "-c", OWN], capture_output=True, text=True, check=False)
    assert "one process does all of it: the scene has instances of classes that only its script knows" in done.stdout
    assert done.returncode == 0, done.stderr


def begun(*arguments: str) -> subprocess.Popen[str]:
    """A render by two that would take minutes."""
    call = [sys.executable, "-m", "weightreel", "render", "small.toml", "-o", "x.mp4", "--jobs", "2"]
    call += ["--set", "timeline.seconds=2000", *arguments]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def workers_of(process: int) -> list[int]:
    """The processes that a process has begun (Linux tells)."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def draws(process: subprocess.Popen[str]) -> list[int]:
    """Waits until workers have begun to draw; those are."""
    until = time.monotonic() + 60
    while not any(name.startswith(".x.mp4.") and os.listdir(name) for name in os.listdir()):
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.05)
    return workers_of(process.pid)


def ended(processes: list[int], within: float) -> bool:
    """Whether processes are gone."""
    until = time.monotonic() + within
    while any(Path(f"/proc/{number}").exists() for number in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux tells which processes another has begun")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_them(number, scene_file):
    process = begun()
    workers = draws(process)
    assert len(workers) == 2
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130 and told.endswith("interrupted; nothing half-written was left\n")
    assert ended(workers, 0.5) and sorted(os.listdir()) == ["small.toml"]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux tells which processes another has begun")
def test_workers_end_with_the_process_that_began_them(scene_file):
    process = begun()
    workers = draws(process)
    process.kill()
    process.communicate()
    assert ended(workers, 20)
    assert run(["render", "small.toml", "-o", "x.mp4", "-q", "--frames", "0:3"]) == 0
    assert sorted(os.listdir()) == ["small.toml", "x.mp4"]


GRID = [
    "grid={'optimizer.lr'=[0.1, 0.2, 0.3]}",
    "view=[{type='multiples'}]",
    "layout.areas=[]",
    "run.optimizer={type='sgd', lr=0.1}",
]


def test_runs_that_train_side_by_side_are_the_same(scene_file, tmp_path):
    scene = load(scene_file, settings=GRID)
    one, several = render(scene), None
    expected = written(tmp_path)
    several = render(scene, who=Crews(2))
    assert written(tmp_path) == expected
    for name, report in one["runs"].items():
        assert several["runs"][name]["metrics"] == report["metrics"]
    record_to(scene, "one")
    record_to(scene, "two", who=Crews(2))
    render(scene, recording="two")
    assert written(tmp_path) == expected


def test_a_number_that_is_none_is_refused(scene_file, capsys):
    assert run(["render", "small.toml", "--jobs", "0"]) == 2
    assert "--jobs" in capsys.readouterr().err
    for jobs in (0, -1, 1.5, "2", True):
        with pytest.raises(SceneError, match="jobs"):
            film("small.toml").save("x.gif", jobs=jobs)
