"""What a scene takes is known, and refused with the number, before anything is made."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.render.check import memory
from weightreel.render.errors import SceneError
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import load
from weightreel.trainer import memory as machine
from weightreel.trainer.layers.conv2d import Conv2d
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.run import Run

GB = 10**9


@pytest.fixture
def small_machine(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 * GB)
    monkeypatch.setattr(memory, "_disk_bytes", lambda: 20 * GB)
    monkeypatch.setattr(memory.tempfile, "gettempdir", lambda: "/tmp")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            ["run.layers.0.units=1_000_000"],
            "run   training takes 13.1 GB at least, and there are 2.0 GB of memory; take fewer units, smaller batches "
            "or fewer epochs",
        ),
        (["run.epochs=1_000_000", "run.batch_size=1"], "run   training takes 19.2 GB at least"),
        (
            ["run.layers.0.units=100_000", "run.epochs=100", "timeline.seconds=30"],
            "run   would keep 297 snapshots of 318.0 MB each: 94.4 GB; there are 2.0 GB of memory and 20.0 GB in /tmp; "
            "take fewer frames",
        ),
        (
            ["timeline={fps=10, every=1}", "run.epochs=1_000_000"],
            "timeline   makes 6,000,002 frames of 6,000,000 steps; a film has at most 1,000,000: raise "
            "timeline.every, or lower fps",
        ),
        (["layout.size=[7680, 4320]"], ""),
    ],
)
def test_what_is_too_much_is_said_with_the_number(settings, told, scene_file, small_machine):
    scene = load(scene_file, settings=settings)
    try:
        prepare(scene, sources_of(scene))
    except SceneError as error:
        assert told and told in str(error), error
    else:
        assert not told


@pytest.mark.parametrize("options", [Dense(units=5), Conv2d(filters=3, kernel=(2, 3)), Conv2d(filters=2)])
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 2)])
def test_layers_count_what_they_learn(options, shape):
    built = options.build(shape, np.random.default_rng(0), np.dtype("float32"))
    assert options.parameter_count(shape) == sum(p.size for p in built.parameters.values())
    assert Run(layers=[options]).parameter_count(shape) == options.parameter_count(shape)


def test_the_memory_that_there_is(monkeypatch, tmp_path):
    free = machine.available_bytes()
    assert 0 < free < 2**50
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.available_bytes() > 0
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert machine.available_bytes() == 2_000_000
    (tmp_path / "memory.current").write_text("4000000\n")
    assert machine.available_bytes() == 0


def test_the_memory_within_the_limit_of_the_process(monkeypatch):
    limits = pytest.importorskip("resource")
    monkeypatch.setattr(limits, "getrlimit", lambda which: (2**40, 2**40))
    assert machine._of_process() < 2**40
    monkeypatch.setattr(limits, "getrlimit", lambda which: (limits.RLIM_INFINITY, limits.RLIM_INFINITY))
    assert machine._of_process() is None


def test_steps_are_not_listed_for_a_thousand_lengths_of_a_long_film(scene_file):
    settings = ["timeline={seconds=900, fps=30}", "grid={epochs=[" + ",".join(map(str, range(1, 401))) + "]}"]
    scene = load(scene_file, settings=settings)
    with pytest.raises(SceneError) as caught:
        prepare(scene, sources_of(scene))
    assert str(caught.value).endswith(
        "output   27,000 frames in all, of trainings of 400 lengths, are too many: 10,800,000 steps to list, where "
        "10,000,000 can be; take outputs or runs out, or shorten the film"
    )


def test_ends_of_an_axis_are_apart(scene_file):
    scene = load(scene_file, settings=["view.1.limits=[0.0, 5e-324]"])
    with pytest.raises(SceneError, match=r"view\[1\].limits   are less than 1e-30 apart; give them more room"):
        prepare(scene, sources_of(scene))
