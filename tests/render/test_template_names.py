"""What templates say of a training besides its metrics, so that no caption goes stale."""

from __future__ import annotations

import numpy as np
import pytest

from trainings import record_small, small_convnet, small_data, small_run
from weightreel.render.drawing.described import described
from weightreel.render.drawing.template import expected, filled, unrecorded, values
from weightreel.render.errors import SceneError
from weightreel.render.views.caption import Caption
from weightreel.trainer.network import Network
from weightreel.trainer.recording.about import About, LayerAbout
from weightreel.trainer.run import describe

WORDS = "{layers} {activation}|{optimizer} {lr}|{batch_size} {run}"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "64-6-3 sigmoid|SGD 0.1|10 a"),
        ({"optimizer": {"type": "sgd", "lr": 0.05, "momentum": 0.9}}, "64-6-3 sigmoid|SGD with momentum 0.9 0.05|10 a"),
        ({"optimizer": {"type": "adam", "lr": 1e-5}}, "64-6-3 sigmoid|Adam 1e−05|10 a"),
        ({"batch_size": "all"}, "64-6-3 sigmoid|SGD 0.1|all a"),
        ({"layers": [{"type": "dense", "units": 3, "activation": "softmax"}]}, "64-3 softmax|SGD 0.1|10 a"),
        (
            {
                "layers": [
                    {"type": "dense", "units": 4, "activation": "tanh"},
                    {"type": "dropout", "rate": 0.1},
                    {"type": "dense", "units": 5, "activation": "relu"},
                    {"type": "dense", "units": 3, "activation": "softmax"},
                ]
            },
            "64-4-5-3 tanh, relu|SGD 0.1|10 a",
        ),
    ],
)
def test_words_of_a_training(changed, told):
    run = type(small_run()).model_validate(small_run().model_dump() | changed)
    assert filled(WORDS, expected(describe(run, small_data(), 0), "a")) == told


def test_a_convolutional_network():
    about = describe(small_convnet(), small_data(), 0)
    assert filled("{layers} {activation}", expected(about)) == "8×8-5C3-P2-3 relu"


@pytest.mark.parametrize("run", [small_run(), small_convnet()], ids=["dense", "convnet"])
def test_parameters_are_those_of_the_network(run):
    about = describe(run, small_data(), 0)
    built = Network(run.layers, about.inputs, 0, np.dtype("float32"))
    assert described(about, "")["parameters"] == sum(p.size for p in built.parameters.values())


def test_thousands_are_apart_and_numbers_stand_still():
    words = [filled("{step:6d}|{steps}|{steps:,}", {"step": n, "steps": 50890}.__getitem__) for n in (7, 123456)]
    assert words[1] == "123\u202f456|50\u202f890|50\u202f890"
    assert len(words[0]) == len(words[1])


def test_what_a_training_made_elsewhere_does_not_know_is_refused_by_name():
    layer = LayerAbout(
        name="fc", type="Linear", kind="linear", weights="fc/weights", shape=(4, 2), origin="torch.nn.Linear"
    )
    recording = record_small()
    recording.about = About(layers=(layer,), metrics=recording.about.metrics, total_steps=12)
    found = [f"{f.key} {f.message}" for f in unrecorded({"text": WORDS + "{parameters}{data}"}, recording)]
    assert found == [
        "text {activation} was not recorded; write the activation itself",
        "text {batch_size} was not recorded; write the size of the batches itself",
        "text {data} was not recorded; write the name of the data itself",
        "text {layers} was not recorded; write the layers itself",
        "text {lr} was not recorded; write the learning rate itself",
        "text {optimizer} was not recorded; write the optimizer itself",
        "text {parameters} was not recorded; write the number of parameters itself",
    ]
    assert filled(WORDS, values(recording, 3, "a")) == " | –| a"


def test_a_metric_of_such_a_name_counts_for_more():
    recording = record_small()
    recording.columns.history["lr"] = recording.columns.history["loss"]
    recording.about = recording.about.measuring(["lr"])
    assert filled("{lr:.6f}", values(recording, 12)) == f"{recording.latest('loss', 12):.6f}"


@pytest.mark.parametrize("text", ["{layers:d}", "{optimizer:.2f}", "{batch_size:6d}", "{run:.1%}", "{parameters:.2q}"])
def test_formats_that_words_do_not_take(text):
    with pytest.raises(SceneError, match="is not a format for it"):
        Caption(text=text)


@pytest.mark.parametrize(("lost", "told"), [(np.nan, "NaN"), (np.inf, "∞"), (-np.inf, "−∞")])
def test_what_is_no_number_any_more_is_not_told_as_the_last_that_was(lost, told):
    recording = record_small()
    recording.columns.history["loss"].extend([(13, float(lost))])
    assert filled("{loss:.4f}", values(recording, 13)) == told
    assert filled("{loss:.4f}", values(recording, 12)) == f"{recording.latest('loss', 12):.4f}"
