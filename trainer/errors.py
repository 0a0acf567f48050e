"""What can go wrong, as one small tree, and what is found to be wrong or worth knowing.

    WeightreelError
    ├── DataError        a file of images or labels is missing or wrong
    ├── DivergedError    the loss stopped being a finite number
    ├── RecordingError   a recording cannot be read or written
    │   └── CaptureError what a recorder is given is wrong, or it cannot write
    ├── SceneError       a scene, or a part of one built alone, is wrong; holds all that is
    └── Unfit            something has not what is asked of it: a layer, a metric, room

`weightreel.render.errors` adds the branches of encoders. The command prints the message of any of these, without a
traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

MOST_KEY, MOST_MESSAGE = 100, 400  # letters of a finding that are shown
MOST_SHOWN = 50  # findings that a message lists


class Finding(NamedTuple):
    """One thing that is wrong or worth knowing: its key path, such as "view[1].colormap", and a message with a way out.

    An "error" stops the film; a "warning" says what will look wrong, a "note" what is left out or done differently.
    Whoever looks at a part gives keys relative to it; "" is the part itself.
    """

    key: str
    message: str
    level: Literal["error", "warning", "note"] = "error"

    def under(self, key: str) -> Finding:
        """The same with a key path that starts at the owner of the part: "layer" under "view[0]" is "view[0].layer"."""
        joint = "." if key and self.key and self.key[0] != "[" else ""
        return self._replace(key=f"{key}{joint}{self.key}")

    def shortened(self) -> Finding:
        """The same for a line that people read: a key or a message that is longer loses its middle."""
        return self._replace(key=_shortened(self.key, MOST_KEY), message=_shortened(self.message, MOST_MESSAGE))


def _shortened(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most // 2]}…{words[-(most // 2 - 1) :]}"


class WeightreelError(Exception):
    """Root of every error raised on purpose; its text is meant for the user."""


class DataError(WeightreelError):
    """A data file is missing, damaged, or does not hold what it should; the message names the file."""


class DivergedError(WeightreelError):
    """The loss became infinite or not a number.

    Attributes:
        step: the update at which it was seen.
        layer: index of the first layer whose weights or outputs are not finite.
        report: what was written of what was recorded until then, as `render` reports it; None while nothing was.
    """

    def __init__(self, step: int, layer: int, message: str, report: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.step, self.layer, self.report = step, layer, report

    def __reduce__(self) -> tuple[type[DivergedError], tuple[int, int, str, Mapping[str, Any] | None]]:
        return type(self), (self.step, self.layer, str(self), self.report)


class RecordingError(WeightreelError):
    """A recording is missing, is not one of ours, or lacks what a scene asks of it."""


class CaptureError(RecordingError):
    """What a recorder is given cannot be recorded, or it can write no more; the message says what, and what to do."""


class SceneError(WeightreelError):
    """A scene is wrong, or a part of one that was built alone. Its text lists every finding, each with its key path.

    Attributes:
        source: the scene file, or what stands for it: "scene", the name of the part's class.
        findings: all of them, in the order of the scene.
    """

    def __init__(self, source: str, findings: Iterable[Finding]) -> None:
        self.source, self.findings = source, list(findings)
        shown = [f.shortened() for f in self.findings[:MOST_SHOWN]]
        width = max((len(f.key) for f in shown), default=0)
        count = f"{len(self.findings):,} problem" + ("s" if len(self.findings) != 1 else "")
        gap = "   " if width else ""
        lines = [f"  {f.key:<{width}}{gap}{f.message}".rstrip() for f in shown]
        if len(self.findings) > MOST_SHOWN:
            lines.append(f"  and {len(self.findings) - MOST_SHOWN:,} more")
        super().__init__("\n".join([f"{source}: {count}", *lines]))

    def __reduce__(self) -> tuple[type[SceneError], tuple[str, list[Finding]]]:
        return type(self), (self.source, self.findings)


class Unfit(WeightreelError):
    """Something has not what is asked of it: what is recorded, or will be; the inputs of a layer; a place in the frame.

    Attributes:
        key: what was asked for, relative to whoever asked: "layer", "metric", "area".
        message: what is wrong and what there is.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.message = message

    @property
    def finding(self) -> Finding:
        """What it tells, for a list of what is wrong."""
        return Finding(self.key, self.message)

    def __reduce__(self) -> tuple[type[Unfit], tuple[str, str]]:
        return type(self), (self.key, self.message)


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """All that a generator finds; an `Unfit` that ends it is the last finding."""
    found: list[Finding] = []
    try:
        for finding in findings:
            found.append(finding)
    except Unfit as error:
        found.append(error.finding)
    return found
