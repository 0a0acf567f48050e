"""How long work takes on so many machines: a simulation of what each of them does when, from costs that were measured.

The machines, the lines between them and the scheduler are simulated as they work: one thing after the other, each when
it is free. What waits for what is as in `weightreel.render.crews.distributed`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from statistics import mean
from typing import Literal

Stage = Literal["prepare", "send", "begin", "work", "fetch", "join", "verify", "gather", "film"]
Step = Callable[[float, "Line"], float]  # when something is done that begins at a time, over a line
MEGA = 1e6
AT_ONCE = 128  # files that fsspec asks a storage for at once


@dataclass(frozen=True)
class Costs:
    """What was measured; seconds and bytes.

    Attributes:
        prepare: from the command to the first task: Python, the scene, what is known of its recording.
        begin: until a process of a worker is there.
        open: until it has its film: recordings opened, views fitted.
        draw, encode: of a frame, with what is proved of it.
        frame: bytes of a frame in the clip.
        join, verify: of a frame, when all segments are there.
        snapshot: bytes of one in a recording.
        task: of the scheduler for a task.
        step: of training one step, snapshots included.
        run: of a run beside its steps: data, the recording's files.
        recording: bytes of a run's metrics, in so many `files`; `packed` as they go through a cluster.
        take: for the one who asked, to take in the recording of a run.
        show: of one more run in the film, to open and fit it.
    """

    prepare: float
    begin: float
    open: float
    draw: float
    encode: float
    frame: float
    join: float
    verify: float
    snapshot: float
    task: float
    step: float = 0.0
    run: float = 0.0
    recording: float = 0.0
    packed: float = 0.0
    files: float = 0.0
    take: float = 0.0
    show: float = 0.0

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """What can be said of them."""
        return tuple(one.name for one in fields(cls))


@dataclass(frozen=True)
class Machines:
    """Who works, and what lies between them; lines in bytes a second.

    Attributes:
        workers: processes, each with a core of its own.
        storage: of the storage that all share, for all together; None: all goes through the scheduler's machine.
        line: of the machine of each worker, and of the one who asked.
        several: processes of a machine, which share its line, and what is brought to it.
        in_place: whether the storage is a folder in which recordings stand already, so that only what is shown is read.
        request: seconds that a storage takes to answer for files that are asked for at once.
    """

    workers: int
    storage: float | None = 1000 * MEGA
    line: float = 125 * MEGA
    several: int = 1
    in_place: bool = False
    request: float = 0.02


@dataclass
class Line:
    """Something that does one thing after the other at a rate: a line of bytes, a scheduler of tasks, a core."""

    rate: float
    free: float = 0.0
    busy: float = 0.0

    def take(self, now: float, amount: float) -> float:
        """When so much is done that comes now."""
        seconds = amount / self.rate
        self.free = max(now, self.free) + seconds
        self.busy += seconds
        return self.free


@dataclass
class Outcome:
    """How long it takes: seconds of each stage, one after the other, and how busy is what all share."""

    workers: int
    stages: dict[Stage, float] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """All in all."""
        return sum(self.stages.values())

    @property
    def limit(self) -> str:
        """The stage that takes longest."""
        return max(self.stages, key=lambda stage: self.stages[stage])


class Cluster:
    """Machines at work."""

    def __init__(self, machines: Machines, costs: Costs) -> None:
        self.machines, self.costs = machines, costs
        self.scheduler, self.own = Line(1 / costs.task), Line(machines.line)
        self.shared = Line(machines.storage or machines.line)
        count = -(-machines.workers // machines.several)
        self.ready: list[float] = []
        self.lines = [Line(machines.line) for _ in range(count)]

    def moved(self, now: float, line: Line, size: float) -> float:
        """When so many bytes have gone over a line and what all share."""
        return max(line.take(now, size), self.shared.take(now, size))

    def do(self, now: float, tasks: int, bring: Step, start: float, steps: Sequence[Step]) -> list[float]:
        """Tasks done by whoever is free; when each is done. Whatever happens is done in the order of time, since lines
        serve who comes first.

        Args:
            now: when there are some.
            tasks: how many.
            bring: when what they read is on a machine.
            start: how long a worker takes from then on.
            steps: of a task, the last of which brings its result to where others find it.
        """
        count = min(self.machines.workers, tasks)
        brought = [bring(now, line) for line in self.lines[: -(-count // self.machines.several)]]
        self.ready = [brought[i // self.machines.several] + start for i in range(count)]
        due, begun, done = [(at, i, len(steps)) for i, at in enumerate(self.ready)], 0, list[float]()
        heapq.heapify(due)
        while due:
            at, worker, step = heapq.heappop(due)
            if step < len(steps):
                heapq.heappush(due, (steps[step](at, self._line(worker)), worker, step + 1))
                continue
            if at > self.ready[worker]:
                done.append(at)
            if begun < tasks:
                begun += 1
                heapq.heappush(due, (self.scheduler.take(at, 1), worker, 0))
        return sorted(done)

    def _line(self, worker: int) -> Line:
        return self.lines[worker // self.machines.several]

    def outcome(self, stages: dict[Stage, float]) -> Outcome:
        """What became of it."""
        seconds = sum(stages.values())
        lines = {"scheduler": self.scheduler, "storage": self.shared, "line of who asked": self.own}
        return Outcome(self.machines.workers, stages, {name: line.busy / seconds for name, line in lines.items()})


def film(costs: Costs, machines: Machines, frames: int, segment: int, snapshots: int) -> Outcome:
    """A film that is drawn from a recording which the one who asked has.

    Args:
        costs: of a frame of this film.
        machines: who draws it.
        frames: of the film.
        segment: frames that are drawn and encoded in one go.
        snapshots: of the recording.
    """
    cluster, recording = Cluster(machines, costs), snapshots * costs.snapshot
    sent = costs.prepare if machines.in_place else cluster.moved(costs.prepare, cluster.own, recording)
    shown = recording * segment / frames if machines.in_place else 0.0

    def bring(now: float, line: Line) -> float:
        return now if machines.in_place else cluster.moved(now, line, recording)

    steps = (
        lambda now, line: cluster.moved(now, line, shown) if shown else now,
        lambda now, line: now + segment * (costs.draw + costs.encode),
        lambda now, line: cluster.moved(now, line, segment * costs.frame),
    )
    done = cluster.do(sent, -(-frames // segment), bring, costs.begin + costs.open, steps)
    fetched = 0.0
    for at in done:
        fetched = cluster.own.take(at, segment * costs.frame)
    ready = mean(cluster.ready)
    stages: dict[Stage, float] = {
        "prepare": costs.prepare,
        "send": sent - costs.prepare,
        "begin": ready - sent,
        "work": done[-1] - ready,
        "fetch": fetched - done[-1],
        "join": frames * costs.join,
        "verify": frames * costs.verify,
    }
    return cluster.outcome(stages)


def runs(costs: Costs, machines: Machines, count: int, steps: int) -> Outcome:
    """Runs that are trained, and gathered where they were asked for, for a film.

    Args:
        costs: of a run.
        machines: who trains them.
        count: how many runs.
        steps: of each.
    """
    cluster, asked = Cluster(machines, costs), Line(1.0)

    size = costs.packed if machines.storage is None else costs.recording
    request = 0.0 if machines.storage is None else -(-costs.files // AT_ONCE) * machines.request

    trained = costs.run + steps * costs.step + request
    parts = (lambda now, line: now + trained, lambda now, line: cluster.moved(now, line, size))
    done = cluster.do(costs.prepare, count, lambda now, line: now, costs.begin, parts)
    taken = 0.0
    for at in done:
        taken = asked.take(cluster.own.take(at, size), costs.take)
    stages: dict[Stage, float] = {
        "prepare": costs.prepare,
        "begin": costs.begin,
        "work": done[-1] - costs.prepare - costs.begin,
        "gather": taken - done[-1],
        "film": count * costs.show,
    }
    return cluster.outcome(stages)
