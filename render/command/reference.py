"""What a scene file can say, as pages: every key with type, default and meaning, taken from the types themselves.

A topic is a page. That of a kind of plug-in (view, layer …) has a page for each of them, found as the plug-ins are.
Prose and examples are the docstrings'.
"""

from __future__ import annotations

import difflib
import inspect
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import get_args

from pydantic import BaseModel

from weightreel.render.command.keys import Key, keys_of
from weightreel.render.command.page import Page
from weightreel.render.command.vocabulary import vocabulary
from weightreel.render.drawing.colormaps import Normalize
from weightreel.render.drawing.layout import Layout
from weightreel.render.drawing.theme import Theme
from weightreel.render.drawing.tiles import Border
from weightreel.render.encoders import Output
from weightreel.render.scene.recorded import Recorded
from weightreel.render.scene.scene import Recipe, Scene
from weightreel.render.scene.timeline import Timeline
from weightreel.render.views._card import Card
from weightreel.trainer import kinds, plugins
from weightreel.trainer.mathematics.initializers import Initializer
from weightreel.trainer.run import EarlyStopping, Run


@dataclass(frozen=True)
class Kind:
    """A kind of plug-in: its topic, where it stands in a scene, how one of them is written there, and a sentence;"""

    topic: str
    place: str
    written: str
    words: str
    aliases: tuple[str, ...] = ()
    see: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """Where they stand, each in a file; "" where that is no package of plug-ins."""
        return kinds.KINDS[self.topic].package if self.topic in kinds.KINDS else ""

    @property
    def shared(self) -> type[BaseModel] | None:
        """The class that has the keys which all of them have, where no topic of its own tells of it."""
        return plugins.base_of(self.package) if self.package and not self.see else None

    @property
    def members(self) -> dict[str, type[BaseModel]]:
        """The classes of options by name."""
        if self.package:
            return dict(plugins.options(self.package))
        return {m.model_fields["type"].default: m for m in get_args(get_args(Initializer)[0])}


KINDS = (
    Kind(
        "layer",
        "[run]  layers",
        'layers = [{ type = "NAME", … }]',
        "The layers of a network, from the input to the output.",
    ),
    Kind(
        "initializer",
        "init = { … }, in a layer",
        'init = { type = "NAME", … }',
        "What the weights of a layer are before training.",
        ("init",),
    ),
    Kind(
        "optimizer",
        "[run]  optimizer",
        'optimizer = { type = "NAME", … }',
        "How gradients change the weights.",
    ),
    Kind(
        "dataset",
        "[run.data]",
        '[run.data]  type = "NAME"',
        "What is learned. Amounts are numbers of images, or fractions below 1.",
        ("data",),
    ),
    Kind(
        "view",
        "[[view]]",
        '[[view]]  type = "NAME"',
        "What fills an area of the frame, or all of it.",
    ),
    Kind(
        "encoder",
        "[[output]]",
        "[[output]]  path = ….NAME",
        "What writes a clip. The suffix of the path chooses it, and the codec where several write that suffix.",
        see=("output",),
    ),
)
TABLES: dict[str, tuple[str, type[BaseModel]]] = {
    "scene": ("the keys at the top of the file", Scene),
    "run": ("[run], or [runs.NAME] for several", Run),
    "early_stopping": ("[run.early_stopping]", EarlyStopping),
    "recording": ("[recording], or recording = …", Recorded),
    "timeline": ("[timeline]", Timeline),
    "layout": ("[layout]", Layout),
    "theme": ("theme = …", Theme),
    "border": ("border = { … }, in views of tiles", Border),
    "normalize": ("normalize = { … }, in views of tiles", Normalize),
    "card": ("[title_card] and [end_card]", Card),
    "output": ("[[output]]", Output),
    "recipe": ("[recipe]", Recipe),
}
ORDER = (
    *("scene", "run", "layer", "activation", "initializer", "loss", "optimizer", "dataset", "early_stopping", "grid"),
    "recording",
    *("timeline", "layout", "theme", "colour", "colormap", "view", "border", "normalize", "template", "metric"),
    *("card", "output", "encoder", "purpose", "recipe"),
)
SMALL = ("border", "normalize")  # shown whole wherever they are a key
# Topics of mere words, by the key that takes one of them, and by type.
BY_KEY = {"activation": "activation", "loss": "loss", "metric": "metric", "for": "purpose", "grid": "grid"}
BY_TYPE = {
    "template": "template",
    "colour": "colour",
    "list of colours": "colour",
    "colour map": "colormap",
    "metric": "metric",
    "list of metrics": "metric",
}
OTHER_NAMES = {"card": ("title_card", "end_card"), "run": ("runs",)}


@cache
def topics(*, installed: bool = False) -> dict[str, Page]:
    """All topics by name, in the order in which a scene is written; with the plug-ins of installed packages too, which
    are imported for it, or with ours alone."""
    pages = [_table_page(name, *told) for name, told in TABLES.items()]
    pages += [_kind_page(kind, plugins.installed(kind.package) if installed and kind.package else {}) for kind in KINDS]
    pages += vocabulary()
    found = {page.name: page for page in pages}
    return {name: found[name] for name in ORDER}


@cache
def topic_of_models() -> dict[type[BaseModel], str]:
    """The topic that tells of each class of options."""
    found = {model: name for name, (_, model) in TABLES.items()}
    for kind in KINDS:
        found |= dict.fromkeys(kind.members.values(), "output" if kind.topic == "encoder" else kind.topic)
    return found


def page_of(model: type[BaseModel], name: str, place: str, given: BaseModel | None = None) -> Page:
    """The page of a class of options, with the defaults of `given` where that is the default of the table."""
    words, example = documented(model)
    keys = tuple(_named(key) for key in keys_of(model, given))
    known, defaults = topic_of_models(), {f.alias or n: f.default for n, f in model.model_fields.items()}
    small = {key.name: m for key in keys for m in key.models if m not in known or known[m] in SMALL}
    tables = tuple(page_of(m, inner, f"{inner} = {{ … }}", defaults[inner]) for inner, m in small.items())
    see = dict.fromkeys(topic for key in keys for topic in topics_of(key) if topic not in SMALL)
    return Page(name, place, words, keys, example, tables, see=tuple(see))


def topics_of(key: Key) -> tuple[str, ...]:
    """The topics that tell of what a key takes."""
    known = topic_of_models()
    found = [known[m] for m in key.models if m in known]
    if key.takes.startswith(("one of", "table")) and key.name in BY_KEY:
        found.append(BY_KEY[key.name])
    if key.takes in BY_TYPE:
        found.append(BY_TYPE[key.takes])
    return tuple(dict.fromkeys(found))


def _named(key: Key) -> Key:
    """A key whose tables have a topic is of that type, as far as words go."""
    known = topic_of_models()
    kinds = {known[m] for m in key.models if m in known}
    if len(kinds) == 1 and len(key.models) > 1:
        return replace(key, takes=re.sub(r"table", kinds.pop(), key.takes))
    return key


def _table_page(name: str, place: str, model: type[BaseModel]) -> Page:
    return replace(page_of(model, name, place), aliases=OTHER_NAMES.get(name, ()))


def _kind_page(kind: Kind, installed: Mapping[str, type[BaseModel]]) -> Page:
    pages = tuple(_member_page(kind, name, model) for name, model in {**kind.members, **installed}.items())
    shared = keys_of(kind.shared) if kind.shared else ()
    return Page(kind.topic, kind.place, (kind.words,), shared, pages=pages, see=kind.see, aliases=kind.aliases)


def _member_page(kind: Kind, name: str, model: type[BaseModel]) -> Page:
    suffixes: tuple[str, ...] = getattr(model, "suffixes", ())
    place = kind.written.replace("….NAME", " ".join(suffixes)).replace("NAME", name)
    return page_of(model, name, place)


def documented(model: type[BaseModel]) -> tuple[tuple[str, ...], str]:
    """The paragraphs of a class's docstring, and its example."""
    text = inspect.cleandoc(model.__doc__ or "")
    prose, _, rest = text.partition("\n\nExample:\n")
    prose = re.split(r"\n\n[A-Z][a-z]+:\n", prose)[0]
    example = re.split(r"\n\n(?=\S)", rest)[0]
    return tuple(" ".join(p.split()) for p in prose.split("\n\n") if p), textwrap.dedent(example).strip()


def find(topic: str, name: str | None = None) -> Page:
    """The page of a topic, in singular or plural, or of one of its plug-ins; of a plug-in by its name alone too.

    Raises:
        LookupError: there is none; its words name the nearest.
    """
    page = _topic(topic)
    if name is None:
        return page
    members = {member.name: member for member in page.pages}
    words = {key.name: key for key in page.keys}
    if name in members:
        return members[name]
    if name in words:
        return _alone(page, words[name])
    _must_load(page.name, name)
    if not members and not words:
        raise LookupError(f"{page.name} has no names; ask for it alone: weightreel help {page.name}")
    raise LookupError(f"no {page.name} '{name}'; {_nearest(name, list(members) or sorted(words))}")


def _alone(page: Page, key: Key) -> Page:
    """One key of a page, with the table that it takes and the topics that it leads to."""
    tables = tuple(table for table in page.tables if table.name == key.name)
    return replace(page, words=(), keys=(key,), example="", tables=tables, pages=(), see=topics_of(key))


def _must_load(topic: str, name: str) -> None:
    """Nothing is said for a name that nobody offers."""
    package = next((kind.package for kind in KINDS if kind.topic == topic), "")
    if package and name in plugins.named(package):
        try:
            plugins.load(package, name)
        except plugins.PluginError as error:
            raise LookupError(str(error)) from None


def _topic(name: str) -> Page:
    every = topics(installed=True)
    for page in every.values():
        if name in (one for known in (page.name, *page.aliases) for one in (known, f"{known}s", f"{known}es")):
            return page
    for page in every.values():
        for member in page.pages:
            if member.name == name:
                return member
    raise LookupError(
        f"no topic '{name}'; {_nearest(name, [*every, *(m.name for p in every.values() for m in p.pages)])}"
    )


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}"
