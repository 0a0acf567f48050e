"""Where the time went: counted over threads and processes, and said in words."""

from __future__ import annotations

import json
import threading

from weightreel.render.command.cli import run
from weightreel.render.making.film import record_to, render
from weightreel.render.making.profile import profile
from weightreel.render.planning.suggested import load
from weightreel.render.work.stages import STAGES, Stages


def test_threads_add_to_one_clock():
    stages = Stages()

    def add() -> None:
        for _ in range(1000):
            stages.add("draw", 0.5, "a")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stages.seconds("draw") == 2000


def test_what_another_process_spent_is_plain_data():
    stages, other = Stages(), Stages()
    stages.add("draw", 1.0, "a")
    other.add("draw", 2.0, "a")
    other.add("draw", 4.0, "b")
    other.add("verify", 8.0)
    stages.merge(json.loads(json.dumps(other.plain())))
    assert stages.parts("draw") == [("b", 4.0), ("a", 3.0)]
    assert {stage: stages.seconds(stage) for stage in STAGES if stages.seconds(stage)} == {"draw": 7.0, "verify": 8.0}


def test_a_stage_that_fails_took_its_time_too():
    stages = Stages()
    try:
        with stages.spent("fit"):
            raise KeyError
    except KeyError:
        pass
    assert stages.seconds("fit") > 0


def test_each_view_has_its_share_of_drawing(scene_file):
    stages = Stages()
    report = render(load(scene_file, outputs=["a.mp4"]), stages=stages)
    assert {name for name, _ in stages.parts("draw")} >= {"view[0] (neuron_grid)", "view[1] (curve)"}
    for stage in STAGES[1:]:
        assert report["seconds"][stage] == round(stages.seconds(stage), 3)


def test_what_is_only_trained_has_no_other_stages(scene_file, tmp_path):
    seconds = record_to(load(scene_file), tmp_path / "kept")["seconds"]
    assert [seconds[stage] for stage in STAGES[1:]] == [0.0] * 5 and seconds["train"] == seconds["total"] > 0


def _report(train: float, render: float, jobs: int, cached: bool = False, kept: bool = False) -> dict:
    seconds = {"train": train, "render": render, "total": train + render}
    runs = {"run": {"cached": cached, "kept": kept}}
    return {"seconds": seconds, "outputs": [{"frames": 100}], "jobs": jobs, "runs": runs}


def test_the_profile_names_what_took_most():
    stages = Stages()
    stages.merge({"train": {"the runs": 1.0}, "draw": {"view[0] (curve)": 3.0, "view[1] (table)": 0.01}})
    stages.merge({"encode": {"x.gif": 5.0}})
    told = list(profile(_report(1.0, 6.0, jobs=1), stages, 4))
    assert told[1:] == [
        "  train      1.00 s  the runs 1.00",
        "  draw       3.01 s  30.10 ms a frame: view[0] (curve) 30.00",
        "  encode     5.00 s  50.00 ms a frame: x.gif 50.00",
        "rendering took most, 6.0 of 7.0 s, and of that encoding; --jobs 4 would use all 4 processors",
    ]
    assert list(profile(_report(1.0, 6.0, jobs=4), stages, 4))[-1].endswith(
        "encoding; fewer or smaller frames take less: --draft for a look, --fps, --size"
    )


def test_the_profile_of_a_long_training_says_how_to_keep_it():
    stages = Stages()
    stages.merge({"train": {"the runs": 9.0}})
    told = list(profile(_report(9.0, 1.0, jobs=1), stages, 1))[-1]
    assert told.startswith("training took most, 9.0 of 10.0 s; ") and "--recording" in told


def test_the_profile_of_what_was_trained_before_does_not_say_to_keep_it():
    stages = Stages()
    stages.merge({"train": {"reading and checking": 9.0}})
    told = list(profile(_report(9.0, 1.0, jobs=1, cached=True), stages, 1))[-1]
    assert "nothing was trained" in told and "--recording" not in told


def test_the_profile_of_what_the_cache_has_just_kept_does_not_say_to_keep_it():
    stages = Stages()
    stages.merge({"train": {"the runs": 9.0}})
    told = list(profile(_report(9.0, 1.0, jobs=1, kept=True), stages, 1))[-1]
    assert told.endswith("; the cache has it now, so the next film of it trains nothing")


def test_the_profile_of_another_process_does_not_speak_of_threads():
    stages = Stages()
    stages.merge({"encode": {"x.mp4": 5.0}})
    assert (
        next(profile(_report(1.0, 6.0, jobs=1), stages, 0))
        == "where the time went, the seconds of one process added up:"
    )


def test_the_profile_of_a_cluster_does_not_speak_of_jobs():
    stages = Stages()
    stages.merge({"encode": {"x.mp4": 5.0}})
    assert "--jobs" not in list(profile(_report(1.0, 6.0, jobs=1), stages, 0))[-1]


def test_the_command_says_it_to_people(scene_file, capsys):
    assert run(["render", str(scene_file), "-o", "x.mp4", "--profile"]) == 0
    told = capsys.readouterr().err
    assert "where the time went" in told and "view[1] (curve)" in told
    assert run(["render", str(scene_file), "-o", "x.mp4", "--profile", "-q"]) == 0
    assert capsys.readouterr().err == ""
