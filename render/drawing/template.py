"""Templates: text with numbers of the recording in braces, such as "epoch {epoch:.2f}".

The names are those of `names`; a metric that is not measured yet is shown as –, and one without a format as what it is.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import isfinite, isnan, nan
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from weightreel.render.drawing import text
from weightreel.render.drawing.described import described
from weightreel.render.drawing.moment import Moment
from weightreel.render.drawing.numbers import APART, FIGURE_SPACE, grouped
from weightreel.render.errors import Finding
from weightreel.trainer.recording.about import About
from weightreel.trainer.recording.recording import Recording

UNKNOWN, NOT_A_NUMBER, ENDLESS = "–", "NaN", "∞"
PLACES = ("step", "epoch")
WORDS = ("data", "run", "layers", "activation", "optimizer", "batch_size")
WHOLE = ("parameters", "step", "steps")
ABOUT_TRAINING = (*WORDS[:5], "lr", "batch_size", "parameters")
WRITTEN = {  # what messages call some of them
    "data": "name of the data",
    "run": "name of the run",
    "lr": "learning rate",
    "batch_size": "size of the batches",
    "parameters": "number of parameters",
}
SOME_RUN = "some name"  # as long as that of a run may be
ABOUT = "~"  # in this typeface as wide as a digit
MOST_LETTERS, MOST_LINES = 2_000, 100
MOST_DIGITS = 30  # of a format, before the point or after it
MOST_SPEC = 30  # signs of a format
LARGE = 1e9
MOST_EPOCHS = 999.0  # of a training whose epochs nobody counted beforehand
_FORMATTER = string.Formatter()
_NAME = re.compile(r"[^\W\d][\w/.-]*")  # such as val_accuracy, train/loss, top-5


class Near(NamedTuple):
    """A number between two that were recorded, shown with a ~; or one that was, where others of the film are not: then
    a blank stands there, as wide as the ~, so that nothing jumps."""

    value: float
    exact: bool


Level = Literal["error", "warning", "note"]
Source = Callable[[str], float | str | Near]


class Measured(float):
    """The value of a metric, which is written as what it is where no format is said: a share as per cent, a loss with
    four decimals."""

    spec: str

    @classmethod
    def of(cls, about: About, name: str, value: float) -> Measured:
        """A value of the metric of that name."""
        made = cls(value)
        metric = next((metric for metric in about.metrics if metric.name == name), None)
        made.spec = ".4g" if metric is None else ".1%" if metric.share else ".4f" if metric.better == "low" else ".4g"
        return made


class Written(NamedTuple):
    """Words that are written and that the scene does not say: `what` they are, for messages."""

    what: str
    words: str


def _all_shown(words: str) -> str:
    lost = text.missing(words)
    if lost:
        raise ValueError(f"the typeface has no sign for {text.named(lost)}; {text.instead(lost)}")
    return words


def _valid_template(template: str) -> str:
    lines = template.count("\n") + 1
    if lines > MOST_LINES:
        raise ValueError(f"has {lines:,} lines; give at most {MOST_LINES}")
    _all_shown(template.replace("\n", ""))
    try:
        fields = _parsed(template)
    except ValueError as error:
        raise ValueError(f"'{template}' is not a template ({error}); write {{{{ for a brace") from None
    for _, name, spec, conversion in fields:
        if name is not None:
            _check_field(name, spec or "", conversion)
    return template


def is_name(words: str) -> bool:
    """Whether what stands in braces may be called so."""
    return _NAME.fullmatch(words) is not None


def _check_field(name: str, spec: str, conversion: str | None) -> None:
    if any(int(digits) > MOST_DIGITS for digits in re.findall(r"\d+", spec[:MOST_SPEC])) or len(spec) > MOST_SPEC:
        raise ValueError(f"'{{{name}:{spec}}}' asks for too many places; give at most {MOST_DIGITS}")
    if not is_name(name) or conversion:
        raise ValueError(f"'{{{name}}}' is not a plain name, such as {{epoch:.2f}} or {{loss:.4f}}")
    try:
        format("" if name in WORDS else 0 if name in WHOLE else 0.0, spec)
    except ValueError as error:
        hint = _HINTS.get(name, f"write {{{name}:.4f}}, or {{{name}:.1%}} for a share")
        raise ValueError(f"'{{{name}:{spec}}}' is not a format for it ({_plain(error)}); {hint}") from None


def _plain(error: ValueError) -> str:
    """Python's words without the names of its types."""
    return re.sub(r" for object of type '\w+'", "", str(error)).lower()


_HINTS = {name: f"write {{{name}}}" for name in WORDS} | {name: f"write {{{name}:6d}}" for name in WHOLE}
_HINTS |= {"epoch": "write {epoch:.2f}", "lr": "write {lr}"}


Template = Annotated[str, Field(max_length=MOST_LETTERS), AfterValidator(_valid_template), Field(title="template")]
Words = Annotated[str, Field(max_length=MOST_LETTERS), AfterValidator(_all_shown)]  # a line that is drawn as it is


def filled(template: str, source: Source) -> str:
    """The template with numbers in place of names; leading spaces of numbers are as wide as digits."""
    words = []
    for literal, name, spec, _ in _parsed(template):
        words.append(literal)
        if name is not None:
            words.append(_formatted(source(name), spec or ""))
    return "".join(words)


def longest(templates: Iterable[str], sources: Iterable[Source]) -> Callable[[str], str]:
    """How templates, or parts of them, read where each of their numbers is the longest of what the sources say."""
    asked = {(n, s or "") for template in templates for _, n, s, _ in _parsed(template) if n is not None}
    found = dict.fromkeys(asked, UNKNOWN)
    for source in sources:
        for name, spec in asked:
            word = _formatted(source(name), spec)
            if text.width(word, 100) > text.width(found[name, spec], 100):
                found[name, spec] = word

    def read(template: str) -> str:
        return "".join(
            literal + ("" if name is None else found[name, spec or ""]) for literal, name, spec, _ in _parsed(template)
        )

    return read


def _formatted(value: float | str | Near, spec: str) -> str:
    if isinstance(value, Near):
        word = _formatted(value.value, spec)
        bare = word.lstrip(FIGURE_SPACE + APART)
        return word[: len(word) - len(bare)] + (FIGURE_SPACE if value.exact else ABOUT) + bare
    if isinstance(value, Lost):
        return NOT_A_NUMBER if isnan(value) else ENDLESS if value > 0 else f"−{ENDLESS}"
    if isinstance(value, float) and isnan(value):
        return UNKNOWN
    spec = spec or (value.spec if isinstance(value, Measured) else "")
    if isinstance(value, float) and abs(value) >= LARGE and spec[-1:] in ("f", "F"):
        spec = f"{spec[:-1]}e"  # up to 39 digits of a loss that diverges would hide all else
    if isinstance(value, str):
        return format(value, spec)
    word = format(value, spec)
    bare = word.lstrip(" ")
    blanks = FIGURE_SPACE * (len(word) - len(bare))
    return grouped(blanks + bare.replace("-", "−").replace(",", APART).replace("_", APART))


class Lost(float):
    """What a metric is from the step on at which it was no finite number: the last that was one would be a lie."""


def values(recording: Recording, step: int, run: str = "") -> Source:
    """Where a template's numbers come from: the snapshot and the metrics at or before `step`, and what is known of the
    training, which the scene calls `run`."""
    about = recording.about
    own = _own(about, run)

    def value(name: str) -> float | str:
        if name in own:
            return own[name]
        if name == "step":
            return int(recording.steps[recording.index(step)])
        if name == "steps":
            return about.length
        if name == "epoch":
            return _epoch(recording, step)
        found = recording.measured(name, step)
        if found is not None and not isfinite(found):
            return Lost(found)
        return Measured.of(about, name, nan if found is None else found)

    return value


def _epoch(recording: Recording, step: int) -> float:
    """Passes over the training set; by the length of one where snapshots do not say."""
    said, length = recording.epoch(step), recording.about.steps_per_epoch
    return recording.recorded(step) / length if isnan(said) and length else said


def values_at(recording: Recording, moment: Moment, run: str) -> Source:
    """The same at a moment. Where the film makes up weights between snapshots, so are the step and the epoch; metrics
    are not."""
    known, at = values(recording, moment.step(run), run), moment.at[run]
    if not moment.tweens:
        return known
    if not moment.tweened(run):
        return tilded(known)

    def value(name: str) -> float | str | Near:
        if name == "step":
            return Near(round(moment.place(run)), exact=False)
        if name == "epoch":
            before, after = (_epoch(recording, step) for step in (at.step, at.next))
            return Near(before + at.share * (after - before), exact=False)
        return known(name)

    return value


def tilded(source: Source) -> Source:
    """The same numbers with room for a ~ before those that have one in other frames of the film."""

    def value(name: str) -> float | str | Near:
        found = source(name)
        return Near(found, exact=True) if name in PLACES and isinstance(found, float | int) else found

    return value


class _Same:
    """What is known of a training, and of no other: told from others by being it, which costs nothing."""

    def __init__(self, about: About) -> None:
        self.about = about

    def __hash__(self) -> int:
        return id(self.about)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.about is self.about


def _own(about: About, run: str) -> Mapping[str, float | str]:
    """What is known of a training, words that are not known being empty; a metric of the same name counts for more."""
    return _known(_Same(about), run)


@lru_cache(maxsize=64)
def _known(training: _Same, run: str) -> Mapping[str, float | str]:
    known = dict.fromkeys(WORDS, "") | described(training.about, run)
    return {name: said for name, said in known.items() if name not in training.about.metric_names}


@lru_cache(maxsize=512)
def _parsed(template: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    """The literal parts of a template, each with the name and the format that follow it."""
    return tuple(_FORMATTER.parse(template))


def expected(about: About, run: str = SOME_RUN) -> Source:
    """Numbers about as wide as those to come, for what must be known before the training."""
    known: dict[str, float | str] = {
        "parameters": 0,
        **_own(about, run),
        "step": about.length,
        "steps": about.length,
        "epoch": about.length / about.steps_per_epoch if about.steps_per_epoch else MOST_EPOCHS,
    }
    return lambda name: known[name] if name in known else Measured.of(about, name, _wide(about, name))


def _wide(about: About, name: str) -> float:
    """A value of a metric in as many digits as any that is likely."""
    shares = {metric.name for metric in about.metrics if metric.share}
    return 1.0 if name in shares else 9.9999


# What our own trainings give; a recording made elsewhere has metrics of its own.
NAMES = {
    "data": "the name of the dataset, a word",
    "run": "the name of the run, a word",
    "layers": "inputs and units of each layer, such as 784-64-10",
    "activation": "of the hidden layers, a word such as sigmoid",
    "optimizer": "such as Adam, or SGD with momentum 0.9",
    "lr": "learning rate, such as 0.05",
    "batch_size": "images of a batch, or all",
    "parameters": "weights and biases of the network, a whole number",
    "epoch": "passes over the training images so far, such as 1.25",
    "step": "batches so far, a whole number",
    "steps": "batches of the whole training, a whole number",
    "loss": "loss over the training images, averaged over recent batches",
    "accuracy": "share of training images that are classified rightly, averaged likewise",
    "batch_loss": "loss of the last batch",
    "batch_accuracy": "accuracy on the last batch",
    "validation_loss": "loss over validation images, always the same ones, at the last validation",
    "validation_accuracy": "accuracy on these images, at the last validation",
    "test_loss": "loss over the test images, once training has ended",
    "test_accuracy": "accuracy on the test images, once training has ended",
    "final_loss": "loss over all training images, once training has ended",
    "final_accuracy": "accuracy on all training images, once training has ended",
    "final_validation_loss": "loss over all validation images, once training has ended",
    "final_validation_accuracy": "accuracy on all validation images, once training has ended",
}


def names(about: About) -> tuple[str, ...]:
    """The names that a template may use."""
    own = (*(name for name in ABOUT_TRAINING if name not in about.metric_names), "epoch", "step", "steps")
    return (*own, *about.metric_names)


def stays(template: str, about: About) -> bool:
    """Whether it reads the same at every moment: it names no number of the training's course."""
    return all(name is None or name in _own(about, SOME_RUN) for _, name, _, _ in _parsed(template))


def words_named(templates: Iterable[str], about: About, run: str) -> Iterator[Written]:
    """The words that templates show and that others said, such as the name of the data."""
    own = _own(about, run)
    for template in templates:
        for _, name, _, _ in _parsed(template):
            if name in WORDS and name in own:
                yield Written(f"the {WRITTEN.get(name, name)}", str(own[name]))


def unrecorded(templates: Mapping[str, str], recording: Recording) -> Iterator[Finding]:
    """A finding for each name in braces that a kept recording knows and has nothing for; `templates` by their keys."""
    told = {}
    if not np.isfinite(recording.epochs).any() and recording.about.steps_per_epoch is None:
        told["epoch"] = "write {step}, or record it with recorder.log(step, epoch=…)"
    known = described(recording.about, "run")
    told |= {name: f"write the {WRITTEN.get(name, name)} itself" for name in ABOUT_TRAINING if name not in known}
    for key, template in templates.items():
        used = {name for _, name, _, _ in _parsed(template) if name is not None}
        for name in sorted((used & told.keys()) - {*recording.about.metric_names}):
            yield Finding(key, f"{{{name}}} was not recorded; {told[name]}")


def unchosen(templates: Iterable[str], runs: Sequence[str], level: Level) -> Iterator[Finding]:
    """Numbers of the first of several runs, where neither `run` nor the words say that they are."""
    used = {name for template in templates for _, name, _, _ in _parsed(template) if name is not None}
    if len(runs) > 1 and used - {"data", "run"} and "run" not in used:
        told = f"the numbers are those of '{runs[0]}', the first of {len(runs)} runs, and nothing says so"
        yield Finding("run", f"{told}; choose one, such as run = '{runs[0]}', or write {{run}}", level)


def unknown_names(templates: Mapping[str, str], about: About) -> Iterator[Finding]:
    """A finding for each name in braces that the recording has not; `templates` by their keys."""
    there = names(about)
    for key, template in templates.items():
        used = {name for _, name, _, _ in _parsed(template) if name is not None}
        for name in sorted(used - set(there)):
            yield Finding(key, f"unknown name {{{name}}}; there are {', '.join(there)}")
