"""Hints that a CRM may have changed: whoever hears of a change leaves one, and the next look at the connection takes it.

A hint says where to look, never what is there, so that it may come twice, late, or not at all.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from centri.store.journal_tables import sync_hint
from centri.store.upsert import upsert

ANYWHERE = ""
"""The object of a hint that names none."""


def give(conn: Connection, connection: str, object: str | None, now: datetime) -> None:
    """Ask for a look at one CRM object of a connection, or at all of them (None). A hint that is there already is enough."""
    upsert(conn, sync_hint, [{"connection": connection, "object": object or ANYWHERE, "given_at": now}], ("connection", "object"))


def there(conn: Connection, connection: str, object: str | None) -> bool:
    """Whether this very hint is there, and nobody has taken it."""
    t = sync_hint.c
    query = select(t.given_at).where(t.connection == connection, t.object == (object or ANYWHERE))
    return conn.execute(query).first() is not None


def take(conn: Connection, connection: str) -> set[str | None]:
    """The objects to look at, None for all of them; empty where there is no hint. What is taken is gone."""
    taken = delete(sync_hint).where(sync_hint.c.connection == connection).returning(sync_hint.c.object)
    return {object or None for object in conn.execute(taken).scalars()}


def waiting(conn: Connection) -> dict[str, datetime]:
    """The connections with a hint that nobody has taken, each with the moment of the last one."""
    query = select(sync_hint.c.connection, sync_hint.c.given_at).order_by(sync_hint.c.given_at)
    return {row.connection: row.given_at for row in conn.execute(query)}
