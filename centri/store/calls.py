"""How many API calls each connection has cost, by day (UTC) and purpose."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from centri.store.journal_tables import sync_calls
from centri.store.upsert import upsert
from centri.sync.budget import Purpose


def add(conn: Connection, connection: str, purpose: Purpose, calls: int, *, now: datetime) -> None:
    """Add to the day's count; of several processes that add at once none loses its own."""
    row = {"connection": connection, "day": now.astimezone(UTC).date(), "purpose": purpose.value, "calls": calls}
    more = {"calls": sync_calls.c.calls + calls}
    upsert(conn, sync_calls, [row], ("connection", "day", "purpose"), update=(), also=more)


def used(conn: Connection, *, now: datetime) -> dict[str, dict[Purpose, int]]:
    """The day's calls by connection and purpose, the most urgent purpose first."""
    t = sync_calls.c
    found: dict[str, dict[str, int]] = {}
    query = select(t.connection, t.purpose, t.calls).where(t.day == now.astimezone(UTC).date()).order_by(t.connection)
    for connection, purpose, calls in conn.execute(query):
        found.setdefault(connection, {})[purpose] = calls
    return {c: {p: counts[p] for p in Purpose if p in counts} for c, counts in found.items()}
