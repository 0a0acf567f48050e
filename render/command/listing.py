"""What there is of a kind, a line each: scenes, plug-ins of ours and of installed packages, colour maps."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator
from typing import get_args

from weightreel.render.command.page import Page
from weightreel.render.command.reference import documented
from weightreel.render.drawing.catalogue import FEW, families, groups
from weightreel.render.drawing.colormaps import MAPS, colormap_names
from weightreel.render.drawing.theme import Theme, ThemeName
from weightreel.render.scene.file import read_toml, shipped_scenes
from weightreel.trainer import plugins
from weightreel.trainer.kinds import KINDS
from weightreel.trainer.options import Options


def lines(kind: str, *, brief: bool) -> Iterator[str]:
    """The lines of a kind, such as "views"; what is too long for a list of all kinds is shorter where that is brief."""
    if kind == "scenes":
        yield from _in_columns((name, read_toml(path).get("title", "")) for name, path in shipped_scenes().items())
    elif kind == "colormaps":
        yield from [f"{len(colormap_names())} maps; weightreel list colormaps"] if brief else _maps()
    else:
        yield from _in_columns(next(_plugins(known.package) for known in KINDS.values() if known.plural == kind))


def _maps() -> Iterator[str]:
    """The maps that themes choose, and the names of all in groups."""
    for purpose in MAPS:
        chosen = (f"{getattr(Theme(name=theme), purpose)} (theme {theme})" for theme in get_args(ThemeName))
        yield f"{purpose}: {', '.join(chosen)}"
    width = shutil.get_terminal_size((100, 24)).columns
    for group, names in groups().items():
        yield from ("", f"{group} ({len(names)}):")
        words = ", ".join(families(names) if group == FEW else names)
        yield from textwrap.wrap(words, width, initial_indent="  ", subsequent_indent="  ")
    yield from (
        "",
        "A name that ends in _r is the map reversed: a sequential one changes its background.",
    )
    yield "weightreel list colormaps -o maps.png draws them."


def _in_columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = list(rows)
    width = max((len(name) for name, _ in rows), default=0)
    yield from (f"{name:<{width}}  {words}".rstrip() for name, words in rows)


def _plugins(package: str) -> Iterator[tuple[str, str]]:
    for name, options in plugins.options(package).items():
        yield name, _told(options)
    for offer in plugins.offered(package):
        yield offer.name, f"{_offered(package, offer)} (from package {offer.package})"


def _told(options: type[Options]) -> str:
    """A plug-in in a line: the first sentence of its docstring, and what an encoder writes."""
    suffixes = " ".join(getattr(options, "suffixes", ()))
    first = Page("", "", documented(options)[0]).summary
    return first + (f" ({suffixes})" if suffixes else "")


def _offered(package: str, offer: plugins.Offer) -> str:
    if offer.passed_over:
        return f"passed over: {offer.passed_over}"
    try:
        return _told(plugins.load(package, offer.name))
    except plugins.PluginError as error:
        return f"cannot be loaded: {error.reason}"
