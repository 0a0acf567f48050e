"""What the views of the source documents show, against computations made here from recorded weights."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from trainings import planned, record_for, record_small, small_data
from weightreel.render.errors import SceneError
from weightreel.render.making.film import record_to, render
from weightreel.render.making.record import record
from weightreel.render.scene.file import load, parse
from weightreel.render.views.activation_maps import ActivationMaps
from weightreel.render.views.back_projection import BackProjection
from weightreel.render.views.confusion_matrix import ConfusionMatrix
from weightreel.render.views.regions import Regions
from weightreel.render.views.samples import Samples
from weightreel.trainer.recording.store import open_recordings


def forward(recording, x, step):
    """The 64-6-3 network of the tests, from its recorded weights: sigmoid, then shares of softmax."""
    w = {n: recording.parameter(n, step).astype(float) for n in ("0/weights", "0/bias", "1/weights", "1/bias")}
    hidden = 1 / (1 + np.exp(-(x.reshape(len(x), -1) / 255 @ w["0/weights"] + w["0/bias"])))
    z = hidden @ w["1/weights"] + w["1/bias"]
    shares = np.exp(z - z.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("step", [0, 7, 12])
def test_confusion_matrix(step):
    view = ConfusionMatrix(split="validation")
    recording, data = record_for(view)["run"], small_data()
    guesses = forward(recording, data.validation.images, step).argmax(axis=1)
    expected = np.zeros((3, 3), int)
    np.add.at(expected, (data.validation.labels, guesses), 1)
    (key,) = view.probes(recording.about)
    assert np.array_equal(recording.probe(key, step), expected)


def test_back_projection_and_regions_are_products():
    recording = record_small()
    product = recording.parameter("0/weights", 9).astype(float) @ recording.parameter("1/weights", 9)
    shown = BackProjection(layer=1, units=[2, 0]).values(recording, 9)
    assert np.allclose(shown, product.T[[2, 0]], atol=1e-5)
    assert np.allclose(Regions(classes=[1]).values(recording, 9), product.T[[1]], atol=1e-5)


def test_samples_say_what_the_network_says():
    view = Samples(rows=1, columns=5, split="test")
    recording, data = record_for(view)["run"], small_data()
    shares = forward(recording, data.test.images[:5], 12)
    for words, label, share in zip(view.words(recording, 12), data.test.labels, shares, strict=False):
        guess = int(share.argmax())
        assert words.startswith("✓" if guess == label else "×")
        assert words.endswith(f"{share[guess]:.0%}")
        assert str(guess) in words


def test_activation_maps_are_the_outputs_of_the_layer():
    view = ActivationMaps(layer=0, image=3, split="test")
    recording, data = record_for(view, "convnet")["run"], small_data()
    weights, bias = (recording.parameter(f"0/{n}", 8).astype(float) for n in ("weights", "bias"))
    image = data.test.images[3] / 255
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    expected = np.maximum(np.einsum("yxij,ijf->fyx", windows, weights[:, :, 0]) + bias[:, None, None], 0)
    assert np.allclose(view.values(recording, 8), expected.reshape(5, -1), atol=1e-5)


GRID = {
    "run": {
        "layers": [{"type": "dense", "units": 4, "activation": "tanh"}, {"type": "dense", "units": 10}],
        "epochs": 1,
        "data": {"type": "mnist", "train": 200, "validation": 50, "test": 50},
    },
    "grid": {"optimizer.lr": [0.01, 0.1], "layers.0.units": [3, 5], "l2": [0.0]},
    "table": "runs.csv",
    "timeline": {"fps": 5, "seconds": 1},
    "layout": {"size": [640, 360], "areas": ["a b", "a c"]},
    "view": [
        {"type": "multiples", "area": "a"},
        {"type": "scatter", "area": "b"},
        {"type": "table", "area": "c"},
    ],
    "output": [{"path": "x.png"}],
}


def test_a_grid_makes_a_run_for_each_combination(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene = parse({**GRID, "run": {**GRID["run"], "optimizer": {"type": "sgd", "lr": 1.0}}})
    assert list(scene.trainings) == [
        "lr=0.01 units=3 l2=0", "lr=0.01 units=5 l2=0", "lr=0.1 units=3 l2=0", "lr=0.1 units=5 l2=0",
    ]  # fmt: skip
    report = render(scene)
    assert list(report["runs"]) == list(scene.trainings)
    with Path("runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["optimizer.lr"], r["layers.0.units"]) for r in rows] == [
        ("0.01", "3"), ("0.01", "5"), ("0.1", "3"), ("0.1", "5"),
    ]  # fmt: skip
    for row in rows:
        assert float(row["validation_accuracy"]) == report["runs"][row["run"]]["metrics"]["validation_accuracy"]


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({"optimizer.rate": [1.0, 2.0]}, ['grid."optimizer.rate"   unknown key; there are type, lr, momentum']),
        ({"lr": [1.0]}, ['grid.lr   unknown key; did you mean "optimizer.lr"?']),
        ({"nothing.here": [1]}, ['grid."nothing.here"   no such key in [run]; there are layers, loss, ']),
        ({"layers.7.units": [1]}, ['grid."layers.7.units"   no item 7 in [run] layers; there are 2, counted from 0']),
        ({"loss.x": [1]}, ['grid."loss.x"   [run] loss is a value and has no keys']),
        (
            {"l2": [], "epochs": ["many", 1, 0, 1], "layers.1.units": [10, 2.5]},
            [
                "grid.l2                    is an empty list; give the values to try\n",
                "grid.epochs[0]             should be a whole number, not 'many'\n",
                "grid.epochs[2]             should be greater than 0, not 0\n",
                "grid.epochs[3]             is called 1, as one before it is; take one of them out\n",
                'grid."layers.1.units"[1]   should be a whole number, not 2.5',
            ],
        ),
        (
            {"layers.1.activation": ["softmax", "relu"], "l2": [0.0, 0.1]},
            ["1 problem\n", "grid.\"layers.1.activation\"[1]   loss 'cross_entropy' goes with 'softmax'"],
        ),
        (
            {"loss": ["mean_squared_error", "binary_cross_entropy"]},
            [
                "1 problem\n",
                "  run.layers[1].activation   loss 'binary_cross_entropy' goes with 'sigmoid' on the "
                "last layer, not 'softmax' (in the run loss=binary_cross_entropy)",
            ],
        ),
    ],
)
def test_wrong_grids(grid, words):
    layers = [GRID["run"]["layers"][0], {"type": "dense", "units": 10, "activation": "softmax"}]
    run = {**GRID["run"], "layers": layers, "optimizer": {"type": "sgd", "lr": 1.0}}
    with pytest.raises(SceneError) as caught:
        parse({**GRID, "run": run, "grid": grid})
    for line in words:
        assert line in str(caught.value)


def test_what_the_data_finds_wrong_with_a_grid_stands_in_the_grid():
    with pytest.raises(SceneError) as caught:
        planned(parse({**GRID, "grid": {"layers.1.units": [5, 10], "l2": [0.0, 0.1]}}))
    told = "5 units, but the data has 10 classes; one unit a class is needed"
    assert str(caught.value) == f'scene: 1 problem\n  grid."layers.1.units"[0]   {told}'


def test_a_kept_recording_has_the_order_of_the_scene_and_its_layers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene = parse({**GRID, "grid": {"l2": [0.1, 0.0]}, "run": {**GRID["run"], "optimizer": {"type": "sgd"}}})
    record_to(scene, "kept")
    render(scene)
    fresh = {p.name: p.read_bytes() for p in tmp_path.glob("x-*.png")}
    render(scene, recording="kept")
    assert {p.name: p.read_bytes() for p in tmp_path.glob("x-*.png")} == fresh
    assert list(open_recordings(Path("kept"))) == ["l2=0.1", "l2=0"]
    layers = [{"type": "dense", "units": 5}, {"type": "dense", "units": 10}]
    other = parse({**GRID, "grid": {"l2": [0.1, 0.0]}, "run": {**GRID["run"], "layers": layers}})
    with pytest.raises(SceneError, match="was trained with other layers: dense 4, dense 10"):
        render(other, recording="kept")


def test_runs_by_name_go_through_training_together():
    document = {k: v for k, v in GRID.items() if k not in ("run", "grid", "table")}
    long, short = {**GRID["run"], "epochs": 2}, GRID["run"]
    views = [{"type": "caption", "text": "{step}", "run": "short"}, *GRID["view"][1:]]
    scene = parse({**document, "runs": {"long": long, "short": short}, "view": views})
    plan = planned(scene)
    recordings = record(plan)
    assert plan.takes[0].course.wanted["long"].tolist() == [0, 2, 4, 6, 8]
    assert plan.takes[0].course.wanted["short"].tolist() == [0, 2, 4, 4, 4]
    assert {n: int(r.steps[-1]) for n, r in recordings.items()} == {"long": 8, "short": 4}


def test_early_stopping_shows_the_whole_film(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = [
        "run.data.train=300", "run.data.validation=100", "run.data.test=100", "run.batch_size=50",
        "run.early_stopping.patience=2", "timeline.seconds=2", "timeline.hold=0.2", "layout.size=[960, 540]",
    ]  # fmt: skip
    scene = load("mlp_40", outputs=["x.png"], settings=settings)
    report = render(scene)
    assert report["outputs"][0]["frames"] == 60
    assert report["runs"]["run"]["epochs"] < 200
    assert report["runs"]["run"]["steps"] == round(report["runs"]["run"]["epochs"] * 6)
