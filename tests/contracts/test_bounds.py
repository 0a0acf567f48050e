"""The law of ends: nothing that a scene says is without one, and whatever goes beyond is said in a line."""

from __future__ import annotations

import itertools
import time
from typing import Annotated, Literal

import pytest
from contracts.test_words import KNOWN
from pydantic import Field

from weightreel.render.drawing.layout import Layout
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import Finding, SceneError
from weightreel.render.scene.file import load, parse
from weightreel.render.scene.scene import Scene
from weightreel.render.scene.toml import MOST_LETTERS
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.options import Many, Options
from weightreel.trainer.recording.about import About

ENDS = {
    "int": ({"le", "lt"}, {"ge", "gt"}),
    "float": ({"le", "lt"}, {"ge", "gt"}),
    "str": ({"max_length", "pattern"},),
    "list": ({"max_length"},),
    "dict": ({"max_length"},),
}
RUN = {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}


def endless(schema: object, at: str = "") -> list[str]:
    """The places in a core schema of pydantic's where something may grow without end."""
    if isinstance(schema, list | tuple):
        return [found for part in schema for found in endless(part, at)]
    if not isinstance(schema, dict):
        return []
    kind = schema.get("type")
    kind = "list" if kind == "tuple" and "variadic_item_index" in schema else kind
    wanted = ENDS.get(kind, ()) if isinstance(kind, str) else ()
    lacking = [f"{at}: {kind}"] if any(not words & schema.keys() for words in wanted) else []
    lacking += [f"{at}: infinite"] if kind == "float" and schema.get("allow_inf_nan") is not False else []
    inside = schema.items() if not isinstance(kind, str) else ((k, v) for k, v in schema.items() if k != "default")
    return lacking + [found for key, part in inside if key != "metadata" for found in endless(part, f"{at}.{key}")]


@pytest.mark.parametrize("model", [*KNOWN, About], ids=lambda model: model.__name__)
def test_everything_that_may_grow_has_an_end(model):
    assert endless(model.__pydantic_core_schema__) == []


class Theirs(Options):
    """What somebody's plug-in declares, without a thought of ends."""

    type: Literal["theirs"] = "theirs"
    rate: float = 0.1
    both: Many[float] | Literal["auto"] = "auto"
    count: int = 3
    word: str = ""
    many: Many[float] = ()
    table: dict[str, list[int]] = Field(default={})
    wide: Annotated[int, Field(ge=0, le=10**12)] = 0


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"rate": float("inf")}, "rate   should be a finite number, not inf"),
        ({"rate": 10**400}, "rate   should be a number of at most 1e+100, not a number of some 401 digits"),
        ({"both": [0.0, float("nan")]}, "both[1]   should be a finite number, not nan"),
        ({"count": 10**30}, "count   should be less than or equal to 1,000,000,000, not " + "1" + "0" * 30),
        ({"word": "x" * 10**6}, "word   should have at most 10000 characters, not '" + "x" * 77 + "…'"),
        ({"many": [0.5] * 10**5}, "many   is too long a list; give at most 1,000"),
        ({"table": {str(i): [] for i in range(2000)}}, "table   has 2,000 entries; give at most 1,000"),
        ({"table": {"x" * 300: []}}, f"table.{'x' * 44}…{'x' * 49}   should have at most 200 characters, not "),
    ],
)
def test_what_others_declare_has_ends_too(keys, told):
    with pytest.raises(SceneError) as caught:
        Theirs.model_validate(keys)
    assert told in str(caught.value)
    assert Theirs(wide=10**12).wide == 10**12, "an end of one's own stays"


def nested(depth: int) -> object:
    value: object = 1
    for i in range(depth):
        value = [value] if i % 2 else {"a": value}
    return value


HOSTILE = (
    *(-(10**400), 10**6000, 1e308, float("nan"), -float("inf"), 2**63, 5e-324),
    *("x" * 10**6, "{loss:999999999d}", "{" * 5000, "9" * 10**5 + " MB"),
    *([0] * 1200, ["x" * 1000] * 1000, [10**400] * 1001, nested(10_000)),
    *({"k" * 10**5: 1}, {"type": "x" * 10**5}, {"type": ["gif"]}, {str(i): 1 for i in range(1200)}),
)


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.__name__)
def test_nothing_that_is_too_large_comes_through_or_is_repeated_whole(model):
    keys = [field.alias or name for name, field in model.model_fields.items()]
    for key, value in itertools.product(keys, HOSTILE):
        begun = time.process_time()
        try:
            model.model_validate({key: value})
        except SceneError as error:
            lines = str(error).splitlines()
            assert len(lines) <= 60 and max(map(len, lines)) < 600, key
        assert time.process_time() - begun < 5, key


def test_findings_are_counted_where_there_are_too_many():
    error = SceneError("x", [Finding(f"k{i}", "wrong") for i in range(5040)])
    assert str(error).startswith("x: 5,040 problems\n  k0 ") and str(error).endswith("\n  and 4,990 more")


def written(words: str, tmp_path) -> str:
    path = tmp_path / "x.toml"
    path.write_text(words)
    with pytest.raises(SceneError) as caught:
        load(path)
    return " ".join(str(caught.value).split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("# " + "x" * MOST_LETTERS, "has more than 250,000 letters; a scene is a short text"),
        ("a = " + "[" * 10_000, "has lists or tables more than 32 deep within one another; a scene needs 6"),
        ("a = " + "{a = " * 10_000, "has lists or tables more than 32 deep within one another; a scene needs 6"),
        ("a." * 100_000 + "a = 1", "has a key of more than 32 parts; a scene needs 5"),
        ('"a b".' * 40_000 + "a = 1", "has a key of more than 32 parts; a scene needs 5"),
        ("seed = " + "9" * 5000, "has a whole number of more digits than can be read"),
        ("seed = 0x" + "f" * 5000, "has a whole number of more digits than can be read"),
        ('title = "' + '\\"' * 50_000, "end of document not TOML: unterminated string; see toml.io for the syntax"),
        ("k" * 100_000 + " = 1", "k" * 50 + "…" + "k" * 49 + " unknown key; there are title, seed, run, "),
        ("[[output]]\nfor = ['web']", "output[0].for ['web'] is none of 'slides', 'web', 'github', "),
    ],
)
def test_files_are_read_within_bounds(words, told, tmp_path):
    assert told in written(words, tmp_path)


def test_brackets_and_dots_in_texts_are_no_lists():
    title = "[{" * 500 + ". " * 500
    document = {"title": title, "run": RUN}
    assert parse(document).title == title


@pytest.mark.parametrize(
    "setting",
    ["a." * 50 + "a=1", "title=" + "[" * 5000, "output.²=1", "output.9999999999=1", "seed=" + "9" * 5000],
)
def test_settings_are_read_within_bounds(setting):
    with pytest.raises(SceneError) as caught:
        load("hidden_grid", settings=[setting])
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"layout": Layout(size=(7680, 4320))}, ""),
        (
            {"layout": {"size": [16384, 2026]}},
            "layout.size   16384 × 2026 are 33.2 million pixels; a frame has",
        ),
        ({"layout": {"areas": ["a " * 65]}}, "layout.areas   a row has 65 names; give at most 64"),
        ({"grid": {"l2": [0.0, float("inf")]}}, "grid.l2[1]   should be a finite number of at most 1e+100, not inf"),
        ({"grid": {"epochs": [[[]] * 5000]}}, "grid.epochs[0]   is too large a value; at most 1,000 items, 32 lists"),
        (
            {"grid": {"epochs": [*range(1, 41)], "batch_size": [*range(1, 41)]}},
            "grid   makes 1,600 runs; a scene has at most 1,000, take values out",
        ),
        ({"timeline": {"hold": 1e9}}, "timeline.hold   should be less than or equal to 1,000,000, not 1000000000.0"),
    ],
)
def test_parts_of_a_scene_have_ends_together(keys, told):
    try:
        Scene(**({"run": RUN} | keys))
    except SceneError as error:
        assert told and told in str(error)
    else:
        assert not told


@pytest.mark.parametrize("spec", ["2000000000.3f", ".31f", "99d", "0" * 31])
def test_formats_ask_for_few_places(spec):
    card = {"heading": f"{{loss:{spec}}}"}
    with pytest.raises(SceneError, match=r"asks for too many places; give at most 30"):
        Scene(run=RUN, title_card=card)


def test_a_layer_says_how_much_it_learns():
    assert Dense(units=3).parameter_count((4, 5)) == 63


def test_the_widest_that_is_allowed_is_looked_at_in_seconds():
    begun = time.process_time()
    cells = [" ".join(f"a{row}x{column}" for column in range(64)) for row in range(64)]
    layout = Layout(size=(3840, 2160), areas=cells)
    grid = {"l2": [i / 1000 for i in range(40)], "epochs": [*range(1, 26)]}
    views = [{"type": "progress", "area": f"a{row}x0"} for row in range(64)]
    scene = Scene(run=RUN, grid=grid, layout=layout, view=views)
    assert len(layout.rects(Style(layout.size, scene.theme))) == 4096
    assert all(len(scene.trainings) == 1000 for _ in range(100))
    assert time.process_time() - begun < 5


def test_runs_are_made_anew_for_another_grid():
    scene = Scene(run=RUN, grid={"epochs": [1, 2]})
    other = scene.model_copy(update={"grid": {"epochs": [3]}})
    assert list(scene.trainings) == ["epochs=1", "epochs=2"] and list(other.trainings) == ["epochs=3"]
