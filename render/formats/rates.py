"""Frames a second as people write them: numbers, fractions, and the rates of television, which are neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# NTSC slowed every rate by a thousandth part for its colours, and since then 24000/1001 is written 23.976 or 23.98.
NTSC = (24, 30, 48, 60, 120, 240)
NEAR = 0.005
MOST = 10**9  # beyond it nothing is a rate, and a fraction may be no float
FRACTION = r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*"


def exact(value: object) -> object:
    """A rate as a number: "30000/1001" in text is that fraction, and so is 29.97. What is no rate stays as it is."""
    if isinstance(value, str):
        parts = re.fullmatch(FRACTION, value)
        if parts is None:
            return value
        if not int(parts[2]):
            raise ValueError(f"'{value}' divides by 0; write a fraction such as '24000/1001'")
        return exact(int(parts[1]) / int(parts[2]))
    if isinstance(value, Fraction) and abs(value) < MOST:
        return exact(float(value))
    if isinstance(value, float):
        return next((n * 1000 / 1001 for n in NTSC if abs(value - n * 1000 / 1001) < NEAR), value)
    return value


@dataclass(frozen=True)
class Exact:
    """In the annotation of a number: it is a rate, which may be written as a fraction in text."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(exact, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        text = {"type": "string", "title": 'fraction such as "24000/1001"', "pattern": f"^{FRACTION}$"}
        return {"anyOf": [handler(schema), text]}


Rate = Annotated[float, Field(gt=0, le=1000), Exact()]
