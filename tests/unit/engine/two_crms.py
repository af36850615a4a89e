"""Two CRMs that are dicts, a store, and a mapping between them, with people on all sides."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from opening import opened
from sqlalchemy import insert, select, update

from centri.connectors.memory import MemoryConnector, MemoryCrm
from centri.descriptions import FieldType
from centri.engine.project import Project
from centri.engine.sync import Round, sync
from centri.settings import Settings
from centri.store import findings, prm
from centri.store.database import read, write
from centri.store.journal_tables import sync_delivery, sync_link

MAPPING = Path(__file__).parent / "two_crms.yaml"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Clock:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class World:
    """People on all sides, and the sync between them."""

    def __init__(self, settings: Settings) -> None:
        self.clock = Clock()
        self.crms = {name: MemoryCrm(clock=self.clock) for name in ("east", "west")}
        for crm in self.crms.values():
            for object, fields in OBJECTS.items():
                crm.define(object, dict.fromkeys(fields.split(), FieldType.TEXT))
        self.settings = settings
        self.project = self.restarted()

    def restarted(self) -> Project:
        """Another process over the same store and CRMs."""
        self.project = opened(self.settings, self.clock)
        for name, crm in self.crms.items():
            self.project.use(name, MemoryConnector(name, crm))
        return self.project

    def sync(self, *connections: str) -> dict[str, Round]:
        self.clock.forward(seconds=30)
        done = {name: sync(self.project, name) for name in connections or ("east", "west")}
        self.clock.forward(seconds=30)
        return done

    def person_saves(self, crm: str, object: str, id: str | None = None, **values: Any) -> str:
        self.clock.forward(seconds=1)
        return self.crms[crm].save(object, values, id).id

    def in_crm(self, crm: str, object: str) -> list[dict[str, Any]]:
        return [dict(row.values) for row in self.crms[crm].objects[object].values() if not row.deleted]

    def insert(self, entity: str, **values: Any) -> str:
        table = prm.ENTITIES[entity]
        with write(self.project.engine) as conn:
            return str(conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one())

    def edit(self, entity: str, id: str, **values: Any) -> None:
        table = prm.ENTITIES[entity]
        with write(self.project.engine) as conn:
            conn.execute(update(table).where(table.c.id == id).values(values))

    def rows(self, entity: str) -> list[dict[str, Any]]:
        with read(self.project.engine) as conn:
            return [dict(row) for row in conn.execute(select(prm.ENTITIES[entity])).mappings()]

    def row(self, entity: str) -> dict[str, Any]:
        (row,) = self.rows(entity)
        return row

    def links(self) -> list[dict[str, Any]]:
        with read(self.project.engine) as conn:
            return [dict(row) for row in conn.execute(select(sync_link).order_by(sync_link.c.id)).mappings()]

    def deliveries(self) -> list[dict[str, Any]]:
        with read(self.project.engine) as conn:
            return [dict(row) for row in conn.execute(select(sync_delivery)).mappings()]

    def anomalies(self) -> list[tuple[str, str]]:
        """(kind, field) of what is open."""
        with read(self.project.engine) as conn:
            return sorted((a["kind"], a["field"]) for a in findings.listed(conn))

    def anomaly_rows(self) -> list[dict[str, Any]]:
        with read(self.project.engine) as conn:
            return [dict(a) for a in findings.listed(conn)]

    def writes(self) -> dict[str, int]:
        """What a round without edits wrote: rows of the store by entity, records of the CRMs."""
        rounds = self.sync()
        return {
            "to_prm": sum(t.to_prm for r in rounds.values() for t in r.tallies.values()),
            "to_crm": sum(t.to_crm for r in rounds.values() for t in r.tallies.values()),
            "created": sum(t.created for r in rounds.values() for t in r.tallies.values()),
        }


QUIET = {"to_prm": 0, "to_crm": 0, "created": 0}

OBJECTS = {
    "Account": "Name Kind Website City Industry OurId",
    "Contact": "FirstName LastName Email AccountId OurId",
    "Lead": "LastName Company Email City Status Distribute Partner DistributionStatus OurId"
    " OpportunityName OpportunityId Amount AccountId ContactId",
    "Opportunity": "Name AccountId Amount Stage OurId",
    "Note": "Title Body ParentId",
}
