"""Recordings that are written in place: what was written is what is read, by us and by Zarr, and meanwhile too."""

import subprocess
import sys
import threading
from pathlib import Path

import google_crc32c
import numpy as np
import pytest
import slots
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from slots import ABOUT, ARRAYS, recorded, rows, writing, wrong

from weightreel.trainer.errors import RecordingError, WeightreelError
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.checks import check, checks, from_bytes, span, to_bytes
from weightreel.trainer.recording.files import Files
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.slots import Rows, Slots
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import open_recordings, verify
from weightreel.trainer.recording.writing import Stored, Writing


def opened(path, run="run"):
    return open_recordings(path)[run]


def test_what_was_written_is_read_in_the_order_of_axes_that_all_have(tmp_path):
    recorded(tmp_path / "r", writer={"torch": "2.13.0"})
    recording = opened(tmp_path / "r")
    assert not wrong(recording) and recording.steps.tolist() == [0, 1, 2, 3, 4, 5]
    key = "parameters/a.b/c/weights"
    assert (recording.shape(key), recording.axes(key)) == ((40, 60), ("input", "output"))
    assert recording.dtype(key) == np.float32 and recording.axes("parameters/a.b/c/biases") == ()
    assert recording.parameter("a.b/c/weights", 3).shape == (40, 60) == recording.about.layer("a.b/c").tensor
    assert (recording.state, recording.stopped, recording.writer) == ("done", "", {"torch": "2.13.0"})
    assert recording.final == {"loss": 1 / 6} and recording.keys == tuple(sorted(ARRAYS))
    assert list(verify(tmp_path / "r")) == []


def test_zarr_alone_reads_it(tmp_path):
    recorded(tmp_path / "r", steps=(4, 0, 2))
    group = zarr.open_group(tmp_path / "r", mode="r")
    assert dict(group.attrs) == {"weightreel": 2} and list(group.group_keys()) == ["run"]
    run = group["run"]
    weights = run["parameters/a.b%2Fc/weights"]
    np.testing.assert_array_equal(weights[0], rows(4)["parameters/a.b/c/weights"])
    assert weights.metadata.dimension_names == ("snapshot", "output", "input")
    assert run["steps"][:].tolist() == [4, 0, 2, -1, -1, -1, -1, -1]
    assert {name for name, _ in run.members(max_depth=None)} >= {"span", "check", "epochs", "history/loss"}
    numbers = {key: about["number"] for key, about in run.attrs["arrays"].items()}
    data = (4).to_bytes(8, "little") + rows(4)["probes/predictions/validation"].tobytes()
    assert run["check"][0, numbers["probes/predictions/validation"]] == google_crc32c.value(data)


@settings(deadline=None, max_examples=30)
@given(steps=st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=40), data=st.randoms(use_true_random=False))
def test_checksums_of_many_are_those_of_each(steps, data):
    values = np.array([[data.random(), data.random()] for _ in steps])
    assert checks(np.array(steps), values).tolist() == [check(s, v) for s, v in zip(steps, values, strict=True)]


def test_spans_are_of_what_is_finite(tmp_path):
    arrays = {"probes/x": Stored((3,), np.dtype(np.float64))}
    made = Writing(tmp_path / "r", "run", About(layers=()), arrays, 4)
    for step, row in enumerate([[1, -2, 0.5], [np.nan, np.inf, 3], [np.nan, -np.inf, np.nan]]):
        made.put(step, 0.0, {"probes/x": np.array(row)})
    made.close()
    expected = [[-2, 1], [3, 3], [np.nan, np.nan]]
    np.testing.assert_array_equal(opened(tmp_path / "r").span("probes/x"), expected)
    memory = Recorder(About(layers=()))
    for step, row in enumerate([[1, -2, 0.5], [np.nan, np.inf, 3], [np.nan, -np.inf, np.nan]]):
        memory.append(Snapshot(step, 0.0, {}, {}, probes={"x": np.array(row)}))
    np.testing.assert_array_equal(memory.recording.span("probes/x"), expected)


@pytest.mark.parametrize("value", [np.array([-1.5, 0, 2.5]), np.full(3, 0.25), np.array([np.nan, -1, np.inf])])
def test_bytes_with_a_scale(tmp_path, value):
    stored = {"parameters/0/weights": Stored((3,), np.dtype(np.float32), scale=True)}
    made = Writing(tmp_path / "r", "run", About(layers=()), stored, 2)
    made.put(0, 0.0, {"parameters/0/weights": value.astype(np.float32)})
    made.close()
    recording = opened(tmp_path / "r")
    finite = bool(np.isfinite(value).all())  # where one is not, none is told as a number
    low, high = span(value) if finite else (np.nan, np.nan)
    expected = value if finite else np.full(3, np.nan)
    found = recording.parameter("0/weights", 0)
    assert found.dtype == np.float32 == recording.dtype("parameters/0/weights")
    np.testing.assert_allclose(found, expected, atol=(high - low) / 500 if finite else 0)
    np.testing.assert_array_equal(from_bytes(to_bytes(value, low, high), low, high), found)
    assert zarr.open_group(tmp_path / "r", mode="r")["run/parameters/0/weights"].dtype == np.uint8


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", "int8", "uint16", "int64"])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3, 4, 5)])
def test_numbers_of_every_kind_and_shape(tmp_path, dtype, shape):
    value = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    made = Writing(tmp_path / "r", "run", About(layers=()), {"probes/x": Stored(shape, np.dtype(dtype))}, 3)
    for step in range(3):
        made.put(step, np.nan, {"probes/x": value + np.array(step, dtype)})
    made.close()
    found = opened(tmp_path / "r").probe("x", 2)
    np.testing.assert_array_equal(found, value + np.array(2, dtype))
    assert found.dtype == (np.float32 if dtype == "float16" else np.dtype(dtype).newbyteorder("="))
    assert found.shape == shape
    np.testing.assert_array_equal(zarr.open_group(tmp_path / "r", mode="r")["run/probes/x"][2], found)


@pytest.mark.parametrize("dtype", [bool, complex, object, "U3", "M8[s]"])
def test_what_is_no_number_is_refused(tmp_path, dtype):
    with pytest.raises(RecordingError, match=r"'probes/x' is of .*; record numbers"):
        Writing(tmp_path / "r", "run", ABOUT, {"probes/x": Stored((1,), np.dtype(dtype))}, 1)
    assert list(tmp_path.iterdir()) == []


def test_rows_larger_than_a_file_should_be(tmp_path):
    stored = {"probes/x": Stored((1100, 1000), np.dtype(np.float32))}
    made = Writing(tmp_path / "r", "run", About(layers=()), stored, 3)
    for step in range(3):
        made.put(step, 0.0, {"probes/x": np.full((1100, 1000), step, np.float32)})
    made.close()
    assert [float(opened(tmp_path / "r").probe("x", step)[-1, -1]) for step in range(3)] == [0, 1, 2]
    assert len(list((tmp_path / "r/run/probes/x").glob("c.*"))) == 3


def test_names_that_differ_have_folders_that_differ(tmp_path):
    keys = ["probes/a", "probes/a/b", "probes/a/b/c", "probes/a%2Fb/c", "probes/A", "probes/..", "probes/", "probes//"]
    stored = {key: Stored((), np.dtype(np.int64)) for key in keys}
    made = Writing(tmp_path / "r", "run", About(layers=()), stored, 1)
    made.put(0, 0.0, {key: np.array(n) for n, key in enumerate(keys)})
    made.close()
    recording = opened(tmp_path / "r")
    assert [int(recording.array(key, 0)) for key in keys] == [*range(len(keys))]
    assert {p.name for p in tmp_path.iterdir()} == {"r"}


def test_dropping_frees_a_slot_and_no_file_is_made_anew(tmp_path):
    made = writing(tmp_path / "r", 3)
    for step in range(3):
        made.put(step, step / 10, rows(step))
    with pytest.raises(RecordingError, match="all 3 slots are taken; drop a step first"):
        made.put(3, 0.3, rows(3))
    before = {p: p.stat().st_ino for p in (tmp_path / "r").rglob("c.*")}
    for step in range(3, 20):
        made.drop(step - 2)
        made.put(step, step / 10, rows(step))
    assert made.steps.tolist() == [0, 18, 19] == opened(tmp_path / "r").steps.tolist()
    made.close()
    assert {p: p.stat().st_ino for p in (tmp_path / "r").rglob("c.*")} == before
    assert not wrong(opened(tmp_path / "r")) and list(verify(tmp_path / "r")) == []


@pytest.mark.parametrize(("name", "words"), [("\ud800", "signs that are no Unicode"), ("x" * 20_000, "20,0.. letters")])
def test_names_that_cannot_be_written_down(tmp_path, name, words):
    with pytest.raises(RecordingError, match=words):
        Writing(tmp_path / "r", "run", ABOUT, {f"probes/{name}": Stored((1,), np.dtype(np.int8))}, 1)
    made = writing(tmp_path / "r")
    with pytest.raises(RecordingError, match=words):
        made.measure(name, [(0, 1.0)])
    made.measure("loss", [(0, 1e300)])
    made.put(0, 0.0, rows(0))
    made.close(state="stopped", stopped="\ud800" + "x" * 200_000)
    recording = opened(tmp_path / "r")
    assert recording.stopped.startswith("?xx") and recording.final == {"loss": 1e300}


def test_a_description_that_is_too_long_is_refused_by_who_writes_it(tmp_path):
    about = ABOUT.model_copy(update={"classes": ("x" * 9_999,) * 500})
    made = Writing(tmp_path / "r", "run", about, ARRAYS, 1)
    with pytest.raises(RecordingError, match=r"5.0 MB describe it, of at most 4.2 MB"):
        made.put(0, 0.0, rows(0))
    made.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", [-1, 2**53])
def test_a_step_that_is_none(tmp_path, step):
    made = writing(tmp_path / "r")
    with pytest.raises(RecordingError, match=f"step {step} is none; steps are 0 to"):
        made.put(step, 0.0, rows(0))
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_a_snapshot_is_said(tmp_path):
    made = writing(tmp_path / "r")
    made.put(0, 0.0, rows(0))
    for change, told in [
        ({"probes/more": np.zeros(1)}, "has not the arrays of the steps before it: probes/more"),
        ({"parameters/a.b/c/biases": np.zeros(3)}, r"biases is \(3,\), before it was \(40,\)"),
    ]:
        with pytest.raises(RecordingError, match=told):
            made.put(1, 0.1, rows(1) | change)
    with pytest.raises(RecordingError, match="step 0 is there already"):
        made.put(0, 0.1, rows(1))
    with pytest.raises(RecordingError, match="there is no step 5 to drop"):
        made.drop(5)
    made.put(1, 0.1, rows(1))
    made.close()
    with pytest.raises(RecordingError, match="the recording has ended"):
        made.put(2, 0.2, rows(2))
    assert not wrong(opened(tmp_path / "r"))


@pytest.mark.parametrize("count", [5, 10, 11, 23, 100])
@pytest.mark.parametrize("batch", [1, 7])
def test_measurements_are_thinned_and_both_ends_stay(tmp_path, count, batch):
    made = writing(tmp_path / "r", measured=10)
    made.put(0, 0.0, rows(0))
    for first in range(0, count, batch):
        made.measure("loss", [(step, 1 / (step + 1)) for step in range(first, min(count, first + batch))])
        made.flush()
        steps, so_far = opened(tmp_path / "r").metric("loss")[0], min(count, first + batch)
        assert steps[0] == 0 and steps[-1] == so_far - 1 and min(5, so_far) <= len(steps) <= 10
    made.close()
    recording = opened(tmp_path / "r")
    steps = recording.metric("loss")[0]
    gaps = np.diff(steps)
    assert (gaps > 0).all() and (count < 10 or gaps[:-1].max() <= 2 * gaps[:-1].min())
    assert not wrong(recording) and recording.final["loss"] == 1 / count and list(verify(tmp_path / "r")) == []


def test_bytes_are_those_of_the_files(tmp_path):
    made = writing(tmp_path / "r", 50)
    for step in range(50):
        made.measure("loss", [(step, 1.0)])
        made.put(step, step / 10, rows(step))
    made.flush()
    assert made.bytes == sum(p.stat().st_size for p in (tmp_path / "r/run").rglob("*") if p.is_file())
    whole = Writing.file_bytes(ARRAYS, 50)
    assert whole * 0.98 < made.bytes < whole * 1.5 and Writing.row_bytes(ARRAYS) * 50 < whole
    made.close()


def test_runs_stand_beside_each_other_in_the_order_in_which_they_began(tmp_path):
    for run in ("wide", "deep", ".."):
        recorded(tmp_path / "r", run=run)
    assert list(open_recordings(tmp_path / "r")) == ["wide", "deep", ".."]
    with pytest.raises(RecordingError, match="exists; pass overwrite=True"):
        writing(tmp_path / "r", run="wide")
    recorded(tmp_path / "r", steps=[7], run="wide", overwrite=True)
    found = open_recordings(tmp_path / "r")
    assert list(found) == ["wide", "deep", ".."] and found["wide"].steps.tolist() == [7] and len(found["deep"]) == 6
    assert [p.name for p in tmp_path.iterdir()] == ["r"]


def test_a_run_that_is_written_anew_is_the_old_one_until_its_first_snapshot(tmp_path):
    recorded(tmp_path / "r")
    (tmp_path / "r/run/notes.txt").write_text("mine")
    old = opened(tmp_path / "r")
    made = writing(tmp_path / "r", overwrite=True)
    made.measure("loss", [(40, 1 / 41)])
    assert not wrong(old) and len(opened(tmp_path / "r")) == 6
    made.put(40, 4.0, rows(40))
    assert opened(tmp_path / "r").steps.tolist() == [40] and (tmp_path / "r/run/notes.txt").read_text() == "mine"
    assert not wrong(old), "what is open stays"
    old.columns.run.files._opened.clear()
    with pytest.raises(RecordingError, match="was recorded anew since it was opened; open it again"):
        wrong(old)
    made.close()
    assert list(verify(tmp_path / "r")) == [] and [p.name for p in tmp_path.iterdir()] == ["r"]


def test_nothing_of_ours_stays_where_no_snapshot_came(tmp_path):
    made = writing(tmp_path / "r")
    made.measure("loss", [(0, 1.0)])
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_is_followed(tmp_path):
    made = writing(tmp_path / "r", 4)
    made.put(0, 0.0, rows(0))
    recording = opened(tmp_path / "r")
    assert (recording.state, recording.about.total_steps) == ("writing", 0)
    for step in range(1, 9):
        if len(made) == 4:
            made.drop(int(made.steps[1]))
        made.measure("loss", [(step, 1 / (step + 1))])
        made.put(step, step / 10, rows(step))
    assert recording.steps.tolist() == [0], "steps change when they are asked for anew"
    recording.refresh()
    assert recording.steps.tolist() == made.steps.tolist() and recording.about.total_steps == 8
    assert recording.final == {"loss": 1 / 9} and not wrong(recording)
    made.drop(6)
    made.put(9, 0.9, rows(9))
    np.testing.assert_array_equal(
        recording.array("probes/predictions/validation", 6), rows(0)["probes/predictions/validation"]
    )
    assert recording.steps.tolist() == [0, 7, 8, 9], "the slot of step 6 was used again: what there is was looked at"
    made.describe(ABOUT.model_copy(update={"total_steps": 100}))
    made.close(state="stopped", stopped="enough")
    recording.refresh()
    assert (recording.state, recording.stopped, recording.about.total_steps) == ("stopped", "enough", 9)


def test_a_cut_of_a_kept_recording(tmp_path):
    recorded(tmp_path / "r")
    cut = opened(tmp_path / "r").until(3)
    assert cut.steps.tolist() == [0, 1, 2, 3] == cut.metric("loss")[0].tolist() and not wrong(cut)
    assert cut.until(1).steps.tolist() == [0, 1] and cut.span("probes/predictions/validation").shape == (4, 2)


def test_the_digest_is_of_what_is_recorded(tmp_path):
    recorded(tmp_path / "one", capacity=8)
    recorded(tmp_path / "two", capacity=20, writer={"torch": "3"})
    recorded(tmp_path / "three", steps=range(5))
    one, two, three = (opened(tmp_path / name).digest() for name in ("one", "two", "three"))
    assert one == two != three and len(one) == 64


def follow(path: Path) -> list[str]:
    """Read what is being written, a hundred rows or so; what is torn, and that nothing could be read. On a busy machine
    a reader is refused now and then: the writer reuses its four slots as fast as it can."""
    found, recording, count = [], opened(path), 0
    for _ in range(30):
        for run in (recording, open_recordings(path)["run"]):
            try:
                count += 1 - len(torn := torn_at_the_end(run))
                found += torn
            except RecordingError as error:
                found += [] if "written faster than it can be read" in str(error) else [str(error)]
        recording.refresh()
    return found if count else [*found, "nothing was read"]


def torn_at_the_end(run: Recording) -> list[str]:
    step, key = int(run.steps[-1]), "parameters/a.b/c/weights"
    row = run.array(key, step)
    there = [s for s in run.steps.tolist() if s <= step]
    run.span(key)
    _ = run.metric("loss")
    return [] if any(np.array_equal(row, rows(s)[key].T) for s in reversed(there)) else [f"torn at {step}"]


@pytest.mark.parametrize("readers", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_reader_in_another_process_never_sees_a_torn_row(tmp_path, readers):
    path = tmp_path / "r"
    process = subprocess.Popen([sys.executable, slots.__file__, path, "4", "20"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "begun\n" and process.stdout.readline() == "0\n"
        found: list[str] = []
        threading.Thread(target=process.stdout.read, daemon=True).start()
        threads = [threading.Thread(target=lambda: found.extend(follow(path))) for _ in range(readers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not found
    finally:
        process.kill()
        process.wait()
    assert not wrong(opened(path)) and list(verify(path)) == []


def test_a_full_disk_is_told_and_what_was_written_stays(tmp_path, monkeypatch):
    made = writing(tmp_path / "r")
    made.put(0, 0.0, rows(0))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("weightreel.trainer.recording.files._write_at", full)
        with pytest.raises(WeightreelError, match=r"r: could not be written .*the disk is full"):
            made.put(1, 0.1, rows(1))
    made.put(2, 0.2, rows(2))
    made.close()
    assert opened(tmp_path / "r").steps.tolist() == [0, 2] and not wrong(opened(tmp_path / "r"))


def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("weightreel.trainer.recording.files._write_at", full)
    with pytest.raises(WeightreelError, match="could not be written"):
        writing(tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


def test_snapshots_that_are_put_together_are_those_put_one_by_one(tmp_path):
    made = writing(tmp_path / "r", 12)
    made.put_all([(step, step / 10, rows(step)) for step in range(5)])
    made.drop(1)
    made.drop(3)
    made.put_all([(step, step / 10, rows(step)) for step in range(5, 12)])  # into two free slots, and what follows
    assert made.last == 11 and len(made) == 10
    with pytest.raises(RecordingError, match="a step is given twice"):
        made.put_all([(12, 1.2, rows(12)), (12, 1.2, rows(12))])
    made.close()
    recording = opened(tmp_path / "r")
    assert recording.steps.tolist() == [0, 2, *range(4, 12)]
    assert wrong(recording) == []


def test_rows_are_written_across_files_and_in_many_pieces(tmp_path):
    (tmp_path / "x").mkdir()
    many = Slots("x", 700, (3,), np.dtype(np.float32), most=300 * 12)
    expected = np.arange(650 * 3, dtype="<f4").reshape(650, 3)
    files = Files(tmp_path, write=True)
    Rows(files, many).write_all(5, list(expected))
    np.testing.assert_array_equal(many.rows_of(files, np.arange(5, 655)), expected)
    files.write(many.name(0), 0, b"", expected[:0], expected[1], b"", expected[2])
    np.testing.assert_array_equal(many.rows_of(files, np.arange(2)), expected[1:3])
