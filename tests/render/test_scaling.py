"""The simulation of clusters: where its answer can be said without it, it is that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weightreel.render.command.scaling import table
from weightreel.render.making.scaling import Costs, Machines, film, runs

COSTS = Costs(
    prepare=1, begin=2, open=3, draw=0.01, encode=0.02, frame=1000, join=0.001, verify=0.002, snapshot=1e6, task=1e-9,
    step=0.001, run=0.5, recording=1e6, packed=1e3, files=0, take=0.01, show=0.02,
)  # fmt: skip
ENDLESS = Machines(1, storage=1e15, line=1e15)


def test_one_worker_does_all_of_it_one_after_the_other():
    found = film(COSTS, ENDLESS, frames=1200, segment=120, snapshots=100)
    assert found.seconds == pytest.approx(1 + 2 + 3 + 1200 * (0.01 + 0.02 + 0.001 + 0.002))
    assert runs(COSTS, ENDLESS, 10, 1000).seconds == pytest.approx(1 + 2 + 10 * 1.5 + 0.01 + 10 * 0.02)


def test_several_do_it_as_many_times_as_fast_where_nothing_is_in_the_way():
    one, ten = (film(COSTS, replace(ENDLESS, workers=n), 12_000, 120, 100).stages["work"] for n in (1, 10))
    assert ten == pytest.approx(one / 10)


def test_no_more_work_than_there_are_segments():
    assert film(COSTS, replace(ENDLESS, workers=99), 240, 120, 100).stages["work"] == pytest.approx(120 * 0.03)


def test_a_line_carries_what_it_can():
    slow = Machines(10, storage=1e9, line=1e6)
    found = film(COSTS, slow, 1200, 120, 100)
    assert found.stages["send"] == pytest.approx(100) and found.stages["begin"] == pytest.approx(100 + 5)
    assert film(COSTS, replace(slow, in_place=True), 1200, 120, 100).stages["send"] == 0


def test_machines_that_have_several_workers_are_brought_a_recording_once():
    shared = Machines(8, storage=1e6, line=1e9, several=8)
    apart = replace(shared, several=1)
    once, each = (film(COSTS, m, 1200, 120, 100).stages["begin"] for m in (shared, apart))
    assert once == pytest.approx(100 + 5) and each == pytest.approx(100 * (1 + 8) / 2 + 5)


def test_what_all_share_is_busy_as_it_was_used():
    found = runs(COSTS, Machines(1000, storage=1e6, line=1e9), 100, 1000)
    assert found.busy["storage"] == pytest.approx(100 / found.seconds)
    assert runs(COSTS, Machines(1000, storage=None, line=1e6), 100, 1000).busy["storage"] < 0.1


def test_the_table_has_a_row_for_each():
    rows = list(table([film(COSTS, replace(ENDLESS, workers=n), 1200, 120, 100) for n in (1, 10)]))
    assert len(rows) == 4 and rows[3].startswith("| 10 | ") and len({row.count("|") for row in rows}) == 1
