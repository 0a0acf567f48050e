"""The one configuration shared by everything that a scene file can say."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """Plain values of a scene: strict types, frozen, unknown keys are errors."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", protected_namespaces=())


# TOML has lists only; a strict tuple would refuse them. The items stay strict.
Count = Annotated[int, Field(gt=0)]
Side = Annotated[int, Field(gt=0, le=16384)]
Pair = Annotated[tuple[Side, Side], Field(strict=False)]
Shape = Annotated[tuple[Count, ...], Field(strict=False)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
