"""The words for what pydantic finds wrong: each problem with its key path and a way out."""

from __future__ import annotations

import difflib
import itertools
import re
import reprlib
from collections.abc import Iterable, Mapping
from datetime import date, time

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from weightreel.trainer.bounds import MOST_NAME, MOST_NUMBER
from weightreel.trainer.errors import Finding
from weightreel.trainer.fields import KeyedError, Loc, annotation_at, fixed_lengths, key_path, models, names

LONGEST = 80  # characters of a wrong value that are shown
MOST_TOLD = 100  # problems that are put into words; who made more of them made one many times


def worded(error: ValidationError, model: type[BaseModel], document: object) -> list[Finding]:
    """What pydantic finds wrong with a document that is meant to be a model, in words for people; one finding a key:
    a union of types complains once for each of its members."""
    by_key: dict[str, list[str]] = {}
    causes = _causes(error.errors())
    for cause in causes[:MOST_TOLD]:
        finding = _finding(cause, model, document)
        by_key.setdefault(finding.key, []).append(finding.message)
    found = [Finding(key, "; or ".join(dict.fromkeys(messages))) for key, messages in by_key.items()]
    return found + [Finding(key_path(cause["loc"]), "is wrong too") for cause in causes[MOST_TOLD:]]


def _causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that pydantic finds short only because their items are wrong."""
    wrong = {e["loc"][:n] for e in errors for n in range(len(e["loc"]))}
    return [e for e in errors if e["type"] != "too_short" or e["loc"] not in wrong]


def _finding(error: ErrorDetails, model: type[BaseModel], document: object) -> Finding:
    """An error at its key path; a wrong kind of plug-in is the fault of the key that names it."""
    at = key_path(_keys(document, error["loc"], of_key=error["type"] in ("missing", "extra_forbidden")))
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        union = annotation_at(model, error["loc"])
        found: Finding = models(union)[0].unknown_kind(error["input"], names(union))  # type: ignore[attr-defined]
        return found.under(at)
    cause = error.get("ctx", {}).get("error")
    return Finding(cause.key if isinstance(cause, KeyedError) else "", _message(error, model)).under(at)


def _keys(document: object, loc: Loc, *, of_key: bool) -> Loc:
    """The parts of an error's place that are keys of the document; pydantic puts the names of union members between
    them. An error `of_key` is about the last one, which the document may lack."""
    node, keys = document, []
    for i, part in enumerate(loc):
        if (isinstance(node, Mapping) and part in node) or (
            isinstance(node, list | tuple) and isinstance(part, int) and part < len(node)
        ):
            node = node[part]  # type: ignore[index]
        elif of_key and i == len(loc) - 1 and isinstance(node, Mapping) and isinstance(part, str):
            node = None
        else:
            continue
        keys.append(part)
    return tuple(keys)


def _message(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    given = error["input"]
    if kind == "extra_forbidden":
        owners = models(annotation_at(model, error["loc"][:-1]))
        return unknown_key(str(error["loc"][-1]), owners[0] if len(owners) == 1 else None).message
    if kind == "too_short":
        return f"is too short a list; give at least {context['min_length']}"
    if kind == "too_long" or (kind == "missing" and isinstance(error["loc"][-1], int)):
        return _wrong_length(error, model)
    if kind == "missing":
        return "is missing, and has no default"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        if len(known) == 1:
            return f"should be '{known[0]}', not {shown(given)}"
        near = nearest(given, known)
        return f"{shown(given)} is none of {context['expected']}" + (f"; did you mean '{near}'?" if near else "")
    if kind in _TABLES:
        return f"should be a table, not {shown(given)}{_as_table(error, model)}"
    if kind == "string_unicode":
        return f"{shown(given)} is no text in UTF-8; choose another, or set a locale of UTF-8, such as LC_ALL=C.UTF-8"
    if kind in _LISTS:
        return f"should be a list, not {shown(given)}"
    if kind == "float_type" and isinstance(given, int) and not isinstance(given, bool):
        return f"should be a number of at most {MOST_NUMBER:g}, not {shown(given)}"  # no float is as large
    message = error["msg"].replace("Input should be", "should be").replace("String should have", "should have")
    if "le" in context:
        message = message.replace(str(context["le"]).removesuffix(".0"), f"{context['le']:,.12g}")
    for theirs, ours in _PLAIN_WORDS.items():
        message = message.replace(theirs, ours)
    return f"{message[:1].lower()}{message[1:]}, not {shown(given)}"


_TABLES = ("model_type", "model_attributes_type", "dict_type", "mapping_type")
_LISTS = ("list_type", "tuple_type")


def _as_table(error: ErrorDetails, model: type[BaseModel]) -> str:
    """How a plug-in is written that was given by its name alone."""
    given = error["input"]
    union = annotation_at(model, error["loc"])
    if isinstance(given, str) and len(models(union)) > 1 and given in names(union):
        return f"; write {{ type = '{given}' }}"
    return ""


def _wrong_length(error: ErrorDetails, model: type[BaseModel]) -> str:
    """A list of a fixed number of items has too few of them or too many."""
    short = error["type"] == "missing"
    if short:
        sizes = fixed_lengths(annotation_at(model, error["loc"][:-1]))
        return f"is too short a list; give {sizes[0]}" if sizes else "is too short a list"
    most = error["ctx"]["max_length"]
    if isinstance(error["input"], Mapping):
        return f"has {len(error['input']):,} entries; give at most {most:,}"
    sizes = fixed_lengths(annotation_at(model, error["loc"]))
    return f"is too long a list; give {most}" if most in sizes else f"is too long a list; give at most {most:,}"


_PLAIN_WORDS = {
    "a valid tuple": "a list",
    "a valid list": "a list",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "text in quotes",
    "a valid boolean": "true or false",
    "a valid dictionary": "a table",
    " or instance of": ", such as",
}


def nearest(given: object, known: Iterable[str]) -> str | None:
    """The known word that a wrong one may be meant for; what is no word, or too long for one, is meant for none."""
    if not isinstance(given, str) or len(given) > MOST_NAME:
        return None
    return next(iter(difflib.get_close_matches(given, list(known), 1)), None)


def shown(value: object) -> str:
    """A value as TOML writes it, cut where it is long."""
    if isinstance(value, bool | date | time):
        return str(value).lower() if isinstance(value, bool) else str(value)
    whole = f"'{value[:MOST_NAME]}'" if isinstance(value, str) else _SHORT.repr(value)
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 2]}…{whole[-1]}"


class _Short(reprlib.Repr):
    """`repr` of what may be too large for it: digits beyond those that Python writes, lists within themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxlong = LONGEST
        self.maxstring = self.maxother = 3 * LONGEST

    def repr_int(self, value: int, level: int) -> str:
        """A number of more digits than are read is said by how many there are."""
        digits = int(value.bit_length() * 0.30103) + 1
        return repr(value) if digits < LONGEST else f"a number of some {digits:,} digits"

    def repr_dict(self, value: dict[object, object], level: int) -> str:
        """In the order of the keys."""
        if level <= 0:
            return "{…}"
        pairs = itertools.islice(value.items(), LONGEST)
        return "{" + ", ".join(f"{self.repr1(k, level - 1)}: {self.repr1(v, level - 1)}" for k, v in pairs) + "}"


_SHORT = _Short()


def unknown_key(key: str, model: type[BaseModel] | None) -> Finding:
    """What is said of a key that a model has not; of one that is not known which, where it is None."""
    fields = model.model_fields.items() if model else ()
    keys = [field.alias or k for k, field in fields]
    near = nearest(key, keys)
    if near:
        return Finding(key, f"unknown key; did you mean '{near}'?")
    return Finding(key, f"unknown key; there are {', '.join(keys)}" if keys else "unknown key; take it out")
