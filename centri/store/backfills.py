"""Backfills in the store: what is to be read again, and how far each has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from centri.records import Cursor
from centri.store.journal_tables import sync_backfill


@dataclass(frozen=True, slots=True)
class Backfill:
    """One object's records of one entity, to be read again that changed from ``since`` on, before ``until``.

    None leaves a side open. ``cursor`` is the last record that is done with.
    """

    id: str
    connection: str
    object: str
    entity: str
    since: datetime | None
    until: datetime | None
    fields: tuple[str, ...]
    cursor: Cursor | None
    counters: Mapping[str, Any]
    began_at: datetime
    ended_at: datetime | None = None


def unfinished(conn: Connection) -> list[Backfill]:
    """Those that have not come to their end, oldest first."""
    query = select(sync_backfill).where(sync_backfill.c.ended_at.is_(None)).order_by(sync_backfill.c.began_at)
    return [_backfill(dict(row)) for row in conn.execute(query).mappings()]


def begin(
    conn: Connection, connection: str, object: str, entity: str, since: datetime | None, until: datetime | None,
    fields: Sequence[str], *, now: datetime,
) -> Backfill:  # fmt: skip
    """The unfinished backfill of just this, which goes on, or a new one."""
    asked = (connection, object, entity, since, until, tuple(fields))
    for known in unfinished(conn):
        if asked == (known.connection, known.object, known.entity, known.since, known.until, known.fields):
            return known
    new = Backfill(str(uuid4()), *asked, cursor=None, counters={}, began_at=now)
    row = {"id": new.id, "connection": connection, "object": object, "entity": entity, "since": since, "until": until}
    conn.execute(insert(sync_backfill).values(**row, fields=list(fields), began_at=now))
    return new


def come_to(conn: Connection, id: str, cursor: Cursor | None, counters: Mapping[str, Any]) -> None:
    """How far a backfill is now."""
    at = {"stamp": cursor.stamp, "crm_id": cursor.id} if cursor else {}
    conn.execute(update(sync_backfill).where(sync_backfill.c.id == id).values(counters=dict(counters), **at))


def end(conn: Connection, id: str, *, now: datetime) -> None:
    conn.execute(update(sync_backfill).where(sync_backfill.c.id == id).values(ended_at=now))


def _backfill(row: Mapping[str, Any]) -> Backfill:
    cursor = Cursor(row["stamp"], row["crm_id"] or "") if row["stamp"] else None
    plain = ("id", "connection", "object", "entity", "since", "until", "counters", "began_at", "ended_at")
    return Backfill(**{name: row[name] for name in plain}, fields=tuple(row["fields"]), cursor=cursor)
