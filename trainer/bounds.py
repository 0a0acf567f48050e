"""The ends of what options may say, where a type says none of its own.

Put into the schema of every class of options as it is made, so that nothing that a plug-in declares, an installed one
too, is without: a number that is infinite or not a number, or a text of a gigabyte, reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator

MOST_WHOLE = 1_000_000_000
MOST_NUMBER = 1e100
MOST_LETTERS = 10_000
MOST_ITEMS = 1_000
MOST_PATH = 4_096  # letters, of which no system takes more
MOST_NAME = 200  # letters of the names of a table's entries, such as those of runs
MOST_DEPTH = 32  # lists and tables within one another

_VALUES = ("default", "metadata", "serialization", "expected", "config")  # what no types stand in


def bounded(schema: Any) -> Any:
    """A core schema of pydantic's in which everything that may grow has an end; changed in place."""
    if isinstance(schema, list | tuple):
        for part in schema:
            bounded(part)
    elif isinstance(schema, dict):
        kind = schema.get("type")
        if isinstance(kind, str):
            _end(schema, kind)
        for word, part in schema.items():
            if not (isinstance(kind, str) and word in _VALUES):
                bounded(part)
    return schema


def _end(schema: dict[str, Any], kind: str) -> None:
    if kind in ("int", "float"):
        most = MOST_WHOLE if kind == "int" else MOST_NUMBER
        if not {"le", "lt"} & schema.keys():
            schema["le"] = most
        if not {"ge", "gt"} & schema.keys():
            schema["ge"] = -most
        if kind == "float":
            schema["allow_inf_nan"] = False
    elif kind == "str":
        schema.setdefault("max_length", MOST_LETTERS)
    elif kind in ("list", "dict", "set", "frozenset") or (kind == "tuple" and "variadic_item_index" in schema):
        schema.setdefault("max_length", MOST_ITEMS)
        names = schema.get("keys_schema", {})
        if names.get("type") == "str":
            names.setdefault("max_length", MOST_NAME)


def _ended(value: object) -> object:
    left, depth = [value], 0
    while left:
        depth += 1
        if depth > MOST_DEPTH or len(left) > MOST_ITEMS:
            raise ValueError(f"is too large a value; at most {MOST_ITEMS:,} items, {MOST_DEPTH} lists deep")
        for part in left:
            _must_end(part)
        left = [inner for part in left for inner in _inside(part)]
    return value


def _inside(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    return list(value) if isinstance(value, list | tuple) else []


def _must_end(value: object) -> None:
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        raise ValueError(f"should have at most {MOST_LETTERS} characters, not {len(value):,}")
    if isinstance(value, int) and abs(value) > MOST_WHOLE:
        raise ValueError(f"should be at most {MOST_WHOLE:,}, and no less than {-MOST_WHOLE:,}")
    if isinstance(value, float) and not (isfinite(value) and abs(value) <= MOST_NUMBER):
        raise ValueError(f"should be a finite number of at most {MOST_NUMBER:g}, not {value:g}")


Plain = Annotated[Any, AfterValidator(_ended)]  # a value whose type is known only where it ends up
