"""Give leads to the partners that a CRM admin named for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from centri.anomalies import Anomaly
from centri.engine.distribution import Hand, hand_out
from centri.engine.leaving import withdrawing
from centri.engine.project import Project
from centri.engine.set_aside import LEFT
from centri.partners.distribution import refusal
from centri.partners.lifecycle import LIVE
from centri.store import audit, findings, prm, routing_facts
from centri.store.database import write
from centri.store.prm_tables import lead, lead_assignment, lead_exclusion

_ACTOR = "assign"


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
        if not leads:
            return 0, 0
        rows = prm.as_rows(conn, "lead", leads)
        partners = routing_facts.partners(conn, now)
        barred = routing_facts.exclusions(conn, list(leads))
        hands: list[Hand] = []
        refused: list[Anomaly] = []
        for id, record in rows.records.items():
            partner = partners[leads[id]["target_partner_id"]]
            if why := refusal(record, partner, barred.get(id, ())):
                refused.append(Anomaly("not_assignable", record.ref, why, entity="lead", stage="assign"))
            else:
                hands.append(Hand(leads[id], "manual", (partner.id,)))
        findings.open_(conn, refused, now=now)
        cause = audit.Cause(_ACTOR, "rule", _ACTOR, "engine")
        hand_out(conn, hands, partners, now=now, cause=cause, channel=project.mapping.notifications.channel)
        return len(leads), len(hands)


def _waiting(conn: Connection, withdrawing: Sequence[str], most: int) -> dict[str, Mapping[str, Any]]:
    """Ready leads with a named partner whom nobody has barred, and whose being barred nobody has reported.

    Leads that were taken back because they left a filter wait until they meet it again.
    """
    t, live, barred = lead.c, lead_assignment.c, lead_exclusion.c
    held = select(live.id).where(live.lead_id == t.id, live.state.in_(LIVE))
    excluded = select(barred.id).where(
        barred.lead_id == t.id, barred.partner_account_id == t.target_partner_id, barred.cleared_at.is_(None)
    )
    query = (
        select(lead)
        .where(t.target_partner_id.is_not(None), t.state.in_(("ready", "recycled")), t.deleted_at.is_(None))
        .where(t.match_class != "competitor")  # nobody is offered a competitor's lead
        .where(~held.exists(), ~excluded.exists(), ~findings.open_about("lead", "not_assignable", t.id))
        .where(~findings.open_about("lead", LEFT, t.id, connections=withdrawing))
        .order_by(t.received_at, t.id)
        .limit(most)
        .with_for_update()  # nobody else may move a lead between this look and its offer
    )
    return {row["id"]: dict(row) for row in conn.execute(query).mappings()}
