"""From numbers to colours: normalisation to 0…1, and colour maps as tables of 256 entries."""

from __future__ import annotations

import difflib
import logging
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from weightreel.render.drawing.canvas import Frame, cv2
from weightreel.trainer.bounds import MOST_NAME
from weightreel.trainer.options import Options, Value

if TYPE_CHECKING:
    from cmap import Colormap

Limits = tuple[float, float]
Values = NDArray[np.floating]
LEVELS = 256
MAPS = ("sequential", "diverging")  # names of what a theme chooses, and of no map


@cache
def lookup_table(name: str) -> Frame:
    """Colours (256, 1, 3) of a colour map of the library `cmap`, in frame order.

    Raises:
        ValueError: no such map; names the nearest.
    """
    if name in MAPS:
        raise ValueError(f"'{name}' is what a theme chooses; give the name of a map")
    try:
        rgba = known(name).lut(LEVELS)
    except (ValueError, KeyError, TypeError):
        near = difflib.get_close_matches(name.lower(), colormap_names(), 1)
        hint = f"did you mean '{near[0]}'?" if near else "list them with: weightreel list colormaps"
        raise ValueError(f"unknown colormap '{name}'; {hint}") from None
    rgba = rgba[np.arange(LEVELS) * len(rgba) // LEVELS]  # a map of few colours has an entry for each of them
    table = np.round(rgba[:, 2::-1] * 255).astype(np.uint8)
    return np.ascontiguousarray(table[:, None])


def known(name: str) -> Colormap:
    """A map of the library."""
    import cmap

    logging.getLogger("cmap").setLevel(logging.ERROR)  # silences "also available as", a remark on every use
    return cmap.Colormap(name)


@cache
def colormap_names() -> tuple[str, ...]:
    """Short names of all colour maps, sorted."""
    import cmap

    return tuple(sorted({*cmap.Colormap.catalog().short_keys(), "gray"} - {*MAPS}, key=str.lower))


def _valid_colormap(name: str) -> str:
    lookup_table(name)
    return name


ColormapName = Annotated[str, Field(max_length=MOST_NAME), AfterValidator(_valid_colormap), Field(title="colour map")]


def _rising(pair: Limits) -> Limits:
    if pair[0] >= pair[1]:
        raise ValueError(f"the range [{pair[0]}, {pair[1]}] is empty; write the lower limit first")
    return pair


class Normalize(Options):
    """How values become 0…1, the ends of the colour map: which of them share a range, and what the range is.

    Example:
        [[view]]
        type = "neuron_grid"
        normalize = { over = "clip", range = "symmetric", gain = 1.5 }
        colormap = "RdBu_r"
    """

    over: Literal["tile", "frame", "clip"] = Field(
        default="tile",
        description="which values share one range: those of a tile, of all tiles in a frame, of the clip",
    )
    range: (
        Literal["minmax", "symmetric", "positive"]
        | Annotated[tuple[Value, Value], Field(strict=False), AfterValidator(_rising)]
    ) = Field(
        default="minmax",
        description="minmax: from the lowest to the highest; symmetric: ± the largest magnitude; positive: 0 to the "
        "highest; or two numbers, the lower first",
    )
    gain: float = Field(
        default=1.0,
        ge=1e-6,
        le=1e6,
        description="divides the range: with 2, half the largest value is the end of the colour map",
    )

    def limits(self, low: Values, high: Values) -> tuple[Values, Values]:
        """The values that become 0 and 1, from the minima and maxima of what shares a range (any shape)."""
        if isinstance(self.range, tuple):
            low, high = np.full_like(low, self.range[0]), np.full_like(high, self.range[1])
        elif self.range == "symmetric":
            high = np.maximum(np.abs(low), np.abs(high))
            low = -high
        elif self.range == "positive":
            low, high = np.zeros_like(low), np.maximum(high, 0)
        return low / self.gain, high / self.gain

    def limits_over(self, ends: NDArray[np.floating]) -> Limits:
        """The same for a clip, from the smallest and the largest value of each of its steps, (steps, 2); those that are
        no numbers, of weights that diverge, do not count."""
        finite = ends[np.isfinite(ends).all(axis=1)]
        found = (finite[:, 0].min(), finite[:, 1].max()) if len(finite) else (0.0, 0.0)
        low, high = self.limits(*(np.asarray(end, np.float64) for end in found))
        return float(low), float(high)


def to_levels(values: Values, low: Values, high: Values) -> NDArray[np.uint8]:
    """Entries of a colour map's table, uint8, for values between `low` and `high` (broadcast against them).

    An entry is floor(256 t), at most 255, for t = (value - low) / (high - low). Where low = high, values equal to
    them become the middle of the map, and others its ends. What is no number, in a training that diverges, becomes the
    middle too.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.asarray(high - low)
    flat = spread <= 0
    # A factor so large that whatever is off a flat range lands beyond its ends.
    factor = np.where(flat, 1e30, LEVELS / np.where(flat, 1, spread)).astype(values.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = values - np.asarray(low, values.dtype)
        scaled *= factor
        if flat.any():
            scaled += np.where(flat, LEVELS / 2, 0).astype(values.dtype)
        np.clip(scaled, 0, LEVELS - 1, out=scaled)
    try:
        with np.errstate(invalid="raise"):
            return scaled.astype(np.uint8)
    except FloatingPointError:  # looked for only here: it costs as much as all the rest
        return np.nan_to_num(scaled, nan=LEVELS / 2).astype(np.uint8)


def colorize(levels: NDArray[np.uint8], table: Frame) -> Frame:
    """Colours (height, width, 3) of table entries (height, width)."""
    return np.asarray(cv2.applyColorMap(np.ascontiguousarray(levels), table), np.uint8)


def widened(pixels: Frame, scale: int) -> Frame:
    """Pixels (height, width, 3), each as often side by side as the scale says, (height, width × scale, 3)."""
    if scale == 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=1, interpolation=cv2.INTER_NEAREST), np.uint8)
