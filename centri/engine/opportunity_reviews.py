"""The vendor's approval of a partner's opportunity: submitted, looked at, approved, returned, rejected, taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from centri.engine import notices, sight
from centri.engine.acts import Act, Row, acting
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners.lifecycle import APPROVAL, check
from centri.store.partner_tables import program, program_enrollment
from centri.store.prm_tables import audit_log

_KINDS = {"approved": "opportunity_approved", "returned": "opportunity_rejected", "rejected": "opportunity_rejected"}


def submit_opportunity(project: Project, opportunity_id: str, actor: str | None = None) -> None:
    """Ask the vendor to approve an opportunity, for the first time or once it was returned. Raises Rejected."""
    with acting(project, "opportunity submit", actor) as act:
        row = sight.seen(act, "opportunity", opportunity_id, to="write")
        check(APPROVAL, row["approval_state"], "submitted")
        act.change("opportunity", opportunity_id, {"approval_state": "submitted"})


def review_opportunity(project: Project, opportunity_id: str, actor: str | None = None) -> None:
    """Begin to look at a submitted opportunity. Raises Rejected."""
    _decide(project, opportunity_id, actor, "in_review", "")


def approve_opportunity(project: Project, opportunity_id: str, actor: str | None = None, text: str = "") -> None:
    """Approve a submitted opportunity, and hand it back: its partner is told, and asked to register it where it can.

    Raises Rejected.
    """
    _decide(project, opportunity_id, actor, "approved", text)


def return_opportunity(project: Project, opportunity_id: str, actor: str | None, text: str) -> None:
    """Give a submitted opportunity back to be completed; ``text`` says what is missing. Raises Rejected."""
    _decide(project, opportunity_id, actor, "returned", _explained(text))


def reject_opportunity(project: Project, opportunity_id: str, actor: str | None, text: str) -> None:
    """Refuse a submitted opportunity; ``text`` says why. Raises Rejected."""
    _decide(project, opportunity_id, actor, "rejected", _explained(text))


def revoke_opportunity(project: Project, opportunity_id: str, actor: str | None, text: str) -> None:
    """Take an approval back, which only an administrator may. Raises Rejected."""
    with acting(project, "opportunity revoke", actor) as act:
        act.only_vendor()
        row = act.row("opportunity", opportunity_id)
        check(APPROVAL, row["approval_state"], "revoked", admin=True)
        act.change("opportunity", opportunity_id, {"approval_state": "revoked", "approval_text": _explained(text)}, admin=True)


def tell_decided(act: Act, row: Row) -> None:
    """Tell an opportunity's partner what the vendor decided, here or in a CRM; an approved one is the partner's to register."""
    state = row["approval_state"]
    if state not in _KINDS or row["partner_account_id"] is None:
        return
    person: list[notices.Recipient] = [("partner_user", row["partner_user_id"])] if row["partner_user_id"] else []
    whom = list(dict.fromkeys([*person, *notices.partner_people(act, row["partner_account_id"])]))
    key, about = f"{row['id']}:{_times(act, row['id'], state)}", ("opportunity", row["id"])
    data = {"name": row["name"], "approval_text": row["approval_text"]}
    notices.notify(act, _KINDS[state], key, whom, data, about)
    if state == "approved" and row["registered_partner_id"] is None and (found := program_of(act, row["partner_account_id"])):
        notices.notify(act, "register_now", key, whom, {"name": row["name"], "program": found["code"]}, about)


def program_of(act: Act, partner_id: str) -> Row | None:
    """The programme under which a partner registers deals, the first that it joined."""
    p, e = program.c, program_enrollment.c
    joined = (e.program_id == p.id, e.partner_account_id == partner_id, e.status == "active", e.deleted_at.is_(None))
    query = select(program).where(*joined, p.kind == "deal_registration", p.active, p.deleted_at.is_(None))
    found = act.conn.execute(query.order_by(e.created_at, p.code)).mappings().first()
    return dict(found) if found else None


def _decide(project: Project, opportunity_id: str, actor: str | None, state: str, text: str) -> None:
    with acting(project, f"opportunity {state}", actor) as act:
        act.only_vendor("channel_manager")
        row = act.row("opportunity", opportunity_id)
        check(APPROVAL, row["approval_state"], state)
        values: dict[str, Any] = {"approval_state": state} | ({} if state == "in_review" else {"approval_text": text or None})
        act.change("opportunity", opportunity_id, values)
        if row["approval_state"] != state:
            tell_decided(act, {**row, **values})


def _explained(text: str) -> str:
    if not text.strip():
        raise Rejected("missing_required", "say why: the partner is told", fields=("approval_text",))
    return text.strip()


def _times(act: Act, opportunity_id: str, state: str) -> int:
    """How often the opportunity has come to this state: each time is told."""
    t = audit_log.c
    about = (t.entity == "opportunity", t.entity_id == opportunity_id, t.field == "approval_state")
    return sum(1 for (new,) in act.conn.execute(select(t.new).where(*about)) if new == state)
