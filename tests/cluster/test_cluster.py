"""A film that a Dask cluster makes: a real scheduler and two real workers, on this machine. What comes of it is what
comes of one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SCENE
from distributed import Client

from cluster.clusters import (
    Cluster,
    packages_with_another_weightreel,
    packages_without_weightreel,
    waited_for,
)
from examples import cases
from weightreel.render.crews.distributed import cluster as crew_on
from weightreel.render.crews.hiring import hired
from weightreel.render.errors import SetupError, WeightreelError
from weightreel.render.making.film import record_to, render
from weightreel.render.making.report import Report
from weightreel.render.scene.file import load
from weightreel.render.scene.scene import Scene
from weightreel.render.showing.session import film
from weightreel.trainer.recording.store import open_recordings

OUTPUTS = {
    f"{number}{example.suffix}": {"type": kind.model_fields["type"].default} | example.options
    for number, (_, kind, example) in enumerate(cases("encoder"))
}
LONG = "timeline.seconds=40"  # 400 frames, which are cut
SMALL = [LONG, "layout.size=[160, 120]", "view=[{type='neuron_grid', rows=3, columns=3}]", "layout.areas=[]"]


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory, bucket: dict[str, str]) -> Iterator[Cluster]:
    """A cluster that all tests share which leave it as it was."""
    made = Cluster(tmp_path_factory.mktemp("cluster"), environment=bucket)
    yield made
    made.end()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A bucket `films` of something that speaks as S3 does, and how it is found."""
    import boto3

    log = tmp_path_factory.mktemp("s3") / "log"
    server = "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"
    with open(log, "wb") as said, pytest.MonkeyPatch.context() as patch:
        process = subprocess.Popen([sys.executable, "-u", "-c", server], stderr=said, stdout=said)
        waited_for(lambda: b"Running on http" in log.read_bytes(), "moto did not begin")
        address = next(w for w in log.read_text().split() if w.startswith("http://127.0.0.1:"))
        found = {"AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": "us-east-1"}
        found |= {"AWS_ACCESS_KEY_ID": "anybody", "AWS_SECRET_ACCESS_KEY": "anything"}
        for name, value in found.items():
            patch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket="films")
        yield found
        process.kill()
        process.wait()


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """A folder as the working directory."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory, dask: Cluster) -> dict[str, tuple[Report, dict[str, bytes]]]:
    """A film in every format, made by one process and by the cluster, over every kind of storage."""
    base = tmp_path_factory.mktemp("films")
    (base / "small.toml").write_text(SCENE)
    (base / "shared").mkdir()
    outputs = [{"path": f"clips/{name}", **options} for name, options in OUTPUTS.items()]
    record_to(load(base / "small.toml", settings=[LONG]), base / "kept")
    on_cluster = {"dask": str(dask.file)}
    ways: dict[str, dict[str, Any]] = {
        "one": {"jobs": 1},
        "cluster": on_cluster,
        "folder": on_cluster | {"storage": str(base / "shared")},
        "s3": on_cluster | {"storage": "s3://films/mine"},
    }
    found = {}
    for way, keys in ways.items():
        (folder := base / way / "clips").mkdir(parents=True)
        with inside(folder.parent):
            scene = load(base / "small.toml", settings=SMALL)
            scene = Scene.model_validate({**dict(scene), "output": outputs}).located(folder=".", source="small")
            found[way] = render(scene, recording=base / "kept", who=hired(**keys)), written(folder)
    assert list((base / "shared").iterdir()) == []
    return found


@pytest.mark.parametrize("way", ["cluster", "folder", "s3"])
@pytest.mark.parametrize("name", OUTPUTS)
def test_the_bytes_are_those_of_one_process(name, way, clips):
    stem = Path(name).stem
    one, cluster = ({n: data for n, data in clips[w][1].items() if n.startswith(stem)} for w in ("one", way))
    assert one and cluster == one


def test_the_report_is_the_same(clips):
    for report, _ in clips.values():
        assert report["outputs"] == clips["one"][0]["outputs"] and report["runs"] == clips["one"][0]["runs"]
        assert report.get("notes") == clips["one"][0].get("notes")


def test_nothing_stays_in_a_bucket(clips, bucket):
    import boto3

    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket="films")


GRID = """
[run]
layers = [{ type = "dense", units = 3, activation = "softmax" }]
batch_size = 10
epochs = 2
data = { type = "npz", path = "../data/noise.npz" }
[grid]
"optimizer.lr" = [0.1, 0.03, 0.01]
[timeline]
fps = 10
seconds = 2
[[view]]
type = "curve"
"""


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Three runs, of data beside the folder of their scene, which is the working directory."""
    rng = np.random.default_rng(0)
    (tmp_path / "data").mkdir()
    (tmp_path / "scenes").mkdir()
    images, labels = rng.integers(0, 256, (360, 6, 6), np.uint8), rng.integers(0, 3, 360)
    np.savez(tmp_path / "data/noise.npz", x_train=images, y_train=labels)
    (tmp_path / "scenes/grid.toml").write_text(GRID)
    monkeypatch.chdir(tmp_path / "scenes")
    return load("grid.toml")


@pytest.mark.parametrize("storage", [None, "s3://films/runs"])
def test_runs_are_trained_as_in_one_process(storage, grid, dask):
    alone, together = (record_to(grid, "one"), record_to(grid, "many", who=hired(dask=str(dask.file), storage=storage)))
    assert alone["runs"].keys() == together["runs"].keys()
    one, many = open_recordings(Path("one")), open_recordings(Path("many"))
    assert [many[name].digest() for name in one] == [one[name].digest() for name in one]


@pytest.fixture
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of its own, of which something may be killed."""
    made = Cluster(tmp_path_factory.mktemp("fragile"))
    yield made
    made.end()


def counting(advanced: list[int], when: int = 0, then: Any = None) -> Any:
    """Notes what is told of frames; does something once so many are done."""
    done = threading.Event()

    @contextmanager
    def track(label: str, total: int, unit: str) -> Any:
        def advance(count: int = 1, /, **told: object) -> None:
            if unit == "frame":
                advanced.append(count)
                if then and sum(advanced) > when and not done.is_set():
                    done.set()
                    then()

        yield advance

    return track


@pytest.mark.parametrize("way", ["cluster", "folder"])
def test_a_worker_that_is_killed_costs_nothing_and_changes_no_byte(way, scene_file, fragile, tmp_path):
    storage = None if way == "cluster" else str(tmp_path)
    scene = load(scene_file, settings=["timeline.seconds=40", "output.0.path=x.mp4"])
    render(scene)
    expected = Path("x.mp4").read_bytes()
    advanced: list[int] = []
    track = counting(advanced, when=100, then=fragile.workers[0].kill)
    render(scene, who=hired(dask=str(fragile.file), storage=storage), track=track)
    assert fragile.workers[0].wait() == -signal.SIGKILL
    assert Path("x.mp4").read_bytes() == expected and sum(advanced) == 400


def test_a_task_that_kills_its_worker_ends_with_a_message_and_no_file(scene_file, tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("last"), 1, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
    scene = load(scene_file, settings=["timeline.seconds=40", "output.0.path=x.mp4"])
    track = counting([], when=10, then=made.workers[0].kill)
    try:
        with pytest.raises(WeightreelError, match=r"x\.mp4.*: 1 workers? died .*its log says why"):
            render(scene, who=hired(dask=str(made.file)), track=track)
    finally:
        made.end()
    assert sorted(os.listdir()) == ["small.toml"]


def test_a_scheduler_that_is_gone_ends_it_with_a_message_and_no_file(scene_file, fragile):
    scene = load(scene_file, settings=["timeline.seconds=40", "output.0.path=x.mp4"])
    track = counting([], when=50, then=fragile.scheduler.kill)
    with pytest.raises(WeightreelError, match="the connection to the Dask scheduler is lost; nothing half-written"):
        render(scene, who=hired(dask=str(fragile.file)), track=track)
    assert sorted(os.listdir()) == ["small.toml"]


def test_nobody_answers(scene_file):
    with pytest.raises(WeightreelError, match=r"--dask tcp://127.0.0.1:9: no Dask scheduler answers there; begin one"):
        render(load(scene_file), who=hired(dask="tcp://127.0.0.1:9"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_the_cluster_as_it_was(number, scene_file, dask):
    call = [sys.executable, "-m", "weightreel", "render", "small.toml", "-o", "x.mp4", "--dask", str(dask.file)]
    process = subprocess.Popen([*call, "--set", "timeline.seconds=2000"], stderr=subprocess.PIPE, text=True)
    waited_for(lambda: sum(len(children_of(worker.pid)) for worker in dask.workers) >= 2)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and told.endswith("interrupted; nothing half-written was left\n")
    assert sorted(os.listdir()) == ["small.toml"]
    waited_for(lambda: not any(children_of(worker.pid) for worker in dask.workers), "workers work on")
    waited_for(lambda: not folders_of_ours(dask.folder), "something stays")


def folders_of_ours(folder: Path) -> list[str]:
    """Those that stand there, while others go: a walk does not mind what `glob` stumbles over."""
    return [name for _, names, _ in os.walk(folder) for name in names if name.startswith("weightreel-")]


def children_of(process: int) -> list[int]:
    """The processes that a process has begun (Linux tells), of any of its threads."""
    files = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for file in files for child in file.read_text().split()]


def test_a_client_that_is_there_already_is_used_and_stays_open(scene_file, dask):
    scene = load(scene_file, settings=[LONG])
    with Client(scheduler_file=str(dask.file)) as client:
        session = film(scene)
        assert session.save("x.mp4", dask=client)["frames"] == 400
        many = Path("x.mp4").read_bytes()
        session.save("x.mp4", jobs=1)
        assert Path("x.mp4").read_bytes() == many
        assert client.submit(sum, [1, 2]).result() == 3


def test_what_is_no_client_is_said_so(scene_file):
    with pytest.raises(
        SetupError, match=r"dask is an address or a distributed\.Client that is not asynchronous, not 7"
    ):
        film(load(scene_file)).save("x.mp4", dask=7)  # type: ignore[arg-type]


def test_a_worker_without_weightreel_is_named(scene_file, fragile, tmp_path):
    fragile.work(packages_without_weightreel(tmp_path / "bare"))
    with Client(scheduler_file=str(fragile.file)) as client:
        client.wait_for_workers(3, timeout=120)
        told = r"--dask: the worker tcp://127\.0\.0\.1:\d+ has no weightreel; pip install weightreel==0\.1\.0"
        with pytest.raises(SetupError, match=told):
            render(load(scene_file), who=hired(dask=client))


def test_a_worker_of_another_version_is_named(scene_file, fragile, tmp_path):
    fragile.work(packages_with_another_weightreel(tmp_path / "old", "0.0.9"))
    with Client(scheduler_file=str(fragile.file)) as client:
        client.wait_for_workers(3, timeout=120)
        told = r"the worker tcp://127\.0\.0\.1:\d+ has 0\.0\.9 of weightreel, and here it is 0\.1\.0; pip install"
        with pytest.raises(SetupError, match=told):
            render(load(scene_file), who=hired(dask=client))


def test_one_that_comes_later_is_refused_too(grid, tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("late"), 0)
    heard: list[str] = []
    site = packages_with_another_weightreel(tmp_path_factory.mktemp("late") / "packages", "0.0.9")

    def tell(finding: Any) -> None:
        heard.append(finding.message)
        if finding.key == "--dask":
            made.work(site)

    try:
        with pytest.raises(SetupError, match=r"has 0\.0\.9 of weightreel"):
            record_to(grid, "late", who=hired(dask=str(made.file), tell=tell), tell=tell)
    finally:
        made.end()
    assert any("no worker is there yet; begin some with: dask worker tcp://127.0.0.1:" in words for words in heard)


@pytest.mark.parametrize(
    ("storage", "told"),
    [
        ("nowhere", "nowhere: is no folder; make it where all machines see it"),
        ("s3://nobody/films", "s3://nobody/films: cannot be used as storage"),
        ("strange://films", "cannot be used as storage"),
        ("memory://films", r"the worker tcp://127\.0\.0\.1:\d+ does not see what is in memory://films"),
    ],
)
def test_a_storage_that_is_none_is_said_so(storage, told, scene_file, dask):
    with Client(scheduler_file=str(dask.file)) as client:
        client.wait_for_workers(2, timeout=120)
        with pytest.raises(WeightreelError, match=told):
            render(load(scene_file), who=hired(dask=client, storage=storage))


def test_a_crew_leaves_when_nobody_asks_for_more(dask, grid):
    from weightreel.render.making.record import wanted_of
    from weightreel.render.planning.plan import prepare
    from weightreel.render.planning.sources import sources_of
    from weightreel.render.work.parcel import parcel_of
    from weightreel.render.work.progress import unseen
    from weightreel.render.work.tasks import Task

    plan = prepare(grid, sources_of(grid), written=False)
    shared = parcel_of(plan)
    tasks = [
        Task("train", name, {"film": shared, "run": name, "wanted": wanted_of(plan, name).plain(), "path": str(path)})
        for name in grid.trainings
        if (path := Path(f"{name}.run").resolve())
    ]
    with crew_on(str(dask.file)) as crew:
        first, _ = next(crew.run(tasks, unseen))
        assert first.key in grid.trainings
        again = {task.key for task, _ in crew.run(tasks, unseen)}
    assert again == set(grid.trainings)
