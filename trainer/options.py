"""The one configuration shared by everything that a scene file can say, and the one error that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeAlias, TypeVar, dataclass_transform

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, PrivateAttr, ValidationError
from pydantic_core import CoreSchema, from_json

from weightreel.trainer.bounds import MOST_NAME, MOST_PATH, bounded
from weightreel.trainer.errors import Finding, SceneError
from weightreel.trainer.fields import Meaning, key_path, meant
from weightreel.trainer.kinds import KINDS
from weightreel.trainer.messages import nearest, shown, unknown_key, worded
from weightreel.trainer.paths import UNNAMEABLE
from weightreel.trainer.values import plain, plain_keys

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)

Item = TypeVar("Item")


# Said again for those who check types: what pydantic's own metaclass says of itself does not pass on to another.
@dataclass_transform(kw_only_default=True, field_specifiers=(Field, PrivateAttr))
class _Worded(ModelMetaclass):
    """Only a call of the class comes through here; pydantic makes the parts of a whole without one, and so gathers
    what is wrong with all of them."""

    if not TYPE_CHECKING:  # or the types of the keys would be lost

        def __call__(cls, *args: object, **keys: object) -> object:
            if args:
                key = next((k for k, field in cls.model_fields.items() if field.is_required()), "key")
                raise TypeError(f"{cls.__name__} takes its keys by name, such as {cls.__name__}({key}=…)")
            keys = plain_keys(keys)
            if getattr(cls, "__abstractmethods__", None):
                raise SceneError(cls.__name__, cls.of_no_kind(keys))
            try:
                return super().__call__(*args, **keys)
            except ValidationError as error:
                raise SceneError(cls.__name__, worded(error, cls, keys)) from None


class Options(BaseModel, metaclass=_Worded):
    """Plain values of a scene: strict types, frozen, unknown keys are errors. What may grow has an end, that of
    `weightreel.trainer.bounds` where a type says none.

    Raises:
        SceneError: with everything that is wrong, in the words that a scene file gets.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", protected_namespaces=())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        made: CoreSchema = bounded(handler(source))
        return made

    @classmethod
    def __pydantic_init_subclass__(cls, **keys: object) -> None:
        """What a plug-in must say is missed when its class is made, not when it is used."""
        lacking = ", ".join(sorted(cls.__abstractmethods__))
        if lacking and "type" in cls.model_fields:
            raise TypeError(f"{cls.__name__} does not say: {lacking}")

    @classmethod
    def model_validate(cls, obj: object, **how: Any) -> Self:
        """Options from plain values, or what scripts have in their place: numbers of NumPy, paths.

        Raises:
            SceneError: with everything that is wrong.
        """
        return cls.of_plain(plain(obj), **how)

    @classmethod
    def of_plain(cls, obj: object, **how: Any) -> Self:
        """Options from values that are plain already, as JSON gives them.

        Raises:
            SceneError: with everything that is wrong.
        """
        try:
            return super().model_validate(obj, **how)
        except ValidationError as error:
            raise SceneError(cls.__name__, worded(error, cls, obj)) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **how: Any) -> Self:
        """Options from JSON.

        Raises:
            SceneError: with everything that is wrong.
        """
        try:
            return super().model_validate_json(json_data, **how)
        except ValidationError as error:
            try:
                document = from_json(json_data)
            except ValueError as broken:
                raise SceneError(cls.__name__, [Finding("", f"not JSON: {broken}")]) from None
            raise SceneError(cls.__name__, worded(error, cls, document)) from None

    @classmethod
    def model_validate_strings(cls, obj: object, **how: Any) -> Self:
        """Options from a table whose values are all text.

        Raises:
            SceneError: with everything that is wrong.
        """
        try:
            return super().model_validate_strings(obj, **how)
        except ValidationError as error:
            raise SceneError(cls.__name__, worded(error, cls, obj)) from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same with other values; they are taken as they are, but for numbers of NumPy and paths.

        Raises:
            SceneError: there is no such key.
        """
        update = plain_keys(update or {})
        wrong = [unknown_key(key, type(self)) for key in update if key not in type(self).model_fields]
        if wrong:
            raise SceneError(type(self).__name__, wrong)
        return super().model_copy(update=update, deep=deep)

    if not TYPE_CHECKING:  # or any name could be set

        def __setattr__(self, name: str, value: object) -> None:
            try:
                super().__setattr__(name, value)
            except ValidationError:
                raise _unchanging(self, name) from None

        def __delattr__(self, name: str) -> None:
            try:
                super().__delattr__(name)
            except ValidationError:
                raise _unchanging(self, name) from None

    def meant(self, meaning: Meaning) -> dict[str, Any]:
        """The values of fields that have a meaning, by their key paths."""
        return {key_path(at): value for at, value in meant(type(self), self.model_dump(), meaning)}

    @classmethod
    def of_no_kind(cls, keys: Mapping[str, object]) -> list[Finding]:
        """What is said where a script makes no plug-in, but the class that all of a kind are of; with the keys that are
        near to those which all of them have."""
        kind = next((kind for kind in KINDS.values() if kind.base == cls.__name__), None)
        way = f"make one of those that `weightreel list {kind.plural}` names" if kind else "make one of its subclasses"
        near = (Finding(key, f"unknown key; did you mean '{nearest(key, [*cls.model_fields])}'?") for key in keys)
        wrong = [f for f in near if f.key not in cls.model_fields and nearest(f.key, [*cls.model_fields])]
        return [Finding("", f"only says what all of a kind have in common; {way}"), *wrong]

    @classmethod
    def unknown_kind(cls, given: object, there: Sequence[str]) -> Finding:
        """What is said where `given` is none of a union that this class belongs to; `there` is what `type` may say."""
        if not isinstance(given, Mapping):
            return Finding("", f"says no type; there are {', '.join(there)}")
        if "type" not in given:
            return Finding("type", f"says no type; there are {', '.join(there)}")
        near = nearest(given["type"], there)
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(there)}"
        return Finding("type", f"unknown type {shown(given['type'])}; {hint}")


def _unchanging(options: Options, name: str) -> SceneError:
    told = f"cannot be set: options never change; make others with model_copy(update={{'{name}': …}})"
    return SceneError(type(options).__name__, [Finding(name, told)])


PATH = Meaning("a file or folder of the person's machine", (PurePath,))
LAYER = Meaning("a layer, by its number or its name")

# TOML has lists only; a strict tuple would refuse them. The items stay strict.
if TYPE_CHECKING:
    Many: TypeAlias = Sequence[Item]  # scripts write lists too; what is kept is a tuple
else:
    Many = Annotated[tuple[Item, ...], Field(strict=False)]
Count = Annotated[int, Field(gt=0)]
Side = Annotated[int, Field(gt=0, le=16384)]
Length = Annotated[int, Field(ge=0, le=16384)]  # pixels, of which there may be none
Tiles = Annotated[int, Field(gt=0, le=1000)]  # in a row or a column
Pair = Annotated[tuple[Side, Side], Field(strict=False)]
Shape = Annotated[tuple[Count, ...], Field(strict=False)]
Names = Many[str]


def _no_number(name: str) -> str:
    if name.isdecimal():
        raise ValueError(f"'{name}' is a number, which stands for a place; take a word")
    return name


LayerName = Annotated[str, Field(min_length=1, max_length=MOST_NAME), AfterValidator(_no_number)]


def _nameable(path: str) -> str:
    if "\0" in path:
        raise ValueError(UNNAMEABLE)
    return path


PathText = Annotated[str, Field(max_length=MOST_PATH), AfterValidator(_nameable), PATH]
Units = Annotated[int, Field(gt=0, le=1_000_000)]
Value = Annotated[float, Field(ge=-1e30, le=1e30)]  # of what is drawn, which may be float32
MOST_LAYERS = 1000
LayerNumber = Annotated[int, Field(ge=0, le=MOST_LAYERS - 1), LAYER]
WhichLayer = Annotated[  # a number is always a place, counted from 0
    Annotated[int, Field(ge=0, le=MOST_LAYERS - 1)] | Annotated[str, Field(min_length=1, max_length=MOST_NAME)],
    Field(title="number or name of a layer"),
    LAYER,
]
