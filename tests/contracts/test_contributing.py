"""CONTRIBUTING.md keeps its word: its map is the house, and every target of the Makefile is in its table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from contracts.test_architecture import ABOVE_GROUND, GROUND, RENDER, TRAINER

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAP = PAGE[PAGE.index("    command/") : PAGE.index("Imports go down")].splitlines()
MIDDLE = next(i for i, line in enumerate(MAP) if "render above, trainer below" in line)
HALVES = [(RENDER, MAP[: MIDDLE + 1]), (TRAINER, MAP[MIDDLE + 1 :])]


@pytest.mark.parametrize(("floors", "lines"), HALVES, ids=["render", "trainer"])
def test_the_map_has_every_room_on_its_floor(floors, lines):
    said = [" ".join(re.findall(r"\w+/|^    [\w, ]+?(?=   |$)", line)) for line in lines]
    at = {room: next((i for i, words in enumerate(said) if re.search(rf"\b{room}\b", words)), None) for room in floors}
    assert None not in at.values(), at
    for room, floor in floors.items():
        assert all(at[other] > at[room] for other in floors if floors[other] > floor), room


def test_the_ground_is_that_of_the_test():
    told = re.search(r"from `trainer` only the ground: (.*?)\. Beside it (.*?)\. A recording", PAGE, re.S)
    assert set(re.findall(r"`(\w+)`", told[1])) == GROUND
    above = {}
    for part in told[2].split(";"):
        rooms, taken = (re.findall(r"`(\w+)`", half) for half in re.split(r"\btakes?\b", part))
        above |= {room: set(taken) for room in rooms}
    assert above == ABOVE_GROUND


def test_every_target_is_in_the_table():
    targets = set(re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text())[1].split())
    told = set(re.findall(r"`make ([\w-]+)`", PAGE + (ROOT / "README.md").read_text(encoding="utf-8")))
    assert targets - told <= {"clean", "demo"} and told <= targets
