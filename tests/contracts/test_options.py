"""What the option class of a plug-in promises to those who know only its kind: declared, and so held here."""

from __future__ import annotations

import inspect
from typing import Literal

import pytest

from weightreel.render.drawing.theme import TEXT, TextColor, ThemeColor
from weightreel.render.encoders._budgeted import Budgeted
from weightreel.render.encoders._output import Output
from weightreel.render.encoders._presets import PRESETS
from weightreel.render.errors import SceneError
from weightreel.render.scene.outputs import _fitting, output_kind, output_kinds
from weightreel.render.scene.scene import Scene
from weightreel.render.views import View
from weightreel.trainer import kinds, plugins
from weightreel.trainer.fields import meant, models
from weightreel.trainer.mathematics.activations import ACTIVATIONS
from weightreel.trainer.optimizers import OptimizerOptions
from weightreel.trainer.options import LAYER, PATH, Options
from weightreel.trainer.run import Run

KINDS = [
    pytest.param(plugins.base_of(kind.package), options, id=f"{kind.plural}-{name}")
    for kind in kinds.KINDS.values()
    for name, options in plugins.options(kind.package).items()
]


ENCODERS = output_kinds()


@pytest.mark.parametrize(("owner", "kind"), KINDS)
class TestEveryKind:
    def test_is_of_its_class_and_says_everything(self, owner, kind):
        assert issubclass(kind, owner)
        assert not inspect.isabstract(kind)

    def test_paths_and_layers_are_known_by_their_types(self, owner, kind):
        """Recipes cut paths down, and layers are counted, before anybody knows the plug-in."""
        for name, field in kind.model_fields.items():
            for part, meaning, value in (("path", PATH, "x"), ("file", PATH, "x"), ("layer", LAYER, 0)):
                if part in name.split("_"):
                    assert list(meant(field.rebuild_annotation(), value, meaning)), f"{name} is no {meaning.what}"


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.plural)
def test_what_all_of_a_kind_are_is_none_itself(kind):
    """A script that makes it hears so, and where to look, in the words that a scene gets."""
    owner = plugins.base_of(kind.package)
    with pytest.raises(SceneError, match=f"make one of those that `weightreel list {kind.plural}` names"):
        owner(wrong=1)


def test_a_key_of_an_output_that_is_near_to_one_is_named():
    with pytest.raises(SceneError, match=r"pth   unknown key; did you mean 'path'\?"):
        Output(pth="x.gif")


@pytest.mark.parametrize("name", plugins.names("weightreel.trainer.layers"))
def test_layers_have_an_activation(name):
    kind = plugins.options("weightreel.trainer.layers")[name]
    keys = {"units": 2, "filters": 2, "rate": 0.5}
    layer = kind(**{key: value for key, value in keys.items() if key in kind.model_fields})
    assert layer.activation in ACTIVATIONS
    assert layer.without_noise().activation == layer.activation


@pytest.mark.parametrize("name", plugins.names("weightreel.trainer.optimizers"))
def test_optimizers_say_which_key_is_their_learning_rate(name):
    optimizer = plugins.options("weightreel.trainer.optimizers")[name]()
    assert getattr(optimizer, optimizer.rate_key) > 0


@pytest.mark.parametrize("name", plugins.names("weightreel.render.encoders"))
def test_what_an_encoder_can_give_up_are_keys_of_it(name):
    kind = plugins.options("weightreel.render.encoders")[name]
    assert set(getattr(kind, "economies", ())) <= {"size", "fps", *kind.model_fields}
    assert kind.suffixes and all(s[0] == "." for s in kind.suffixes)
    assert kind(path=f"x{kind.suffixes[0]}").codec_name


@pytest.mark.parametrize("suffix", sorted({s for kind in ENCODERS.values() for s in kind.suffixes}))
def test_every_suffix_means_one_encoder(suffix):
    """A new encoder takes no clips from another, wherever its name stands in the alphabet."""
    (default,) = [name for name, kind in ENCODERS.items() if suffix in kind.default_for]
    assert suffix in ENCODERS[default].suffixes
    assert _fitting({}, suffix, dict(reversed(ENCODERS.items()))) == default == output_kind({"path": f"x{suffix}"})


@pytest.mark.parametrize("name", ENCODERS)
def test_a_purpose_has_its_budget_where_an_encoder_keeps_one(name):
    kind = ENCODERS[name]
    codec = {"codec": kind.codecs[0]} if "codec" in kind.model_fields else {}
    made = kind.model_validate({"path": f"x{kind.suffixes[0]}", "for": "github", **codec})
    assert getattr(made, "max_bytes", None) == (PRESETS["github"].max_bytes if issubclass(kind, Budgeted) else None)


def test_every_codec_means_one_encoder():
    claimed = [codec for kind in ENCODERS.values() for codec in kind.codecs]
    assert len(claimed) == len(set(claimed))


def test_a_class_that_leaves_something_out_is_not_made():
    with pytest.raises(TypeError, match="Mine does not say: comment, open, verify"):

        class Mine(Output):
            type: Literal["mine"] = "mine"

    with pytest.raises(TypeError, match="Plain has no key 'lr'; say which one is its learning rate: rate_key"):

        class Plain(OptimizerOptions):
            type: Literal["plain"] = "plain"
            rate: float = 0.1

            def build(self, parameters):
                return None

    with pytest.raises(TypeError, match="All shows every run, and has a key for one; make it a subclass of EveryRun"):

        class All(View):
            every_run = True

    class Named(Renamed):
        type: Literal["named"] = "named"
        rate: float = 0.1

    assert getattr(Named(), Named.rate_key) == 0.1


class Renamed(OptimizerOptions):
    """An optimizer of another name for its rate; without a type, so no plug-in yet."""

    rate_key = "rate"

    def build(self, parameters):
        return None


class Words(Options):
    """Colours of words and of other things, one and many, deep and flat."""

    color: TextColor | None = None
    colors: tuple[TextColor, ...] = ()
    other: ThemeColor = "text"
    inner: tuple[Words, ...] = ()


def test_what_fields_mean_is_found_in_unions_lists_and_parts():
    words = Words(color="text", colors=("first", "second"), inner=(Words(), Words(color="muted")))
    assert words.meant(TEXT) == {
        "color": "text",
        "colors[0]": "first",
        "colors[1]": "second",
        "inner[1].color": "muted",
    }


def test_paths_are_found_in_every_part_of_a_scene():
    run = {"layers": [{"type": "dense", "units": 2}], "data": {"type": "npz", "path": "a.npz"}}
    document = {
        "runs": {"one": run, "two": {**run, "data": {"type": "idx", "path": "b"}}},
        "table": "c.csv",
        "output": [{"path": "d.mp4", "type": "h264"}],
        "title": "e.npz",
    }
    assert sorted(path for _, path in meant(Scene, document, PATH)) == ["a.npz", "b", "c.csv", "d.mp4"]
    assert models(Scene.model_fields["run"].annotation) == [Run]
