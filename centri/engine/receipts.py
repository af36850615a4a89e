"""What came of deliveries, entered into the store: links remember, anomalies open, what may work later is queued again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from centri.anomalies import Anomaly
from centri.engine.parcels import Parcel, Pushed, backoff
from centri.engine.project import Project
from centri.errors import Rejected, RetryLater
from centri.records import PRM, Ref, same
from centri.store import deliveries, findings, links, prm
from centri.store.deliveries import Queued
from centri.sync.delivery import Moved, Outcome, Receipt
from centri.sync.link import Link, LinkState
from centri.sync.memory import born, received
from centri.sync.references import pending


def enter(project: Project, conn: Connection, run_id: str, outcomes: Sequence[tuple[Parcel, Outcome]], report: Pushed) -> None:
    """Enter the outcomes of one batch, within one transaction."""
    now = project.now()
    outcomes = _not_stolen(conn, report, outcomes)
    _accepted(project, conn, run_id, [(p, o) for p, o in outcomes if isinstance(o, Receipt)], report, now)
    for parcel, outcome in outcomes:
        match outcome:
            case Moved():
                _moved(conn, parcel, report, now)
            case RetryLater():
                _later(conn, parcel, outcome, report, now)
            case Rejected():
                _rejected(conn, parcel, outcome, report, now)


def _not_stolen(conn: Connection, report: Pushed, outcomes: Sequence[tuple[Parcel, Outcome]]) -> Sequence[tuple[Parcel, Outcome]]:
    """The outcomes, a receipt for a record that is linked to another PRM record as a refusal: one record, one counterpart."""
    found = [o.ref.id for _, o in outcomes if isinstance(o, Receipt)]
    known = links.of_crm(conn, report.connection, report.object, found)
    return [(p, _stolen(p, o, known.get(o.ref.id, ())) if isinstance(o, Receipt) else o) for p, o in outcomes]


def _stolen(parcel: Parcel, receipt: Receipt, known: Sequence[Link]) -> Receipt | Rejected:
    mine = {(part.entity, part.role): part.prm_id for part in parcel.parts}
    live = (link for link in known if link.state is LinkState.ACTIVE)
    other = next((k for k in live if mine.get((k.prm.object, k.role), k.prm.id) != k.prm.id), None)
    if other is None:
        return receipt
    note = f"{receipt.ref.object} {receipt.ref.id} stands for {other.prm.object} {other.prm.id} already"
    return Rejected("duplicate_in_crm", note, candidates=[receipt.ref.id])


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
    deliveries.mark(conn, [part.id for part in parts], "done", pushed_by=run_id, now=now)
    deliveries.keep_stored(conn, {part.id: made for parcel, r in receipts for part in parcel.parts if (made := _tidied(part, r))})
    for entity in {part.entity for part in parts}:
        ids = [part.prm_id for part in parts if part.entity == entity]
        findings.resolve(conn, report.connection, entity, "push", crm_ids=(), prm_ids=ids, still=(), now=now)
    report.written.update(part.entity for part in parts)
    report.created.update(parcel.parts[0].entity for parcel, r in receipts if r.created)


def _tidied(part: Queued, receipt: Receipt) -> dict[str, Any]:
    """What the CRM holds of values, where that is something else than the delivery says."""
    found = {}
    for name, sent in part.values.items():
        held = receipt.values.get(name, sent)
        if not same(held, sent):
            found[name] = held
    return found


def _link(project: Project, part: Queued, receipt: Receipt, known: Sequence[Link]) -> Link:
    """The part's link with the receipt entered: only the fields of this very part are claimed."""
    link = next((k for k in known if (k.prm.object, k.prm.id, k.role) == (part.entity, part.prm_id, part.role)), None)
    stored = {name: receipt.values.get(name, value) for name, value in part.values.items()}
    if part.key:
        stored[part.key[0]] = part.key[1]
    mappings = project.mappings(part.connection, entity=part.entity, object=part.object)
    rules = [rule for m in mappings for rule in m.rules]
    if link is None:
        link = born(receipt.ref, Ref(PRM, part.entity, part.prm_id), part.role, rules)
    return received(replace(link, crm_version=receipt.version, crm_changed_at=receipt.changed_at), stored, part.sent, rules)


def _moved(conn: Connection, parcel: Parcel, report: Pushed, now: datetime) -> None:
    """Nothing was written: the row is asked about again when the CRM's change has been pulled."""
    deliveries.mark(conn, [p.id for p in parcel.parts], "dropped", error="changed in the CRM meanwhile", now=now)
    for part in parcel.parts:
        row = prm.read(conn, part.entity, [part.prm_id]).stored.get(part.prm_id)
        if row:
            prm.mark_dirty(conn, report.connection, part.entity, {part.prm_id: row["revision"]})
    report.moved += 1


def _later(conn: Connection, parcel: Parcel, failure: RetryLater, report: Pushed, now: datetime) -> None:
    pause = max(backoff(parcel.delivery.id, parcel.delivery.attempts), timedelta(seconds=failure.after or 0))
    next_at = None if report.unreachable else now + pause  # a CRM that was away owes no delay
    deliveries.mark(conn, [p.id for p in parcel.parts], "queued", error=str(failure), next_at=next_at, now=now)
    if failure.kind:
        report.said[failure.kind] = str(failure)
    elif not failure.daily_limit and not report.unreachable:
        report.held += findings.open_(conn, [_anomaly(parcel, part, "unknown", str(failure)) for part in parcel.parts], now=now)
    report.later += 1


def _rejected(conn: Connection, parcel: Parcel, refusal: Rejected, report: Pushed, now: datetime) -> None:
    deliveries.mark(conn, [p.id for p in parcel.parts], "rejected", error=str(refusal), now=now)
    detail = {"fields": list(refusal.fields), "candidates": list(refusal.candidates), "told": dict(parcel.delivery.values)}
    report.held += findings.open_(
        conn, [_anomaly(parcel, part, refusal.kind, str(refusal), detail) for part in parcel.parts], now=now
    )
    report.rejected += 1


def told_of_waiting(conn: Connection, connection: str, waiting: Sequence[Queued], now: datetime) -> Counter[str]:
    """Report what the CRM is not told of its own records until a parent is there; a newborn may wait for its own in silence.

    Silence is kept as well while the parent is on its way: what keeps it is told of the parent. Answers how many are newly set
    aside, by entity.
    """
    wanted = {q.id: _parents(q) for q in waiting if q.crm_id}
    ids: dict[str, set[str]] = defaultdict(set)
    for entity, prm_id in set().union(*wanted.values()):
        ids[entity].add(prm_id)
    coming = {(entity, i) for entity, some in ids.items() for i, _ in deliveries.unsent(conn, connection, entity, some)}
    kept = [_waits(q, wanted[q.id] - coming) for q in waiting if wanted.get(q.id, set()) - coming]
    return findings.open_(conn, kept, now=now)


def _parents(queued: Queued) -> set[tuple[str, str]]:
    return {parent for value in queued.values.values() if (parent := pending(value))}


def _waits(queued: Queued, parents: set[tuple[str, str]]) -> Anomaly:
    untold, missing = ", ".join(sorted(queued.values)), ", ".join(sorted(" ".join(parent) for parent in parents))
    note = f"{queued.object} {queued.crm_id} is not told {untold} until {missing} is in the CRM"
    detail = {"crm_id": queued.crm_id, "object": queued.object}
    ref = Ref(PRM, queued.entity, queued.prm_id)
    raw = dict(queued.values)
    return Anomaly("reference_missing", ref, note, queued.connection, queued.entity, stage="push", raw=raw, detail=detail)


def _anomaly(parcel: Parcel, part: Queued, kind: str, note: str, detail: dict[str, Any] | None = None) -> Anomaly:
    ref = Ref(PRM, part.entity, part.prm_id)
    told = {"crm_id": parcel.delivery.crm_id, "object": part.object}
    return Anomaly(
        kind, ref, note, part.connection, part.entity, stage="push", raw=dict(part.values), detail=told | (detail or {})
    )
