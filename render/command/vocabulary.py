"""Pages of the reference for words that keys take: losses, activations, colours, names in templates, purposes."""

from __future__ import annotations

from collections.abc import Mapping

from weightreel.render.command.keys import Key
from weightreel.render.command.page import Page
from weightreel.render.drawing.template import NAMES
from weightreel.render.drawing.theme import ROLES
from weightreel.render.encoders._presets import PRESETS, Preset
from weightreel.trainer.mathematics.losses import LOSSES, Loss
from weightreel.trainer.recording.metrics import MEASURED

ACTIVATION_WORDS = {
    "linear": "what comes in, unchanged",
    "relu": "0 for what is negative, the rest unchanged",
    "sigmoid": "1 / (1 + exp(-z)), between 0 and 1",
    "softmax": "exp(z) / Σ exp(z): shares that add up to 1; on the last layer",
    "tanh": "between -1 and 1",
}
ROLE_WORDS = {
    "text": "words and numbers",
    "muted": "labels and other small words",
    "line": "grid lines, rules, quiet borders",
    "border": "borders of tiles, and nothing else",
    "first": "of the theme's series; likewise second, third and fourth",
    "training": "what is measured on the training set, wherever it stands; the first of the series",
    "validation": "on the validation set; the second",
    "test": "on the test set; the third",
}
MAP_WORDS = {
    "sequential": "from nothing to much: nothing has about the colour of the background",
    "diverging": "below and above 0, which has about the colour of the background",
    "gray": "black to white",
}


def vocabulary() -> list[Page]:
    """The pages."""
    return [_activation(), _loss(), _grid(), _colour(), _colormap(), _template(), _metric(), _purpose()]


def _words(said: Mapping[str, str]) -> tuple[Key, ...]:
    return tuple(Key(name, "", "", meaning) for name, meaning in said.items())


def _activation() -> Page:
    example = """
[run]
layers = [
  { type = "dense", units = 64, activation = "tanh" },
  { type = "dense", units = 10, activation = "softmax" },
]
"""
    words = ("The function that a layer applies to what it gives.",)
    return Page("activation", "activation = …, in a layer", words, _words(ACTIVATION_WORDS), example.strip())


def _loss() -> Page:
    example = """
[run]
layers = [{ type = "dense", units = 10, activation = "sigmoid" }]
loss = "binary_cross_entropy"
"""
    words = ("The number that training lowers.",)
    return Page("loss", "[run]  loss = …", words, _words({n: _told(x) for n, x in LOSSES.items()}), example.strip())


def _told(loss: Loss) -> str:
    first = (loss.compute.__doc__ or "").split("\n")[0].rstrip(".")
    return f"{first[0].lower()}{first[1:]}" + (f"; goes with {loss.pairs_with}" if loss.pairs_with else "")


def _grid() -> Page:
    words = (
        "Values to try by key of [run]: a run for each combination, named after it.",
        "Inner keys have dots and quotes. The views multiples, scatter and table show all runs; `table` at the top of "
        "the scene writes them to a .csv file.",
    )
    example = """
table = "runs.csv"

[grid]
"optimizer.lr" = [0.1, 1.0]
l2 = [0.001, 0.01]
"""
    return Page("grid", "[grid]", words, example=example.strip(), see=("run",))


def _colour() -> Page:
    words = (
        'A colour is written as #rrggbb or #rgb, or by its CSS name, such as "tomato".',
        "Views also take a role of the theme, so that they follow it:",
    )
    known = {role: meaning for role, meaning in ROLE_WORDS.items() if role in ROLES}
    example = """
[[view]]
type = "progress"
color = "second"
"""
    return Page("colour", "color = …", words, _words(known), example.strip(), see=("theme",), aliases=("color",))


def _colormap() -> Page:
    words = (
        "A map from numbers to colours: one that the theme chooses, so that the picture follows it, or any of the "
        "library cmap by its name. `weightreel list colormaps` prints all names in groups, and with -o draws them.",
        "A name that ends in _r is the map reversed.",
    )
    example = """
[[view]]
type = "neuron_grid"
colormap = "diverging"
normalize = { range = "symmetric" }
"""
    known = _words(MAP_WORDS)
    return Page("colormap", "colormap = …, in views", words, known, example.strip(), see=("theme", "normalize"))


def _template() -> Page:
    words = (
        "Text with names in braces, which are replaced by the numbers of the moment, in captions, figures and cards.",
        "After a colon stands the format, as in Python: {epoch:.2f}, {step:6d}, {accuracy:.1%}. A number that is not "
        "yet measured is shown as –. For a brace write two.",
        "A recording made elsewhere has metrics of its own, such as {val_accuracy} or {train/loss}: `weightreel "
        "inspect PATH` lists them. A metric without a format is written as what it is, a share as per cent.",
    )
    example = """
[[view]]
type = "caption"
area = "title"
text = "epoch {epoch:.2f}  loss {loss:.4f}  accuracy {validation_accuracy:.1%}"
"""
    return Page(
        "template",
        "text = …, heading = …, value = …",
        words,
        _words(NAMES),
        example.strip(),
        aliases=("name", "caption_name"),
    )


def _metric() -> Page:
    example = """
[[view]]
type = "curve"
area = "loss"
metrics = ["accuracy", "validation_accuracy"]
"""
    words = (
        "What is measured while a network trains.",
        "A recording that was made elsewhere has metrics of its own: `weightreel inspect PATH` lists them.",
    )
    measured = {metric.name: NAMES[metric.name] for metric in MEASURED}
    return Page("metric", "metrics = [ … ], in views", words, _words(measured), example.strip())


def _purpose() -> Page:
    words = (
        "What an output is for: chooses format, size, frames a second and budget. Keys that the output says win; "
        "without a path it is named after the scene.",
    )
    example = """
[[output]]
for = "slides"

[[output]]
path = "small.gif"
for = "github"
max_bytes = "2 MB"
"""
    said = {name: _asked(preset) for name, preset in PRESETS.items()}
    return Page(
        "purpose", "[[output]]  for = …", words, _words(said), example.strip(), see=("output",), aliases=("for",)
    )


def _asked(preset: Preset) -> str:
    parts = [preset.suffix + (f" with codec {preset.codec}" if preset.codec else "")]
    size = "{} × {}" if preset.exact else "at most {} × {}"
    parts += [size.format(*preset.box)] if preset.box else ["the scene's size"]
    if preset.inside:
        x, y, width, height = preset.inside
        parts += [f"all that is shown within x {x} to {x + width}, y {y} to {y + height}"]
    parts += [f"{preset.fps:g} frames a second at most"] if preset.fps else ["the scene's frames a second"]
    parts += [f"{preset.max_bytes / 1e6:g} MB"] if preset.max_bytes else []
    return ", ".join(parts)
