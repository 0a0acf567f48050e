"""Who works on a film, as it is asked for: processes of this machine, or a cluster of others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from weightreel.render.crews.crew import Crews
from weightreel.render.crews.distributed import cluster
from weightreel.render.errors import Finding, SceneError
from weightreel.render.work.progress import Tell, unheard

if TYPE_CHECKING:
    from weightreel.render.crews.distributed import Where


@contextmanager
def hired(
    jobs: int | None = None, dask: Where | None = None, storage: str | None = None, tell: Tell = unheard
) -> Iterator[Crews]:
    """Who does the work.

    Args:
        jobs: how many processes of this machine; None for as many as there are cores, where there is enough to do.
            Nothing of a cluster depends on it.
        dask: a cluster that does it in their place: the address of its scheduler, or a client.
        storage: what the machines of the cluster share: a folder, or an address; default: nothing.
        tell: is told what keeps a cluster waiting.

    Raises:
        SceneError: a storage is given for no cluster.
        SetupError: something is not installed, here or there.
        WeightreelError: the cluster does not answer, or its storage cannot be used.
    """
    if storage is not None and dask is None:
        raise SceneError("the call", [Finding("storage", "is what workers of a cluster share; give dask too")])
    with ExitStack() as held:
        crew = held.enter_context(cluster(dask, storage, tell)) if dask is not None else None
        yield held.enter_context(Crews(jobs, crew))
