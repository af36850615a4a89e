"""Marks: by which a reader who knows the companies as of some moment learns exactly which have changed since.

A mark is entered with each change of a company, in the transaction of the change. A reader asks for its own mark in the
transaction that it reads in; every change that it does not see has that mark or a later one. PostgreSQL numbers its
transactions, and the reader's mark is the oldest that still runs; SQLite has one writer at a time, which counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select, text

from centri.store.database import read, write
from centri.store.match_tables import match_change, match_state
from centri.store.upsert import upsert

_POSTGRESQL = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_CLUSTER = text(
    "SELECT system_identifier::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())"
    " FROM pg_control_system()"
)

STORE, LEADS = "store", "leads"


def mark(conn: Connection) -> int:
    """The mark of this transaction's view: what it does not see is marked with that or later."""
    if conn.dialect.name == "postgresql":
        return int(conn.execute(_POSTGRESQL).scalar_one())
    return int(conn.execute(select(func.coalesce(func.max(match_change.c.mark), 0))).scalar_one()) + 1


def identity(conn: Connection) -> str:
    """What tells this store from any other; blank for one that has never been asked by :func:`named`."""
    t = match_state.c
    found = conn.execute(select(t.id).where(t.name == STORE)).scalar()
    if found is None:
        return ""
    cluster = conn.execute(_CLUSTER).scalar_one() if conn.dialect.name == "postgresql" else "sqlite"
    return f"{cluster}/{found}"


def named(engine: Any) -> None:
    """See to it that the store has an identity."""
    with read(engine) as conn:
        known = identity(conn)
    if not known:
        with write(engine) as conn:
            upsert(conn, match_state, [{"name": STORE}], ("name",), update=())


def changed(conn: Connection, since: int) -> list[tuple[str, str]]:
    """(entity, id) of companies that may have changed since a mark."""
    t = match_change.c
    return [(row[0], row[1]) for row in conn.execute(select(t.entity, t.prm_id).where(t.mark >= since))]


def looked_until(conn: Connection) -> int | None:
    """The mark up to which leads were looked at again."""
    t = match_state.c
    return conn.execute(select(t.mark).where(t.name == LEADS)).scalar()


def look_from(conn: Connection, mark: int) -> None:
    """Leads were looked at again for all changes before a mark."""
    upsert(conn, match_state, [{"name": LEADS, "mark": mark}], ("name",))


def parts(of: Sequence[Any] | Collection[Any], size: int) -> Iterator[list[Any]]:
    """Some at a time, as many as a statement takes."""
    every = list(of)
    for start in range(0, len(every), size):
        yield every[start : start + size]
