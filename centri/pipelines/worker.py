"""A resident worker: stands by one connection, looks each second, and runs its ordinary job here where something has changed."""

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy.exc import OperationalError

from centri.engine.project import Project, open_project
from centri.errors import CentriError, ConfigError
from centri.pipelines.run import sync_project
from centri.settings import Settings
from centri.store import connections, hints, news, workers
from centri.store.database import read, write
from centri.store.news import NOTHING, News

LOG = logging.getLogger("centri.worker")

LOOK = 1.0
"""Seconds between two looks at the store."""
EVERY = timedelta(seconds=60)
"""How long a CRM that gives no hints is left unread."""
LONGEST_PAUSE = timedelta(minutes=1)


@dataclass(slots=True)
class Seen:
    """What the worker knows when it decides; ``settled`` is the news that the last round began with, which starts none again."""

    read_at: datetime | None = None
    settled: News = NOTHING
    failures: int = 0
    failed_at: datetime | None = None


def reason(told: News, seen: Seen, every: timedelta, now: datetime) -> str:
    """Why a round begins now; empty where none does."""
    if seen.failed_at and now < seen.failed_at + pause(seen.failures):
        return ""
    if told.hinted:
        return "a hint of the CRM"
    if told.changed[1] and told.changed != seen.settled.changed:
        return "a change in the PRM"
    if told.due and told.due > seen.settled.due:
        return "a write that is due"
    return "the clock" if seen.read_at is None or now - seen.read_at >= every else ""


def pause(failures: int) -> timedelta:
    """Until the next try, after so many failures in a row: a second, and twice as long each time."""
    return min(LONGEST_PAUSE, timedelta(seconds=2 ** min(failures - 1, 10)))


@dataclass
class Worker:
    """One process stands by one connection at a time: runs in threads beside each other would wait for each other for ever."""

    settings: Settings
    connection: str
    every: timedelta = EVERY
    seen: Seen = field(default_factory=Seen)
    runs: int = 0
    holder: str = field(default_factory=lambda: f"{socket.gethostname()} {os.getpid()}")

    def work(self, ended: Event, *, looked: Callable[[], None] = lambda: None) -> None:
        """Until ``ended`` is set. Raises ConfigError where the mapping is faulty at the beginning or has no such connection."""
        project, edited = self._open(), self._edited()
        try:
            while not ended.is_set():
                if self._edited() != edited:
                    project, edited = self._reopened(project), self._edited()
                self._look(project)
                looked()
                ended.wait(LOOK)
        finally:
            with write(project.engine) as conn:
                workers.leave(conn, self.connection, self.holder)
            project.close()

    def _open(self) -> Project:
        project = open_project(self.settings)
        project.mappings(self.connection)
        return project

    def _reopened(self, old: Project) -> Project:
        """The edited mapping; a faulty one is told of, and the old one goes on."""
        try:
            new = self._open()
        except ConfigError as error:
            LOG.error("the edited mapping is faulty, and the one before goes on: %s", error)  # noqa: TRY400 - what is wrong stands in the message
            return old
        old.close()
        LOG.info("goes on with the edited mapping")
        return new

    def _edited(self) -> int:
        try:
            return self.settings.mappings.stat().st_mtime_ns
        except OSError:
            return 0

    def _look(self, project: Project) -> None:
        try:
            self._beat(project, "looks")
            with read(project.engine) as conn:
                told = news.of(conn, self.connection, now=project.now())
                paused = connections.get(conn, self.connection)["paused_at"]
            if not paused and (why := reason(told, self.seen, self.every, project.now())):
                self._run(project, why, told)
        except (CentriError, OperationalError) as error:
            self._failed(project, error)

    def _run(self, project: Project, why: str, told: News) -> None:
        """What was news before the round is none after it; what came meanwhile is."""
        self._beat(project, why)
        began = project.now()
        with write(project.engine) as conn:
            hints.take(conn, self.connection)
        (done,) = sync_project(project, self.connection, trigger=f"worker: {why}")
        self.runs += 1
        if done.failure:
            raise done.failure
        self.seen = Seen(read_at=began, settled=told)

    def _failed(self, project: Project, error: Exception) -> None:
        self.seen.failures += 1
        self.seen.failed_at = project.now()
        LOG.warning("%s: tries again in %s: %s", self.connection, pause(self.seen.failures), error)

    def _beat(self, project: Project, doing: str) -> None:
        with write(project.engine) as conn:
            workers.beat(conn, self.connection, self.holder, runs=self.runs, doing=doing, now=project.now())
