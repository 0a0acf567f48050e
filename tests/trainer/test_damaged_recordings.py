"""Whatever happens to the files of a recording: it is found and said in one line, or changes nothing that is shown."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from slots import recorded, rows, wrong

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.recording.store import open_recordings, verify

OLDER = Path(__file__).parents[1] / "data" / "recording"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording of six steps in two files an array, and one of a metric."""
    recorded(tmp_path / "r", capacity=6)
    return tmp_path / "r"


def told(path: Path) -> str:
    """What is said when all of a recording is read; "" where nothing is."""
    try:
        for recording in open_recordings(path).values():
            for key in recording.keys:
                recording.span(key)
                for step in recording.steps.tolist():
                    recording.array(key, step)
            for name in recording.metric_names:
                recording.metric(name)
    except RecordingError as error:
        words = str(error)
        assert words.count("\n") == 0 and str(path) in words
        return words
    return ""


def shown(path: Path) -> list[str]:
    """What of a recording is not as it was."""
    recording = open_recordings(path)["run"]
    lost = [] if recording.steps.tolist() == [0, 1, 2, 3, 4, 5] else ["steps"]
    lost += [] if recording.metric("loss")[0].tolist() == [0, 1, 2, 3, 4, 5] else ["history"]
    spans = np.array([[float(rows(s)[k].min()) for s in range(6)] for k in recording.keys])
    lost += [] if np.array_equal([recording.span(k)[:, 0] for k in recording.keys], spans) else ["spans"]
    fine = recording.final == {"loss": 1 / 6} and recording.about.data == "noise" and recording.state == "done"
    return lost + wrong(recording) + ([] if fine else ["final"])


def files_of(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file())


@pytest.mark.parametrize("count", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_bits_that_flip_are_found(path, count):
    """So many in every file; where nothing is said, nothing that is shown is another."""
    rng, silent = random.Random(0), []
    for file in files_of(path):
        whole = file.read_bytes()
        for _ in range(count):
            flipped = bytearray(whole)
            flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            file.write_bytes(flipped)
            if not told(path) and (changed := shown(path)):
                silent.append(f"{file.relative_to(path)}: {changed}")
        file.write_bytes(whole)
    assert not silent


def test_each_bit_of_a_group_is_verified(path):
    """Nobody reads those between a run and its arrays but Zarr, which finds the arrays by them."""
    assert list(verify(path)) == []
    groups = [f for f in files_of(path / "run") if f.name == "zarr.json" and f.stat().st_size < 100]
    assert {f.parent.name for f in groups} >= {"parameters", "a.b%2Fc", "history", "predictions"}
    rng = random.Random(0)
    for file in groups:
        whole = file.read_bytes()
        for _ in range(20):
            flipped = bytearray(whole)
            flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            file.write_bytes(flipped)
            (told,) = verify(path)
            assert str(file) in told and "\n" not in told
        file.unlink()
        (told,) = verify(path)
        assert str(file) in told
        file.write_bytes(whole)


def test_a_bit_of_a_row_is_named_with_its_file_and_step(path):
    file = path / "run/parameters/a.b%2Fc/weights/c.0.0.0"
    data = bytearray(file.read_bytes())
    data[3 * 60 * 40 * 4 + 5] ^= 1
    file.write_bytes(data)
    words = f"{file}: step 3 is damaged; copy the recording anew, or record it again"
    assert told(path) == words and list(verify(path)) == [words]
    recording = open_recordings(path)["run"]
    assert recording.parameter("a.b/c/weights", 2).shape == (40, 60), "the others can be seen"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("zarr.json", "not a recording"),
        ("run/zarr.json", "run/zarr.json: is missing"),
        ("run/steps/c.0", "run/steps/c.0: is missing"),
        ("run/epochs/c.0", "run/epochs/c.0: is missing"),
        ("run/check/c.0.0", "run/check/c.0.0: is missing"),
        ("run/span/c.0.0.0", "run/span/c.0.0.0: is missing"),
        ("run/span/zarr.json", "run/span/zarr.json: is missing"),
        ("run/parameters/a.b%2Fc/weights/c.0.0.0", "c.0.0.0: is missing"),
        ("run/history/loss/c.0.0", "run/history/loss/c.0.0: is missing"),
        ("run/history_check/loss/c.0", "run/history_check/loss/c.0: is missing"),
        ("run/history/loss/zarr.json", "run/history/loss/zarr.json: is missing"),
    ],
)
def test_a_file_that_is_missing_is_named(path, file, words):
    (path / file).unlink()
    assert words in told(path)
    if file != "zarr.json":
        assert any(words in line for line in verify(path))


def test_a_file_that_is_cut_off_is_named(path):
    file = path / "run/parameters/a.b%2Fc/biases/c.0.0"
    file.write_bytes(file.read_bytes()[:-4])
    assert told(path) == f"{file}: is cut off, 956 bytes of 960; copy the recording anew"


@pytest.mark.parametrize("value", [-2, -(2**63), 2, 2**53])
def test_steps_that_are_none_or_twice_there(path, value):
    file = path / "run/steps/c.0"
    steps = np.frombuffer(file.read_bytes(), "<i8").copy()
    steps[0] = value
    file.write_bytes(steps.tobytes())
    said = "holds step 2 twice" if value == 2 else f"holds step {value}, and steps are 0 to 9007199254740991"
    assert said in told(path) and "/run/steps" in told(path)


def test_files_that_changed_places(path):
    one, other = path / "run/gradients/a.b%2Fc/weights/c.0.0.0", path / "run/parameters/a.b%2Fc/weights/c.0.0.0"
    one.rename(path / "x")
    other.rename(one)
    (path / "x").rename(other)
    assert "step 0 is damaged" in told(path)


def test_all_that_is_damaged_is_told(path):
    for name in ("weights/c.0.0.0", "biases/c.0.0"):
        file = path / "run/parameters/a.b%2Fc" / name
        file.write_bytes(bytes(len(file.read_bytes())))
    assert len(list(verify(path))) == 12


def test_what_is_wrong_with_a_whole_file_is_told_once(path):
    (path / "run/parameters/a.b%2Fc/weights/c.0.0.0").unlink()
    (path / "run/parameters/a.b%2Fc/biases/c.0.0").write_bytes(b"")
    wrong = [line.partition(": is ")[2] for line in verify(path)]
    assert [line.partition(";")[0] for line in wrong] == ["missing", "cut off, 0 bytes of 960"]


def test_a_run_without_a_snapshot_has_nothing_that_is_damaged(path):
    file = path / "run/steps/c.0"
    file.write_bytes(b"\xff" * len(file.read_bytes()))
    assert list(verify(path)) == []
    assert len(open_recordings(path)["run"]) == 0


def cut(rng: random.Random, file: Path) -> None:
    file.write_bytes(file.read_bytes()[: rng.randrange(file.stat().st_size + 1)])


def emptied(rng: random.Random, file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def noise(rng: random.Random, file: Path) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(rng.choice([1, 3, 50])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    file.write_bytes(data)


def digits(rng: random.Random, file: Path) -> None:
    """A digit of a text is another: numbers that lie."""
    data = bytearray(file.read_bytes())
    places = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
    for place in rng.sample(places, min(len(places), 2)):
        data[place] = 48 + rng.randrange(10)
    file.write_bytes(data)


def swapped(rng: random.Random, file: Path) -> None:
    root = next(p for p in file.parents if (p / "zarr.json").exists() and not (p.parent / "zarr.json").exists())
    other = rng.choice(files_of(root))
    one, two = file.read_bytes(), other.read_bytes()
    file.write_bytes(two)
    other.write_bytes(one)


def gone(rng: random.Random, file: Path) -> None:
    shutil.rmtree(file.parent) if rng.random() < 0.3 else file.unlink()


def a_folder(rng: random.Random, file: Path) -> None:
    file.unlink()
    file.mkdir()


def longer(rng: random.Random, file: Path) -> None:
    file.write_bytes(file.read_bytes() + rng.randbytes(100))


DAMAGES: list[Callable[[random.Random, Path], None]] = [
    *(cut, emptied, noise, digits, swapped, gone, a_folder, longer),
]


COUNTS = [3, pytest.param(40, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_no_damage_ends_in_a_traceback_or_shows_other_numbers(path, tmp_path, damage, count):
    rng = random.Random(damage.__name__)
    for number in range(count):
        copy = shutil.copytree(path, tmp_path / str(number))
        damage(rng, rng.choice(files_of(copy)))
        if not told(copy):
            assert shown(copy) == []
        shutil.rmtree(copy, ignore_errors=True)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_no_damage_of_an_older_recording_ends_in_a_traceback(tmp_path, damage, count):
    """Which has no checksums: what cannot be read is said."""
    rng = random.Random(damage.__name__)
    for number in range(count):
        copy = shutil.copytree(OLDER, tmp_path / str(number))
        damage(rng, rng.choice(files_of(copy)))
        if not told(copy):
            list(verify(copy))
        shutil.rmtree(copy, ignore_errors=True)


@pytest.mark.parametrize("file", ["history/loss/c.0.0", "history_check/loss/c.0"])
def test_a_bit_that_flips_where_nothing_was_measured_yet_is_told_and_shows_nothing_else(path, file):
    there = path / "run" / file
    data = bytearray(there.read_bytes())
    data[-3] ^= 1
    there.write_bytes(data)
    words = f"{there.parent}: is damaged where nothing was measured yet; copy the recording anew, or record it again"
    assert list(verify(path)) == [words]
    assert told(path) == "" and shown(path) == []


def test_a_measurement_that_is_lost_is_missed(path):
    """As where the file of another metric, or an empty one, is in its place."""
    file = path / "run/history/loss/c.0.0"
    pairs = np.frombuffer(file.read_bytes(), "<f8").copy()
    pairs[4:6] = np.nan
    file.write_bytes(pairs.tobytes())
    assert told(path) == f"{file.parent}: a measurement is damaged; copy the recording anew, or record it again"
    assert list(verify(path)) == [told(path)]


def test_what_nobody_asks_for_is_not_looked_at(path):
    """Of many runs a film shows the metrics: the weights of none are opened, and what is wrong with them is said when
    they are, or by `verify`."""
    weights = path / "run/parameters/a.b%2Fc/weights"
    (weights / "zarr.json").write_text("{}")
    (weights / "c.0.0.0").unlink()
    recording = open_recordings(path)["run"]
    assert len(recording) == len(recording.steps) and recording.metric("loss")[0].size
    with pytest.raises(RecordingError, match=r"weights/zarr\.json: \w+ is missing, where a recording says"):
        recording.parameter("a.b/c/weights", 0)
    assert any("weights/zarr.json" in line for line in verify(path))
