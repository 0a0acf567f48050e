"""A recording that a scene films, in place of a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Annotated

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from weightreel.render.errors import Finding
from weightreel.trainer.bounds import MOST_LETTERS
from weightreel.trainer.messages import shown
from weightreel.trainer.options import Many, Options, PathText

RunName = Annotated[str, Field(max_length=MOST_LETTERS)]  # those of grids are as long as their values


class Recorded(Options):
    """A recording that is filmed as it is: that of a loop of one's own, in any framework, or one that `weightreel
    train` kept. Nothing is trained.

    In a scene it is a path, `recording = "run.zarr"`, or a table.

    Example:
        [recording]
        path = "run.zarr"
        runs = ["wide", "narrow"]

        [[view]]
        type = "curve"
        metrics = ["val_loss"]

        [[output]]
        path = "film.gif"
    """

    path: PathText | None = Field(
        default=None, description="its folder, relative to the scene file; default: that of --recording"
    )
    run: RunName | None = Field(default=None, description="the run that is filmed, where it has several; default: all")
    runs: Many[RunName] = Field(default=(), description="several runs, in this order, in place of run")

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        """A path alone is a table with a path."""
        if isinstance(value, str | PurePath):
            return {"path": str(value)}
        if not isinstance(value, Mapping | Recorded):
            raise ValueError(f'write a path, such as "run.zarr", or a table with one, not {shown(value)}')
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A path or a table."""
        table = handler.resolve_ref_schema(handler(core))
        return {"description": table.pop("description", ""), "anyOf": [{"type": "string"}, table]}

    @property
    def chosen(self) -> tuple[str, ...]:
        """The runs that are asked for by name; none means all."""
        return tuple(self.runs) or ((self.run,) if self.run is not None else ())

    def findings(self) -> Iterator[Finding]:
        """What its keys say against each other."""
        if self.run is not None and self.runs:
            yield Finding("runs", "run and runs both choose what is filmed; keep one of them")
        for number, name in enumerate(self.runs):
            if name in self.runs[:number]:
                yield Finding(f"runs[{number}]", f"'{name}' stands there twice; take one out")
