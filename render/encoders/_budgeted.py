"""The keys of an output that can be kept within a number of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from weightreel.render.encoders._presets import preset_of
from weightreel.render.errors import EncodeError
from weightreel.trainer.memory import parse_bytes, shown_bytes
from weightreel.trainer.options import Names, Options

MOST_BYTES = 10**15

Bytes = Annotated[
    int,
    Field(gt=0, le=MOST_BYTES),
    BeforeValidator(parse_bytes),
    WithJsonSchema({"title": "bytes", "anyOf": [{"type": "integer"}, {"type": "string"}]}),
]


class Budgeted(Options):
    """The keys of an output that can be kept within a number of bytes."""

    economies: ClassVar[tuple[str, ...]] = ()

    max_bytes: Bytes | None = Field(
        default=None, description='such as "3 MB": the clip is made smaller until it is within; default: no limit'
    )
    give_up: Names | None = Field(
        default=None, description="what may be given up for max_bytes, in this order; default: all that the format has"
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """With the words that `give_up` takes, which are those of the format."""
        found = handler(schema)
        for part in handler.resolve_ref_schema(found)["properties"]["give_up"]["anyOf"]:
            if part["type"] == "array" and cls.economies:
                part["items"] = {"enum": list(cls.economies)}
        return found

    @model_validator(mode="before")
    @classmethod
    def _within_purpose(cls, value: object) -> object:
        """The budget of what it is for, where it says none."""
        budget = preset_of(value.get("for")).max_bytes if isinstance(value, Mapping) else None
        return {"max_bytes": budget} | dict(value) if budget else value  # type: ignore[call-overload]

    @field_validator("give_up")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in names or ():
            if name not in cls.economies:
                raise ValueError(f"'{name}' is none of {', '.join(cls.economies)}")
        return names


class TooLarge(EncodeError):
    """A clip went over its limit: `bytes` after `share` (0…1) of its frames; nothing was left."""

    def __init__(self, path: str, count: int, share: float) -> None:
        self.bytes, self.share = count, share
        super().__init__(f"{path}: {shown_bytes(count)} are more than allowed; nothing was left there")

    @property
    def expected(self) -> float:
        """Bytes of the whole clip."""
        return self.bytes / max(self.share, 0.01)
