"""Deliveries to the CRM, its receipts to the links. What cannot be delivered stays owed or becomes an anomaly."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import groupby

from centri.connectors.base import PushRequest
from centri.engine import receipts
from centri.engine.parcels import Parcel, Pushed, parcels
from centri.engine.project import Project
from centri.engine.pull import Progress, silent
from centri.engine.recording import recorded
from centri.errors import RetryLater
from centri.store import deliveries
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.sync.delivery import Outcome

BATCH = 200
"""Records in one write call: Salesforce's limit for sObject Collections."""


def push(project: Project, connection: str, object: str, *, progress: Progress = silent) -> Pushed:
    """Send every due delivery of an object once.

    Raises ConfigError where the CRM refuses our credentials; a CRM that cannot be reached leaves the rest queued, which
    shows in the report.
    """
    started, report = time.perf_counter(), Pushed(connection, object)
    with leased(project.engine, f"push {connection}/{object}", now=project.now()) as lease:
        with read(project.engine) as conn:
            due = deliveries.due(conn, connection, object, now=project.now())
        if not due:
            return report
        connector = project.connector(connection)
        calls = connector.calls
        with recorded(project, connection, f"push {object}") as run:
            try:
                for ids in _batches(due):
                    if report.unreachable:
                        break
                    _send(project, lease, run.id, ids, report)
                    progress(len(ids))
            finally:
                report.api_calls, report.seconds = connector.calls - calls, time.perf_counter() - started
                run.counters, run.status = report.counters, "failed" if report.unreachable else "ok"
    return report


def _batches(due: Sequence[tuple[str, str | None]]) -> Iterator[list[str]]:
    """Ids in batches; the parts of one CRM record, which stand side by side, are never torn apart."""
    batch: list[str] = []
    for _, parts in groupby(due, key=lambda pair: pair[1] or pair[0]):
        ids = [delivery_id for delivery_id, _ in parts]
        if len(batch) + len(ids) > BATCH and batch:
            yield batch
            batch = []
        batch += ids
    if batch:
        yield batch


def _send(project: Project, lease: Lease, run_id: str, ids: Sequence[str], report: Pushed) -> None:
    with read(project.engine) as conn:
        ready, waiting = parcels(conn, deliveries.load(conn, ids))
    with write(project.engine) as conn:
        lease.renew(conn, project.now())
        deliveries.mark(conn, waiting, "waiting", error="a parent is not in the CRM yet", now=project.now())
        deliveries.mark(conn, [p.id for parcel in ready for p in parcel.parts], "sending", now=project.now())
    report.waiting += len(waiting)
    if not ready:
        return
    outcomes = _outcomes(project, report, ready)
    with write(project.engine) as conn:
        lease.renew(conn, project.now())
        receipts.enter(project, conn, run_id, list(zip(ready, outcomes, strict=True)), report)


def _outcomes(project: Project, report: Pushed, ready: Sequence[Parcel]) -> Sequence[Outcome]:
    connector = project.connector(report.connection)
    try:
        return connector.push(PushRequest(report.object, tuple(p.delivery for p in ready)))
    except RetryLater as failure:
        report.unreachable = str(failure)
        return [failure] * len(ready)
