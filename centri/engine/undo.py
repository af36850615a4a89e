"""Take a run back: what it wrote into the PRM at once, what it told the CRM with the next push."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from centri.engine import undo_deliveries, undo_rows
from centri.engine.admission import refuse_paused
from centri.engine.project import Project
from centri.engine.recording import recorded
from centri.errors import ConfigError, RetryLater, Stop
from centri.records import IMPORT, PRM
from centri.store import audit, outbox_history, prm, runs
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.store.outbox_history import UNDO
from centri.sync.undo import Fate, Inverse

Row = Mapping[str, Any]

SHOWN = 50


@dataclass(slots=True)
class Undone:
    """The inverse of runs: how much of it there is of each kind, and the first of each.

    ``run_id`` is the undo's own run, once it is applied; ``most`` is how many of each kind are kept to be shown.
    """

    connection: str
    runs: Sequence[Row]
    run_id: str = ""
    most: int = SHOWN
    counts: Counter[Fate] = field(default_factory=Counter)
    shown: dict[Fate, list[Inverse]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing is left for a person to look at."""
        return not (self.counts[Fate.LEFT] or self.counts[Fate.BY_HAND])

    def add(self, inverses: Sequence[Inverse]) -> None:
        for one in inverses:
            self.counts[one.fate] += 1
            kept = self.shown.setdefault(one.fate, [])
            if len(kept) < self.most:
                kept.append(one)


def undo(project: Project, run: str, *, yes: bool = False, most: int = SHOWN) -> Undone:
    """Plan the inverse of a run, and with ``yes`` apply it. ``run`` is its id, the beginning of it, or a Dagster run's id.

    Raises ConfigError where no run or several are meant, Stop where one of them is at work or the connection is paused,
    RetryLater while another run works on the same records.
    """
    with read(project.engine) as conn:
        meant = _meant(runs.named(conn, run), run)
    report = Undone(meant[0]["connection"], meant, most=most)
    if report.connection == IMPORT:
        raise ConfigError("an import is not taken back by a command: correct its rows in the PRM, or import a corrected file")
    if report.connection == PRM:
        raise ConfigError("merges of duplicates are taken back one by one: centri dedupe log, and centri dedupe undo NUMBER")
    project.mappings(report.connection)
    for one in meant:
        _refuse_running(project, one)
    task = _Task(project, report, frozenset(r["id"] for r in meant))
    if not yes:
        task.run()
        return report
    refuse_paused(project.engine, report.connection)
    with recorded(project, report.connection, UNDO) as own:
        report.run_id = own.id
        task.run()
        own.counters = {fate.value: number for fate, number in report.counts.items()}
    return report


def _meant(found: Sequence[Row], name: str) -> Sequence[Row]:
    if not found:
        raise ConfigError(f"no run is called {name!r}; `centri runs` lists them")
    exactly = len(found) == 1 or all(name in (r["id"], r["dagster_run_id"]) for r in found)
    if not exactly:
        raise ConfigError(f"{name!r} begins the ids of several runs: {', '.join(r['id'] for r in found)}")
    if len(connections := sorted({r["connection"] for r in found})) > 1:
        raise ConfigError(f"{name} worked on {' and '.join(connections)}: undo its steps one by one; `centri runs` lists them")
    return found


def _refuse_running(project: Project, run: Row) -> None:
    """A run that says it is running, and whose lease nobody holds, died: what it did can be undone."""
    if run["status"] != "running":
        return
    verb, _, subject = run["name"].partition(" ")
    lease = f"push {run['connection']}/{subject}" if verb == "push" else f"{run['connection']}/{subject}"
    try:
        with leased(project.engine, lease, now=project.now()):
            return
    except RetryLater as held:
        raise Stop(f"run {run['id']} ({run['name']}) is at work; undo it once it has ended") from held


@dataclass(slots=True)
class _Task:
    """One undoing. ``going`` are the ids of the rows that go: they keep nothing else in use."""

    project: Project
    report: Undone
    refs: frozenset[str]
    going: set[str] = field(default_factory=set)

    def run(self) -> None:
        with read(self.project.engine) as conn:
            touched = audit.entities(conn, self.refs) | outbox_history.entities(conn, self.refs)
        for entity in reversed([e for e in prm.ENTITIES if e in touched]):  # children go before their parents
            name = f"{self.report.connection}/{entity}"
            with leased(self.project.engine, name, now=self.project.now()) if self.report.run_id else nullcontext() as lease:
                self._rows(lease, entity)
                self._deliveries(lease, entity)

    def _rows(self, lease: Lease | None, entity: str) -> None:
        last = ""
        while True:
            with read(self.project.engine) as conn:
                ids = audit.changed(conn, self.refs, entity, after=last, most=self.project.settings.chunk_size)
            if not ids:
                return
            last = ids[-1]
            self._some_rows(lease, entity, ids)

    def _some_rows(self, lease: Lease | None, entity: str, ids: Sequence[str]) -> None:
        """One transaction; where the database refuses a row that row is left, and the others go back without it."""
        connection = self.report.connection
        try:
            with self._transaction(lease) as conn:
                planned = undo_rows.plan(conn, connection, entity, self.refs, ids, self.going)
                done = undo_rows.apply(self.project, conn, connection, self.report.run_id, planned) if lease else planned
        except IntegrityError as refusal:
            if len(ids) == 1:
                done = undo_rows.left(planned, f"the PRM does not take it: {str(refusal.orig).strip()}")
            else:
                middle = len(ids) // 2
                self._some_rows(lease, entity, ids[:middle])
                self._some_rows(lease, entity, ids[middle:])
                return
        self.going.update(i.ref.id for i in done.inverses if i.fate is Fate.REMOVED)
        self.report.add(done.inverses)

    def _deliveries(self, lease: Lease | None, entity: str) -> None:
        last = ""
        while True:
            with self._transaction(lease) as conn:
                page = outbox_history.done(conn, self.refs, entity, after=last, most=self.project.settings.chunk_size)
                if not page:
                    return
                planned = undo_deliveries.plan(self.project, conn, self.report.connection, entity, page, self.going)
                if lease:
                    undo_deliveries.apply(self.project, conn, self.report.run_id, planned)
            last = page[-1].queued.id
            self.report.add([i for p in planned for i in p.inverses])

    @contextmanager
    def _transaction(self, lease: Lease | None) -> Iterator[Connection]:
        """Planned and applied in one; a plan alone only reads."""
        with (write if lease else read)(self.project.engine) as conn:
            if lease:
                lease.renew(conn, self.project.now())
            yield conn
