"""A row in the store for each verb that ran: when, how it ended, what it counted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from centri.engine.project import Project
from centri.engine.redaction import redacted
from centri.errors import RetryLater
from centri.store import runs, steps
from centri.store.database import write

LOG = logging.getLogger("centri.runs")


@dataclass(slots=True)
class Run:
    """A verb at work. What is put into ``counters`` and ``cursors`` is stored when it ends.

    ``failure`` says what kept it from being done, ``postponed`` that this was the day's API calls, or a person.
    """

    id: str
    counters: dict[str, Any] = field(default_factory=dict)
    cursors: tuple[str, str] = ("", "")
    status: str = "ok"
    failure: str = ""
    postponed: bool = False


@contextmanager
def recorded(project: Project, connection: str, name: str) -> Iterator[Run]:
    """Record what happens inside as one run; an error ends it as failed and goes on."""
    with write(project.engine) as conn:
        run = Run(runs.begin(conn, connection, name, dagster_run_id=project.dagster_run_id, now=project.now()))
    about = {"run": run.id, "connection": connection, "step": name, "dagster_run": project.dagster_run_id}
    with bound_contextvars(**about):
        LOG.info("begins")
        with _ending(project, connection, name, run):
            yield run


@contextmanager
def _ending(project: Project, connection: str, name: str, run: Run) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        run.status, run.failure = "failed", f"{error}" or type(error).__name__
        run.postponed = not isinstance(error, Exception) or (isinstance(error, RetryLater) and error.daily_limit)
        raise
    finally:
        with write(project.engine) as conn:
            runs.end(conn, run.id, run.status, run.counters, now=project.now(), cursors=run.cursors)
            if connection in project.mapping.connections and not run.postponed:
                _step(conn, connection, name, run, project)
        LOG.info("ends", extra={"status": run.status, "counters": run.counters, "error": run.failure or None})


def _step(conn: Connection, connection: str, name: str, run: Run, project: Project) -> None:
    if run.failure:
        steps.failed(conn, connection, name, redacted(run.failure), run_id=run.id, now=project.now())
    else:
        steps.succeeded(conn, connection, name, run_id=run.id, now=project.now())
