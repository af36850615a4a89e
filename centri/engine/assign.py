"""Give leads to the partners that a CRM admin named for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select

from centri.anomalies import Anomaly
from centri.engine.leaving import withdrawing
from centri.engine.project import Project
from centri.engine.set_aside import LEFT
from centri.errors import Rejected
from centri.partners.distribution import direct
from centri.store import audit, findings, prm
from centri.store.database import write
from centri.store.prm_tables import lead, lead_assignment, lead_exclusion, lead_offer

ACCEPT_WITHIN = timedelta(hours=48)
"""How long a named partner has to accept (section 4.0 of the domain's stories)."""

_ACTOR = "assign"
_LIVE = ("offered", "accepted", "retained")
_TIMES = ("offered_at", "accept_by", "accepted_at")


def assign(project: Project) -> int:
    """Offer each ready lead to the partner named for it, if nobody holds it. Answers how many were offered."""
    done = 0
    while True:
        looked_at, offered = _some(project)
        done += offered
        if not looked_at:
            return done


def _some(project: Project) -> tuple[int, int]:
    """A chunk of them: how many waited, and how many were offered. The others are reported, and wait no more."""
    with write(project.engine) as conn:
        now = project.now()
        leads = _waiting(conn, withdrawing(project), project.settings.chunk_size)
        rows = prm.as_rows(conn, "lead", leads)
        partners = prm.read(conn, "partner_account", {row["target_partner_id"] for row in leads.values()}).records
        barred, numbers = _exclusions(conn, leads), _numbers(conn, leads)
        given: list[Mapping[str, Any]] = []
        refused: list[Anomaly] = []
        for lead_id, record in rows.records.items():
            partner, seq = partners[leads[lead_id]["target_partner_id"]], numbers.get(lead_id, 0) + 1
            terms: dict[str, Any] = {"now": now, "accept_within": ACCEPT_WITHIN, "seq": seq, "excluded": barred[lead_id]}
            try:
                given.append(direct(record, partner, **terms))
            except Rejected as refusal:
                refused.append(Anomaly("not_assignable", record.ref, str(refusal), entity="lead", stage="assign"))
        findings.open_(conn, refused, now=now)
        if given:
            _offer(conn, given, now)
        return len(leads), len(given)


def _waiting(conn: Connection, withdrawing: Sequence[str], most: int) -> dict[str, Mapping[str, Any]]:
    """Ready leads with a named partner whom nobody has barred, and whose being barred nobody has reported.

    Leads that were taken back because they left a filter wait until they meet it again.
    """
    t, live, barred = lead.c, lead_assignment.c, lead_exclusion.c
    held = select(live.id).where(live.lead_id == t.id, live.state.in_(_LIVE))
    excluded = select(barred.id).where(
        barred.lead_id == t.id, barred.partner_account_id == t.target_partner_id, barred.cleared_at.is_(None)
    )
    query = (
        select(lead)
        .where(t.target_partner_id.is_not(None), t.state.in_(("ready", "recycled")), t.deleted_at.is_(None))
        .where(~held.exists(), ~excluded.exists(), ~findings.open_about("lead", "not_assignable", t.id))
        .where(~findings.open_about("lead", LEFT, t.id, connections=withdrawing))
        .order_by(t.received_at, t.id)
        .limit(most)
        .with_for_update()  # nobody else may move a lead between this look and its offer
    )
    return {row["id"]: dict(row) for row in conn.execute(query).mappings()}


def _exclusions(conn: Connection, leads: Mapping[str, Any]) -> dict[str, set[str]]:
    t = lead_exclusion.c
    found: dict[str, set[str]] = defaultdict(set)
    for lead_id, partner in conn.execute(
        select(t.lead_id, t.partner_account_id).where(t.lead_id.in_(leads), t.cleared_at.is_(None))
    ):
        found[lead_id].add(partner)
    return found


def _numbers(conn: Connection, leads: Mapping[str, Any]) -> dict[str, int]:
    t = lead_assignment.c
    query = select(t.lead_id, func.max(t.seq)).where(t.lead_id.in_(leads)).group_by(t.lead_id)
    return {row[0]: row[1] for row in conn.execute(query)}


def _offer(conn: Connection, given: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Enter assignments, the one offer of each, and that their leads have moved."""
    assignments = [{"id": str(uuid4()), **row, **_moments(row)} for row in given]
    offers = [
        {"assignment_id": row["id"], "partner_account_id": row["partner_account_id"], "offered_at": now, "rank": 1}
        | {"state": "accepted" if row["state"] == "accepted" else "offered"}
        for row in assignments
    ]
    conn.execute(insert(lead_assignment), assignments)
    conn.execute(insert(lead_offer), offers)
    leads = prm.read(conn, "lead", [row["lead_id"] for row in given]).stored  # an assignment moves its lead's revision
    moved = [_moved(row, now) for row in leads.values()]
    written = prm.write(conn, "lead", moved, actor=_ACTOR, now=now)
    entries = [entry for c in moved if c.id in written for entry in audit.of_change("lead", c)]
    made = [audit.Entry("lead_assignment", row["id"], None, None, _told(row)) for row in assignments]
    audit.record(conn, audit.Cause(_ACTOR, "rule", _ACTOR, "engine"), [*made, *entries], now=now)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: prm.tell(value) for name, value in row.items() if value is not None}


def _moments(row: Mapping[str, Any]) -> dict[str, datetime | None]:
    return {name: datetime.fromisoformat(row[name]) if row.get(name) else None for name in _TIMES}


def _moved(stored: Mapping[str, Any], now: datetime) -> prm.Change:
    moved = {"state": "assigned", "state_changed_at": now, "first_assigned_at": stored["first_assigned_at"] or now}
    return prm.Change(stored["id"], moved, stored)
