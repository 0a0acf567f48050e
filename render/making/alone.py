"""The crew of one: all tasks are done in this process, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from weightreel.render.making.progress import Advance
from weightreel.render.making.tasks import Plain, Task
from weightreel.render.making.work import Desk, work


@dataclass(frozen=True)
class Alone:
    """See `weightreel.render.making.tasks.Crew`. What is on the desk already is not opened again."""

    desk: Desk = field(default_factory=Desk)
    jobs: int = 1

    def run(self, tasks: Iterable[Task], advance: Advance) -> Iterator[tuple[Task, Plain]]:
        """Do tasks in their order."""
        for task in tasks:
            yield task, work(task, advance, self.desk)
