"""Deliveries to the CRM, its receipts to the links. What cannot be delivered stays owed or becomes an anomaly."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from centri.connectors.base import PushRequest
from centri.engine import receipts
from centri.engine.project import Project
from centri.engine.pull import Progress, silent
from centri.errors import RetryLater
from centri.store import deliveries, links, prm, runs
from centri.store.database import read, write
from centri.store.deliveries import Queued
from centri.store.leases import Lease, leased
from centri.sync.delivery import Delivery, Outcome
from centri.sync.references import pending

BATCH = 200
"""Records in one write call: Salesforce's limit for sObject Collections."""

_RETRY_FIRST, _RETRY_MOST = timedelta(seconds=30), timedelta(hours=1)


@dataclass(slots=True)
class Pushed:
    """What a push did: records written and created by entity, and what was not."""

    connection: str
    object: str
    written: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    later: int = 0
    waiting: int = 0
    rejected: int = 0
    api_calls: int = 0
    seconds: float = 0.0
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that one CRM record is to be told in one call: the parts of several links, or the birth of one record."""

    parts: Sequence[Queued]
    delivery: Delivery


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
        with write(project.engine) as conn:
            run_id = runs.begin(conn, connection, f"push {object}", dagster_run_id=project.dagster_run_id, now=project.now())
        try:
            for ids in _batches(due):
                if report.unreachable:
                    break
                _send(project, lease, run_id, ids, report)
                progress(len(ids))
        finally:
            report.api_calls, report.seconds = connector.calls - calls, time.perf_counter() - started
            _log(project, run_id, report)
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
        parcels, waiting = _parcels(conn, deliveries.load(conn, ids))
    with write(project.engine) as conn:
        lease.renew(conn, project.now())
        deliveries.mark(conn, waiting, "waiting", error="a parent is not in the CRM yet", now=project.now())
        deliveries.mark(conn, [p.id for parcel in parcels for p in parcel.parts], "sending", now=project.now())
    report.waiting += len(waiting)
    if not parcels:
        return
    outcomes = _outcomes(project, report, parcels)
    with write(project.engine) as conn:
        lease.renew(conn, project.now())
        receipts.enter(project, conn, run_id, list(zip(parcels, outcomes, strict=True)), report)


def _outcomes(project: Project, report: Pushed, parcels: Sequence[Parcel]) -> Sequence[Outcome]:
    connector = project.connector(report.connection)
    try:
        return connector.push(PushRequest(report.object, tuple(p.delivery for p in parcels)))
    except RetryLater as failure:
        report.unreachable = str(failure)
        return [failure] * len(parcels)


def _parcels(conn: Connection, queued: Sequence[Queued]) -> tuple[list[Parcel], list[str]]:
    """What can be sent now, and the ids of what waits for a parent."""
    resolved = _resolve(conn, queued)
    waiting = [q.id for q in resolved if any(pending(v) for v in q.values.values())]
    ready = sorted((q for q in resolved if q.id not in set(waiting)), key=lambda q: (q.crm_id or "", q.id))
    parcels = []
    for crm_id, parts in groupby(ready, key=lambda q: q.crm_id or q.id):
        parcels.append(_parcel(crm_id, list(parts)))
    return parcels, waiting


def _parcel(crm_id: str, parts: Sequence[Queued]) -> Parcel:
    first = parts[0]
    values: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    for part in parts:
        values |= part.values
        seen |= part.seen
    key, attempts = first.key, max(p.attempts for p in parts)
    return Parcel(parts, Delivery(first.id, first.object, first.crm_id, values, first.expected, seen, key, attempts))


def _resolve(conn: Connection, queued: Sequence[Queued]) -> list[Queued]:
    """Replace the marks of parents by their CRM ids, where they have one by now."""
    wanted: dict[str, set[str]] = {}
    for q in queued:
        for value in q.values.values():
            if parent := pending(value):
                wanted.setdefault(parent[0], set()).add(parent[1])
    if not wanted:
        return list(queued)
    known = _known(conn, queued[0].connection, wanted)
    return [replace(q, values={name: _id_of(value, known) for name, value in q.values.items()}) for q in queued]


def _known(conn: Connection, connection: str, wanted: Mapping[str, set[str]]) -> dict[tuple[str, str], str]:
    """CRM ids of PRM records. A converted lead that the CRM never had is stood for by its opportunity."""
    known = links.crm_ids(conn, connection, wanted)
    missing = {i for i in wanted.get("lead", set()) if ("lead", i) not in known}
    became = prm.converted(conn, missing)
    instead = links.crm_ids(conn, connection, {"opportunity": set(became.values())})
    return known | {("lead", i): instead["opportunity", o] for i, o in became.items() if ("opportunity", o) in instead}


def _id_of(value: Any, known: Mapping[tuple[str, str], str]) -> Any:
    parent = pending(value)
    return known.get(parent, value) if parent else value


def backoff(attempts: int) -> timedelta:
    """How long to leave a delivery alone after so many tries: doubling from half a minute to an hour."""
    return min(_RETRY_FIRST * (1 << min(attempts, 10)), _RETRY_MOST)


def _log(project: Project, run_id: str, report: Pushed) -> None:
    counters = {
        "written": dict(report.written), "created": dict(report.created), "moved": report.moved, "later": report.later,
        "waiting": report.waiting, "rejected": report.rejected, "api_calls": report.api_calls,
    }  # fmt: skip
    with write(project.engine) as conn:
        runs.end(conn, run_id, "failed" if report.unreachable else "ok", counters, now=project.now())
