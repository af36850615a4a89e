"""What the journals let go: rows that are done with, and older than anybody wants to look back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select

from centri.store.journal_tables import sync_anomaly, sync_backfill, sync_delivery, sync_run, sync_staging

MOST = 2000
"""So many rows go in one transaction, so that nobody waits for it."""


def done_with(before: datetime) -> Mapping[Table, ColumnElement[Any]]:
    """By table, which rows go. What is open, held, unsent or set aside stays, however old; so do links and the audit log."""
    staged, sent, odd, ran = sync_staging.c, sync_delivery.c, sync_anomaly.c, sync_run.c
    return {
        sync_staging: and_(staged.state == "done", staged.settled_at < before),
        sync_delivery: and_(sent.state.in_(("done", "dropped")), sent.updated_at < before),
        sync_anomaly: and_(odd.state == "resolved", odd.resolved_at < before),
        sync_run: ran.ended_at < before,
        sync_backfill: sync_backfill.c.ended_at < before,
    }


def prune(conn: Connection, table: Table, *, before: datetime) -> int:
    """Remove the oldest of them, at most ``MOST``; answers how many, so that less than ``MOST`` means that none is left."""
    (key,) = table.primary_key.columns
    some = select(key).where(done_with(before)[table]).limit(MOST)
    return conn.execute(delete(table).where(key.in_(list(conn.execute(some).scalars())))).rowcount
