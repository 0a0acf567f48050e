"""Plug-ins of others: those of installed packages, which scenes name, and those of a script, which it hands over."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from installed import PROCESSES, calls, install, scene

from weightreel import SceneError
from weightreel.render.planning.recipe import read_recipe
from weightreel.render.scene.scene import Scene
from weightreel.render.showing.session import film
from weightreel.trainer.layers.dense import Dense
from weightreel.trainer.run import Run

VIEWS = '''
from dataclasses import dataclass
from typing import Literal
from weightreel.render.views import View

class Curve(View):
    """A block that grows lighter.

    It is called as one of ours is."""
    type: Literal["block"] = "block"
    level: int = 3

    def fit(self, recordings, place, course):
        return Fitted(self.level)

@dataclass(frozen=True)
class Fitted:
    level: int

    def draw(self, canvas, recordings, moment):
        canvas[:] = min(255, self.level + 10 * moment.index)
'''
REST = '''
from typing import ClassVar, Literal
import numpy as np
from weightreel.render.encoders.apng import Apng
from weightreel.trainer.datasets import Dataset, Source
from weightreel.trainer.layers import LayerOptions
from weightreel.trainer.layers.flatten import FlattenLayer
from weightreel.trainer.optimizers import OptimizerOptions
from weightreel.trainer.optimizers.sgd import SGDOptimizer
from weightreel.trainer.options import PathText

class Gif(Apng):
    """An encoder that is called as one of ours is."""
    suffixes: ClassVar = (".tally",)
    codecs: ClassVar = ("tally",)
    codec: Literal["tally"] = "tally"
    type: Literal["tally"] = "tally"

class Spirals(Dataset):
    """Points in the plane."""
    type: Literal["spirals"] = "spirals"
    noise: float = 0.1
    origin: PathText = "/home/someone/points.npz"

    def read(self, folder, rng):
        return Source("spirals", rng.normal(scale=self.noise, size=(90, 2)), np.arange(90) % 3)

class Square(LayerOptions):
    """Nothing is learned."""
    type: Literal["square"] = "square"
    activation: ClassVar = "linear"

    def output_shape(self, input_shape):
        return (int(np.prod(input_shape)),)

    def build(self, input_shape, rng, dtype):
        return FlattenLayer()

class Slow(OptimizerOptions):
    """Gradient descent."""
    type: Literal["slow"] = "slow"
    lr: float = 0.1

    def build(self, parameters):
        return SGDOptimizer(parameters, self.lr, 0.0)
'''
SCENE = """
[run]
layers = [{ type = "square" }, { type = "dense", units = 3, activation = "softmax" }]
optimizer = { type = "slow", lr = 0.2 }
epochs = 1
data = { type = "spirals", noise = 0.5 }
[timeline]
fps = 10
seconds = 0.5
[layout]
size = [64, 64]
[[view]]
type = "block"
level = 100
[[output]]
path = "film.tally"
"""
OWN = """
[run]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
[[view]]
type = "progress"
"""
# What someone's package may do wrong: the value of its entry point, what stands in the module, and what is said.
BROKEN = {
    "lacking": ("lacking", "import a_library_that_is_not_here", "No module named 'a_library_that_is_not_here'"),
    "absent": ("no_such_module:View", None, "No module named 'no_such_module'"),
    "misspelt": ("misspelt", "def fit(:", "invalid syntax (misspelt.py, line 1)"),
    "raises": ("raises", "1 / 0", "ZeroDivisionError: division by zero"),
    "lines": ("lines", "raise RuntimeError('boom\\nsecond line')", "RuntimeError: boom …"),
    "wordless": ("wordless", "raise RuntimeError", "RuntimeError"),
    "skips": ("skips", "import pytest; pytest.skip('no', allow_module_level=True)", "Skipped: no"),
    "based": ("based", "class Odd(BaseException): ...\nraise Odd('odd')", "Odd: odd"),
    "leaves": ("leaves", "raise SystemExit(3)", "SystemExit: 3"),
    "empty": ("empty", "", "empty has no Options class with type: Literal['empty']"),
    "nameless": ("nameless:Nothing", "", "module 'nameless' has no attribute 'Nothing'"),
    "other": ("aaa.rest:Slow", None, "Slow has no Options class with type: Literal['other']"),
    "square": ("aaa.rest:Square", None, "Square is no View"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Two packages: one in order, that also takes a name of ours, and one in which everything is wrong."""
    site = tmp_path_factory.mktemp("site")
    rest = {"encoders": "tally", "datasets": "spirals", "layers": "square", "optimizers": "slow"}
    (site / "aaa").mkdir()
    (site / "aaa" / "__init__.py").touch()
    (site / "aaa" / "views.py").write_text(VIEWS)
    (site / "aaa" / "rest.py").write_text(REST)
    views = {"block": "aaa.views:Curve", "curve": "aaa.views:Curve"}
    install(site, "aaa", {"views": views} | {kind: {name: "aaa.rest"} for kind, name in rest.items()})
    for value, source, _ in BROKEN.values():
        if source is not None:
            (site / f"{value.partition(':')[0]}.py").write_text(source)
    broken = {name: value for name, (value, _, _) in BROKEN.items()}
    install(site, "bbb", {"views": broken | {"block": "bbb"}, "encoders": {"sealed": "no_such_module"}})
    return site


@pytest.fixture(scope="module")
def listed(site, tmp_path_factory) -> dict[str, str]:
    """The lines of each list, by the name that they begin with."""
    kinds = ("views", "encoders", "datasets", "layers", "optimizers")
    done = calls(site, tmp_path_factory.mktemp("listed"), *(["list", kind] for kind in kinds), ["list"])
    assert [status for status, *_ in done] == [0] * 6
    lines = [line for _, out, *_ in done[:5] for line in out.splitlines()]
    assert all(f"  {line}" in done[5][1].splitlines() for line in lines)
    told: dict[str, str] = {}
    for line in lines:
        name, words = line.split(maxsplit=1)
        told[name] = told.get(name, "") + words + "\n"
    return told


def test_a_list_says_where_plugins_are_from(listed):
    assert listed["slow"] == "Gradient descent. (from package aaa)\n"
    assert listed["tally"] == "An encoder that is called as one of ours is. (.tally) (from package aaa)\n"


def test_of_two_packages_the_first_by_name_counts(listed):
    assert listed["block"] == (
        "A block that grows lighter. (from package aaa)\n"
        "passed over: package aaa has one of this name (from package bbb)\n"
    )


def test_a_name_of_ours_is_never_replaced(listed):
    ours, theirs = listed["curve"].splitlines()
    assert "from package" not in ours
    assert theirs == "passed over: weightreel has one of this name (from package aaa)"


@pytest.mark.parametrize("name", BROKEN)
def test_a_list_marks_what_cannot_be_loaded(name, listed):
    own = "Nothing is learned. (from package aaa)\n" if name == "square" else ""  # the layer of that name
    assert sorted(listed[name].splitlines()) == sorted(
        [*own.splitlines(), f"cannot be loaded: {BROKEN[name][2]} (from package bbb)"]
    )


def test_a_scene_is_told_what_of_it_cannot_be_loaded(site, tmp_path):
    """Only that; and no other scene is."""
    wrong = [scene(tmp_path, f"{n}.toml", f'{OWN}[[view]]\ntype = "{n}"\n') for n in BROKEN]
    *done, good = calls(site, tmp_path, *(["check", name] for name in wrong), ["check", scene(tmp_path, "x.toml", OWN)])
    assert good[0] == 0
    for (name, (value, _, reason)), (status, _, told, _) in zip(BROKEN.items(), done, strict=True):
        assert status == 2
        assert told == (
            f"{name}.toml: 1 problem\n"
            f"  view[1].type   '{name}' cannot be loaded: {reason} ({value}, from package bbb); "
            "install what it needs, another version of bbb, or choose another type\n"
        )


def test_an_encoder_that_cannot_be_loaded_breaks_no_other_output(site, tmp_path):
    outputs = ('path = "x.mp4"\ncodec = "av1"', 'path = "x.mp4"\ntype = "sealed"', 'path = "x.mp5"')
    names = [scene(tmp_path, f"{i}.toml", f"{OWN}[[output]]\n{keys}\n") for i, keys in enumerate(outputs)]
    good, sealed, unknown = calls(site, tmp_path, *(["check", name] for name in names))
    assert good[0] == 0, good
    assert sealed[2].startswith("1.toml: 1 problem\n  output[0].type   'sealed' cannot be loaded: No module named 'no_")
    assert "unknown suffix '.mp5'; known are .apng .avi .gif .mkv .mov .mp4 .png .tally .webm .webp" in unknown[2]


def test_a_film_of_an_installed_package(site, tmp_path):
    """Trained with its layer, optimizer and data, shown by its view, written by its encoder, and made again."""
    name = scene(tmp_path, "film.toml", SCENE)
    rendered, recipe = calls(site, tmp_path, ["render", name, "--json", "-q"], ["recipe", "film.tally"])
    assert rendered[0] == 0, rendered[2]
    clip = json.loads(rendered[1].splitlines()[-1])["outputs"][0]
    assert (clip["format"], clip["codec"], clip["frames"]) == ("tally", "tally", 5)
    assert 'origin = "points.npz"' in recipe[1], "nothing personal is in it"
    first = (tmp_path / "film.tally").read_bytes()
    again, other = calls(
        site,
        tmp_path,
        ["render", scene(tmp_path, "again.toml", recipe[1]), "-q"],
        ["render", name, "-q", "--seed", "1", "-o", "other.tally"],
    )
    assert again[0] == other[0] == 0, again[2] + other[2]
    assert (tmp_path / "film.tally").read_bytes() == first


def test_its_keys_are_held_to_the_same_errors(site, tmp_path):
    text = SCENE.replace("level = 100", 'levl = 1\nlevel = "high"').replace("lr = 0.2", "rate = 1")
    text = text.replace('"spirals", noise', '"spirals", nois').replace('"square"', '"squared"')
    text = text.replace('"film.tally"', '"film.tally"\nthinn = 3')
    ((status, _, told, _),) = calls(site, tmp_path, ["check", scene(tmp_path, "film.toml", text)])
    assert status == 2
    assert told == (
        "film.toml: 6 problems\n"
        "  run.layers[0].type   unknown type 'squared'; did you mean 'square'?\n"
        "  run.optimizer.rate   unknown key; there are type, lr\n"
        "  run.data.nois        unknown key; did you mean 'noise'?\n"
        "  view[0].level        should be a whole number, not 'high'\n"
        "  view[0].levl         unknown key; did you mean 'level'?\n"
        "  output[0].thinn      unknown key; did you mean 'thin'?\n"
    )


def test_nothing_is_imported_before_a_scene_names_it(site, tmp_path):
    if site in PROCESSES:
        PROCESSES.pop(site).communicate()
    names = [scene(tmp_path, "own.toml", OWN), scene(tmp_path, "film.toml", SCENE)]
    helped, own, film = calls(site, tmp_path, ["--help"], *(["check", name] for name in names))
    assert helped[0] == own[0] == film[0] == 0
    assert helped[3] == own[3] == []
    assert film[3] == ["aaa", "aaa.views"]


def test_the_schema_knows_its_keys(site, tmp_path):
    """Also where classes are called as ours are."""
    ((status, out, _, _),) = calls(site, tmp_path, ["schema"])
    assert status == 0
    for key in ('"block"', '"level"', '"tally"', '"spirals"', '"noise"', '"square"', '"slow"', '"curve"'):
        assert key in out
    assert not any(f'"{name}"' in out for name in BROKEN if name != "square")


def test_help_knows_its_keys(site, tmp_path):
    asked = (["view", "block"], ["block"], ["views"], ["encoder", "tally"], ["view", "lines"], ["view", "blockk"])
    view, alone, views, encoder, broken, unknown = calls(site, tmp_path, *(["help", *words] for words in asked))
    assert view[0] == alone[0] == views[0] == encoder[0] == 0
    assert view[1] == alone[1]
    assert "A block that grows lighter." in view[1] and "level" in view[1]
    assert re.search(r"^ +block +A block that grows lighter\.$", views[1], re.MULTILINE)
    assert ".tally" in encoder[1]
    assert broken[0] == unknown[0] == 2
    assert "'lines' cannot be loaded: RuntimeError: boom … (lines, from package bbb)" in broken[2]
    assert "did you mean 'block'?" in unknown[2]


def test_the_reference_that_ships_has_ours_alone(site, tmp_path):
    words = "from weightreel.render.command.markdown import markdown; print(markdown())"
    env = os.environ | {"PYTHONPATH": str(site), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", words], cwd=tmp_path, env=env, capture_output=True, check=True)
    shipped = (Path(__file__).parents[2] / "scenes/REFERENCE.md").read_text(encoding="utf-8")
    assert done.stdout.decode().strip() == shipped.strip()


@pytest.fixture(scope="module")
def own() -> Iterator[ModuleType]:
    """The same classes as a script has them, which no entry point names."""
    script = ModuleType("script")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "script", script)
        exec(VIEWS + REST, vars(script))
        yield script


def run_of(own: ModuleType, **keys: object) -> Run:
    layers = (own.Square(), Dense(units=3, activation="softmax"))
    return Run(layers=layers, **{"optimizer": own.Slow(lr=0.2), "data": own.Spirals(noise=0.5), "epochs": 1} | keys)


SMALL = {"timeline": {"fps": 10, "seconds": 0.5}, "layout": {"size": [64, 64]}}


def test_a_script_makes_a_film_of_its_own_plugins(own, tmp_path):
    """And its recipe says what they are."""
    view = own.Curve(level=100)
    outputs = (own.Gif(path=str(tmp_path / "x.tally")), {"path": str(tmp_path / "x.png"), "at": "end"})
    scene = Scene(run=run_of(own), view=(view, {"type": "progress"}), output=outputs, **SMALL)
    assert scene.view[0] is view and scene.output[0] is outputs[0]
    report = film(scene).render()
    assert [clip["format"] for clip in report["outputs"]] == ["tally", "png"]
    told = read_recipe(tmp_path / "x.png")
    for words in ('{ type = "block", level = 100 }', '{ type = "square" }', 'type = "slow"\nlr = 0.2', "noise = 0.5"):
        assert words in told
    assert 'origin = "points.npz"' in told, "nothing personal is in it"


def test_own_plugins_are_written_out_as_what_they_are(own):
    plain = Scene(run=run_of(own), view=(own.Curve(level=7),)).model_dump(mode="json", exclude_none=True)
    assert plain["view"] == [{"type": "block", "level": 7}]
    assert plain["run"]["data"].items() >= {"type": "spirals", "noise": 0.5, "validation": 0.1}.items()


def test_a_grid_varies_the_keys_of_own_plugins(own):
    grid = {"optimizer.lr": [0.1, 0.3], "data.noise": [1.0], "layers.1.units": [4]}
    runs = Scene(run=run_of(own), grid=grid, view=(own.Curve(),)).trainings
    assert [(r.optimizer, r.data) for r in runs.values()] == [
        (own.Slow(lr=lr), own.Spirals(noise=1.0)) for lr in (0.1, 0.3)
    ]


def test_an_own_plugin_of_another_kind_is_refused(own):
    with pytest.raises(SceneError, match="Square is no view; make it a subclass of View"):
        Scene(run=run_of(own), view=(own.Square(),))
    with pytest.raises(SceneError, match="Dense is no optimizer; make it a subclass of OptimizerOptions"):
        run_of(own, optimizer=Dense(units=3))
