"""What came of deliveries, entered into the store: links remember, anomalies open, what may work later is queued again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from centri.anomalies import Anomaly
from centri.engine.parcels import Parcel, Pushed, backoff
from centri.engine.project import Project
from centri.errors import Rejected, RetryLater
from centri.records import PRM, Ref
from centri.store import deliveries, findings, links, prm
from centri.store.deliveries import Queued
from centri.sync.delivery import Moved, Outcome, Receipt
from centri.sync.link import Link
from centri.sync.memory import received


def enter(project: Project, conn: Connection, run_id: str, outcomes: Sequence[tuple[Parcel, Outcome]], report: Pushed) -> None:
    """Enter the outcomes of one batch, within one transaction."""
    now = project.now()
    _accepted(project, conn, run_id, [(p, o) for p, o in outcomes if isinstance(o, Receipt)], report, now)
    for parcel, outcome in outcomes:
        match outcome:
            case Moved():
                _moved(conn, parcel, report, now)
            case RetryLater():
                _later(conn, parcel, outcome, report, now)
            case Rejected():
                _rejected(conn, parcel, outcome, report, now)


def _accepted(
    project: Project, conn: Connection, run_id: str, receipts: Sequence[tuple[Parcel, Receipt]], report: Pushed, now: datetime
) -> None:
    if not receipts:
        return
    object = receipts[0][1].ref.object
    known = links.of_crm(conn, report.connection, object, [r.ref.id for _, r in receipts])
    fresh = [_link(project, part, r, known.get(r.ref.id, ())) for parcel, r in receipts for part in parcel.parts]
    links.save(conn, fresh, run_id=run_id, mapping_version=project.mapping.sha, now=now)
    links.move_versions(conn, report.connection, object, {r.ref.id: (r.version, r.changed_at) for _, r in receipts})
    parts = [part for parcel, _ in receipts for part in parcel.parts]
    deliveries.mark(conn, [part.id for part in parts], "done", now=now)
    for entity in {part.entity for part in parts}:
        ids = [part.prm_id for part in parts if part.entity == entity]
        findings.resolve(conn, report.connection, entity, "push", crm_ids=(), prm_ids=ids, still=(), now=now)
    report.written.update(part.entity for part in parts)
    report.created.update(parcel.parts[0].entity for parcel, r in receipts if r.created)


def _link(project: Project, part: Queued, receipt: Receipt, known: Sequence[Link]) -> Link:
    """The part's link with the receipt entered: only the fields of this very part are claimed."""
    link = next((k for k in known if (k.prm.object, k.prm.id, k.role) == (part.entity, part.prm_id, part.role)), None)
    stored = {name: receipt.values.get(name, value) for name, value in part.values.items()}
    if part.key:
        stored[part.key[0]] = part.key[1]
    if link is None:
        link = _new_link(project, part, receipt)
    return received(replace(link, crm_version=receipt.version, crm_changed_at=receipt.changed_at), stored, part.sent)


def _new_link(project: Project, part: Queued, receipt: Receipt) -> Link:
    """A newborn's link: fields that were not told are remembered as blank in the CRM, so that what it fills in is seen."""
    mappings = project.mappings(part.connection, entity=part.entity, object=part.object)
    blank: dict[str, Any] = {rule.crm: None for m in mappings for rule in m.rules}
    return Link(receipt.ref, Ref(PRM, part.entity, part.prm_id), part.role, crm_seen=blank)


def _moved(conn: Connection, parcel: Parcel, report: Pushed, now: datetime) -> None:
    """Nothing was written: the row is asked about again when the CRM's change has been pulled."""
    deliveries.mark(conn, [p.id for p in parcel.parts], "dropped", error="changed in the CRM meanwhile", now=now)
    for part in parcel.parts:
        row = prm.read(conn, part.entity, [part.prm_id]).stored.get(part.prm_id)
        if row:
            prm.mark_dirty(conn, report.connection, part.entity, {part.prm_id: row["revision"]})
    report.moved += 1


def _later(conn: Connection, parcel: Parcel, failure: RetryLater, report: Pushed, now: datetime) -> None:
    next_at = None if report.unreachable else now + backoff(parcel.delivery.attempts)  # a CRM that was away owes no delay
    deliveries.mark(conn, [p.id for p in parcel.parts], "queued", error=str(failure), next_at=next_at, now=now)
    if not failure.daily_limit and not report.unreachable:
        report.held += findings.open_(conn, [_anomaly(parcel, part, "unknown", str(failure)) for part in parcel.parts], now=now)
    report.later += 1


def _rejected(conn: Connection, parcel: Parcel, refusal: Rejected, report: Pushed, now: datetime) -> None:
    deliveries.mark(conn, [p.id for p in parcel.parts], "rejected", error=str(refusal), now=now)
    detail = {"fields": list(refusal.fields), "candidates": list(refusal.candidates), "told": dict(parcel.delivery.values)}
    report.held += findings.open_(
        conn, [_anomaly(parcel, part, refusal.kind, str(refusal), detail) for part in parcel.parts], now=now
    )
    report.rejected += 1


def _anomaly(parcel: Parcel, part: Queued, kind: str, note: str, detail: dict[str, Any] | None = None) -> Anomaly:
    ref = Ref(PRM, part.entity, part.prm_id)
    told = {"crm_id": parcel.delivery.crm_id, "object": part.object}
    return Anomaly(
        kind, ref, note, part.connection, part.entity, stage="push", raw=dict(part.values), detail=told | (detail or {})
    )
