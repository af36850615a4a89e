"""How things stand: what was read, what is owed, what is held, what ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from centri.engine.connections import Standing, standings
from centri.store import deliveries, findings, overview, runs
from centri.store.database import read
from centri.sync.budget import Budget

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """What the store knows of all connections, and how each ``standing`` is.

    ``staged`` and ``changed`` count by (connection, entity), ``deliveries`` by (connection, object, state), open
    ``anomalies`` by (connection, kind). The latest of ``runs`` comes first.
    """

    standings: list[Standing]
    cursors: list[Row]
    staged: Mapping[tuple[str, str], int]
    changed: Mapping[tuple[str, str], int]
    deliveries: Mapping[tuple[str, str, str], int]
    anomalies: Mapping[tuple[str, str], int]
    runs: list[Row]


def status(engine: Engine, budgets: Mapping[str, Budget], *, now: datetime, last_runs: int = 10) -> Status:
    """``budgets`` are what the mapping allows its connections."""
    with read(engine) as conn:
        return Status(
            standings(conn, budgets, now=now),
            overview.cursors(conn),
            overview.staged(conn),
            overview.changed(conn),
            deliveries.counts(conn),
            findings.counts(conn),
            runs.latest(conn, most=last_runs),
        )
