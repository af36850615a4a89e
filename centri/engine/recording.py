"""A row in the store for each verb that ran: when, how it ended, what it counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from centri.engine.project import Project
from centri.store import runs
from centri.store.database import write


@dataclass(slots=True)
class Run:
    """A verb at work. What is put into ``counters`` and ``cursors`` is stored when it ends."""

    id: str
    counters: dict[str, Any] = field(default_factory=dict)
    cursors: tuple[str, str] = ("", "")
    status: str = "ok"


@contextmanager
def recorded(project: Project, connection: str, name: str) -> Iterator[Run]:
    """Record what happens inside as one run; an error ends it as failed and goes on."""
    with write(project.engine) as conn:
        run = Run(runs.begin(conn, connection, name, dagster_run_id=project.dagster_run_id, now=project.now()))
    try:
        yield run
    except BaseException:
        run.status = "failed"
        raise
    finally:
        with write(project.engine) as conn:
            runs.end(conn, run.id, run.status, run.counters, now=project.now(), cursors=run.cursors)
