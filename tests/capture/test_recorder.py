"""A recorder in a training loop: what it is given stands in the recording, and what is wrong with it is told."""

from __future__ import annotations

import copy
import os
import pickle
import threading
import warnings
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import weightreel
from weightreel.trainer.capture import CaptureError, Recorder
from weightreel.trainer.capture.described import Described, Later
from weightreel.trainer.recording.recording import Recording
from weightreel.trainer.recording.store import open_recordings


def network(scale: float = 1.0) -> dict[str, np.ndarray]:
    """4-3-2."""
    rng = np.random.default_rng(0)
    shapes = {"W1": (4, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    return {name: (scale * rng.normal(size=shape)).astype(np.float32) for name, shape in shapes.items()}


def opened(path: Path, run: str = "run") -> Recording:
    return open_recordings(path)[run]


def recorded(path: Path, steps: int, **options: object) -> Recording:
    """A training whose weights are those of its step."""
    with Recorder(path, **options) as recorder:
        for step in range(steps):
            recorder.log(step, weights={"a": np.full((4, 3), step, np.float32)}, loss=1 / (1 + step))
    return opened(path, str(options.get("run", "run")))


def test_the_names_are_public():
    assert weightreel.Recorder is Recorder
    assert weightreel.CaptureError is CaptureError
    assert issubclass(CaptureError, weightreel.RecordingError)


def test_a_training_stands_in_the_recording(tmp_path):
    model, seen = network(), {}
    with Recorder(tmp_path / "run.zarr", input_shapes={"W1": (2, 2)}, activations={"W1": "tanh"}) as recorder:
        for step in range(50):
            recorder.log(step, model=model, epoch=step / 10, loss=step / 2)
            seen[step] = copy.deepcopy(model)
            for array in model.values():
                array += 0.5
    recording = opened(tmp_path / "run.zarr")
    assert recording.steps.tolist() == list(range(50))
    assert recording.epochs.tolist() == [step / 10 for step in range(50)]
    for step, then in seen.items():
        assert np.array_equal(recording.parameter("W1/weights", step), then["W1"])
        assert np.array_equal(recording.parameter("W2/biases", step), then["b2"])
    assert recording.metric("loss")[1].tolist() == [step / 2 for step in range(50)]
    about = recording.about
    assert [(layer.name, layer.kind, layer.type) for layer in about.layers] == [
        ("W1", "linear", "dense"),
        ("W2", "linear", "dense"),
    ]
    assert about.layers[0].input_shape == (2, 2) and about.input_shape == (2, 2)
    assert about.layers[0].activation == "tanh" and about.layers[1].activation is None
    assert about.layers[1].output_shape == (2,)
    assert about.total_steps == 49
    assert recorder.stats | {"seconds": 0, "bytes": 0} == {
        "kept": 50, "dropped": 0, "skipped": 0, "bytes": 0, "seconds": 0,
    }  # fmt: skip


def test_weights_are_handed_out_with_the_inputs_first(tmp_path):
    weights = {"a": np.arange(12.0).reshape(3, 4), "b": np.arange(6.0).reshape(2, 3)}
    with Recorder(tmp_path / "run.zarr") as recorder:
        recorder.log(0, weights=weights, biases={"a": np.zeros((3, 1)), "b": np.zeros((2, 1))})
    recording = opened(tmp_path / "run.zarr")
    assert np.array_equal(recording.parameter("a/weights", 0), weights["a"].T)
    assert recording.parameter("a/biases", 0).shape == (3,)
    assert recording.about.layers[0].shape == (4, 3)


def test_what_is_said_of_axes_counts(tmp_path):
    kernel = np.arange(72.0).reshape(4, 2, 3, 3)
    with Recorder(tmp_path / "run.zarr", axes={"c": "oihw", "s": "oi"}) as recorder:
        recorder.log(0, weights={"c": kernel, "s": np.arange(4.0).reshape(2, 2)})
    recording = opened(tmp_path / "run.zarr")
    assert np.array_equal(recording.parameter("c/weights", 0), kernel.transpose(2, 3, 1, 0))
    assert np.array_equal(recording.parameter("s/weights", 0), [[0, 2], [1, 3]])
    assert [layer.kind for layer in recording.about.layers] == ["conv", "linear"]


def test_a_square_matrix_is_told(tmp_path):
    with Recorder(tmp_path / "run.zarr") as recorder:
        with pytest.warns(RuntimeWarning, match=r"'s' \(2, 2\) can be read both ways; .* say axes={'s': 'oi'}") as seen:
            recorder.log(0, weights={"s": np.eye(2)})
        assert seen[0].filename == __file__


def test_described_layers_are_what_the_adapter_says(tmp_path):
    layers = [
        Described("words", "embedding", "Embedding", "io", origin="torch.nn.Embedding"),
        Described("flat", "shape", "Flatten"),
        Described("head", "linear", "Linear", "oi", "softmax", (8,), (5,), "torch.nn.Linear"),
    ]
    with Recorder(tmp_path / "run.zarr") as recorder:
        recorder.describe(layers, classes=["a", "b"], steps_per_epoch=4, writer={"torch": "2.13.0"})
        values = {"words": np.zeros((9, 8)), "head": np.arange(40.0).reshape(5, 8)}
        recorder.log(2, weights=values, gradients={"head": np.ones((5, 8))}, probes={"seen": np.arange(3)})
        with pytest.raises(CaptureError, match="layers are described before the first step"):
            recorder.describe(layers)
    recording = opened(tmp_path / "run.zarr")
    assert [(one.name, one.kind, one.type) for one in recording.about.layers] == [
        ("words", "embedding", "Embedding"), ("flat", "shape", "Flatten"), ("head", "linear", "Linear"),
    ]  # fmt: skip
    assert recording.about.layers[1].weights is None
    assert recording.parameter("head/weights", 2).shape == (8, 5)
    assert recording.probe("seen", 2).tolist() == [0, 1, 2]
    assert recording.epochs.tolist() == [0.5]


def test_arrays_may_come_later_and_scalars_may_be_tensors(tmp_path):
    class Tensor:
        def detach(self):
            return self

        def __float__(self):
            return 0.25

    with Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        for step in range(3):
            later = Later((2, 2), np.dtype(np.float32), lambda step=step: np.full((2, 2), step, np.float32))
            recorder.log(step, weights={"a": later}, loss=Tensor(), metrics={"accuracy": np.float32(0.5)}, epoch=1)
    recording = opened(tmp_path / "run.zarr")
    assert [recording.parameter("a/weights", step)[0, 0] for step in range(3)] == [0, 1, 2]
    assert recording.metric("loss")[1].tolist() == [0.25] * 3
    assert recording.metric("accuracy")[1].tolist() == [0.5] * 3


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "same"])
def test_weights_are_as_exact_as_was_asked(tmp_path, dtype):
    weights = np.random.default_rng(0).normal(size=(40, 30))
    with Recorder(tmp_path / "run.zarr", dtype=dtype, axes={"a": "io"}) as recorder:
        probes = {"labels": np.arange(5), "yes": [True]}
        recorder.log(0, weights={"a": weights}, biases={"a": weights[0]}, probes=probes)
    recording = opened(tmp_path / "run.zarr")
    error = float(np.abs(recording.parameter("a/weights", 0) - weights).max())
    assert error <= {"float32": 2e-7, "float16": 2e-3, "uint8": np.ptp(weights) / 255 * 0.51, "same": 0}[dtype]
    assert float(np.abs(recording.parameter("a/biases", 0) - weights[0]).max()) <= 2e-7
    assert recording.probe("labels", 0).tolist() == [0, 1, 2, 3, 4]
    assert recording.probe("yes", 0).tolist() == [1]


@pytest.mark.parametrize("spacing", ["auto", "even", "log"])
def test_a_long_training_is_thinned_and_every_row_is_right(tmp_path, spacing):
    recording = recorded(tmp_path / "run.zarr", 3000, max_snapshots=100, spacing=spacing, axes={"a": "io"})
    steps = recording.steps.tolist()
    assert len(steps) <= 100 and steps[0] == 0 and steps[-1] == 2999
    assert all((recording.parameter("a/weights", step) == step).all() for step in steps)
    if spacing == "even":
        gaps = [after - before for before, after in pairwise(steps[:-1])]
        assert max(gaps) <= 2 * min(gaps)


def test_threads_begin_one_recording(tmp_path):
    recorder, together, wrong = Recorder(tmp_path / "run.zarr", axes={"a": "io"}), threading.Barrier(8), []

    def log(number: int) -> None:
        together.wait()
        for step in range(number, 800, 8):
            try:
                recorder.log(step, weights={"a": np.full((3, 2), step)}, loss=float(step))
            except CaptureError as error:
                wrong.append(str(error))

    threads = [threading.Thread(target=log, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    recording = opened(tmp_path / "run.zarr")
    assert recorder.failed is None and all("steps must rise" in told for told in wrong)
    assert len(recording) == 800 - len(wrong)
    assert all((recording.parameter("a/weights", int(step)) == step).all() for step in recording.steps)


def test_numbers_that_float16_does_not_hold_are_told_once(tmp_path):
    told = pytest.warns(RuntimeWarning, match="'a' has numbers that float16 does not hold, and they are infinite there")
    with told as seen, Recorder(tmp_path / "run.zarr", dtype="float16", axes={"a": "io"}) as recorder:
        for step in range(20):
            recorder.log(step, weights={"a": np.full((3, 2), 1e4 * step, np.float32)})
            recorder.flush()
    assert len(seen) == 1


def test_an_array_with_a_number_that_is_none_is_not_shown_as_one_of_numbers(tmp_path):
    with Recorder(tmp_path / "run.zarr", dtype="uint8", axes={"a": "io"}) as recorder:
        for step, odd in enumerate((1.0, np.nan, np.inf)):
            recorder.log(step, weights={"a": np.array([[0.0, odd]])})
    recording = opened(tmp_path / "run.zarr")
    assert [bool(np.isnan(recording.parameter("a/weights", step)).all()) for step in range(3)] == [False, True, True]


@pytest.mark.filterwarnings("error")
def test_numbers_that_are_rounded_are_no_error_of_the_training(tmp_path):
    with np.errstate(all="raise"), Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        for step in range(3):
            recorder.log(step, weights={"a": np.array([[1e300, 1e-300], [np.nan, np.inf]])}, loss=1e-320)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_a_recorder_that_is_closed_holds_no_file(tmp_path):
    with Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        recorder.log(0, weights={"a": np.eye(3)}, loss=1.0)
    held = [os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()]
    assert recorder.failed is None and not [file for file in held if str(tmp_path) in file]


def test_the_last_step_of_a_large_network_is_there(tmp_path):
    """It is not copied at each step; only where the network has not gone on since, it is the last one."""
    weights, biases = np.zeros((300, 200), np.float32), np.zeros(200, np.float32)
    with Recorder(tmp_path / "run.zarr", max_snapshots=10) as recorder:
        for step in range(2000):
            weights += 1
            biases += 1
            recorder.log(step, weights={"a": weights}, biases={"a": biases})
    recording = opened(tmp_path / "run.zarr")
    assert recording.steps[-1] == 1999
    assert all((recording.parameter("a/weights", int(step)) == step + 1).all() for step in recording.steps)


def test_a_network_that_went_on_after_its_last_step_is_not_taken_for_it(tmp_path):
    weights, biases = np.zeros((300, 200), np.float32), np.zeros(200, np.float32)
    with Recorder(tmp_path / "run.zarr", max_snapshots=10) as recorder:
        for step in range(2000):
            recorder.log(step, weights={"a": weights}, biases={"a": biases})
            weights += 1
            biases += 1
    recording = opened(tmp_path / "run.zarr")
    assert all((recording.parameter("a/weights", int(step)) == step).all() for step in recording.steps)


def test_of_a_training_of_known_length_the_last_step_is_there_in_any_case(tmp_path):
    weights, biases = np.zeros((300, 200), np.float32), np.zeros(200, np.float32)
    with Recorder(tmp_path / "run.zarr", max_snapshots=10, total_steps=2000) as recorder:
        for step in range(2000):
            recorder.log(step, weights={"a": weights}, biases={"a": biases})
            weights += 1
            biases += 1
    assert opened(tmp_path / "run.zarr").steps[-1] == 1999


def test_a_bias_that_stands_still_is_no_witness(tmp_path):
    weights, biases = np.zeros((300, 200), np.float32), np.zeros(200, np.float32)
    with Recorder(tmp_path / "run.zarr", max_snapshots=10) as recorder:
        for step in range(500):
            recorder.log(step, weights={"a": weights}, biases={"a": biases})
            weights += 1
    recording = opened(tmp_path / "run.zarr")
    assert recording.steps[-1] == 499
    assert all((recording.parameter("a/weights", int(step)) == step).all() for step in recording.steps)


def test_probes_are_computed_for_wanted_steps_alone(tmp_path):
    computed = 0
    with Recorder(tmp_path / "run.zarr", max_snapshots=20, axes={"a": "io"}, total_steps=1000) as recorder:
        for step in range(1001):
            probes = None
            if recorder.wants(step):
                computed += 1
                probes = {"step": np.array([step])}
            recorder.log(step, weights={"a": np.full((2, 2), step)}, probes=probes, loss=1.0)
    recording = opened(tmp_path / "run.zarr")
    assert computed < 40
    assert recording.steps[-1] == 1000
    assert all(recording.probe("step", int(step))[0] == step for step in recording.steps)


def size(path: Path) -> int:
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file())


def blocks(path: Path) -> int:
    """What the disk has given for it, folders too; where nobody says that, nothing."""
    return sum(512 * getattr(file.lstat(), "st_blocks", 0) for file in [path, *path.rglob("*")])


@pytest.mark.parametrize(
    ("max_bytes", "spacing"), [("2 MB", "auto"), ("600 kB", "even"), (400_000, "log"), ("1 MB", "all")]
)
def test_a_recording_stays_within_its_bytes(tmp_path, max_bytes, spacing):
    """Over 10,000 steps with five metrics."""
    most = {"2 MB": 2_000_000, "600 kB": 600_000, "1 MB": 1_000_000}.get(max_bytes, max_bytes)
    steps, weights = 10_000, np.zeros((40, 20), np.float32)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with Recorder(tmp_path / "run.zarr", max_bytes=max_bytes, spacing=spacing, axes={"a": "io"}) as recorder:
            for step in range(steps + 1):
                weights[:] = step
                recorder.log(step, weights={"a": weights}, a=step, b=1.0, c=2.0, d=3.0, e=float(step))
    assert size(tmp_path / "run.zarr") <= most
    assert most < 1_000_000 or blocks(tmp_path / "run.zarr") <= most
    assert abs(recorder.stats["bytes"] - size(tmp_path / "run.zarr")) < 20_000
    recording = opened(tmp_path / "run.zarr")
    assert recording.steps[0] == 0 and recording.steps[-1] == steps
    assert (recording.parameter("a/weights", steps) == steps).all()
    measured, values = recording.metric("a")
    assert measured[0] == 0 and measured[-1] == steps and (measured == values).all()
    gaps = np.diff(recording.steps[:-1])
    if spacing in ("even", "all"):
        assert gaps.max() <= 2 * gaps.min()
    full = [str(one.message) for one in told if "is full" in str(one.message)]
    assert len(full) == (spacing == "all")
    if full:
        assert full[0].endswith("max_bytes of 1.0 MB is full; from here on, steps are kept at equal distances")


def test_a_snapshot_that_is_larger_than_the_budget_is_told_at_once(tmp_path):
    recorder = Recorder(tmp_path / "run.zarr", max_bytes="200 kB")
    wide = {"hidden": np.zeros((784, 64), np.float32), "out": np.zeros((64, 10), np.float32)}
    with pytest.raises(CaptureError) as told:
        recorder.log(0, weights=wide)
    assert str(told.value) == (
        "max_bytes of 200 kB holds no snapshot of 203 kB; raise it, or choose which layers to record: "
        "the largest are 'hidden' 201 kB, 'out' 2.6 kB"
    )
    assert not (tmp_path / "run.zarr").exists()


def test_a_budget_that_the_description_fills_is_told(tmp_path):
    told = "max_bytes of 1 kB holds no snapshot of [0-9]+ bytes beside what describes it; raise it"
    with pytest.raises(CaptureError, match=told):
        Recorder(tmp_path / "run.zarr", max_bytes="1 kB").log(0, weights={"hidden": np.zeros((5, 4))})


def test_a_budget_of_few_snapshots_is_told(tmp_path):
    wide = {"hidden": np.zeros((784, 64), np.float32), "out": np.zeros((64, 10), np.float32)}
    few = pytest.warns(RuntimeWarning, match=r"holds \d\d snapshots of 203 kB; raise it, or choose which layers")
    with Recorder(tmp_path / "a.zarr", max_bytes="5 MB") as recorder, few:
        recorder.log(0, weights=wide)
    with Recorder(tmp_path / "b.zarr", max_bytes="5 MB", max_snapshots=5) as recorder:
        recorder.log(0, weights=wide)  # that few were asked for


def test_metrics_that_have_no_room_are_told_once(tmp_path):
    with Recorder(tmp_path / "run.zarr", max_bytes="150 kB", axes={"a": "io"}) as recorder:
        recorder.log(0, weights={"a": np.eye(2)})
        with pytest.warns(RuntimeWarning, match="room for . metrics; others are not recorded, such as 'm") as told:
            for step in range(1, 4):
                recorder.log(step, weights={"a": np.eye(2)}, metrics={f"m{n}": 1.0 for n in range(10)})
    assert len(told) == 1
    assert size(tmp_path / "run.zarr") <= 150_000


WRONG = {
    "step 4 comes after step 4; steps must rise: log each step once": lambda r: r.log(4, weights=A),
    "step 3 comes after step 4; steps must rise: count on, or make another Recorder, with run= or overwrite=True, "
    "for a training that began anew": lambda r: r.log(3, weights=A),
    "'a': (3, 4), before it was (4, 3)": lambda r: r.log(5, weights={"a": np.zeros((3, 4))}, probes=X),
    "step 5: 'b' was not there before; log the same arrays at each step": lambda r: r.log(5, weights=A | {"b": A["a"]}),
    "step 5: 'a' is missing, before it was there; log the same arrays at each step": lambda r: r.log(
        5, probes={"x": np.zeros(3)}, weights={}
    ),
    "step 5: probe 'x' is missing, before it was there; ask recorder.wants(step)": lambda r: r.log(5, weights=A),
    "'a': an array of complex128; float, int and bool are recorded": lambda r: r.log(
        5, weights={"a": np.zeros((4, 3), complex)}, probes=X
    ),
    "step 1.5 is no whole number; count the updates from 0": lambda r: r.log(1.5, weights=A),
    "step -1 is out of range; count the updates from 0": lambda r: r.log(-1, weights=A),
    "epoch 'x' is no number": lambda r: r.log(5, weights=A, probes=X, epoch="x"),
    "metric 'loss': list is no number": lambda r: r.log(5, loss=[1.0]),
    "metric 'loss': int is no number: int too large": lambda r: r.log(5, loss=10**400),
    "7 is no name; give words without control signs": lambda r: r.log(5, metrics={7: 1.0}),
    f"'{'m' * 60}…' is a name of 20,000 letters; give it at most 10,000": lambda r: r.log(5, metrics={"m" * 20_000: 1}),
    "metrics: list is without names; write": lambda r: r.log(5, metrics=[1.0]),
    "weights: ndarray is without names; write": lambda r: r.log(5, weights=np.eye(3)),
    "probes: list is without names; write": lambda r: r.log(5, weights=A, probes=[1.0]),
    f"step {2**53} is out of range; count the updates from 0": lambda r: r.log(2**53, weights=A),
}
A, X = {"a": np.zeros((4, 3), np.float32)}, {"x": np.zeros(3, np.float32)}


@pytest.mark.parametrize("told", WRONG)
def test_what_is_wrong_with_a_step_is_told(tmp_path, told):
    with Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        for step in range(5):
            recorder.log(step, weights=A, probes=X)
        with pytest.raises(CaptureError) as error:
            WRONG[told](recorder)
        assert str(error.value).startswith(told)
        recorder.log(6, weights=A, probes=X)  # and it goes on
    assert opened(tmp_path / "run.zarr").steps.tolist() == [0, 1, 2, 3, 4, 6]


OPTIONS = {
    "spacing: 'odd' is none of auto, even, log, all": {"spacing": "odd"},
    "dtype: 'int4' is none of float32, float16, uint8, same": {"dtype": "int4"},
    "on_error: 'ignore' is none of warn, raise": {"on_error": "ignore"},
    'max_bytes: \'much\' is no number of bytes; write it as "3 MB" or "200 kB"': {"max_bytes": "much"},
    'max_bytes: -5 is no number of bytes; write it as "500 MB"': {"max_bytes": -5},
    "max_snapshots: 1 is no whole number of 2 or more": {"max_snapshots": 1},
    "total_steps: 2.5 is no whole number of 0 or more": {"total_steps": 2.5},
    "input_shapes of 'a': '28' is no shape; write it as (28, 28)": {"input_shapes": {"a": "28"}},
    "'' is no name; give words without control signs": {"run": ""},
    'axes: str is without names; write {"hidden": "oi"}': {"axes": "oi"},
    "classes: 'cat' is no list of words": {"classes": "cat"},
    "classes: 10 is no list of words": {"classes": 10},
    "overwrite: 'no' is none of False, True": {"overwrite": "no"},
}


@pytest.mark.parametrize("told", OPTIONS)
def test_what_is_wrong_with_an_option_is_told(tmp_path, told):
    with pytest.raises(CaptureError) as error:
        Recorder(tmp_path / "run.zarr", **OPTIONS[told])
    assert str(error.value) == told


@pytest.mark.parametrize("path", ["a\0b", None, b"run.zarr"])
def test_what_is_no_path_is_told(path):
    with pytest.raises(CaptureError, match=r"is none; give the name of a folder, such as 'run\.zarr'$"):
        Recorder(path)


LAYERS = {
    "axes: there is no layer 'b'; there are a": {"axes": {"b": "io"}},
    "axes of 'a': 'hwio' does not fit (4, 3); say 'io' or 'oi'": {"axes": {"a": "hwio"}},
    "input_shapes of 'a': (2, 3) makes 6 inputs, the weights have 4": {
        "axes": {"a": "io"},
        "input_shapes": {"a": (2, 3)},
    },
    "layer 'a': activation should be text in quotes, not 3": {"axes": {"a": "io"}, "activations": {"a": 3}},
}


@pytest.mark.parametrize("told", LAYERS)
def test_what_does_not_fit_the_layers_is_told_at_the_first_step(tmp_path, told):
    recorder = Recorder(tmp_path / "run.zarr", **LAYERS[told])
    with pytest.raises(CaptureError) as error:
        recorder.log(0, weights={"a": np.zeros((4, 3))})
    assert str(error.value) == told


FIRST = {
    "'b': (0, 4) holds no numbers; leave it out": {"weights": {"b": np.zeros((0, 4))}},
    "biases: there is no layer 'c'; there are b": {"weights": {"b": np.eye(3)}, "biases": {"c": np.zeros(3)}},
    "gradients: there is no layer 'c'; there are b": {"weights": {"b": np.eye(3)}, "gradients": {"c": np.eye(3)}},
    "'x\\n' is no name; give words without control signs": {"weights": {"b": np.eye(3)}, "probes": {"x\n": np.eye(3)}},
}


@pytest.mark.parametrize("told", FIRST)
def test_arrays_that_cannot_be_are_told_at_the_first_step(tmp_path, told):
    with pytest.raises(CaptureError) as error:
        Recorder(tmp_path / "run.zarr").log(0, **FIRST[told])
    assert str(error.value) == told


def test_an_array_of_one_number_is_a_number(tmp_path):
    with Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        recorder.log(0, weights={"a": np.eye(2)}, loss=np.full((1, 1), 3.0), epoch=np.float32(1))
    assert opened(tmp_path / "run.zarr").metric("loss")[1].tolist() == [3.0]


def test_metrics_may_come_before_the_arrays_and_after_them(tmp_path):
    with Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        recorder.log(0, loss=3.0)
        recorder.log(0, weights={"a": np.eye(2)})
        recorder.log(0, val_accuracy=0.5)
        recorder.log(1, weights={"a": np.eye(2)}, loss=2.0)
    recording = opened(tmp_path / "run.zarr")
    assert recording.metric("loss")[1].tolist() == [3.0, 2.0]
    assert recording.metric("val_accuracy")[1].tolist() == [0.5]
    assert recording.final == {"loss": 2.0, "val_accuracy": 0.5}


@pytest.mark.parametrize("metrics", [{"loss": 1.0}, {}])
def test_without_arrays_there_is_no_recording_and_that_is_told(metrics, tmp_path):
    nothing = pytest.warns(RuntimeWarning, match="no arrays were logged, so nothing was recorded; give model= or")
    with nothing, Recorder(tmp_path / "run.zarr") as recorder:
        recorder.log(0, **metrics)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"weights": [np.eye(3)]}, 'weights: list is without names; write {"hidden": array}'),
        ({"weights": np.eye(3)}, 'weights: ndarray is without names; write {"hidden": array}'),
        ({"biases": np.ones(3)}, 'biases: ndarray is without names; write {"hidden": array}'),
        ({"probes": [np.eye(3)]}, 'probes: list is without names; write {"hidden": array}'),
        ({"metrics": [0.5]}, 'metrics: list is without names; write {"loss": 0.5}'),
        ({"axes": "oi"}, 'axes: str is without names; write {"hidden": "oi"}'),
        ({"input_shapes": (28, 28)}, 'input_shapes: tuple is without names; write {"hidden": (28, 28)}'),
        ({"activations": "relu"}, 'activations: str is without names; write {"hidden": "relu"}'),
    ],
)
def test_what_is_without_the_names_of_layers_is_told(said, told, tmp_path):
    """It is what people try who have one layer."""
    ways = {key: value for key, value in said.items() if key in ("axes", "input_shapes", "activations")}
    with pytest.raises(CaptureError) as error, Recorder(tmp_path / "run.zarr", **ways) as recorder:
        recorder.log(0, **{"weights": {"a": np.eye(3)}, **said})
    assert str(error.value) == told


def test_a_recorder_that_is_closed_says_so_once(tmp_path):
    with Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        recorder.log(0, weights={"a": np.eye(2)})
    recorder.close()
    with pytest.warns(RuntimeWarning, match="the recorder is closed, so this is not recorded") as told:
        recorder.log(1, weights={"a": np.eye(2)})
        recorder.log(2, weights={"a": np.eye(2)})
    assert len(told) == 1 and not recorder.wants(3)


def test_an_adapter_may_log_the_last_step_before_the_end(tmp_path):
    with Recorder(tmp_path / "run.zarr", max_snapshots=10, axes={"a": "io"}) as recorder:
        recorder.before_close(lambda: recorder.log(300, weights={"a": np.full((2, 2), 300)}))
        for step in range(301):
            arrays = {"weights": {"a": np.full((2, 2), step)}} if recorder.wants(step) else {}
            recorder.log(step, loss=1.0, **arrays)
    assert opened(tmp_path / "run.zarr").steps[-1] == 300
    recorder = Recorder(tmp_path / "other.zarr", axes={"a": "io"})
    recorder.before_close(lambda: 1 / 0)
    recorder.log(0, weights={"a": np.eye(2)})
    with pytest.warns(RuntimeWarning, match="division by zero; the last step may be missing"):
        recorder.close()
    assert len(opened(tmp_path / "other.zarr")) == 1


def test_there_are_several_runs_and_none_is_lost(tmp_path):
    recorded(tmp_path / "run.zarr", 3, run="first", axes={"a": "io"})
    recorded(tmp_path / "run.zarr", 4, run="second", axes={"a": "io"})
    with pytest.raises(CaptureError, match=r"run\.zarr: exists; pass overwrite=True"):
        Recorder(tmp_path / "run.zarr", run="first")
    recorded(tmp_path / "run.zarr", 5, run="first", overwrite=True, axes={"a": "io"})
    assert {name: len(one) for name, one in open_recordings(tmp_path / "run.zarr").items()} == {"first": 5, "second": 4}


def test_a_cell_that_runs_again_records_anew(tmp_path):
    first = Recorder(tmp_path / "run.zarr", axes={"a": "io"}, overwrite=True)
    first.log(0, weights={"a": np.eye(2)})
    second = Recorder(tmp_path / "run.zarr", axes={"a": "io"}, overwrite=True)
    for step in range(3):
        second.log(step, weights={"a": np.eye(2)})
    second.close()
    assert len(opened(tmp_path / "run.zarr")) == 3
    with pytest.warns(RuntimeWarning, match="the recorder is closed"):
        first.log(1, weights={"a": np.eye(2)})


def test_an_error_in_the_training_is_noted_and_not_swallowed(tmp_path):
    with pytest.raises(ZeroDivisionError), Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        recorder.log(0, weights={"a": np.eye(2)})
        1 / 0  # noqa: B018
    text = (tmp_path / "run.zarr" / "run" / "zarr.json").read_text()
    assert '"state": "stopped"' in text and "ZeroDivisionError: division by zero" in text


def test_a_copy_of_a_recorder_does_nothing(tmp_path):
    with Recorder(tmp_path / "run.zarr", axes={"a": "io"}) as recorder:
        recorder.log(0, weights={"a": np.eye(2)})
        for other in (copy.deepcopy(recorder), pickle.loads(pickle.dumps(recorder))):
            other.log(1, weights={"a": np.eye(2)}, loss=1.0)
            other.flush()
            other.close()
            assert not other.wants(1) and other.stats["kept"] == 0
    assert len(opened(tmp_path / "run.zarr")) == 1


def test_what_is_written_can_be_read_while_the_training_goes_on(tmp_path):
    recorder = Recorder(tmp_path / "run.zarr", max_snapshots=5, axes={"a": "io"})
    for step in range(100):
        recorder.log(step, weights={"a": np.full((2, 2), step)}, loss=float(step))
    recorder.flush()
    recording = opened(tmp_path / "run.zarr")
    assert recording.steps[-1] == 99 and recording.metric("loss")[0][-1] == 99
    recorder.close()


def test_a_large_class_of_objects_is_taken(tmp_path):
    layers = [SimpleNamespace(W=np.eye(4, 3), b=np.zeros(3), activation="relu")]
    with Recorder(tmp_path / "run.zarr") as recorder:
        recorder.log(0, model=SimpleNamespace(layers=layers))
    layer = opened(tmp_path / "run.zarr").about.layers[0]
    assert (layer.name, layer.activation, layer.origin) == ("0", "relu", "types.SimpleNamespace")
