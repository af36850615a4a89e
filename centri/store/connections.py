"""What is known of each connection: which org it is pinned to, whether it may write, whether it is paused, what its CRM told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select, update

from centri.store.journal_tables import sync_connection, sync_cursor, sync_link
from centri.store.upsert import upsert
from centri.sync.budget import Allowance

Row = Mapping[str, Any]

_GET = select(sync_connection).where(sync_connection.c.connection == bindparam("name"))


def unknown(connection: str) -> Row:
    """Of a connection never heard of: None in every column but the name."""
    return {**dict.fromkeys(column.name for column in sync_connection.columns), "connection": connection}


def get(conn: Connection, connection: str) -> Row:
    """What is known of a connection."""
    found = conn.execute(_GET, {"name": connection}).mappings().first()
    return dict(found) if found else unknown(connection)


def all_(conn: Connection) -> dict[str, Row]:
    rows = conn.execute(select(sync_connection).order_by(sync_connection.c.connection)).mappings()
    return {row["connection"]: dict(row) for row in rows}


def greeted(conn: Connection, connection: str, org: str, *, arm: str | None, now: datetime) -> Row:
    """Enter a handshake. The first pins the org and, where ``arm`` says who allows it, arms; another org changes nothing."""
    t = sync_connection.c
    _ensure(conn, connection)
    first = {"org": org, "pinned_at": now} | ({"armed_at": now, "armed_by": arm} if arm else {})
    conn.execute(update(sync_connection).where(t.connection == connection, t.org.is_(None)).values(first))
    conn.execute(update(sync_connection).where(t.connection == connection, t.org == org).values(handshake_at=now))
    return get(conn, connection)


def repin(conn: Connection, connection: str, org: str, *, now: datetime) -> None:
    """Pin to another org, and take the right to write away."""
    _set(conn, connection, org=org, pinned_at=now, handshake_at=None, armed_at=None, armed_by=None)


def arm(conn: Connection, connection: str, by: str, *, now: datetime) -> None:
    _set(conn, connection, armed_at=now, armed_by=by)


def disarm(conn: Connection, connection: str) -> None:
    _set(conn, connection, armed_at=None, armed_by=None)


def pause(conn: Connection, connection: str, by: str, why: str, *, now: datetime) -> None:
    _set(conn, connection, paused_at=now, paused_by=by, paused_why=why)


def resume(conn: Connection, connection: str) -> None:
    _set(conn, connection, paused_at=None, paused_by=None, paused_why=None)


def told(conn: Connection, connection: str, allowance: Allowance, *, now: datetime) -> None:
    """Keep what the CRM last told of its daily calls."""
    _set(conn, connection, calls_limit=allowance.limit, calls_used=allowance.used, calls_told_at=now)


def in_use(conn: Connection, connection: str) -> bool:
    """Whether anything of the connection has been read or linked."""
    cursor = exists().where(sync_cursor.c.connection == connection)
    return bool(conn.execute(select(cursor | exists().where(sync_link.c.connection == connection))).scalar())


def _set(conn: Connection, connection: str, **values: Any) -> None:
    _ensure(conn, connection)
    conn.execute(update(sync_connection).where(sync_connection.c.connection == connection).values(values))


def _ensure(conn: Connection, connection: str) -> None:
    upsert(conn, sync_connection, [{"connection": connection}], ("connection",), update=())
