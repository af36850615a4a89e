"""How each step of a connection's runs last went: when it succeeded, and how often it has failed since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from centri.store.journal_tables import sync_step
from centri.store.upsert import upsert

_KEY = ("connection", "name")


def succeeded(conn: Connection, connection: str, name: str, *, run_id: str, now: datetime) -> None:
    row = {"connection": connection, "name": name, "succeeded_at": now, "failures": 0, "error": None, "run_id": run_id}
    upsert(conn, sync_step, [row], _KEY)


def failed(conn: Connection, connection: str, name: str, error: str, *, run_id: str, now: datetime) -> None:
    """Count one more failure in a row."""
    row = {"connection": connection, "name": name, "failed_at": now, "failures": 1, "error": error, "run_id": run_id}
    upsert(conn, sync_step, [row], _KEY, update=("failed_at", "error", "run_id"), also={"failures": sync_step.c.failures + 1})


def all_(conn: Connection) -> list[Mapping[str, Any]]:
    """Every step that ever ran, by connection and name."""
    query = select(sync_step).order_by(sync_step.c.connection, sync_step.c.name)
    return [dict(row) for row in conn.execute(query).mappings()]
