"""What people see of leads: a partner its own and those on offer to it, whose contact data is masked; the vendor sees all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from centri.engine.acts import person
from centri.engine.project import Project
from centri.errors import Rejected
from centri.store import access
from centri.store.database import read
from centri.store.partner_tables import routing_decision
from centri.store.prm_tables import activity, lead, lead_assignment, lead_offer, note, partner_account, partner_user, vendor_user

Row = Mapping[str, Any]

MASKED = ("first_name", "last_name", "email", "email_norm", "phone_e164", "street", "key_decision_maker")
"""What nobody sees of a lead that is only on offer to it: who the person is, and how to reach them."""

_MASK = "***"

SHOWN = (
    "id", "first_name", "last_name", "company", "email", "phone_e164", "title", "country_code", "city", "industry_code",
    "segment_code", "product_interest", "timeframe", "current_situation", "state", "state_reason", "priority", "score",
    "qualification", "received_at", "last_activity_at", "match_class",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A lead as somebody sees it. ``assignment`` is the last one, as far as it is theirs to see; ``level`` what they may do."""

    lead: Row
    level: str
    assignment: Row | None
    activities: Sequence[Row] = ()
    notes: Sequence[Row] = ()


def list_leads(project: Project, actor: str | None = None, states: Sequence[str] = (), most: int = 100) -> list[Seen]:
    """The leads that somebody may see, those with the highest priority first. Raises Rejected for an unknown actor.

    One that went into another is told only where ``states`` ask for it.
    """
    with read(project.engine) as conn:
        user, _ = person(conn, actor) if actor else (None, None)
        t = lead.c
        query = select(lead).where(t.deleted_at.is_(None), access.visible("lead", user))
        query = query.where(t.state.in_(states) if states else t.state != "merged")
        found = conn.execute(query.order_by(t.priority.desc().nulls_last(), t.received_at, t.id).limit(most)).mappings()
        rows = [dict(row) for row in found]
        levels = access.held(conn, user, "lead") if user else {}
        assignments = _assignments(conn, [row["id"] for row in rows], user)
        return [_seen(row, levels.get(row["id"], "write"), assignments.get(row["id"])) for row in rows]


def show_lead(project: Project, lead_id: str, actor: str | None = None) -> Seen:
    """One lead with what was done about it. Raises Rejected where there is none that the actor may see."""
    with read(project.engine) as conn:
        user, _ = person(conn, actor) if actor else (None, None)
        row = conn.execute(select(lead).where(lead.c.id == lead_id, access.visible("lead", user))).mappings().first()
        if row is None:
            raise Rejected("validation", f"there is no lead {lead_id}")
        level = access.level(conn, user, "lead", lead_id) or "offer" if user else "write"
        seen = _seen(dict(row), level, _assignments(conn, [lead_id], user).get(lead_id))
        if level == "offer":
            return seen
        whose = ("both", "partner") if user else ("both", "vendor")
        return Seen(seen.lead, level, seen.assignment, _activities(conn, lead_id), _notes(conn, lead_id, whose))


def decisions(project: Project, lead_id: str) -> list[dict[str, Any]]:
    """Every routing decision about a lead, the latest first: for the vendor, since it names partners."""
    t = routing_decision.c
    with read(project.engine) as conn:
        query = select(routing_decision).where(t.lead_id == lead_id).order_by(t.decided_at.desc(), t.created_at.desc(), t.id)
        return [dict(row) for row in conn.execute(query).mappings()]


def partner_names(project: Project) -> dict[str, str]:
    """What partners are called, by id."""
    with read(project.engine) as conn:
        return {row.id: row.name for row in conn.execute(select(partner_account.c.id, partner_account.c.name))}


def _seen(row: Row, level: str, assignment: Row | None) -> Seen:
    told = {name: row[name] for name in SHOWN}
    if level == "offer":
        told |= {name: _MASK for name in MASKED if told.get(name)}
    return Seen(told, level, assignment)


def _assignments(conn: Connection, ids: Sequence[str], user: Row | None) -> dict[str, Row]:
    """The last assignment of each lead. A partner's person sees those of its partner alone, and its own offer in them."""
    if not ids:
        return {}
    a, p, u, v, o = lead_assignment.c, partner_account.c, partner_user.c, vendor_user.c, lead_offer.c
    columns = (a.lead_id, a.id, a.seq, a.kind, a.pool, a.state, a.offered_at, a.accept_by, a.accepted_at, a.qualify_by)
    query = (
        select(*columns, p.name.label("partner"), u.email.label("rep"), v.email.label("vendor_user"))
        .outerjoin(partner_account, p.id == a.partner_account_id)
        .outerjoin(partner_user, u.id == a.partner_user_id)
        .outerjoin(vendor_user, v.id == a.vendor_user_id)
        .where(a.lead_id.in_(ids))
        .order_by(a.lead_id, a.seq)
    )
    if user is None:
        return {row["lead_id"]: dict(row) for row in conn.execute(query).mappings()}
    mine = user["partner_account_id"]
    offered = select(o.id).where(o.assignment_id == a.id, o.partner_account_id == mine).exists()
    found = conn.execute(query.where((a.partner_account_id == mine) | offered).add_columns(a.partner_account_id)).mappings()
    return {row["lead_id"]: _own(dict(row), mine) for row in found}


def _own(row: dict[str, Any], mine: str) -> Row:
    """Without a word about another partner that has it by now."""
    if row.pop("partner_account_id") not in (mine, None):
        return {**row, "partner": None, "rep": None, "state": "lost_race", "accepted_at": None, "qualify_by": None}
    return row


def _activities(conn: Connection, lead_id: str) -> list[Row]:
    t = activity.c
    query = select(t.kind, t.occurred_at, t.outcome).where(t.subject_type == "lead", t.subject_id == lead_id)
    return [dict(row) for row in conn.execute(query.order_by(t.occurred_at, t.id)).mappings()]


def _notes(conn: Connection, lead_id: str, visibility: Sequence[str]) -> list[Row]:
    t = note.c
    mine = (t.parent_type == "lead", t.parent_id == lead_id, t.visibility.in_(visibility), t.deleted_at.is_(None))
    query = select(t.subject, t.body, t.created_at).where(*mine)
    return [dict(row) for row in conn.execute(query.order_by(t.created_at, t.id)).mappings()]
