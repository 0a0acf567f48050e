"""What is wanted of a training, told to others, and what a recording of it has in the end."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainings import record_small
from weightreel.trainer.recording.copied import chosen, snapshots_of
from weightreel.trainer.recording.probes import ConfusionMatrix, Images, from_plain, plain
from weightreel.trainer.recording.recorder import Recorder
from weightreel.trainer.recording.snapshot import Snapshot
from weightreel.trainer.recording.wanted import Wanted

PROBES = [Images("test", 3, first=2, enough=1), ConfusionMatrix("validation")]


@given(st.integers(1, 900), st.integers(1, 3000), st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_thinning_leaves_is_known_by_the_length_alone(most, length, stopped):
    wanted = Wanted(most=most)
    selection = wanted.selection()
    recorder = Recorder(record_small().about, selection=selection)
    for step in range(length if stopped else length + 1):
        if step in selection or (not stopped and step == length):
            recorder.append(Snapshot(step, 0.0, {"w": np.zeros(1)}, {"loss": 0.0}))
    expected = wanted.ending(length - 1, length) if stopped else wanted.ending(length)
    assert recorder.recording.steps.tolist() == expected.tolist()


def test_what_is_wanted_can_be_told():
    wanted = Wanted((0, 3, 9), 0, {probe.key: probe for probe in PROBES})
    assert Wanted.from_plain(json.loads(json.dumps(wanted.plain()))) == wanted
    assert [from_plain(plain(probe)).enough for probe in PROBES[:1]] == [1]
    assert wanted.ending(9).tolist() == [0, 3, 9] and wanted.ending(9, stopped=5).tolist() == [0, 3]


def test_a_probe_of_a_plugin_cannot():
    class Strange:
        key = "strange"

    assert Wanted(probes={"strange": Strange()}).plain() is None
    with pytest.raises(KeyError):
        from_plain({"kind": "Strange"})


def test_snapshots_are_those_of_the_training():
    recording = record_small()
    again = Recorder(recording.about)
    for snapshot in snapshots_of(recording):
        again.append(snapshot)
    assert again.finish(total_steps=recording.about.total_steps).digest() == recording.digest()


def test_some_steps_have_all_that_was_measured_until_then():
    recording = record_small()
    some = chosen(recording, recording.about, recording.steps[::3], recording.probe_names[:1])
    assert some.steps.tolist() == recording.steps[::3].tolist() and some.probe_names == recording.probe_names[:1]
    last = some.steps[-1]
    for name in some.metric_names:
        steps, values = recording.metric(name)
        assert np.array_equal(some.metric(name)[1], values[steps <= last])
