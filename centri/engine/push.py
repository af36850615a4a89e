"""Deliveries to the CRM, its receipts to the links. What cannot be delivered stays owed or becomes an anomaly."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from itertools import groupby

from centri.connectors.base import PushRequest
from centri.engine import receipts
from centri.engine.admission import refuse_paused
from centri.engine.conditions import watched
from centri.engine.drift import decide_again, look_once, sendable
from centri.engine.metering import MeteredConnector, limit_reached
from centri.engine.parcels import Parcel, Pushed, parcels
from centri.engine.project import Project
from centri.engine.pull import Progress, silent
from centri.engine.recording import recorded
from centri.errors import RetryLater
from centri.store import deliveries, links
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.sync.budget import Purpose
from centri.sync.delivery import Outcome

BATCH = 200
"""Records in one write call: Salesforce's limit for sObject Collections."""

Due = tuple[str, str | None, int]
"""A delivery's id, the id of its record in the CRM where there is one, and how often it was tried."""


def push(project: Project, connection: str, object: str, *, progress: Progress = silent) -> Pushed:
    """Send every due delivery of an object once, unless the connection is not armed.

    Raises ConfigError where the CRM refuses our credentials, Stop where the connection is paused or leads to another org. A
    CRM that cannot be reached, or whose calls for the day are used up, leaves the rest queued, which shows in the report.
    """
    refuse_paused(project.engine, connection)
    started, report = time.perf_counter(), Pushed(connection, object)
    with read(project.engine) as conn:
        if not deliveries.due(conn, connection, object, now=project.now()):
            return report
    with leased(project.engine, f"push {connection}/{object}", now=project.now()) as lease:
        with read(project.engine) as conn:
            due = deliveries.due(conn, connection, object, now=project.now())
        if not due:
            return report
        meter = project.meter(connection)
        calls = meter.connector.calls
        with recorded(project, connection, f"push {object}") as run:
            try:
                with watched(project, connection) as watch:
                    _deliver(project, lease, run.id, due, report, progress)
                    watch.said, watch.passed = report.said, not (report.unreachable or report.read_only)
                report.unreachable = report.unreachable or "; ".join(report.said.values())
            finally:
                report.api_calls, report.seconds = meter.connector.calls - calls, time.perf_counter() - started
                run.counters, run.status = report.counters, report.status
                run.failure, run.postponed = report.unreachable, report.daily_limit
    return report


def _deliver(project: Project, lease: Lease, run_id: str, due: Sequence[Due], report: Pushed, progress: Progress) -> None:
    """What was tried before goes first, for it is older; where its share of the calls is used up, the rest goes on without it."""
    try:
        armed = project.meter(report.connection).armed()
    except RetryLater as failure:
        report.unreachable = str(failure)
        return
    if not armed:
        report.read_only = len(due)
        return
    try:
        look_once(project, project.connector(report.connection, Purpose.PARTNER_PUSH), report.connection, report.object)
    except RetryLater as failure:
        report.unreachable, report.daily_limit = str(failure), failure.daily_limit
        return
    again, first = _batches(due)
    for purpose, batches in ((Purpose.RETRIES, again), (Purpose.PARTNER_PUSH, first)):
        connector = project.connector(report.connection, purpose)
        for ids in batches:
            try:
                connector.require()
            except RetryLater as refusal:
                _refused(refusal, purpose, report)
                break
            _send(project, connector, lease, run_id, ids, report)
            progress(len(ids))
            if report.unreachable or report.said:
                return


def _refused(refusal: RetryLater, purpose: Purpose, report: Pushed) -> None:
    """Retries that must wait keep nothing else from being sent."""
    if purpose is Purpose.RETRIES:
        report.postponed = str(refusal)
    else:
        report.unreachable, report.daily_limit = str(refusal), refusal.daily_limit


def _batches(due: Sequence[Due]) -> tuple[list[list[str]], list[list[str]]]:
    """Ids in batches, those of records that were tried before and those that were not.

    The parts of one CRM record, which stand side by side, are never torn apart.
    """
    again: list[list[str]] = []
    first: list[list[str]] = []
    for _, found in groupby(due, key=lambda one: one[1] or one[0]):
        parts = list(found)
        batches = again if any(attempts for _, _, attempts in parts) else first
        if not batches or len(batches[-1]) + len(parts) > BATCH:
            batches.append([])
        batches[-1] += [delivery_id for delivery_id, _, _ in parts]
    return again, first


def _send(project: Project, connector: MeteredConnector, lease: Lease, run_id: str, ids: Sequence[str], report: Pushed) -> None:
    with read(project.engine) as conn:
        fit, unfit = sendable(project, report.connection, deliveries.load(conn, ids))
        ready, waiting = parcels(conn, fit)
    with write(project.engine) as conn:
        lease.renew(conn, project.now())
        decide_again(project, conn, unfit)
        deliveries.mark(conn, waiting, "waiting", error="a parent is not in the CRM yet", now=project.now())
        report.held += receipts.told_of_waiting(conn, report.connection, [q for q in fit if q.id in set(waiting)], project.now())
        deliveries.mark(conn, [p.id for parcel in ready for p in parcel.parts], "sending", now=project.now())
    report.waiting += len(waiting) + len(unfit)
    if not ready:
        return
    outcomes = _outcomes(project, connector, report, ready)
    with write(project.engine) as conn:
        lease.renew(conn, project.now())
        receipts.enter(project, conn, run_id, list(zip(ready, outcomes, strict=True)), report)


def _outcomes(project: Project, connector: MeteredConnector, report: Pushed, ready: Sequence[Parcel]) -> Sequence[Outcome]:
    def linked(crm_ids: Collection[str]) -> Collection[str]:
        with read(project.engine) as conn:
            return links.of_crm(conn, report.connection, report.object, crm_ids).keys()

    try:
        outcomes: Sequence[Outcome] = connector.push(PushRequest(report.object, tuple(p.delivery for p in ready), linked))
    except RetryLater as failure:
        report.unreachable, report.daily_limit = str(failure), failure.daily_limit
        return [failure] * len(ready)
    if limit := limit_reached(outcomes):
        report.unreachable, report.daily_limit = str(limit), True
    return outcomes
