"""Which encoder an output is for: by its type, its codec, its suffix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from weightreel.render.encoders._output import Output
from weightreel.render.encoders._presets import with_suffix
from weightreel.trainer import plugins

PACKAGE = "weightreel.render.encoders"
Kinds = Mapping[str, type[Output]]


def output_kinds() -> Kinds:
    """The option class of every encoder of ours, by its name."""
    return plugins.options(PACKAGE)  # type: ignore[return-value]


def all_kinds() -> Kinds:
    """Those of installed packages too, after ours; they are imported for it."""
    return {**output_kinds(), **plugins.installed(PACKAGE)}  # type: ignore[dict-item]


def suffixes() -> tuple[str, ...]:
    """All suffixes that some encoder writes."""
    return tuple(sorted({s for kind in all_kinds().values() for s in kind.suffixes}))


def codecs(kinds: Kinds) -> dict[str, str]:
    """The encoder of each codec that one of them claims by name; the first one's, where several do."""
    return {codec: name for name, kind in reversed(list(kinds.items())) for codec in kind.codecs}


def output_kind(value: object) -> str | None:
    """The encoder for an output: by its type, else its codec, else its suffix; None where none fits.

    Of several that fit, the one that is the suffix's default is meant, or with a codec that nobody claims the one that
    tries any. Those of installed packages are looked at where
    ours do not answer.
    """
    if isinstance(value, Output):
        return getattr(value, "type", None)
    if not isinstance(value, Mapping):
        return None
    value = with_suffix(value)
    suffix = Path(_word(value, "path")).suffix.lower()
    if not suffix and "for" in value:
        return "h264"  # any kind will do: what is wrong is the purpose, and that is what it will say
    ours = output_kinds()
    if _answered(value, suffix, ours):
        return _fitting(value, suffix, ours)
    named, every = _word(value, "type"), all_kinds()
    # One that is named and cannot be loaded says so itself.
    return named if named in plugins.named(PACKAGE).keys() - every.keys() else _fitting(value, suffix, every)


def _word(value: Mapping[str, object], key: str) -> str:
    """What a key says, where it is a word."""
    word = value.get(key)
    return word if isinstance(word, str) else ""


def _answered(value: Mapping[str, object], suffix: str, kinds: Kinds) -> bool:
    """Whether one of these encoders is meant, and no other can be."""
    known = value.get("type") in (None, *kinds) and value.get("codec") in (None, *codecs(kinds))
    return known and any(suffix in kind.suffixes for kind in kinds.values())


def _fitting(value: Mapping[str, object], suffix: str, kinds: Kinds) -> str | None:
    fitting = [name for name, kind in kinds.items() if suffix in kind.suffixes]
    codec = _word(value, "codec")
    named = _word(value, "type") or codecs(kinds).get(codec)
    if named in fitting:
        return named
    unclaimed = codec and named is None
    preferred = [
        name for name in fitting if (kinds[name].any_codec if unclaimed else suffix in kinds[name].default_for)
    ]
    return next(iter(preferred + fitting), None)
