"""How things stand: what was read, what is owed, what is held, what ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from centri.engine.connections import Standing, standings
from centri.store import alerts, backfills, deliveries, findings, lead_matches, notices, overview, runs, steps
from centri.store.backfills import Backfill
from centri.store.database import read
from centri.sync.alerts import Known, Which
from centri.sync.budget import Budget

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """What the store knows of all connections, and how each ``standing`` is.

    ``staged`` and ``changed`` count by (connection, entity), ``deliveries`` by (connection, object, state), open
    ``anomalies`` by (connection, kind), ``outcomes`` the runs of the last hour by (connection, status), ``unsent`` notifications
    by channel and state. ``owed_since`` is when each connection's oldest unsent delivery was queued. ``alerts`` are those that
    are on, ``reviews`` the leads whose match waits for a person, ``backfills`` those that have not come to their end. The latest
    of ``runs`` comes first.
    """

    at: datetime

    standings: list[Standing]
    cursors: list[Row]
    staged: Mapping[tuple[str, str], int]
    changed: Mapping[tuple[str, str], int]
    deliveries: Mapping[tuple[str, str, str], int]
    anomalies: Mapping[tuple[str, str], int]
    runs: list[Row]
    steps: list[Row]
    alerts: Mapping[Which, Known]
    owed_since: Mapping[str, datetime]
    outcomes: Mapping[tuple[str, str], int]
    unsent: list[Row]
    workers: list[Row]
    reviews: int
    backfills: list[Backfill]

    def age(self, then: datetime | None) -> int | None:
        """Whole seconds from a moment until now; None of no moment."""
        return None if then is None else max(0, int((self.at - then).total_seconds()))


OUTCOMES_OF = timedelta(hours=1)


def status(engine: Engine, budgets: Mapping[str, Budget], *, now: datetime, last_runs: int = 10) -> Status:
    """``budgets`` are what the mapping allows its connections."""
    with read(engine) as conn:
        return Status(
            now,
            standings(conn, budgets, now=now),
            overview.cursors(conn),
            overview.staged(conn),
            overview.changed(conn),
            deliveries.counts(conn),
            findings.counts(conn),
            runs.latest(conn, most=last_runs),
            steps.all_(conn),
            alerts.on(conn),
            deliveries.owed_since(conn),
            runs.outcomes(conn, since=now - OUTCOMES_OF),
            notices.unsent(conn, now=now),
            overview.workers(conn),
            lead_matches.reviews(conn),
            backfills.unfinished(conn),
        )
