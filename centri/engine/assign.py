"""Give leads to the partners that a CRM admin named for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select

from centri.anomalies import Anomaly
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners.distribution import direct
from centri.records import Record
from centri.store import findings, prm
from centri.store.database import write
from centri.store.prm_tables import lead, lead_assignment, lead_exclusion, lead_offer

ACCEPT_WITHIN = timedelta(hours=48)
"""How long a named partner has to accept (section 4.0 of the domain's stories)."""

_ACTOR = "assign"
_LIVE = ("offered", "accepted", "retained")


def assign(project: Project) -> int:
    """Offer each ready lead to the partner named for it, if nobody holds it. Answers how many were offered."""
    done = 0
    while offered := _some(project):
        done += offered
    return done


def _some(project: Project) -> int:
    with write(project.engine) as conn:
        now = project.now()
        leads = _waiting(conn, project.settings.chunk_size)
        rows = prm.as_rows(conn, "lead", leads)
        partners = prm.read(conn, "partner_account", {row["target_partner_id"] for row in leads.values()}).records
        barred, numbers = _exclusions(conn, leads), _numbers(conn, leads)
        offered = 0
        for lead_id, record in rows.records.items():
            partner = partners[leads[lead_id]["target_partner_id"]]
            try:
                values = direct(
                    record,
                    partner,
                    now=now,
                    accept_within=ACCEPT_WITHIN,
                    seq=numbers.get(lead_id, 0) + 1,
                    excluded=barred[lead_id],
                )
            except Rejected as refusal:
                _report(conn, record, refusal, now)
                continue
            _offer(conn, leads[lead_id], values, now)
            offered += 1
    return offered


def _waiting(conn: Connection, most: int) -> dict[str, Mapping[str, Any]]:
    """Ready leads with a named partner whom nobody has barred, and whose being barred nobody has reported."""
    t, live, barred = lead.c, lead_assignment.c, lead_exclusion.c
    held = select(live.id).where(live.lead_id == t.id, live.state.in_(_LIVE))
    excluded = select(barred.id).where(
        barred.lead_id == t.id, barred.partner_account_id == t.target_partner_id, barred.cleared_at.is_(None)
    )
    query = (
        select(lead)
        .where(t.target_partner_id.is_not(None), t.state.in_(("ready", "recycled")), t.deleted_at.is_(None))
        .where(~held.exists(), ~excluded.exists(), ~findings.open_about("lead", "not_assignable", t.id))
        .order_by(t.received_at, t.id)
        .limit(most)
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


def _offer(conn: Connection, stored: Mapping[str, Any], values: Mapping[str, Any], now: datetime) -> None:
    times = ("offered_at", "accept_by", "accepted_at")
    row = {**values, **{name: datetime.fromisoformat(values[name]) for name in times if values.get(name)}}
    made = conn.execute(insert(lead_assignment).values(row).returning(lead_assignment.c.id)).scalar_one()
    accepted = values["state"] == "accepted"
    offer = {"assignment_id": made, "partner_account_id": values["partner_account_id"], "offered_at": now}
    conn.execute(insert(lead_offer).values({**offer, "state": "accepted" if accepted else "offered", "rank": 1}))
    current = prm.read(conn, "lead", [stored["id"]]).stored[stored["id"]]
    moved = {"state": "assigned", "state_changed_at": now, "first_assigned_at": current["first_assigned_at"] or now}
    prm.write(conn, "lead", [prm.Change(stored["id"], moved, current)], actor=_ACTOR, now=now)


def _report(conn: Connection, record: Record, refusal: Rejected, now: datetime) -> None:
    anomaly = Anomaly("not_assignable", record.ref, str(refusal), entity="lead", stage="assign")
    findings.open_(conn, [anomaly], now=now)
