"""A deal that the vendor registers for a partner itself: approved from the start."""

from __future__ import annotations

from centri.engine import deal_protection, deal_rows, sight
from centri.engine.acts import Act, acting
from centri.engine.deal_reviews import REVIEWERS
from centri.engine.opportunity_reviews import program_of
from centri.engine.project import Project
from centri.errors import Rejected
from centri.partners import deals

BY_VENDOR = "vendor"
"""Who submitted such a deal."""


def register_opportunity(project: Project, opportunity_id: str, actor: str | None = None) -> str:
    """Register a partner's opportunity for it; answers the number. Raises Rejected."""
    with acting(project, "deal register", actor) as act:
        act.only_vendor(*REVIEWERS)
        return register(act, opportunity_id)


def register(act: Act, opportunity_id: str) -> str:
    """The same within an act. What the vendor knows of it is enough. Raises Rejected before anything is done."""
    row = act.row("opportunity", opportunity_id)
    partner = row["partner_account_id"]
    if partner is None:
        raise Rejected("validation", "the opportunity has no partner that it could be registered for")
    if row["registered_partner_id"]:
        raise Rejected("illegal_transition", "the opportunity is registered already")
    program = program_of(act, partner)
    if program is None:
        raise Rejected("permission", "its partner is not enrolled in a programme that registers deals: `centri program enroll`")
    number = deal_rows.next_number(act)
    until = deals.protected_until(program, act.now)
    deal = {
        "number": number,
        "program_id": program["id"],
        "partner_account_id": partner,
        "submitted_by": BY_VENDOR,
        "opportunity_id": opportunity_id,
        "lead_id": row["originating_lead_id"],
        "account_id": row["account_id"],
        "account_name": act.row("account", row["account_id"])["name"],
        "contact_id": row["primary_contact_id"],
        "product_family": row["product_family"] or deals.ANY_PRODUCT,
        "amount": row["amount"],
        "currency": row["currency"],
        "close_date": row["close_date"],
        "submitted_at": act.now,
        "approved_at": act.now,
        "expires_at": until,
    }
    if rivals := deals.rivals({**deal, "id": None}, deal_rows.of_account(act, row["account_id"])):
        raise Rejected("illegal_transition", f"{rivals[0]['number']} is approved for the same account and product")
    id = act.add("deal_registration", {**deal, "state": "approved"})
    deal_rows.own(act, id, partner)
    if row["partner_user_id"]:
        sight.give(act, "deal", id, (partner, row["partner_user_id"], "write", "owner"))
    deal_protection.protect(act, act.row("deal_registration", id))
    return number
