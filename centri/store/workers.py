"""Resident workers: one for each connection, and the last sign of life of each."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from centri.store.journal_tables import sync_worker
from centri.store.upsert import upsert

SILENT = timedelta(minutes=2)
"""A worker that was not heard of for so long counts as dead; it is longer than a beat by far, since a beat waits for a run."""


def beat(conn: Connection, connection: str, holder: str, *, runs: int, doing: str, now: datetime) -> None:
    """A sign of life. The moment of the first one of this holder is kept."""
    row = {"connection": connection, "holder": holder, "started_at": now, "beat_at": now, "runs": runs, "doing": doing}
    known = conn.execute(select(sync_worker.c.holder).where(sync_worker.c.connection == connection)).scalar()
    kept = ("beat_at", "runs", "doing") if known == holder else ("holder", "started_at", "beat_at", "runs", "doing")
    upsert(conn, sync_worker, [row], ("connection",), update=kept)


def alive(conn: Connection, connection: str, *, now: datetime) -> bool:
    """Whether a worker stands by this connection."""
    t = sync_worker.c
    query = select(t.connection).where(t.connection == connection, t.beat_at > now - SILENT)
    return conn.execute(query).first() is not None


def leave(conn: Connection, connection: str, holder: str) -> None:
    """This worker ends; the schedule takes over at once."""
    conn.execute(delete(sync_worker).where(sync_worker.c.connection == connection, sync_worker.c.holder == holder))
