"""What a recording says of its layers and metrics, asked by number, by name, and for what is not there."""

import json
import pickle
import re
from pathlib import Path

import pytest

from weightreel.trainer.errors import Finding, Unfit, gathered
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.recording.metrics import MEASURED, MetricAbout
from weightreel.trainer.recording.store import open_recordings
from weightreel.trainer.run import Run

KEPT = Path(__file__).parents[1] / "data" / "recording"
OWN = About(
    input_shape=(8, 8),
    layers=(
        LayerAbout.own(0, type="flatten", kind="shape", input_shape=(8, 8), output_shape=(64,)),
        LayerAbout.own(1, type="dense", kind="linear", activation="relu", input_shape=(64,), output_shape=(3,)),
    ),
    metrics=MEASURED,
)
FOREIGN = About(
    input_shape=(28, 28),
    layers=(
        LayerAbout(
            name="encoder.hidden",
            type="Linear",
            kind="linear",
            input_shape=(784,),
            output_shape=(64,),
            weights="encoder.hidden/weights",
        ),
        LayerAbout(name="norm", type="BatchNorm1d", kind="other", input_shape=(64,), output_shape=(64,)),
    ),
    metrics=(MetricAbout(name="lr", words="rate", better="neither"),),
)


def test_layers_are_found_by_number_and_by_name():
    assert OWN.layer(1) is OWN.layer("1") is OWN.layers[1]
    assert OWN.layer(1, "linear").weights == "1/weights"
    assert OWN.layer(0).kind == "shape" and OWN.layer(0).weights is None and OWN.layer(0).activation is None
    assert FOREIGN.layer(0) is FOREIGN.layer("encoder.hidden", "linear")


@pytest.mark.parametrize(
    ("about", "asked", "message"),
    [
        (OWN, (4,), "layer 4 is out of range; the run has layers 0 to 1"),
        (OWN, (-1,), "layer -1 is out of range; the run has layers 0 to 1"),
        (OWN, (0, "linear"), "layer 0 is of type flatten; choose a dense one"),
        (OWN, (0, "conv"), "layer 0 is of type flatten; the run has no conv2d one"),
        (OWN, ("hidden",), "no layer 'hidden'; the layers have no names, only numbers, 0 to 1"),
        (FOREIGN, ("encoder.hiden",), "no layer 'encoder.hiden'; there are encoder.hidden, norm; did you mean "),
        (FOREIGN, ("norm", "linear"), "layer norm is of type BatchNorm1d; choose a dense one"),
        (About(input_shape=(2,), layers=()), (0,), "layer 0 is out of range; the run has none"),
    ],
)
def test_a_layer_that_does_not_fit(about, asked, message):
    with pytest.raises(Unfit, match=re.escape(message)) as caught:
        about.layer(*asked)
    assert caught.value.key == "layer" and caught.value.message == str(caught.value)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.key, copy.message) == (caught.value.key, caught.value.message)


def test_a_metric_that_is_not_measured():
    assert OWN.metric("validation_loss").words == "validation loss"
    assert FOREIGN.metric("lr").words == "rate"
    with pytest.raises(Unfit, match="unknown metric 'los'; there are loss, accuracy, batch_loss") as caught:
        OWN.metric("los")
    assert caught.value.key == "metric"
    with pytest.raises(Unfit, match=r"unknown metric 'loss'; there are lr$"):
        FOREIGN.metric("loss")


NAMED = [
    ("loss", "training loss", "low", False),
    ("accuracy", "training accuracy", "high", True),
    ("batch_loss", "loss of each batch", "low", False),
    ("validation_accuracy", "validation accuracy", "high", True),
    ("val_accuracy", "validation accuracy", "high", True),
    ("val_acc", "validation accuracy", "high", True),
    ("eval_loss", "evaluation loss", "low", False),
    ("train_loss", "training loss", "low", False),
    ("train/loss", "training loss", "low", False),
    ("macro F1", "macro F1", "high", True),
    ("error_rate", "error rate", "low", False),
    ("lr", "learning rate", "neither", False),
    ("learning_rate", "learning rate", "neither", False),
    ("grad_norm", "gradient norm", "neither", False),
    ("loss_scale", "loss scale", "neither", False),
    ("temperature", "temperature", "neither", False),
    ("损失", "损失", "neither", False),
]


@pytest.mark.parametrize(("name", "words", "better", "share"), NAMED)
def test_names_are_understood_by_their_parts(name, words, better, share):
    assert MetricAbout.named(name) == MetricAbout(name=name, words=words, better=better, share=share)


def test_what_is_measured_joins_what_was_declared():
    assert FOREIGN.measuring(["lr", "eval_loss"]).metric_names == ("lr", "eval_loss")
    assert FOREIGN.measuring(["eval_loss", "lr"]).metric("lr").words == "rate"
    assert OWN.measuring(["loss"]) is OWN


@pytest.mark.parametrize("about", [OWN, FOREIGN, OWN.measuring(["lr"])])
def test_what_is_stored_comes_back(about):
    assert About.restored(json.loads(json.dumps(about.stored()))) == about


def test_what_follows_from_types_is_not_stored():
    """A recording of our own training has the keys that it always had."""
    for name, recording in open_recordings(KEPT).items():
        before = json.loads((KEPT / name / "zarr.json").read_text())["attributes"]["description"]
        stored = recording.about.stored()
        assert {key: stored[key] for key in before} == before
        assert stored.keys() - before.keys() <= {"run", "digest"}
        assert [layer.keys() for layer in stored["layers"]] == [layer.keys() for layer in before["layers"]]
        assert recording.about.metrics == MEASURED


def test_layers_that_only_rearrange():
    assert [layer.rearranges for layer in OWN.layers] == [True, False]
    pool = LayerAbout.own(0, type="max_pool2d", kind="shape", input_shape=(8, 8), output_shape=(4, 4))
    assert not pool.rearranges
    assert OWN.pictures and not OWN.model_copy(update={"input_shape": (64,)}).pictures


def test_weights_are_asked_for_by_layer_and_kind():
    assert OWN.weights(1, "linear") == "1/weights"
    with pytest.raises(Unfit, match="layer 0 is of type flatten; choose a dense one"):
        OWN.weights(0, "linear")
    bare = OWN.layers[1].model_copy(update={"weights": None})
    with pytest.raises(Unfit, match="layer 0 was recorded without its weights") as caught:
        OWN.model_copy(update={"layers": (bare,)}).weights(0, "linear")
    assert caught.value.finding == Finding("layer", "layer 0 was recorded without its weights")


def test_a_run_knows_recordings_of_its_layers():
    run = Run(layers=[{"type": "conv2d", "filters": 2}, {"type": "flatten"}, {"type": "dense", "units": 3}])
    about = OWN.model_copy(update={"layers": run.layers_for((8, 8))})
    assert run.differs(about) == ""
    other = {"type": "conv2d", "filters": 2, "kernel": 4}
    assert Run(layers=[other, *run.layers[1:]]).differs(about)
    assert Run(layers=[other, *run.layers[1:]]).differs(about) == "conv2d 6×6×2, flatten 72, dense 3"
    bent = Run(layers=[{"type": "conv2d", "filters": 2, "activation": "tanh"}, *run.layers[1:]])
    assert bent.differs(about) == f"layer 0 with {run.layers[0].activation}, not tanh"
    assert run.differs(about.model_copy(update={"input_shape": (2, 2)}))


@pytest.mark.parametrize(
    ("owner", "key", "path"),
    [
        ("view[0]", "layer", "view[0].layer"),
        ("view[0]", "", "view[0]"),
        ("", "layer", "layer"),
        ("", "", ""),
        ("run.layers", "[1].units", "run.layers[1].units"),
    ],
)
def test_findings_are_put_under_the_key_of_their_owner(owner, key, path):
    assert Finding(key, "x", "note").under(owner) == Finding(path, "x", "note")


def test_an_unfit_ends_what_is_gathered():
    def found():
        yield Finding("a", "one", "note")
        OWN.metric("los")
        yield Finding("b", "never")

    assert [f.key for f in gathered(found())] == ["a", "metric"]
