"""The stage of the world: two restless CRMs, a store that can be broken off, and a ledger of what people did."""

from __future__ import annotations

import contextlib
import random
import shutil
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from crms import RestlessConnector, RestlessCrm, tidy_east, tidy_west
from ledger import PRM, Ledger, Rows, crm_rows
from opening import mapping_at
from sqlalchemy import Engine, and_, event, select
from two_crms import MAPPING, OBJECTS, Clock, World

from centri.descriptions import FieldType
from centri.engine.project import Project, _creating
from centri.engine.sync import sync
from centri.errors import CentriError, RetryLater
from centri.settings import Settings
from centri.store import deliveries, findings, prm
from centri.store.database import migrate, open_engine, read, write
from centri.store.deliveries import Queued
from centri.store.journal_tables import sync_dirty, sync_link, sync_staging
from centri.store.prm_tables import partner_user

CRMS = ("east", "west")
MEMORY = Path("/dev/shm")
"""Stores are kept in memory where the machine has a place for that: thousands of worlds wear out no disk."""
LEASE = timedelta(minutes=11)


class Broken(Exception):
    """The process died here: nothing of it can reach the store any more."""


@dataclass(frozen=True)
class Habits:
    """How much is read and decided on at once: small, so that every border is crossed."""

    page_size: int = 2
    chunk_size: int = 2


@cache
def template() -> Path:
    path = Path(mkdtemp()) / "template.db"
    migrate(f"sqlite:///{path}")
    return path


class Scene(World):
    """A world over a store of its own, with ids that follow from the seed, so that what failed fails again."""

    def __init__(self, habits: Habits) -> None:
        self._ids = patch.object(uuid, "os", SimpleNamespace(urandom=random.Random(0).randbytes))
        self._ids.start()
        self.folder = Path(mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        shutil.copy(template(), self.folder / "store.db")
        self.clock, self.ledger = Clock(), Ledger()
        self.crms: dict[str, RestlessCrm] = {
            "east": RestlessCrm(self.clock, tidy_east),
            "west": RestlessCrm(self.clock, tidy_west),
        }
        for crm in self.crms.values():
            for object, fields in OBJECTS.items():
                crm.define(object, dict.fromkeys(fields.split(), FieldType.TEXT))
        url = f"sqlite:///{self.folder / 'store.db'}"
        size = {"page_size": habits.page_size, "chunk_size": habits.chunk_size}
        self.settings = Settings(home=self.folder, mappings=MAPPING, database_url=url, overlap=timedelta(seconds=10), **size)
        self.breaks_in: int | None = None
        self.running = False
        self.between: deque[Callable[[], bool]] = deque()
        self.project = self.restarted()

    def restarted(self) -> Project:
        """Another process over the same store; the mapping is not read again."""
        self.breaks_in = None
        self.project = self._opened()
        return self.project

    def _opened(self) -> Project:
        engine, mapping = open_engine(self.settings.database), mapping_at(MAPPING)
        _unsynchronised(engine)
        with write(engine) as conn:
            prm.declare_spokes(conn, {(m.connection, m.entity): False for m in mapping.mappings} | _creating(mapping))
        event.listen(engine, "set_connection_execution_options", self._beginning)  # right before a transaction takes its lock
        project = Project(self.settings, mapping, engine, self.clock)
        for name, crm in self.crms.items():
            project.use(name, RestlessConnector(name, crm))
        return project

    def _beginning(self, conn: Any, options: Mapping[str, Any]) -> None:
        """Each transaction may be the one before which the process dies, or a person edits what it is about."""
        if self.running and self.between and options.get("writes"):
            with self._unbroken():
                if self.between[0]():
                    self.between.popleft()
        if self.running and self.breaks_in is not None:
            self.breaks_in -= 1
            if self.breaks_in < 0:
                raise Broken

    def run(self, *connections: str) -> None:
        """A sync that may fail; if it was broken off, another process goes on once its leases have run out."""
        for name in connections or CRMS:
            self.does(lambda name=name: sync(self.project, name))

    def does(self, work: Callable[[], Any]) -> None:
        """What the engine is asked to do; it may fail, and its process may die."""
        self.running = True
        try:
            with contextlib.suppress(CentriError):
                work()
        except Broken:
            self.project.close()
            self.clock.now += LEASE
            self.restarted()
        finally:
            self.running = False

    def another_run(self, connection: str) -> None:
        """A second process over the same store, in the midst of a call of the first."""
        other = self._opened()
        with contextlib.suppress(RetryLater):
            sync(other, connection)
        other.engine.dispose()

    def rows_of(self, crm: str) -> Rows:
        return crm_rows(crm, self.crms[crm])

    def prm_rows(self) -> Rows:
        """Every PRM row as a mapping sees it."""
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        with read(self.project.engine) as conn:
            for entity, table in prm.ENTITIES.items():
                stored = {row["id"]: dict(row) for row in conn.execute(select(table)).mappings()}
                for id, record in prm.as_rows(conn, entity, stored).records.items():
                    found[PRM, entity, id] = {**record.values, "$deleted": record.deleted}
        return found

    @contextmanager
    def person_in(self, system: str) -> Iterator[None]:
        """What somebody does in a CRM or in the PRM, entered into the ledger."""
        rows = self.prm_rows if system == PRM else lambda: self.rows_of(system)
        with self._unbroken() if system == PRM else contextlib.nullcontext(), self.ledger.act(rows):
            yield

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        """It is the sync's process that dies, not a person's."""
        running, self.running = self.running, False
        try:
            yield
        finally:
            self.running = running

    def saves(self, crm: str, object: str, id: str | None = None, **values: Any) -> str:
        with self.person_in(crm):
            return self.crms[crm].save(object, values, id).id

    def writes_prm(self, entity: str, id: str | None, **values: Any) -> str:
        """A new row, or new values of one, by somebody in the PRM."""
        new = id or str(uuid.uuid4())
        with self.person_in(PRM), write(self.project.engine) as conn:
            stored = prm.read(conn, entity, [new]).stored.get(new)
            prm.write(conn, entity, [prm.Change(new, values, stored)], actor="person", now=self.clock.now)
        return new

    def all_anomalies(self) -> list[dict[str, Any]]:
        with read(self.project.engine) as conn:
            return [dict(a) for a in findings.listed(conn, state=None, most=100_000)]

    def queued(self, ids: Sequence[str]) -> list[Queued]:
        with read(self.project.engine) as conn:
            return deliveries.load(conn, ids)

    def at_stake(self) -> list[tuple[str, str]]:
        """(entity, id) of the PRM rows that a settling is about to decide on."""
        s, k = sync_staging.c, sync_link.c
        here = and_(s.connection == k.connection, s.entity == k.entity, s.crm_id == k.crm_id, s.state == "open")
        with read(self.project.engine) as conn:
            changed = conn.execute(select(k.entity, k.prm_id).where(here, k.state == "active")).all()
            return sorted({(r[0], r[1]) for r in (*changed, *conn.execute(select(sync_dirty.c.entity, sync_dirty.c.prm_id)))})

    def hires(self, partner_id: str, email: str) -> None:
        with write(self.project.engine) as conn:
            conn.execute(partner_user.insert().values(id=str(uuid.uuid4()), partner_account_id=partner_id, email=email))

    def ends(self) -> None:
        self.project.close()
        shutil.rmtree(self.folder)
        self._ids.stop()


def _unsynchronised(engine: Engine) -> None:
    """These stores outlive no crash of the machine."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")
