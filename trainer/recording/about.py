"""What a recording says of its training: enough to lay out and draw a film without the model."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from weightreel.trainer.options import Options, Shape


class LayerAbout(Options):
    """Shapes of one layer, without the batch axis, and its activation."""

    type: str
    activation: str
    input_shape: Shape
    output_shape: Shape


class About(Options):
    """What a recording says of its training: enough to lay out and draw a film without the model."""

    input_shape: Shape
    classes: Annotated[tuple[str, ...], Field(strict=False)]
    layers: Annotated[tuple[LayerAbout, ...], Field(strict=False)]
    steps_per_epoch: int
    total_steps: int
    seed: int
    data: str = ""
    loss: str = ""
    settings: dict[str, str] = Field(default={}, description="what tells this run from the others of a grid")
    run: dict[str, Any] = Field(default={}, description="the options that were trained, as plain values")
    digest: str = Field(default="", description="SHA-256 of the data, see Data.digest")
