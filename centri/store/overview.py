"""How far everything has come: cursors, and what is still owed on either side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select

from centri.store.journal_tables import sync_cursor, sync_dirty, sync_staging, sync_worker


def cursors(conn: Connection) -> list[Mapping[str, Any]]:
    """How far each object of each connection has been read."""
    t = sync_cursor.c
    return [dict(row) for row in conn.execute(select(sync_cursor).order_by(t.connection, t.object)).mappings()]


def staged(conn: Connection) -> dict[tuple[str, str], int]:
    """Records of a CRM that are not settled yet, by connection and entity."""
    return _counted(conn, sync_staging, sync_staging.c.state != "done")


def changed(conn: Connection) -> dict[tuple[str, str], int]:
    """Rows of the PRM that a connection has not been asked about yet, by connection and entity."""
    return _counted(conn, sync_dirty)


def workers(conn: Connection) -> list[Mapping[str, Any]]:
    """The resident workers that have ever been at work on a connection, each with its last sign of life."""
    return [dict(row) for row in conn.execute(select(sync_worker).order_by(sync_worker.c.connection)).mappings()]


def _counted(conn: Connection, table: Table, *where: Any) -> dict[tuple[str, str], int]:
    by: tuple[Column[Any], Column[Any]] = (table.c.connection, table.c.entity)
    return {(c, e): n for c, e, n in conn.execute(select(*by, func.count()).where(*where).group_by(*by).order_by(*by))}
