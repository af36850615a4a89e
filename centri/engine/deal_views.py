"""Registered deals and opportunities, as whoever looks may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select

from centri.engine import deal_rows
from centri.engine.acts import Row, person
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners import deals
from centri.store import access
from centri.store.database import read
from centri.store.partner_tables import deal_extension, deal_registration, margin_credit, program, proof_of_performance
from centri.store.prm_tables import account, opportunity, partner_account, partner_user

_VENDORS = ("conflict", "duplicate_of_id", "reviewer_id")
"""What a partner is not told of its deal: it would tell of others'."""

_DEAL = (
    "id", "number", "revision_no", "state", "account_id", "account_name", "contact_name", "contact_email", "product_family",
    "amount", "currency", "close_date", "current_situation", "timeframe", "submitted_by", "submitted_at", "response_due_at",
    "reviewed_at", "decision_code", "decision_text", "approved_at", "expires_at", "closed_at", "opportunity_id", "lead_id",
    "previous_id", *_VENDORS,
)  # fmt: skip
_OPPORTUNITY = (
    "id", "name", "account_id", "primary_contact_id", "originating_lead_id", "motion", "sourced_by", "amount", "currency",
    "close_date", "amount_is_placeholder", "close_date_is_placeholder", "partner_stage", "vendor_stage", "stage_category",
    "product_family", "next_step", "approval_state", "approval_text", "closed_at", "lost_reason", "registration_expires_at",
)  # fmt: skip


def deal_list(project: Project, actor: str | None = None, states: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The deals that the actor may see, the latest first, only those in some ``states`` where they are given. Raises Rejected."""
    t, p = deal_registration.c, partner_account.c
    with read(project.engine) as conn:
        user = person(conn, actor)[0] if actor else None
        query = select(deal_registration, p.name.label("partner"), program.c.code.label("program"))
        query = query.join(partner_account, p.id == t.partner_account_id).join(program, program.c.id == t.program_id)
        query = query.where(access.visible("deal", user), t.deleted_at.is_(None)).order_by(t.created_at.desc(), t.id)
        query = query.where(t.state.in_(states)) if states else query
        return [_deal(dict(row), user) for row in conn.execute(query).mappings()]


def deal_shown(project: Project, deal: str, actor: str | None = None) -> dict[str, Any]:
    """A deal, its ``missing`` fields, ``proofs``, ``extensions`` and ``credit``. Raises Rejected where there is none to see."""
    found = [row for row in deal_list(project, actor) if deal in (row["id"], row["number"]) or deal.upper() == row["number"]]
    if not found:
        raise Rejected("validation", f"there is no deal registration {deal}")
    shown = max(found, key=lambda row: row["revision_no"])
    with read(project.engine) as conn:
        whole = dict(conn.execute(select(deal_registration).where(deal_registration.c.id == shown["id"])).mappings().one())
        terms = dict(conn.execute(select(program).where(program.c.id == whole["program_id"])).mappings().one())
        parts: Mapping[str, Table] = {"proofs": proof_of_performance, "extensions": deal_extension, "credit": margin_credit}
        beside = {
            name: [_plain(dict(row)) for row in conn.execute(select(table).where(table.c.deal_id == shown["id"])).mappings()]
            for name, table in parts.items()
        }
    return {**shown, "missing": list(deals.missing(terms, whole)), **beside}


def opportunity_list(project: Project, actor: str | None = None, states: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The opportunities that the actor may see, the latest first; with ``states`` only those in these stage categories."""
    t = opportunity.c
    with read(project.engine) as conn:
        user = person(conn, actor)[0] if actor else None
        query = select(
            *(t[name] for name in _OPPORTUNITY),
            account.c.name.label("account"),
            partner_account.c.name.label("partner"),
            partner_user.c.email.label("partner_user"),
            (t.registered_partner_id.is_not(None) & (t.registered_partner_id == t.partner_account_id)).label("registered"),
        )
        query = query.join(account, account.c.id == t.account_id)
        query = query.outerjoin(partner_account, partner_account.c.id == t.partner_account_id)
        query = query.outerjoin(partner_user, partner_user.c.id == t.partner_user_id)
        query = query.where(access.visible("opportunity", user, least="read"), t.deleted_at.is_(None))
        query = query.where(t.stage_category.in_(states)) if states else query
        rows = conn.execute(query.order_by(t.created_at.desc(), t.id)).mappings()
        return [_opportunity(dict(row), user) for row in rows]


def opportunity_shown(project: Project, opportunity_id: str, actor: str | None = None) -> dict[str, Any]:
    """One of them. Raises Rejected where there is none to see."""
    for row in opportunity_list(project, actor):
        if row["id"] == opportunity_id:
            return row
    raise Rejected("validation", f"there is no opportunity {opportunity_id}")


def _deal(row: Mapping[str, Any], user: Row | None) -> dict[str, Any]:
    hidden = _VENDORS if user else ()
    shown = {name: row[name] for name in _DEAL if name not in hidden}
    return {**shown, "number": deal_rows.shown_number(row), "partner": row["partner"], "program": row["program"]}


def _opportunity(row: Mapping[str, Any], user: Row | None) -> dict[str, Any]:
    """That an opportunity is registered for another is none of a partner's business."""
    registered = bool(row["registered"])
    hidden = {"registration_expires_at": None} if user and not registered else {}
    return {**row, "registered": registered, **hidden}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    common = {"id", "created_at", "created_by", "updated_at", "updated_by", "revision", "deleted_at", "origin", "deal_id"}
    return {name: value for name, value in row.items() if name not in common}
