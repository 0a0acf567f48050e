"""The crew of many machines: a Dask cluster that is there already. This file alone knows Dask.

A task goes to a worker of the cluster, which gives it to a process of its own, as `--jobs` does here: one for each of
the worker's threads. What the task reads is brought to the worker once, what it writes comes back: over storage that
the machines share or, where there is none, through the cluster.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weightreel.render.crews.guest import (
    Job,
    Piece,
    difference,
    done_here,
    installed,
    leave,
    lodging_for,
)
from weightreel.render.crews.luggage import written_by
from weightreel.render.crews.sending import Sender
from weightreel.render.crews.storage import Storage
from weightreel.render.crews.wire import as_error, as_plain
from weightreel.render.errors import Finding, SetupError, WeightreelError
from weightreel.render.work.progress import Advance, Said, Tell, unheard
from weightreel.render.work.tasks import Plain, Task

if TYPE_CHECKING:
    from typing import TypeAlias

    from distributed import Client, Future

    Where: TypeAlias = str | Client  # of a cluster: the address of its scheduler, or a client of it

AHEAD = 2  # tasks that are handed in for each that can be done at once, so that a worker need not wait for us
ANSWERS_WITHIN = 10  # seconds, for a scheduler
PATIENCE = 5.0  # seconds without any worker until that is said
LISTENS = 0.5  # seconds at most until a signal is heeded
TOLD_EVERY = 0.5  # seconds between two messages of a task on how far it is


@contextmanager
def cluster(where: Where, storage: str | None = None, tell: Tell = unheard) -> Iterator[Cluster]:
    """A crew on a cluster.

    Args:
        where: the address of its scheduler, the path of its scheduler file, or a client of it, which stays open.
        storage: a folder that all machines see under this path, or an address; default: through the cluster.
        tell: is told what keeps it waiting, and how much it is sent.

    Raises:
        SetupError: Dask is not installed, here or on workers weightreel is not, or something else.
        WeightreelError: no scheduler answers, or the storage cannot be used.
    """
    place = Storage.at(storage).below(f"weightreel-{uuid.uuid4().hex[:12]}") if storage else None
    with _client(where) as client:
        crew = Cluster(client, place, tell)
        try:
            crew.refuse_others()
            yield crew
        finally:
            crew.leave()


@contextmanager
def _client(where: Where) -> Iterator[Client]:
    try:
        import distributed
    except ImportError as error:
        raise SetupError("--dask needs Dask: pip install 'weightreel[dask]'") from error
    if not isinstance(where, str):
        if not isinstance(where, distributed.Client) or where.asynchronous:
            raise SetupError(f"dask is an address or a distributed.Client that is not asynchronous, not {where!r}")
        yield where
        return
    asked = {"scheduler_file": where} if Path(where).is_file() else {"address": where}
    try:
        client = distributed.Client(**asked, timeout=ANSWERS_WITHIN, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        told = "begin one with: dask scheduler, and workers with: dask worker ADDRESS"
        raise WeightreelError(f"--dask {where}: no Dask scheduler answers there; {told}") from error
    try:
        yield client
    finally:
        with suppress(Exception):  # whatever became of it, it is done with
            client.close(timeout=1)


@dataclass
class _Sending:
    """A job that is done somewhere: `by` whom, and how far it came."""

    task: Task
    future: Future[Any]
    by: str = ""
    done: int = 0
    more: int = 0

    def heard(self, message: Mapping[str, Any], advance: Advance) -> None:
        """Hand on how far it is. What another worker begins again counts once."""
        if message["by"] != self.by:
            advance(-self.done, more=-self.more)
            self.by, self.done, self.more = message["by"], 0, 0
        count, more = message["done"] - self.done, message["more"] - self.more
        self.done, self.more = message["done"], message["more"]
        advance(count, more=more, at=message["at"], **message["said"])


class Cluster:
    """See `weightreel.render.work.tasks.Crew`. Dask gives the tasks of a worker that dies to others."""

    def __init__(self, client: Client, storage: Storage | None, tell: Tell) -> None:
        self._client, self._storage, self._tell = client, storage, tell
        self.film = uuid.uuid4().hex[:12]
        self._sender = Sender(storage, self._submit, tell)
        self._heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._numbers = 0

    @property
    def jobs(self) -> int:
        """How many are done at once, now: the threads of all workers.

        Raises:
            WeightreelError: the scheduler is gone.
        """
        return max(1, sum(map(int, self._threads().values())))

    def _threads(self) -> Mapping[str, int]:
        """Of each worker."""
        try:
            found: Mapping[str, int] = self._client.nthreads()
        except (OSError, CancelledError) as error:
            raise self._gone() from error
        return found

    def refuse_others(self) -> None:
        """See that workers have what this process has.

        Raises:
            SetupError: one has not, or has another version.
        """
        there = self._client.get_versions(packages=["weightreel"])["workers"]
        for address, worker in there.items():
            if not worker["packages"].get("weightreel"):
                raise SetupError(_lacks(address, "has no weightreel"))
        told = self._client.run(installed) if there else {}
        for address, found in told.items():
            if wrong := difference(installed(), found):
                raise SetupError(_lacks(address, wrong))
        if self._storage is not None:
            self._refuse_blind(self._storage)

    def _refuse_blind(self, storage: Storage) -> None:
        """See that workers see the storage that we see."""
        storage.leave_mark("mark")
        for address, wrong in self._client.run(_sees, storage, "mark").items():
            if wrong:
                told = "give a folder or an address that is the same on all machines, or no --storage"
                raise SetupError(f"--storage: the worker {address} {wrong}; {told}")

    def run(self, tasks: Iterable[Task], advance: Advance) -> Generator[tuple[Task, Plain]]:
        """Do tasks, as many at once as the cluster can.

        Raises:
            SetupError: a worker cannot do them.
            WeightreelError: the scheduler is gone, or workers die again and again at the same task.
        """
        waiting, at_work = iter(tasks), dict[int, _Sending]()
        self._client.subscribe_topic(self._topic, lambda event: self._heard.put(event[1]))
        try:
            while self._feed(waiting, at_work) or at_work:
                message = self._next()
                if isinstance(message, Mapping):
                    if message["number"] in at_work:
                        at_work[message["number"]].heard(message, advance)
                elif message in at_work:
                    yield self._result(at_work.pop(message), advance)
        finally:
            with suppress(Exception):
                self._client.cancel([sending.future for sending in at_work.values()])
                self._client.unsubscribe_topic(self._topic)

    @property
    def _topic(self) -> str:
        return f"weightreel-{self.film}"

    def _next(self) -> Any:
        """What is heard next; that there is nobody to do anything is said."""
        begun, said = time.monotonic(), False
        while True:
            with suppress(queue.Empty):
                return self._heard.get(timeout=LISTENS)
            if not said and time.monotonic() - begun > PATIENCE:
                said = True
                if not self._threads():
                    told = "no worker is there yet; begin some with: dask worker"
                    self._tell(Finding("--dask", f"{told} {self._client.scheduler.address}", "note"))

    def _feed(self, waiting: Iterator[Task], at_work: dict[int, _Sending]) -> bool:
        """Hand in what there is, but not everything at once; whether there may be more."""
        while len(at_work) < AHEAD * self.jobs + 1:
            task = next(waiting, None)
            if task is None:
                return False
            self._numbers += 1
            at_work[self._numbers] = self._begun(task, self._numbers)
        return True

    def _begun(self, task: Task, number: int) -> _Sending:
        payload = dict(task.payload)
        film = self._sender.film(payload.pop("film"), with_data=task.kind == "train")
        plain = json.dumps({"kind": task.kind, "key": task.key, "payload": payload})
        writes = tuple(map(str, written_by(task)))
        job = Job(self.film, number, plain, film.reads, writes, self._storage, installed())
        future = self._submit(task.kind, do, job, film.text, *film.pieces)
        future.add_done_callback(lambda _: self._heard.put(number))
        return _Sending(task, future)

    def _submit(self, what: str, does: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Something to be done, or kept, in the cluster; its dashboard shows what."""
        key = f"weightreel-{what}-{uuid.uuid4().hex}"
        from dask import config

        with config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}):
            return self._client.submit(does, *arguments, key=key, pure=False)

    def _result(self, sending: _Sending, advance: Advance) -> tuple[Task, Plain]:
        reply = self._reply(sending)
        sending.heard(reply["told"], advance)
        for path, written in reply["written"].items():
            self._fetch(written, Path(path))
        return sending.task, reply["result"]

    def _reply(self, sending: _Sending) -> dict[str, Any]:
        """What came of a job.

        Raises:
            SetupError, WeightreelError: nothing did.
        """
        future = sending.future
        if future.status == "error":
            raise _failed(sending.task, future.exception())
        try:
            reply: dict[str, Any] = future.result()
        except (CancelledError, OSError) as error:
            raise self._gone() from error
        if "refused" in reply:
            raise SetupError(_lacks(reply["worker"], reply["refused"]))
        if "error" in reply:
            raise as_error(reply["error"])
        return reply

    def _gone(self) -> WeightreelError:
        """Why a job will not be done by anyone."""
        time.sleep(LISTENS)  # until the client has seen it too
        if self._client.status == "running":
            return WeightreelError("somebody else cancelled the tasks of this film in the cluster")
        told = "the connection to the Dask scheduler is lost; nothing half-written was left"
        return WeightreelError(f"{told}. Where it runs, its log says why")

    def _fetch(self, written: Any, path: Path) -> None:
        """Put what a job wrote where it belongs."""
        if self._storage is not None:
            self._storage.get(written, path)
            return
        for piece in written:
            Piece(*piece).unpack(path)

    def leave(self) -> None:
        """The work is done: of what was sent, nothing stays. Never raises."""
        self._sender = Sender(None, self._submit)
        if self._client.status == "running":
            with suppress(Exception):
                self._client.run(_left, self.film, wait=False)
        if self._storage is not None:
            with suppress(WeightreelError):
                self._storage.remove()


def _lacks(address: str, wrong: str) -> str:
    version = installed()["weightreel"]
    told = f"pip install weightreel=={version}, and what else is different, where it runs, and begin it again"
    return f"--dask: the worker {address} {wrong}; {told}"


def _failed(task: Task, error: BaseException | None) -> Exception:
    """What Dask itself says of a task."""
    from distributed import KilledWorker

    if isinstance(error, ModuleNotFoundError):
        return SetupError(_lacks("that was given " + task.key, f"has no {error.name}"))
    if isinstance(error, KilledWorker):
        count = error.allowed_failures + 1
        told = f"{task.key}: {count} workers died one after the other while they worked on it, last "
        return WeightreelError(f"{told}{error.last_worker.address}; its log says why. Is there too little memory?")
    return WeightreelError(f"{task.key}: {type(error).__name__}: {error}")


class Cancelled(Exception):
    """Nobody waits for a job any more."""


class _Telling:
    """Tells the one who sent a job, now and then, how far it is."""

    def __init__(self, job: Job) -> None:
        from distributed import get_worker

        self._worker, self._job, self._by = get_worker(), job, uuid.uuid4().hex
        self._key, self._last = self._worker.get_current_task(), time.monotonic()
        self._done, self._more, self._at = 0, 0, ""
        self._said: dict[str, Said] = {}

    def __call__(self, count: int = 1, /, *, more: int = 0, at: str = "", **said: Said) -> None:
        state = self._worker.state.tasks.get(self._key)
        if state is None or state.state != "executing":
            raise Cancelled
        self._done, self._more, self._at = self._done + count, self._more + more, at or self._at
        self._said |= said
        if time.monotonic() - self._last > TOLD_EVERY:
            self._last = time.monotonic()
            self._worker.log_event(f"weightreel-{self._job.film}", self.told() | {"number": self._job.number})

    def told(self) -> dict[str, Any]:
        """How far it is."""
        return {"by": self._by, "done": self._done, "more": self._more, "at": self._at, "said": self._said}


async def _left(film: str) -> None:
    """A film is done, and a worker need not be waited for that tidies up."""
    threading.Thread(target=leave, args=(film,), daemon=True).start()


def do(job: Job, film: str, *pieces: Piece) -> dict[str, Any]:
    """A job, done on a worker of the cluster.

    Returns:
        "result" of the task, what was "written" and what was "told" of it; or the "error" that it ended with, as
        plain data; or why it was "refused", and by which "worker".
    """
    from distributed import get_worker

    worker = get_worker()
    if wrong := difference(job.installed, installed()):
        return {"refused": wrong, "worker": worker.address}
    telling = _Telling(job)
    try:
        with lodging_for(job.film, Path(worker.local_directory)).entered() as lodging:
            return done_here(job, film, pieces, lodging, telling) | {"told": telling.told()}
    except Cancelled:
        return {}
    except Exception as error:
        return {"error": as_plain(error)}


def _sees(storage: Storage, mark: str) -> str:
    """Why this machine does not see a mark in a storage; "" where it does."""
    try:
        return "" if storage.has(mark) else f"does not see what is in {storage.where}"
    except WeightreelError as error:
        return f"cannot read it: {error}"


def task_seconds(count: int = 500) -> float | None:
    """What a scheduler, and whoever asks it, take for a task that does nothing; None where Dask is not installed."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        return None
    with (
        LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address=":0") as here,
        Client(here, set_as_default=False) as client,
    ):
        begun = time.process_time()
        client.gather([client.submit(abs, number, pure=False) for number in range(count)])
        return (time.process_time() - begun) / count
