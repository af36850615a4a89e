"""What ran, from which cursor to which, and its counters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, insert, or_, select, update

from centri.store.journal_tables import sync_run


def begin(conn: Connection, connection: str, name: str, *, dagster_run_id: str | None, now: datetime) -> str:
    run_id = str(uuid4())
    row = {
        "id": run_id,
        "connection": connection,
        "name": name,
        "dagster_run_id": dagster_run_id,
        "started_at": now,
        "status": "running",
    }
    conn.execute(insert(sync_run).values(row))
    return run_id


def end(
    conn: Connection, run_id: str, status: str, counters: Mapping[str, Any], *, now: datetime, cursors: tuple[str, str] = ("", "")
) -> None:
    values = {
        "status": status,
        "counters": dict(counters),
        "ended_at": now,
        "cursor_before": cursors[0],
        "cursor_after": cursors[1],
    }
    conn.execute(update(sync_run).where(sync_run.c.id == run_id).values(values))


def latest(conn: Connection, *, connection: str | None = None, most: int = 20) -> list[Mapping[str, Any]]:
    query = select(sync_run).order_by(sync_run.c.started_at.desc()).limit(most)
    if connection:
        query = query.where(sync_run.c.connection == connection)
    return [dict(row) for row in conn.execute(query).mappings()]


def outcomes(conn: Connection, *, since: datetime) -> dict[tuple[str, str], int]:
    """How many began since then, by connection and status."""
    t = sync_run.c
    query = select(t.connection, t.status, func.count()).where(t.started_at >= since).group_by(t.connection, t.status)
    return {(connection, status): number for connection, status, number in conn.execute(query)}


def named(conn: Connection, name: str) -> list[Mapping[str, Any]]:
    """The runs whose id, or whose Dagster run's id, is this, or else those whose id begins so; oldest first."""
    t = sync_run.c
    query = select(sync_run).order_by(t.started_at, t.id)
    exact = conn.execute(query.where(or_(t.id == name, t.dagster_run_id == name))).mappings().all()
    return [dict(row) for row in exact or conn.execute(query.where(t.id.startswith(name, autoescape=True)).limit(20)).mappings()]


def pulls(conn: Connection, *, since: datetime) -> list[Mapping[str, Any]]:
    """The pulls that began since then and came to their end, oldest first: when, how long, what they brought, up to where."""
    t = sync_run.c
    columns = (t.connection, t.started_at, t.ended_at, t.counters, t.cursor_after)
    query = select(*columns).where(t.started_at >= since, t.ended_at.is_not(None), t.name.startswith("pull "))
    return [dict(row) for row in conn.execute(query.order_by(t.started_at)).mappings()]
