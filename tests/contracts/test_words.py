"""The law of messages: whatever is wrong with whatever key, it is said in words for people."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from weightreel.render.errors import Finding, SceneError
from weightreel.render.scene.scene import Scene
from weightreel.trainer.fields import models
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.options import Options

RUN = {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}
WHOLE = "run.batch_size   should be a whole number, not {}"
# A value of every kind that TOML has, of which each key takes a few; and what Python has beside.
VALUES = (
    *("", "x", "x" * 200, "1", 0, 1, -1, 10**30, 2.5, -0.5, 1e300, float("nan"), float("inf"), True, False),
    *(
        [],
        [1],
        [-1, 2.5],
        ["x"],
        [["x"]],
        [1, 2, 3, 4, 5, 6, 7],
        [{}],
        [{"x": 1}],
        {},
        {"x": 1},
        {"type": "x"},
        {"type": 3},
    ),
    *(datetime.date(2020, 1, 2), datetime.time(1, 2), None),
)
MACHINE = (
    "validation",
    "tuple",
    "Input",
    "pydantic",
    "instance of",
    "NoneType",
    "dictionary",
    "valid",
    "extract",
    "object",
)


def known(model: type[BaseModel], found: dict[type[BaseModel], None] | None = None) -> dict[type[BaseModel], None]:
    """A model and all that its keys hold."""
    found = {} if found is None else found
    if model not in found:
        found[model] = None
        for field in model.model_fields.values():
            for inner in [*models(field.rebuild_annotation()), *dict_models(field.annotation)]:
                known(inner, found)
    return found


def dict_models(annotation: object) -> list[type[BaseModel]]:
    """The models of tables by name, such as [runs.NAME]."""
    return [m for a in getattr(annotation, "__args__", ()) if not isinstance(a, str) for m in models(a)]


KNOWN = list(known(Scene))
NAMES = re.compile(r"\b(" + "|".join(m.__name__ for m in (*KNOWN, Options)) + r")\b")


def complaints(model: type[BaseModel], key: str, value: object) -> Iterator[Finding]:
    try:
        model.model_validate({key: value})
    except SceneError as error:
        yield from (finding for finding in error.findings if finding.key.startswith(key))


def test_every_kind_of_table_is_looked_at():
    assert len(KNOWN) > 30


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.__name__)
def test_messages_are_in_words_for_people(model):
    keys = [field.alias or name for name, field in model.model_fields.items()]
    for key, value in itertools.product(keys, VALUES):
        for finding in complaints(model, key, value):
            place = f"{key} = {value!r}: {finding}"
            said = re.sub(r"'[^']*'|(unknown key;|theme's:).*", "", finding.message)  # without what scenes say
            assert not [word for word in MACHINE if re.search(rf"\b{word}\b", said)], place
            assert not NAMES.search(said), place
            assert len(finding.message) < 400, place
            assert "literal" not in finding.key, place


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"layout": {"size": [640]}}, "layout.size   is too short a list; give 2"),
        ({"layout": {"size": [640, 480, 3]}}, "layout.size   is too long a list; give 2"),
        ({"layout": {"size": 3}}, "layout.size   should be a list, not 3"),
        ({"grid": {"l2": 0.1}}, "grid.l2   should be a list, not 0.1"),
        ({"run": 3}, "run   should be a table, not 3"),
        ({"run": {**RUN, "optimizer": "sgd"}}, "run.optimizer   should be a table, not 'sgd'; write { type = 'sgd' }"),
        ({"run": {**RUN, "optimizer": "sdg"}}, "run.optimizer   should be a table, not 'sdg'"),
        ({"run": {**RUN, "batch_size": {}}}, WHOLE + "; or should be 'all', not {}"),
        ({"seed": datetime.date(2020, 1, 2)}, "seed   should be a whole number, not 2020-01-02"),
        ({"output": [{"path": "x.mp4", "codec": "x"}]}, "output[0].codec   should have at least 4 characters, not 'x'"),
        ({"title": [*range(100)]}, "title   should be text in quotes, not [" + ", ".join(map(str, range(22))) + ",…]"),
    ],
)  # fmt: skip
def test_what_pydantic_says_is_said_in_our_words(keys, told):
    with pytest.raises(SceneError) as caught:
        Scene(**({"run": RUN} | keys))
    assert str(caught.value) == f"scene: 1 problem\n  {told}"


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (
            lambda: Dense.model_validate_json('{"units": 0, "x": 1}'),
            ["units   should be greater", "x       unknown key"],
        ),
        (lambda: Dense.model_validate_json("{"), ["not JSON: EOF while parsing an object at line 1 column 1"]),
        (lambda: Dense.model_validate_strings({"units": "0"}), ["units   should be greater than 0, not '0'"]),
        (lambda: Scene.model_validate_json('{"run": 3}'), ["run   should be a table, not 3"]),
        (lambda: setattr(Dense(units=2), "units", 3), ["units   cannot be set: options never change; make others"]),
        (lambda: setattr(Dense(units=2), "x", 3), ["x   cannot be set"]),
        (lambda: delattr(Dense(units=2), "units"), ["units   cannot be set"]),
        (lambda: setattr(Scene(run=RUN), "seed", 3), ["seed   cannot be set"]),
    ],
)
def test_no_way_to_build_or_change_options_has_other_words(build, told):
    with pytest.raises(SceneError) as caught:
        build()
    for words in told:
        assert f"  {words}" in str(caught.value)
