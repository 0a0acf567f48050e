"""No run is trained twice: what was trained before is taken from the cache, and is the same to a pixel."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import weightreel
from weightreel.render.command.cli import run
from weightreel.render.crews.crew import Crews
from weightreel.render.errors import DivergedError
from weightreel.render.making.draft import draft
from weightreel.render.making.film import record_to, render
from weightreel.render.proving.reproduce import reproduce
from weightreel.render.scene.file import load
from weightreel.render.showing.still import still
from weightreel.render.work import identity, trained
from weightreel.trainer.errors import WeightreelError
from weightreel.trainer.recording.cache import ENTRY, Cache
from weightreel.trainer.recording.keeping import KeptRecorder
from weightreel.trainer.recording.store import verify

SCENE = """
[run]
layers = [
  { type = "dense", units = 6, activation = "sigmoid" },
  { type = "dense", units = 3, activation = "softmax" },
]
optimizer = { type = "sgd", lr = 0.3 }
batch_size = 20
epochs = 2
data = { type = "npz", path = "dots.npz", validation = 20 }
[timeline]
fps = 10
seconds = 1
[layout]
size = [160, 90]
areas = ["grid words"]
[[view]]
type = "neuron_grid"
area = "grid"
[[view]]
type = "caption"
area = "words"
text = "loss {loss:.3f}"
[[output]]
path = "film.apng"
"""


def write_data(path: Path, seed: int = 0) -> None:
    """Images of 5 × 5 of three classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(200) % 3
    images = rng.integers(0, 60, (200, 5, 5)) + 60 * (labels[:, None, None] + np.arange(5)[None, :, None]) % 180
    np.savez(path, x_train=images.astype(np.uint8), y_train=labels)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with data to learn, the working directory, and an empty cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEIGHTREEL_CACHE", str(tmp_path / "cache"))
    write_data(tmp_path / "dots.npz")
    return tmp_path


@pytest.fixture
def trainings(monkeypatch) -> list[int]:
    """How many steps each run took that was trained."""
    counted, train = [], trained.train

    def counting(*args, **keys):
        counted.append(0)
        for snapshot in train(*args, **keys):
            counted[-1] = snapshot.step
            yield snapshot

    monkeypatch.setattr(trained, "train", counting)
    return counted


def scene_of(*settings: str, words: str = SCENE):
    """The scene, with some keys set."""
    Path("scene.toml").write_text(words)
    return load("scene.toml", settings=settings)


def film_of(scene, cache: bool = True, **how) -> bytes:
    """The bytes of the film; its notes are printed."""
    render(scene, cache=cache, recipe=False, tell=lambda finding: print(finding.message), **how)
    return Path(scene.output[0].path).read_bytes()


def entries() -> list[Path]:
    """The folders of what is kept."""
    return [folder for folder in Path("cache").iterdir() if (folder / ENTRY).exists()]


def left() -> list[str]:
    """What is hidden in the cache: nothing, where nobody works."""
    gc.collect()
    return [path.name for path in Path("cache").rglob(".*")]


def test_a_run_is_trained_once_and_looks_the_same(folder, trainings, capsys):
    fresh = render(scene_of(), recipe=False)
    plain = Path("film.apng").read_bytes()
    assert trainings == [18] and not Path("cache").exists(), "nobody has asked for a cache"
    assert film_of(scene_of()) == plain and trainings == [18, 18]
    report = render(scene_of(), cache=True, recipe=False)
    assert Path("film.apng").read_bytes() == plain and trainings == [18, 18]
    assert report["runs"]["run"].pop("cached") is True
    assert "cached" not in fresh["runs"]["run"]
    for told in (fresh, report):
        assert told["runs"]["run"].pop("seconds") > 0
    assert report["runs"] == fresh["runs"]
    assert len(entries()) == 1 and left() == [], capsys.readouterr().out


REUSED = [
    ('view.1.text="other words {accuracy:.1%}"',),
    ("view.0.rows=2",),
    ("title=another",),
    ("theme=light",),
    ("layout.size=[320, 180]",),
    ("run.layers.0.name=hidden",),
    ("output.0.path=other.apng",),
    ('output.0={path = "a.gif"}',),
    ("timeline.hold=0.2", "timeline.seconds=1.2"),  # the same steps, shown for longer
]
ANEW = [
    ("seed=1",),
    ("run.optimizer.lr=0.2",),
    ("run.optimizer.momentum=0.5",),
    ("run.optimizer={type = 'adam'}",),
    ("run.batch_size=10",),
    ("run.epochs=3",),
    ("run.l2=0.001",),
    ("run.dtype=float64",),
    ("run.loss=mean_squared_error", "run.layers.1.activation=sigmoid"),
    ("run.layers.0.units=7",),
    ("run.layers.0.activation=tanh",),
    ('run.layers.0.init={type = "he"}',),
    ("run.validate_every=3",),
    ("run.early_stopping={ patience = 1 }",),
    ("run.data.train=100",),
    ("run.data.validation=30",),
    ("run.data.scale=standard",),
]


@pytest.mark.parametrize("settings", REUSED)
def test_what_decides_on_no_number_trains_nothing(folder, trainings, settings):
    film_of(scene_of())
    film = film_of(scene_of(*settings))
    assert trainings == [18]
    assert film_of(scene_of(*settings), cache=False) == film


@pytest.mark.parametrize("settings", ANEW)
def test_what_decides_on_numbers_trains_anew(folder, trainings, settings):
    film_of(scene_of())
    film = film_of(scene_of(*settings))
    assert len(trainings) == 2
    assert film_of(scene_of(*settings)) == film and film_of(scene_of()) and len(trainings) == 2
    assert film_of(scene_of(*settings), cache=False) == film


def test_data_are_known_by_their_numbers(folder, trainings):
    film = film_of(scene_of())
    os.rename("dots.npz", "moved.npz")
    assert film_of(scene_of("run.data.path=moved.npz")) == film and trainings == [18]
    write_data(folder / "dots.npz", seed=1)
    assert film_of(scene_of()) != film and len(trainings) == 2


def test_how_it_is_computed_decides(folder, trainings, monkeypatch):
    film = film_of(scene_of())
    with monkeypatch.context() as patch:
        patch.setattr(identity, "_machine", lambda: ["a new NumPy that computes the same"])
        assert film_of(scene_of()) == film and len(trainings) == 1
        patch.setattr(identity, "_ten", lambda *_: "one that does not")
        assert film_of(scene_of()) == film and len(trainings) == 1, "it is noted what the ten steps came to"
        patch.setattr(identity, "_machine", lambda: ["yet another"])
        assert film_of(scene_of()) == film and len(trainings) == 2
    for name, other in (("_version", "99"), ("_modules", "other source")):
        with monkeypatch.context() as patch:
            patch.setattr(identity, name, lambda other=other: other)
            film_of(scene_of())
    assert len(trainings) == 4
    assert film_of(scene_of()) == film and len(trainings) == 4


def test_steps_are_united_so_that_going_back_and_forth_trains_no_third_time(folder, trainings):
    short, long = scene_of(), scene_of("timeline.fps=20")
    films = [film_of(short, cache=False), film_of(long, cache=False)]
    trainings.clear()
    assert [film_of(short), film_of(long), film_of(short), film_of(long)] == [*films, *films]
    assert len(trainings) == 2 and len(entries()) == 1


def test_probes_are_united_too(folder, trainings):
    confusion = SCENE.replace('type = "neuron_grid"', 'type = "confusion_matrix"').replace("160, 90", "640, 360")
    images = SCENE.replace('type = "neuron_grid"', 'type = "probabilities"').replace("160, 90", "640, 360")
    scenes = [SCENE, confusion, images]
    films = [film_of(scene_of(words=words), cache=False) for words in scenes]
    trainings.clear()
    assert [film_of(scene_of(words=words)) for words in scenes] == films and len(trainings) == 3
    assert [film_of(scene_of(words=words)) for words in scenes] == films and len(trainings) == 3


@pytest.mark.parametrize("patience", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_a_training_that_stops_early_keeps_what_its_film_would(folder, trainings, patience):
    early = (f"run.early_stopping={{patience = {patience}, tolerance = 0.01}}", "run.epochs=90", "run.batch_size=1")
    scenes = [scene_of(*early), scene_of(*early, "timeline.fps=60", "timeline.seconds=8"), scene_of(*early)]
    films = [film_of(scene, cache=False) for scene in scenes]
    assert trainings[0] > 480, "or every step is kept"
    trainings.clear()
    assert [film_of(scene) for scene in scenes] == films and len(trainings) <= 2
    trainings.clear()
    assert [film_of(scene) for scene in scenes] == films and trainings == []


def test_of_a_grid_only_what_is_new_is_trained(folder, trainings):
    grid = SCENE.replace("[timeline]", '[grid]\n"optimizer.lr" = [0.1, 0.2]\n[timeline]')
    grid = grid.replace('type = "neuron_grid"', 'type = "multiples"\nmetrics = ["loss"]')
    grid = grid.replace("loss {loss:.3f}", "hello").replace("160, 90", "640, 360")
    film_of(scene_of(words=grid))
    assert len(trainings) == 2
    wider = grid.replace("[0.1, 0.2]", "[0.3, 0.2, 0.1]")
    film = film_of(scene_of(words=wider))
    assert len(trainings) == 3 and len(entries()) == 3
    assert film_of(scene_of(words=wider), cache=False) == film
    assert film_of(scene_of(words=SCENE)) and len(trainings) == 6, "0.3 is there, and shows other things"


def test_two_runs_that_are_the_same_are_trained_once(folder, trainings):
    head, rest = SCENE.split("[timeline]")
    runs = head.replace("[run]", "[runs.a]") + head.replace("[run]", "[runs.b]")
    runs += "[timeline]" + rest.replace('type = "neuron_grid"', 'type = "neuron_grid"\nrun = "b"')
    runs = runs.replace('type = "caption"', 'type = "caption"\nrun = "a"')
    film = film_of(scene_of(words=runs))
    assert len(trainings) == 1
    assert film_of(scene_of(words=runs), cache=False) == film


LINEAR = "run.layers.0.activation=linear", "run.layers.1.activation=linear"
DIVERGING = ("run.optimizer.lr=1e9", "run.loss=mean_squared_error", *LINEAR)


def test_a_run_that_diverged_does_so_again(folder, trainings):
    films, told = [], []
    for fps, cache in ((10, False), (3, False), (10, True), (3, True), (10, True), (3, True)):
        with pytest.raises(DivergedError, match="stopped at step") as caught:
            film_of(scene_of(*DIVERGING, f"timeline.fps={fps}"), cache=cache)
        told.append(caught.value.report["runs"]["run"]["metrics"])
        films.append(Path("film.apng").read_bytes())
    assert films[2:4] == films[4:6] == films[:2] and told[2:4] == told[4:6] == told[:2]
    assert len(trainings) <= 4


def test_stills_drafts_and_sessions_share_it(folder, trainings):
    scene = scene_of()
    film_of(scene)
    notes: list[str] = []
    still(scene, "still.png", cache=True, tell=lambda finding: notes.append(finding.message))
    assert notes[1:] == ["was trained before and is taken from the cache"]
    film = weightreel.film(scene)
    assert film[3].shape == (90, 160, 3)
    film.save("saved.gif")
    assert len(trainings) == 1
    still(scene, "fresh.png")
    assert Path("fresh.png").read_bytes() == Path("still.png").read_bytes() and len(trainings) == 2
    assert len(weightreel.film(scene, cache=False).recordings) == 1 and len(trainings) == 3
    film_of(draft(scene))
    assert len(trainings) == 3, "the rate of a draft is no other here"


@pytest.mark.parametrize("fps", [10, 20])
def test_a_recording_that_is_kept_elsewhere_is_the_same(folder, trainings, fps):
    scene, other = scene_of(), scene_of(f"timeline.fps={fps}")
    record_to(other, "plain")
    record_to(scene, "first", cache=True)
    record_to(other, "second", cache=True)
    record_to(other, "third", cache=True)
    assert len(trainings) == 2 + (fps == 20)
    plain, *others = (film_of(other, cache=False, recording=path) for path in ("plain", "second", "third"))
    assert others == [plain, plain] and all(not list(verify(Path(p))) for p in ("first", "second", "third"))
    digests = [weightreel.film(other, recording=p).recordings["run"].digest() for p in ("plain", "second", "third")]
    assert len(set(digests)) == 1
    assert film_of(other) == plain and len(trainings) == 2 + (fps == 20)


@pytest.mark.parametrize("words", ["off", "OFF", " off "])
def test_it_can_be_switched_off(folder, trainings, monkeypatch, words):
    monkeypatch.setenv("WEIGHTREEL_CACHE", words)
    film_of(scene_of())
    film_of(scene_of())
    assert len(trainings) == 2 and not Path("cache").exists()


@pytest.mark.parametrize("words", ["", " "])
def test_a_blank_name_of_its_folder_is_none(folder, monkeypatch, words):
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "home"))
    monkeypatch.setenv("WEIGHTREEL_CACHE", words)
    assert Cache.of_user().folder.name == "weightreel"


def test_a_proof_takes_nothing_from_it(folder, trainings):
    film_of(scene_of())
    render(scene_of(), cache=True)
    assert reproduce("film.apng").reproduced and len(trainings) == 2


@pytest.mark.parametrize("words", ["", "[]", "{}", '{"scene": "a", "run": "run"}', "overflow", "[" * 100_000])
def test_an_entry_that_says_nothing_sensible_is_listed_as_damaged_and_harms_none(words, folder, trainings, capsys):
    film = film_of(scene_of())
    [entry] = entries()
    told = json.loads((entry / ENTRY).read_text())
    (entry / ENTRY).write_text(words if words != "overflow" else json.dumps(told).replace(str(told["bytes"]), "1e999"))
    capsys.readouterr()
    assert run(["cache"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("damaged  ") and "snapshot" not in out
    assert film_of(scene_of("seed=1")) and film_of(scene_of("timeline.fps=25")) and len(trainings) == 3
    assert film_of(scene_of()) == film and len(trainings) == 3


def damages(entry: Path) -> list[Path]:
    """One file of each sort of an entry."""
    sorts = {(*path.parts[3:5], path.suffix == ".json"): path for path in entry.rglob("*") if path.is_file()}
    return sorted(sorts.values())


@pytest.mark.parametrize(
    "how", ["turned", *(pytest.param(how, marks=pytest.mark.slow) for how in ("cut", "gone", "empty"))]
)
def test_what_is_damaged_is_trained_anew_and_said(folder, trainings, capsys, how):
    film = film_of(scene_of(), cache=False)
    film_of(scene_of())
    for path in damages(entries()[0]):
        data = path.read_bytes()
        middle = len(data) // 2
        if how == "gone":
            path.unlink()
        else:
            turned = data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]
            path.write_bytes({"cut": data[:-1], "turned": turned, "empty": b""}[how])
        before, _ = len(trainings), capsys.readouterr()
        assert film_of(scene_of()) == film, path
        said = capsys.readouterr().out
        assert (len(trainings) > before) == ("damaged" in said), f"{path}: {said}"
        assert film_of(scene_of()) == film and left() == []


def test_what_is_read_may_be_removed_and_replaced_meanwhile(folder, trainings):
    film = weightreel.film(scene_of())
    first = film[4]
    assert weightreel.film(scene_of())[4].tolist() == first.tolist()
    reading = weightreel.film(scene_of())
    assert len(reading.recordings["run"]) > 5 and len(trainings) == 1
    film_of(scene_of("timeline.fps=25"))  # which puts more in its place
    assert run(["cache", "clear"]) == 0 and entries() == []
    assert [reading[i].tolist() for i in range(10)] == [film[i].tolist() for i in range(10)]
    assert reading[4].tolist() == first.tolist() and len(trainings) == 2


def test_a_cache_that_cannot_be_written_costs_a_note(folder, trainings, capsys):
    film = film_of(scene_of(), cache=False)
    Path("cache").write_text("a file is in the way")
    for _ in range(2):
        assert film_of(scene_of()) == film and "not kept for the next time" in capsys.readouterr().out
    assert len(trainings) == 3


def test_one_that_can_only_be_read_is_read(folder, trainings, monkeypatch):
    film = film_of(scene_of())
    monkeypatch.setattr(Cache, "work", property(lambda self: (_ for _ in ()).throw(PermissionError("read only"))))
    assert film_of(scene_of()) == film and len(trainings) == 1
    assert film_of(scene_of("seed=3")) != film and len(trainings) == 2


@pytest.mark.parametrize("at", [0, 1, 6])
def test_a_disk_that_fills_up_loses_nothing_of_the_training(folder, trainings, monkeypatch, capsys, at):
    film, append, count = film_of(scene_of(), cache=False), KeptRecorder.append, 0

    def failing(self, snapshot):
        nonlocal count
        count += 1
        if count > at:
            raise WeightreelError("the disk is full")
        append(self, snapshot)

    monkeypatch.setattr(KeptRecorder, "append", failing)
    assert film_of(scene_of()) == film
    assert "the disk is full" in capsys.readouterr().out and len(trainings) == 2
    assert entries() == [] and left() == []


def test_a_disk_that_is_full_at_the_end_loses_nothing_either(folder, trainings, monkeypatch, capsys):
    film = film_of(scene_of(), cache=False)
    for owner, name in ((KeptRecorder, "finish"), (Cache, "keep")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, lambda *_, **__: (_ for _ in ()).throw(OSError("full")))
            assert film_of(scene_of()) == film and "full" in capsys.readouterr().out
    assert len(trainings) == 3 and entries() == [] and left() == []


def test_the_oldest_unused_go_first(folder, trainings, monkeypatch):
    film_of(scene_of())
    [first] = entries()
    size = json.loads((first / ENTRY).read_text())["bytes"]
    monkeypatch.setattr("weightreel.trainer.recording.cache.MOST_BYTES", 0)
    monkeypatch.setattr(Cache.__init__, "__defaults__", (int(size * 3.5),))
    for seed in (1, 2):
        film_of(scene_of(f"seed={seed}"))
        time.sleep(0.02)
    film_of(scene_of())  # used again
    time.sleep(0.02)
    film_of(scene_of("seed=3"))
    assert len(entries()) == 3 and first in entries() and len(trainings) == 4
    film_of(scene_of("seed=2"))
    assert len(trainings) == 4
    film_of(scene_of("seed=1"))
    assert len(trainings) == 5, "that of seed 1 was not used for the longest time"


def test_what_is_too_large_is_not_kept(folder, trainings, monkeypatch, capsys):
    film = film_of(scene_of(), cache=False)
    monkeypatch.setattr(Cache.__init__, "__defaults__", (1000,))
    assert film_of(scene_of()) == film and "all of them together" in capsys.readouterr().out
    assert entries() == []


LAYER = """
from typing import ClassVar, Literal
import numpy as np
from weightreel import LayerOptions

class Scaled(LayerOptions):
    type: Literal["scaled"] = "scaled"
    activation: ClassVar = "linear"
    by: float = 2.0
    def output_shape(self, input_shape):
        return input_shape
    def build(self, input_shape, rng, dtype):
        return Working(self.by)

class Working:
    def __init__(self, by):
        self.by, self.parameters, self.gradients = by, {}, {}
    def forward(self, x, *, training):
        return x * x.dtype.type(self.by) * FACTOR
    def backward(self, gradient, *, wants_input):
        return gradient * gradient.dtype.type(self.by) * FACTOR

FACTOR = 1
"""
SCRIPT = """
import sys
from weightreel import Scene, film
from weightreel.render.scene.file import load
{imports}
scene = load("scene.toml")
layers = (Scaled(by={by}), *scene.run.layers)
run = scene.run.model_copy(update={{"layers": layers}})
scene = Scene(run=run, view=scene.view[1:], layout=scene.layout, output=scene.output)
print(film(scene.located(folder=".", source="script")).render()["runs"]["run"].get("cached", False))
"""


def python(folder: Path, words: str, file: str | None = "script.py") -> str:
    """What a script prints; without a file it comes from standard input."""
    if file is not None:
        (folder / file).write_text(words)
    done = subprocess.run(
        [sys.executable, file or "-"], cwd=folder, input=None if file else words, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_layers_of_a_script_are_known_by_their_source(folder):
    Path("scene.toml").write_text(SCENE)
    (folder / "mine.py").write_text(LAYER)
    script = SCRIPT.format(imports="from mine import Scaled", by=2)
    assert [python(folder, script) for _ in range(2)] == ["False", "True"]
    assert python(folder, script.replace("by=2", "by=3")) == "False"
    assert python(folder, script) == "True"
    (folder / "mine.py").write_text(LAYER.replace("FACTOR = 1", "FACTOR = 3"))
    assert python(folder, script) == "False"


@pytest.mark.slow
def test_layers_without_a_source_are_trained_each_time(folder):
    Path("scene.toml").write_text(SCENE)
    script = SCRIPT.format(imports=LAYER, by=2)
    assert [python(folder, script, file=None) for _ in range(2)] == ["False", "False"]


def test_scenes_of_a_script_share_with_files(folder, trainings):
    film = film_of(scene_of())
    built = scene_of()
    built = weightreel.Scene(run=built.run, timeline=built.timeline, layout=built.layout, view=built.view)
    weightreel.film(built.located(folder=str(folder), source="script")).save("film.apng")
    assert len(trainings) == 1 and film


SLOW = """
import sys, time
from weightreel.render.work import trained
from weightreel.render.command.cli import run
train = trained.train
def slowly(*args, **keys):
    print("training", flush=True)
    for snapshot in train(*args, **keys):
        time.sleep({pause})
        yield snapshot
trained.train = slowly
sys.exit(run(["render", "scene.toml", "-q", "-o", sys.argv[1]]))
"""


def begun(folder: Path, name: str, pause: float) -> subprocess.Popen[str]:
    """A process that renders the scene, and takes its time for it."""
    (folder / "slow.py").write_text(SLOW.format(pause=pause))
    return subprocess.Popen([sys.executable, "slow.py", name], cwd=folder, stdout=subprocess.PIPE, text=True)


def test_of_two_processes_one_trains(folder):
    scene_of()
    both = [begun(folder, name, 0.2) for name in ("a.png", "b.png")]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(said) == ["", "training\n"]
    assert len(entries()) == 1 and left() == []
    assert [p.read_bytes() for p in sorted(folder.glob("a-*.png"))] == [
        p.read_bytes() for p in sorted(folder.glob("b-*.png"))
    ]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_one_that_ends_in_the_middle_leaves_nothing_that_matters(folder, trainings, how):
    film = film_of(scene_of(), cache=False)
    process = begun(folder, "a.png", 0.3)
    assert process.stdout is not None and process.stdout.readline() == "training\n"
    time.sleep(0.8)
    process.send_signal(how)
    process.wait(30)
    process.stdout.close()
    if how == signal.SIGKILL:
        assert [name for name in left() if name.endswith("lock")], "which nothing hangs on"
        assert run(["cache", "clear"]) == 0 and left() == []
    assert film_of(scene_of()) == film and len(trainings) == 2
    assert len(entries()) == 1 and left() == []


def test_one_that_stands_still_is_not_waited_for(folder, trainings, monkeypatch, capsys):
    film = film_of(scene_of(), cache=False)
    monkeypatch.setattr("weightreel.render.work.cached.STALLED", 0.5)
    process = begun(folder, "a.png", 100)
    try:
        assert process.stdout is not None and process.stdout.readline() == "training\n"
        assert film_of(scene_of()) == film and "comes no further" in capsys.readouterr().out
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert len(trainings) == 2 and entries() == []


def test_the_command_says_what_is_kept_and_what_was_used(folder, capsys):
    scene_of()
    assert run(["render", "scene.toml"]) == 0 and run(["render", "scene.toml", "--json"]) == 0
    printed = capsys.readouterr()
    assert "trained before and taken from the cache" in printed.err
    assert json.loads(printed.out.splitlines()[-1])["runs"]["run"]["cached"] is True
    assert run(["render", "scene.toml", "--no-cache", "--json"]) == 0
    assert "cached" not in json.loads(capsys.readouterr().out)["runs"]["run"]
    assert run(["cache"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("scene.toml  ") and "snapshots, trained in" in printed.out
    assert printed.err.startswith("1 recording, ") and str(folder / "cache") in printed.err
    assert run(["cache", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["folder"] == str(folder / "cache") and listed["bytes"] == listed["recordings"][0]["bytes"] > 1000
    assert run(["cache", "clear", "--older", "1h", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"removed": 0, "bytes": 0}
    assert run(["cache", "clear"]) == 0 and capsys.readouterr().err.startswith("1 recording removed")
    assert run(["cache"]) == 0 and capsys.readouterr().err.startswith("0 recordings, 0 bytes of 2.0 GB")
    assert run(["cache", "clear", "--older", "soon"]) == 2


@pytest.mark.parametrize("fill", [False, True])
def test_runs_side_by_side_are_trained_into_it(folder, capsys, fill):
    grid = SCENE.replace("[timeline]", '[grid]\n"optimizer.lr" = [0.1, 0.2, 0.3, 0.1001]\n[timeline]')
    grid = grid.replace('type = "neuron_grid"', 'type = "multiples"\nmetrics = ["loss"]')
    grid = grid.replace("loss {loss:.3f}", "hello").replace("160, 90", "640, 360")
    scene, other = scene_of(words=grid), scene_of("timeline.fps=20", words=grid)
    film, longer = film_of(scene, cache=False), film_of(other, cache=False)
    if fill:
        Path("cache").write_text("a file is in the way")
    assert film_of(scene, who=Crews(2)) == film
    if fill:
        said = capsys.readouterr().out
        assert "is not kept for the next time: nothing can be written in " in said
        assert "; WEIGHTREEL_CACHE=DIR names another, --no-cache does without" in said
        return
    assert len(entries()) == 4
    assert film_of(other, who=Crews(2)) == longer and film_of(scene, who=Crews(2)) == film
    report = render(scene, cache=True, who=Crews(2))
    assert all(ran.get("cached") for ran in report["runs"].values()) and left() == []
