"""The work on a film as a list of tasks, each of them plain data, and who does them: a `Crew`.

A task says what is to be done, never where: in this process, in one beside it or on another machine the same comes of
it. Recordings and clips are no part of tasks; those say their paths.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from weightreel.render.work.progress import Advance

Plain = Any  # what JSON can hold
LEVEL = 1  # of zlib


@dataclass(frozen=True)
class Task:
    """A piece of work that needs no other one's result.

    Attributes:
        kind: which of `weightreel.render.work.work.KINDS` does it.
        key: what it is called in messages, and what tells it from the others of its list.
        payload: all that it depends on, as JSON can hold it.
    """

    kind: str
    key: str
    payload: Mapping[str, Plain]


class Crew(Protocol):
    """Whoever does tasks.

    Attributes:
        jobs: how many are done at once.
    """

    @property
    def jobs(self) -> int: ...

    def run(self, tasks: Iterable[Task], advance: Advance) -> Generator[tuple[Task, Plain]]:
        """Do tasks, begun in their order; each with its result as it is done, in whatever order that is.

        Args:
            tasks: taken one after the other, as somebody is free.
            advance: is called as the work of tasks goes on, in this thread; what had to be done again counts once.

        Raises:
            WeightreelError: as the work itself raised it, whoever did it; the rest of the tasks is given up. So it is
                where nobody asks for further results, and closes the generator.
        """
        ...


class Hands(NamedTuple):
    """A crew, and what its tasks say that they are about: the `film`, see `weightreel.render.work.parcel`."""

    crew: Crew
    film: Mapping[str, Plain]


def plain_of(array: NDArray[Any]) -> Plain:
    """An array as JSON can hold it."""
    data = base64.b64encode(zlib.compress(array.tobytes(), LEVEL)).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}


def array_of(plain: Plain) -> NDArray[Any]:
    """The array of which `plain_of` told."""
    data = zlib.decompress(base64.b64decode(plain["data"]))
    return np.frombuffer(data, plain["dtype"]).reshape(plain["shape"])
