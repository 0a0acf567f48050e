"""Recordings: what was appended comes back, from memory and from disk, and disk is left as it was found."""

import gc
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.trainer.errors import RecordingError
from weightreel.trainer.parts import Part
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.keeping import keeping
from weightreel.trainer.recording.metrics import MEASURED
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.selection import Thinned
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.store import open_recordings

ABOUT = About(
    input_shape=(4, 3),
    classes=("cat", "dog"),
    layers=(
        LayerAbout.own(0, type="dense", kind="linear", activation="softmax", input_shape=(4, 3), output_shape=(2,)),
    ),
    metrics=MEASURED,
    steps_per_epoch=10,
    total_steps=100,
    seed=7,
    data="pets",
    loss="cross_entropy",
)

BIG = ABOUT.model_copy(
    update={"layers": (LayerAbout.own(0, type="dense", kind="linear", input_shape=(64, 64), output_shape=(128,)),)}
)


def snapshot(step, shape=(12, 2), **metrics):
    rng = np.random.default_rng(step)
    return Snapshot(
        step=step,
        epoch=step / 10,
        parameters={
            "0/weights": rng.normal(size=shape).astype(np.float32),
            "0/bias": rng.normal(size=shape[-1:]),
        },
        metrics={"loss": 1 / (step + 1)} | metrics,
        probes={"predictions/validation": rng.integers(0, 2, (3,))},
    )


def big(step):
    """Two snapshots of this make a chunk of 4 MB."""
    return snapshot(step, shape=(4096, 128))


def taken(made, snapshots):
    for s in snapshots:
        made.append(s)
    return made


def recorder(snapshots=(), about=ABOUT, **keys):
    return taken(Recorder(about, **keys), snapshots)


def filled(snapshots, **keys):
    return recorder(snapshots, **keys).recording


def kept(path, snapshots, **keys):
    with keeping(path) as new:
        taken(new.recorder("run", keys.pop("about", ABOUT), **keys), snapshots).finish(seconds=2.5)
    return open_recordings(path)["run"]


def holds(recording, snapshots, order=None):
    """Every array of every snapshot is there, read in any order."""
    for s in (snapshots[i] for i in (range(len(snapshots)) if order is None else order)):
        for name, expected in s.parameters.items():
            found = recording.parameter(name, s.step)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected, err_msg=f"{name} at step {s.step}")
        for key, expected in s.probes.items():
            np.testing.assert_array_equal(recording.probe(key, s.step), expected)
        assert recording.epoch(s.step) == s.epoch


@settings(deadline=None, max_examples=30)
@given(steps=st.sets(st.integers(0, 500), min_size=1, max_size=25), data=st.data(), disk=st.booleans())
def test_random_access_in_memory_and_after_spilling(steps, data, disk):
    snapshots = [snapshot(step) for step in sorted(steps)]
    recording = filled(snapshots, memory_bytes=1 if disk else 2**30)
    order = data.draw(st.permutations(range(len(snapshots))))
    assert len(recording) == len(snapshots)
    np.testing.assert_array_equal(recording.steps, sorted(steps))
    holds(recording, snapshots, order)
    at = data.draw(st.integers(min(steps), 600))
    assert recording.index(at) == max(i for i, step in enumerate(sorted(steps)) if step <= at)


@pytest.mark.parametrize("count", [1, 2, 3, 13])
def test_random_access_over_many_chunks(tmp_path, count):
    snapshots = [big(step) for step in range(count)]
    order = np.random.default_rng(0).permutation(np.repeat(np.arange(count), 2))
    holds(filled(snapshots, memory_bytes=1), snapshots, order)
    holds(kept(tmp_path / "kept", snapshots, about=BIG), snapshots, order)


def test_reading_between_appends():
    made, snapshots = recorder(memory_bytes=1), [big(step) for step in range(7)]
    for i, s in enumerate(snapshots):
        made.append(s)
        holds(made.recording, snapshots[: i + 1], [0, i, i // 2])


def test_append_takes_copies():
    s = snapshot(0)
    recording = filled([s])
    s.parameters["0/weights"].fill(9)
    s.probes["predictions/validation"].fill(9)
    holds(recording, [snapshot(0)])


def test_keeping_and_opening(tmp_path):
    steps = [0, 3, 4, 10]
    snapshots = [snapshot(s, **({"validation_loss": s / 2} if s in (0, 10) else {})) for s in steps]
    recording = kept(tmp_path / "kept", snapshots)
    holds(recording, snapshots, [3, 0, 2, 1])
    assert recording.about == ABOUT and recording.seconds == 2.5
    assert recording.final == {"loss": 1 / 11, "validation_loss": 5.0}
    np.testing.assert_array_equal(recording.steps, steps)
    np.testing.assert_allclose(recording.epochs, [0, 0.3, 0.4, 1])
    assert recording.metric_names == ("loss", "validation_loss")
    assert recording.probe_names == ("predictions/validation",)
    np.testing.assert_array_equal(recording.metric("validation_loss"), ([0, 10], [0, 5]))


def test_several_runs_in_one_recording(tmp_path):
    with keeping(tmp_path / "kept") as new:
        for name in ("wide", "deep"):
            taken(new.recorder(name, ABOUT), [snapshot(len(name))]).finish()
    assert list(open_recordings(tmp_path / "kept")) == ["wide", "deep"]


def test_plain_zarr_reads_the_file(tmp_path):
    snapshots = [snapshot(step, **({"accuracy": 0.5} if step == 2 else {})) for step in range(3)]
    kept(tmp_path / "kept", snapshots)
    group = zarr.open_group(tmp_path / "kept", mode="r")
    weights = group["run/parameters/0/weights"]
    slots = np.flatnonzero(group["run/steps"][:] >= 0)
    np.testing.assert_array_equal(weights[:][slots], np.stack([s.parameters["0/weights"] for s in snapshots]))
    assert weights.dtype == np.float32
    probes = group["run/probes/predictions/validation"]
    np.testing.assert_array_equal(probes[1], snapshots[1].probes["predictions/validation"])
    np.testing.assert_array_equal(group["run/steps"][:][slots], [0, 1, 2])
    np.testing.assert_allclose(group["run/epochs"][:][slots], [0, 0.1, 0.2])
    np.testing.assert_allclose(group["run/span"][0, 0], [weights[0].min(), weights[0].max()])
    np.testing.assert_array_equal(group["run/history/accuracy"][:2], [[2, 0.5], [np.nan, np.nan]])
    assert group["run"].attrs["description"]["classes"] == ["cat", "dog"]


def test_a_kept_recording_can_be_read_by_the_one_that_wrote_it(tmp_path):
    with keeping(tmp_path / "kept") as new:
        recording = taken(new.recorder("run", ABOUT), [snapshot(s) for s in range(3)]).finish()
    holds(recording, [snapshot(s) for s in range(3)])


def test_metrics_and_their_latest_values():
    made = recorder()
    recording = made.recording
    for step, metrics in [(2, {}), (4, {"validation_loss": 8.0}), (6, {}), (8, {"validation_loss": 4.0})]:
        made.append(snapshot(step, **metrics))
    steps, values = recording.metric("validation_loss")
    assert steps.tolist() == [4, 8] and values.tolist() == [8.0, 4.0]
    assert recording.has_metric("loss") and not recording.has_metric("accuracy")
    expected = {2: None, 3: None, 4: 8.0, 7: 8.0, 8: 4.0, 99: 4.0}
    for step, value in expected.items():
        found = recording.latest("validation_loss", step)
        assert np.isnan(found) if value is None else found == value
    made.append(snapshot(9, validation_loss=3.0))
    assert recording.metric("validation_loss")[0].tolist() == [4, 8, 9], "an old answer was kept"


def test_metrics_may_have_slashes_in_their_names(tmp_path):
    recording = kept(tmp_path / "kept", [snapshot(0, **{"train/loss": 0.5})])
    assert recording.metric_names == ("loss", "train/loss")


def test_until_forgets_what_came_later():
    snapshots = [snapshot(step, **({"accuracy": 1.0} if step == 9 else {})) for step in (0, 3, 6, 9)]
    recording = filled(snapshots)
    cut = recording.until(7)
    holds(cut, snapshots[:3])
    assert len(cut) == 3 and cut.steps.tolist() == [0, 3, 6] and cut.epochs.tolist() == [0, 0.3, 0.6]
    assert cut.metric("loss")[0].tolist() == [0, 3, 6]
    np.testing.assert_array_equal(cut.parameter("0/weights", 9), snapshots[2].parameters["0/weights"])
    assert np.isnan(cut.latest("accuracy", 9))
    assert len(recording) == 4 and recording.latest("accuracy", 9) == 1
    with pytest.raises(RecordingError, match="nothing is recorded at or before step -1"):
        recording.until(-1)


def test_a_cut_outlives_the_whole():
    snapshots = [big(step) for step in range(6)]
    cut = filled(snapshots, memory_bytes=1).until(4)
    gc.collect()
    holds(cut, snapshots[:5])


def test_cuts_of_cuts_and_cuts_that_grow():
    made = recorder(snapshot(step) for step in (0, 3, 6))
    cut = made.recording.until(3)
    made.append(snapshot(9))
    assert cut.steps.tolist() == [0, 3] and cut.metric("loss")[0].tolist() == [0, 3]
    assert made.recording.until(8).until(4).steps.tolist() == [0, 3]
    holds(pickle.loads(pickle.dumps(cut)), [snapshot(0), snapshot(3)])


def test_what_was_handed_out_stays_while_the_recording_grows():
    made = recorder([snapshot(0)])
    steps, (measured, values) = made.recording.steps, made.recording.metric("loss")
    for step in range(1, 200):
        made.append(snapshot(step))
        assert made.recording.steps[-1] == step and made.recording.latest("loss", 999) == 1 / (step + 1)
    assert steps.tolist() == measured.tolist() == [0] and values.tolist() == [1.0]


class Halved:
    """Of more than ten snapshots, every other stays."""

    most = 12

    def __contains__(self, step):
        return True

    def keep(self, steps):
        return None if len(steps) <= 10 else np.arange(len(steps)) % 2 == 0


def test_reading_in_another_thread_while_recording():
    """Every snapshot that is shown is whole, also while chunks move to disk and thinning puts others in their place."""
    weights = np.zeros((512, 256), np.float32)
    made = recorder(memory_bytes=2**22, selection=Halved())
    made.append(Snapshot(0, 0.0, {"w": weights}, {"loss": 0.0}))
    wrong, over = [], threading.Event()

    def read():
        while not over.is_set():
            step = int(made.recording.steps[-1])
            found = made.recording.parameter("w", step)
            if not found[0, 0] == found[-1, -1] <= step or made.recording.latest("loss", step) != step:
                wrong.append((step, found[0, 0]))

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(1, 60):
        weights[:] = step
        made.append(Snapshot(step, 0.0, {"w": weights}, {"loss": float(step)}))
    over.set()
    reader.join()
    assert not wrong


def test_a_metric_that_is_not_finite_is_kept_but_not_drawn(tmp_path):
    recording = kept(tmp_path / "kept", [snapshot(0, accuracy=0.5), snapshot(1, accuracy=np.nan), snapshot(2)])
    steps, values = recording.metric("accuracy")
    assert steps.tolist() == [0] and values.tolist() == [0.5] and recording.final["accuracy"] == 0.5
    written = zarr.open_group(tmp_path / "kept", mode="r")["run"]
    np.testing.assert_array_equal(written["history/accuracy"][:2], [[0, 0.5], [1, np.nan]])


def test_what_nobody_declared_is_described_as_it_comes(tmp_path):
    recording = kept(tmp_path / "kept", [snapshot(0, val_acc=0.5)])
    assert recording.about.metric("val_acc").words == "validation accuracy"
    assert recording.about.metric_names == (*ABOUT.metric_names, "val_acc")


def test_the_length_is_that_of_what_was_recorded_where_nobody_knew_it(tmp_path):
    unknown = ABOUT.model_copy(update={"total_steps": None, "steps_per_epoch": None, "seed": None, "classes": ()})
    recording = kept(tmp_path / "kept", [snapshot(0), snapshot(7)], about=unknown)
    assert recording.about == unknown.model_copy(update={"total_steps": 7})
    assert unknown.length == 0 and recorder([snapshot(7)]).finish(total_steps=9).about.total_steps == 9


@pytest.mark.parametrize("memory_bytes", [1, 2**30])
@pytest.mark.parametrize("disk", [False, True])
def test_thinning_leaves_what_the_selection_keeps(tmp_path, memory_bytes, disk):
    """Wherever it lives, and every measurement with it."""
    count, selection = 1500, Thinned(2)
    with keeping(tmp_path / "kept") as new:
        if disk:
            made = new.recorder("run", ABOUT, selection)
        else:
            made = recorder(memory_bytes=memory_bytes, selection=selection)
        for step in range(count):
            if step in selection or step == count - 1:
                made.append(snapshot(step))
        recording = made.finish()
    recording = open_recordings(tmp_path / "kept")["run"] if disk else recording
    steps = recording.steps.tolist()
    assert steps[0] == 0 and steps[-1] == count - 1 and len(steps) < 490 < recording.metric("loss")[0].size
    holds(recording, [snapshot(step) for step in steps])


def test_errors_say_what_is_there(tmp_path):
    made = recorder([snapshot(4)])
    recording = made.recording
    for step in (4, 3):
        with pytest.raises(RecordingError, match=f"step {step} comes after step 4; steps must rise"):
            made.append(snapshot(step))
    with pytest.raises(RecordingError, match="nothing is recorded at or before step 3"):
        recording.index(3)
    with pytest.raises(RecordingError, match=r"no parameters '1/bias'; there are: .*0/weights, 0/bias"):
        recording.parameter("1/bias", 4)
    with pytest.raises(RecordingError, match="no probes 'activations'; there are: predictions/validation"):
        recording.probe("activations", 4)
    with pytest.raises(RecordingError, match="no metric 'accuracy' is recorded; there are loss"):
        recording.metric("accuracy")
    missing = tmp_path / "missing"
    with pytest.raises(RecordingError, match="not a recording; make one with: weightreel train"):
        open_recordings(missing)


def changed(step, name, array):
    s = snapshot(step)
    s.parameters[name] = array
    return s


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros(2, np.float32), np.zeros((1, 2))])
def test_an_array_that_changes_is_refused_and_leaves_no_trace(array):
    made = recorder([snapshot(0)])
    with pytest.raises(RecordingError, match=r"parameters/0/bias at step 1: .*before it was \(2,\) float64"):
        made.append(changed(1, "0/bias", array))
    made.append(snapshot(2))
    holds(made.recording, [snapshot(0), snapshot(2)])


def test_an_array_that_appears_late_is_refused():
    made = recorder([snapshot(0)])
    with pytest.raises(RecordingError, match="step 1 has not the arrays of the steps before it: parameters/1/weights"):
        made.append(changed(1, "1/weights", np.zeros(2)))


def test_an_array_that_goes_missing_is_refused():
    made, poor = recorder([snapshot(0)]), snapshot(1)
    del poor.parameters["0/bias"]
    with pytest.raises(RecordingError, match="0/bias"):
        made.append(poor)


@pytest.mark.parametrize("disk", [False, True])
def test_what_has_ended_takes_nothing_more(tmp_path, disk):
    with keeping(tmp_path / "kept") as new:
        made = taken(new.recorder("run", ABOUT) if disk else recorder(), [snapshot(0)])
        recording = made.finish()
        with pytest.raises(RecordingError, match="the recording has ended; record anew to add to it"):
            made.append(snapshot(1))
    holds(recording, [snapshot(0)])
    assert len(recording) == 1 and recording.metric("loss")[0].tolist() == [0]


def test_finish_takes_the_last_metrics():
    recording = recorder([snapshot(0, accuracy=0.1), snapshot(1)]).finish(seconds=3)
    assert recording.final == {"loss": 0.5, "accuracy": 0.1} and recording.seconds == 3


def test_memory_stays_bounded():
    tracemalloc.start()
    try:
        made = recorder(memory_bytes=8 * 2**20)
        weights = np.ones((784, 64), np.float32)
        for step in range(200):
            weights[0, 0] = step
            made.append(Snapshot(step, step / 10, {"0/weights": weights}, {"loss": 1.0}))
        found = [made.recording.parameter("0/weights", step)[0, 0] for step in range(0, 200, 7)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == list(range(0, 200, 7))
    assert peak < 40 * 2**20, "200 snapshots are 38 MB as they come, and may not all be held"


def test_the_temporary_folder_vanishes(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    recording = filled([snapshot(step) for step in range(3)], memory_bytes=1)
    assert len(list(tmp_path.iterdir())) == 1
    del recording
    gc.collect()
    assert not list(tmp_path.iterdir())
    filled([snapshot(0)])
    assert not list(tmp_path.iterdir()), "a recording that fits into memory needs no folder"


def test_pickles_wherever_it_lives(tmp_path):
    snapshots = [big(step) for step in range(5)]
    recordings = [
        filled(snapshots, about=BIG),
        filled(snapshots, about=BIG, memory_bytes=1),
        kept(tmp_path / "kept", snapshots, about=BIG),
    ]
    for recording in recordings:
        copy = pickle.loads(pickle.dumps(recording))
        holds(copy, snapshots, [4, 0, 3])
        assert copy.about == BIG and copy.metric_names == ("loss",)
        del copy
        gc.collect()
        holds(recording, snapshots)


def test_pickling_leaves_the_cached_chunks_at_home(tmp_path):
    recording = kept(tmp_path / "kept", [big(step) for step in range(4)], about=BIG)
    holds(recording, [big(0)])
    assert len(pickle.dumps(recording)) < 100_000


def entries(folder: Path):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("error", [RuntimeError("no more"), KeyboardInterrupt()])
def test_a_failure_leaves_what_was_recorded(tmp_path, error):
    with pytest.raises(type(error)), keeping(tmp_path / "kept") as new:
        taken(new.recorder("run", ABOUT), [snapshot(0), snapshot(3)])
        raise error
    assert entries(tmp_path) == ["kept"]
    recording = open_recordings(tmp_path / "kept")["run"]
    holds(recording, [snapshot(0), snapshot(3)])
    assert (recording.state, recording.about.total_steps) == ("stopped", 3)
    assert recording.stopped == (str(error) or "KeyboardInterrupt")


def test_a_failure_before_the_first_snapshot_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), keeping(tmp_path / "kept") as new:
        new.recorder("run", ABOUT)
        raise RuntimeError
    assert entries(tmp_path) == []


def test_the_old_recording_is_there_until_the_first_snapshot_and_then_the_new_one(tmp_path):
    path = tmp_path / "kept"
    kept(path, [snapshot(0)])
    with pytest.raises(RuntimeError), keeping(path):
        raise RuntimeError
    assert entries(tmp_path) == ["kept"]
    holds(open_recordings(path)["run"], [snapshot(0)])
    with keeping(path) as new:
        made = new.recorder("other", ABOUT)
        assert list(open_recordings(path)) == ["run"]
        made.append(snapshot(5))
        assert {name: r.steps.tolist() for name, r in open_recordings(path).items()} == {"other": [5]}
        made.append(snapshot(6))
        assert open_recordings(path)["other"].steps.tolist() == [5, 6]
    assert entries(tmp_path) == ["kept"]


def left_behind(target, boot=None):
    """The part of a run that was killed; of this boot of the machine, or another."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    folder = Part(target).folder
    words = folder.name.replace(f"-{os.getpid()}-", f"-{process.pid}-")
    if boot:
        words = words.replace(words.split("-")[3], boot)
    return folder.rename(folder.with_name(words))


def test_remains_of_a_crash_are_removed_and_what_looks_like_them_stays(tmp_path):
    path = tmp_path / "kept"
    kept(path, [snapshot(0)])
    for name in ("kept.part", "kept.old.part", "kept.weightreel-part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "zarr.json").write_text("{}")
    before = entries(tmp_path)
    left_behind(path)
    left_behind(path, boot="0badb007")
    kept(path, [snapshot(5)])
    assert open_recordings(path)["run"].steps.tolist() == [5]
    assert entries(tmp_path) == before


def test_a_recording_that_was_left_aside_comes_back(tmp_path):
    """Where a system cannot let two names change places, a kill may fall between two steps."""
    path = tmp_path / "kept"
    kept(path, [snapshot(0)])
    path.rename(left_behind(path) / "aside")
    with pytest.raises(RuntimeError), keeping(path):
        raise RuntimeError
    assert entries(tmp_path) == ["kept"]
    holds(open_recordings(path)["run"], [snapshot(0)])


@pytest.mark.parametrize("swaps", [True, False])
def test_a_recording_is_written_through_a_link(tmp_path, monkeypatch, swaps):
    if not swaps:
        monkeypatch.setattr("weightreel.trainer.parts._swapped", lambda *folders: False)
    (tmp_path / "there").mkdir()
    link = tmp_path / "kept"
    link.symlink_to(tmp_path / "there" / "run")
    for step in (0, 5):
        kept(link, [snapshot(step)])
        assert open_recordings(link)["run"].steps.tolist() == [step]
    assert link.is_symlink() and entries(tmp_path / "there") == ["run"]


def test_what_somebody_put_into_a_recording_is_not_removed(tmp_path):
    path = tmp_path / "kept"
    kept(path, [snapshot(0)])
    (path / "notes.txt").write_text("years of work")
    (path / "run" / "drafts").mkdir()
    (path / "run" / "drafts" / "c.txt").write_text("more of it")
    (path / "link").symlink_to("notes.txt")
    kept(path, [snapshot(5)])
    assert (path / "notes.txt").read_text() == "years of work" and (path / "link").is_symlink()
    assert (path / "run" / "drafts" / "c.txt").read_text() == "more of it"
    assert open_recordings(path)["run"].steps.tolist() == [5] and entries(tmp_path) == ["kept"]


def test_temporary_folders_of_killed_runs_are_removed_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "weightreel-mine").mkdir()
    left_behind(tmp_path / "recording")
    recorder([snapshot(0)])
    assert entries(tmp_path) == ["weightreel-mine"]


def foreign_folder(path):
    path.mkdir()
    (path / "thesis.tex").write_text("years of work")


def foreign_zarr(path):
    zarr.create_array(path, data=np.ones(3))


def foreign_group(path):
    zarr.open_group(path, mode="w").create_array("x", data=np.ones(3))


@pytest.mark.parametrize("make", [foreign_folder, foreign_zarr, foreign_group, lambda p: p.write_text("a file")])
def test_what_is_not_ours_is_refused_and_left_alone(tmp_path, make):
    path = tmp_path / "mine"
    make(path)
    before = {p: p.read_bytes() for p in [path, *path.rglob("*")] if p.is_file()}
    with pytest.raises(RecordingError, match=f"{path}: exists and is not a recording"), keeping(path):
        pytest.fail("must not come this far")
    with pytest.raises(RecordingError, match="not a recording"):
        open_recordings(path)
    assert {p: p.read_bytes() for p in [path, *path.rglob("*")] if p.is_file()} == before
    assert entries(tmp_path) == ["mine"]


def test_a_missing_folder_is_named(tmp_path):
    path = tmp_path / "no" / "kept"
    with pytest.raises(RecordingError, match=f"there is no folder '{path.parent}'; make it"), keeping(path):
        pytest.fail("must not come this far")


@pytest.mark.parametrize("where", ["", "run"])
def test_a_later_format_is_refused_with_its_number(tmp_path, where):
    path = tmp_path / "kept"
    kept(path, [snapshot(0)])
    zarr.open_group(path / where, mode="r+").attrs["weightreel"] = 99
    with pytest.raises(RecordingError, match=f"{path}: is of format 99, and this weightreel reads up to 2; update it"):
        open_recordings(path)
