"""Which encoder an output is for: by its type, its codec, its suffix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weightreel.render.encoders._output import Output
from weightreel.render.encoders._presets import with_suffix
from weightreel.trainer import plugins


def output_kinds() -> dict[str, type[Output]]:
    """The option class of every encoder, by its name."""
    return plugins.options("weightreel.render.encoders")  # type: ignore[return-value]


def suffixes() -> tuple[str, ...]:
    """All suffixes that some encoder writes."""
    return tuple(sorted({s for kind in output_kinds().values() for s in kind.suffixes}))


def codecs() -> dict[str, str]:
    """The encoder of each codec that one of them claims by name."""
    return {codec: name for name, kind in output_kinds().items() for codec in kind.codecs}


def output_kind(value: Any) -> str | None:
    """The encoder for an output: by its type, else its codec, else its suffix; None where none fits.

    Of several that fit, the one named after the suffix is meant; otherwise OpenCV, which also tries a fourcc that
    nobody claims.
    """
    if isinstance(value, Output):
        return getattr(value, "type", None)
    if not isinstance(value, Mapping):
        return None
    value = with_suffix(value)
    suffix = Path(str(value.get("path", ""))).suffix.lower()
    fitting = [n for n, kind in output_kinds().items() if suffix in kind.suffixes]
    named = value.get("type") or codecs().get(str(value.get("codec")))
    if named in fitting:
        return str(named)
    if not suffix and "for" in value:
        return "h264"  # any kind will do: what is wrong is the purpose, and that is what it will say
    preferred = [name for name in (suffix.lstrip("."), "opencv") if name in fitting]
    return next(iter(preferred + fitting), None)
