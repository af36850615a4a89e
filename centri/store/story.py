"""What the store holds about one record: where it was staged, what it is linked to, what changed, what was sent and set aside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from centri.store import audit
from centri.store.journal_tables import sync_anomaly, sync_delivery, sync_link, sync_staging

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: any of these ids, as CRM ids of these objects or PRM ids of these entities."""

    connection: str
    objects: frozenset[str]
    entities: frozenset[str]
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Story:
    """Rows of the journal, oldest first."""

    links: list[Row] = field(default_factory=list)
    staging: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    anomalies: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.links or self.staging or self.deliveries or self.anomalies or self.audit)


def story(conn: Connection, subject: Subject) -> Story:
    """What is known of a record under its own id and under those of the records it is linked to."""
    links = _rows(conn, sync_link, subject)
    crm_ids = subject.ids | {row["crm_id"] for row in links}
    prm_ids = subject.ids | {row["prm_id"] for row in links}
    wide = Subject(
        subject.connection,
        subject.objects | {row["object"] for row in links},
        subject.entities | {row["entity"] for row in links},
        crm_ids | prm_ids,
    )
    staged = _select(conn, sync_staging, sync_staging.c.connection == wide.connection, _crm(sync_staging, wide.objects, crm_ids))
    changed = list(audit.story(conn, wide.entities, prm_ids))
    return Story(links, staged, _rows(conn, sync_delivery, wide), _rows(conn, sync_anomaly, wide), changed)


def _rows(conn: Connection, table: Table, subject: Subject) -> list[Row]:
    about = or_(_crm(table, subject.objects, subject.ids), _prm(table, subject.entities, subject.ids))
    return _select(conn, table, table.c.connection == subject.connection, about)


def _crm(table: Table, objects: Collection[str], ids: Collection[str]) -> ColumnElement[bool]:
    return and_(table.c.object.in_(objects), table.c.crm_id.in_(ids))


def _prm(table: Table, entities: Collection[str], ids: Collection[str]) -> ColumnElement[bool]:
    return and_(table.c.entity.in_(entities), table.c.prm_id.in_(ids))


def _select(conn: Connection, table: Table, *where: ColumnElement[bool]) -> list[Row]:
    order = table.c.created_at if "created_at" in table.c else table.c.id
    return [dict(row) for row in conn.execute(select(table).where(*where).order_by(order)).mappings()]
