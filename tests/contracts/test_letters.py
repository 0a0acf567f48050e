"""No letter becomes a box in silence: what the scene says is refused, what others bring is warned of."""

from __future__ import annotations

from itertools import groupby
from types import SimpleNamespace

import numpy as np
import pytest

from examples import cases
from trainings import draw, fitted, record_for
from weightreel.render.check import letters
from weightreel.render.drawing import text
from weightreel.render.drawing.canvas import Rect, blank
from weightreel.render.drawing.layout import Place
from weightreel.render.drawing.theme import Style
from weightreel.render.errors import SceneError
from weightreel.render.planning.plan import prepare
from weightreel.render.planning.sources import sources_of
from weightreel.render.scene.file import parse
from weightreel.render.views._card import Card
from weightreel.render.views.caption import Caption
from weightreel.render.views.curve import Curve
from weightreel.render.views.figures import Figure, Figures
from weightreel.trainer.fields import models
from weightreel.trainer.recording.metrics import MetricAbout
from weightreel.trainer.recording.store import Recordings

SIZE = (640, 360)
# What the layout, the scene or the training calls so.
NAMED_ELSEWHERE = {"type", "area", "run", "layer", "parameter", "metrics", "x", "y", "sort"}
VIEWS = [
    pytest.param(kind(**example.options), example.training, id=f"{name}-{number}")
    for name, group in groupby(cases("view"), key=lambda case: case[0])
    for number, (_, kind, example) in enumerate(group)
]
VIEWS += [
    pytest.param(Caption(area="a", heading="{data}", text="x"), "run", id="caption-data"),
    pytest.param(Figures(items=[Figure(label="data", value="{data}")]), "run", id="figures-data"),
]
LACKING = "\u0001字\t🎉\u3000א"


def strange(recordings: Recordings, metric: str, *, grid: bool) -> Recordings:
    """Recordings all of whose words have letters of their own that the typeface lacks."""
    for number, recording in enumerate(recordings.values()):
        about = recording.about
        recording.columns.history[metric] = recording.columns.history["loss"]
        recording.about = about.model_copy(
            update={
                "classes": tuple(f"{chr(0x4E00 + i)} {name}" for i, name in enumerate(about.classes)),
                "settings": {"l値": f"二 {number}"} if grid else {},
                "metrics": (*about.metrics, MetricAbout(name=metric, words=f"損 {metric}", better="low")),
                "data": "数.npz",
            }
        )
    return Recordings({f"歩 {name}" if len(recordings) > 1 else name: r for name, r in recordings.items()})


@pytest.mark.parametrize("grid", [True, False], ids=["grid", "runs"])
@pytest.mark.parametrize(("view", "training"), VIEWS)
def test_every_box_that_a_view_draws_is_warned_of(view, training, grid, monkeypatch):
    metric, seen, write = "失_loss", [], text.draw
    given = {"metrics": (metric,), "x": metric, "y": metric, "labels": None, "colors": None}
    if {"metrics", "y"} & type(view).model_fields.keys():
        there = {k: v for k, v in given.items() if k in type(view).model_fields}
        view = view.model_copy(update=there | ({"x": view.x} if type(view) is Curve else {}))
    recordings = strange(record_for(view, training), metric, grid=grid)
    monkeypatch.setattr(text, "draw", lambda *at, **look: (seen.append(at[2]), write(*at, **look)))
    where = Place(Rect(0, 0, *SIZE), Style(SIZE))
    draw(fitted(view, recordings, where), blank(SIZE, where.style.background), recordings, 12)
    scene = SimpleNamespace(cards={}, view=[view], names=tuple)
    found = list(letters.findings(scene, {name: r.about for name, r in recordings.items()}))
    assert {(f.key, f.level) for f in found} <= {("view[0]", "warning")}
    warned = set(text.missing("".join(f.message for f in found)))
    drawn = set(text.missing("".join(seen)))
    assert drawn <= warned and bool(drawn) == bool(warned)


def parts() -> list[type]:
    """Classes of options that views and cards are made of."""
    found, left = [], [Card, *(type(param.values[0]) for param in VIEWS)]
    while left:
        kind = left.pop()
        if kind not in found:
            found.append(kind)
            left += [m for field in kind.model_fields.values() for m in models(field.rebuild_annotation())]
    return found


@pytest.mark.parametrize("kind", parts(), ids=lambda kind: kind.__name__)
def test_every_text_of_a_scene_that_is_drawn_is_refused_where_it_has_such_letters(kind):
    for key, field in kind.model_fields.items():
        if key in NAMED_ELSEWHERE:
            continue
        for value in ("a字b", ["a字b"]):
            try:
                kind.model_validate({key: value})
            except SceneError as error:
                assert any(f.key.startswith(key) for f in error.findings), f"{key} of {field} takes {value}"
            else:
                pytest.fail(f"{key} of {kind.__name__} takes {value}")


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ({"type": "caption", "text": LACKING}, "view[0].text   {}"),
        ({"type": "caption", "text": "a\nb", "heading": LACKING}, "view[0].heading   {}"),
        ({"type": "neuron_grid", "labels": ["1", LACKING]}, "view[0].labels[1]   {}"),
        ({"type": "curve", "labels": ["1", LACKING]}, "view[0].labels[1]   {}"),
        ({"type": "figures", "items": [{"label": LACKING, "value": "1"}]}, "view[0].items[0].label   {}"),
    ],
)
def test_letters_that_cannot_be_seen_are_named_by_their_numbers(view, told):
    with pytest.raises(SceneError) as caught:
        parse({"run": {"layers": [{"type": "dense", "units": 10, "activation": "softmax"}]}, "view": [view]})
    assert told.format("the typeface has no sign for U+0001 字 U+0009 🎉 U+3000 א; use others") in str(caught.value)


def test_what_is_said_of_classes_and_of_runs(tmp_path):
    rng, words = np.random.default_rng(0), np.array([chr(0x4E00 + i) for i in range(12)])
    np.savez(tmp_path / "数.npz", x=rng.integers(0, 256, (120, 6, 6), np.uint8), y=np.repeat(words, 10))
    run = {
        "layers": [{"type": "dense", "units": 12, "activation": "softmax"}],
        "data": {"type": "npz", "path": "数.npz", "test": 0.2, "validation": 0.2},
    }
    views = [
        {"type": "confusion_matrix", "run": "走"},
        {"type": "multiples", "on_top": True},
        {"type": "caption", "text": "{data}"},
    ]
    document = {"runs": {"走": run, "run": run}, "view": views, "end_card": {"text": "{data}"}}
    scene = parse(document, folder=tmp_path)
    found = prepare(scene, sources_of(scene), written=False).findings
    told = [f"{f.key}   {f.message}" for f in found if f.level == "warning"]
    lacks, way_out = "the typeface lacks signs of the name", "; write them in Latin, Greek or Cyrillic letters"
    assert told == [
        f"end_card   {lacks} of the data, which are drawn as boxes: 数{way_out}",
        f"view[0]   {lacks}s of the classes, which are drawn as boxes: 一 丁 丂 七 丄 丅 丆 万 丈 三 and 2 more"
        + way_out,
        f"view[1]   {lacks}s of the runs, which are drawn as boxes: 走{way_out}",
        f"view[2]   {lacks} of the data, which are drawn as boxes: 数{way_out}",
    ]
