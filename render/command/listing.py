"""What there is of a kind, a line each: scenes, plug-ins of ours and of installed packages, colour maps."""

from __future__ import annotations

from collections.abc import Iterator

from weightreel.render.drawing.colormaps import colormap_names
from weightreel.render.scene.file import read_toml, shipped_scenes
from weightreel.trainer import plugins
from weightreel.trainer.kinds import KINDS
from weightreel.trainer.options import Options


def lines(kind: str, *, brief: bool) -> Iterator[str]:
    """The lines of a kind, such as "views"; what is too long for a list of all kinds is shorter where that is brief."""
    if kind == "scenes":
        for name, path in shipped_scenes().items():
            yield f"{name:<16} {read_toml(path).get('title', '')}".rstrip()
    elif kind == "colormaps":
        yield from [f"{len(colormap_names())} maps; weightreel list colormaps"] if brief else colormap_names()
    else:
        yield from next(_plugins(known.package) for known in KINDS.values() if known.plural == kind)


def _plugins(package: str) -> Iterator[str]:
    for name, options in plugins.options(package).items():
        yield f"{name:<16} {_told(options)}"
    for offer in plugins.offered(package):
        yield f"{offer.name:<16} {_offered(package, offer)} (from package {offer.package})"


def _told(options: type[Options]) -> str:
    """A plug-in in a line: the first of its docstring, and what an encoder writes."""
    suffixes = " ".join(getattr(options, "suffixes", ()))
    first = (options.__doc__ or "").strip().split("\n")[0]
    return first + (f" ({suffixes})" if suffixes else "")


def _offered(package: str, offer: plugins.Offer) -> str:
    if offer.passed_over:
        return f"passed over: {offer.passed_over}"
    try:
        return _told(plugins.load(package, offer.name))
    except plugins.PluginError as error:
        return f"cannot be loaded: {error.reason}"
