"""What the CRMs' objects looked like when they were last described, and the rows to be looked at again when they change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from centri.store import prm
from centri.store.journal_tables import UNSENT, sync_delivery, sync_dirty, sync_schema
from centri.store.upsert import upsert

_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def of(conn: Connection, connection: str) -> dict[str, Any]:
    """What is remembered of a connection's objects, by object."""
    t = sync_schema.c
    query = select(t.object, t.description).where(t.connection == connection)
    return {row.object: row.description for row in conn.execute(query)}


def save(conn: Connection, connection: str, object: str, description: Mapping[str, Any], *, now: datetime) -> None:
    row = {"connection": connection, "object": object, "description": dict(description), "fetched_at": now}
    upsert(conn, sync_schema, [row], ("connection", "object"))


def ask_again(conn: Connection, connection: str, entity: str) -> None:
    """Have every row of an entity looked at again by one connection."""
    t = prm.ENTITIES[entity].c
    _mark(conn, select(literal(entity), t.id, literal(connection), t.revision).where(t.id.is_not(None)))


def ask_again_unsent(conn: Connection, connection: str, entity: str, object: str) -> None:
    """Have the rows looked at again of which something is on its way to an object."""
    t, sent = prm.ENTITIES[entity].c, sync_delivery.c
    mine = (sent.connection == connection, sent.entity == entity, sent.object == object)
    waiting = select(sent.prm_id).where(*mine, UNSENT)
    _mark(conn, select(literal(entity), t.id, literal(connection), t.revision).where(t.id.in_(waiting)))


def _mark(conn: Connection, rows: Select[Any]) -> None:
    insert = _INSERT[conn.dialect.name](sync_dirty).from_select(["entity", "prm_id", "connection", "revision"], rows)
    key = ["entity", "prm_id", "connection"]
    conn.execute(insert.on_conflict_do_update(index_elements=key, set_={"revision": insert.excluded.revision}))
