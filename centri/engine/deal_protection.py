"""What an approved deal stands for: an account, a contact, an opportunity registered for the partner; and the end of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from centri.engine import deal_rows, notices, sight
from centri.engine.acts import Act, Row
from centri.engine.opportunity_access import own
from centri.engine.project import Project
from centri.partners.deals import ANY_PRODUCT
from centri.store.prm_tables import account, contact, opportunity, partner_user

_STAGE = "qualification"
_KINDS = {"expired": "deal_expired", "cancelled": "deal_cancelled"}
"""What the partner is told of an end that it did not bring about itself."""


def settled_parties(project: Project, act: Act, deal: Row) -> dict[str, str | None]:
    """The ids of the account, contact and opportunity of a deal that is to be approved; what is not there yet is made."""
    whose = deal["account_id"] or deal_rows.matched_account(project, deal) or _new_account(act, deal)
    person = deal["contact_id"] or _contact(act, deal, whose)
    return {
        "account_id": whose,
        "contact_id": person,
        "opportunity_id": deal["opportunity_id"] or _opportunity(act, deal, whose, person),
    }


def protect(act: Act, deal: Row) -> None:
    """Register the opportunity of an approved deal for its partner, and tell both the partner and the vendor's own sales."""
    registered = {"registered_partner_id": deal["partner_account_id"], "registration_expires_at": deal["expires_at"]}
    act.change("opportunity", deal["opportunity_id"], registered)
    sight.give(act, "opportunity", deal["opportunity_id"], (deal["partner_account_id"], None, "read", "registered"))
    again = f"{act.now:%Y%m%d}"
    deal_rows.tell(act, "deal_approved", deal, deal_rows.whom(act, deal), again=again)
    deal_rows.tell_vendor(act, "deal_approved", deal, _direct_sales(act, deal), again=again)


def end(act: Act, deal: Row, state: str, values: Mapping[str, Any] | None = None) -> None:
    """End the protection of an approved deal, whose opportunity is nobody's registered one any more."""
    new = {**(values or {}), "state": state} | ({} if state == "expired" else {"closed_at": act.now})
    act.change("deal_registration", deal["id"], new)
    if deal["opportunity_id"]:
        row = act.row("opportunity", deal["opportunity_id"])
        if row["registered_partner_id"] == deal["partner_account_id"]:
            act.change("opportunity", row["id"], {"registered_partner_id": None, "registration_expires_at": None})
        sight.take(act, "opportunity", row["id"], reasons=("registered",))
    if kind := _KINDS.get(state):
        deal_rows.tell(act, kind, {**deal, **new}, deal_rows.whom(act, deal))
    if state == "expired":
        deal_rows.tell_vendor(act, "deal_expired", {**deal, **new})


def move(act: Act, deal: Row, until: Any) -> None:
    """Protect an approved deal until another time."""
    act.change("deal_registration", deal["id"], {"expires_at": until})
    act.change("opportunity", deal["opportunity_id"], {"registration_expires_at": until})


def _direct_sales(act: Act, deal: Row) -> list[notices.Recipient]:
    """The vendor's own people who may be speaking to the customer: who owns the account, or an open opportunity with it."""
    t = opportunity.c
    owner = select(account.c.owner_vendor_user_id).where(account.c.id == deal["account_id"])
    sellers = select(t.owner_vendor_user_id).where(
        t.account_id == deal["account_id"], t.stage_category == "open", t.deleted_at.is_(None)
    )
    found = [*act.conn.execute(owner).scalars(), *act.conn.execute(sellers.order_by(t.id)).scalars()]
    return [("vendor_user", id) for id in dict.fromkeys(filter(None, found))]


def _new_account(act: Act, deal: Row) -> str:
    return act.add("account", {"name": deal["account_name"], "account_class": "prospect"})


def _contact(act: Act, deal: Row, account_id: str) -> str | None:
    """The person at the account with the deal's e-mail address, or a new one with its name."""
    t = contact.c
    if deal["contact_email"]:
        same = (t.account_id == account_id, t.email_norm == deal["contact_email"].lower(), t.deleted_at.is_(None))
        if known := act.conn.execute(select(t.id).where(*same).order_by(t.created_at, t.id)).scalar():
            return str(known)
    first, _, last = (deal["contact_name"] or "").rpartition(" ")
    if not last:
        return None
    return act.add(
        "contact", {"account_id": account_id, "first_name": first or None, "last_name": last, "email": deal["contact_email"]}
    )


def _opportunity(act: Act, deal: Row, account_id: str, contact_id: str | None) -> str:
    """A deal's new opportunity; the one that its lead has become, where it has."""
    lead = act.row("lead", deal["lead_id"]) if deal["lead_id"] else None
    if lead and lead["converted_opportunity_id"]:
        return str(lead["converted_opportunity_id"])
    family = None if deal["product_family"] == ANY_PRODUCT else deal["product_family"]
    person = _submitter(act, deal)
    values = {name: deal[name] for name in ("amount", "currency", "close_date", "partner_account_id")}
    made = act.add(
        "opportunity",
        {
            **values,
            "name": " - ".join(filter(None, (act.row("account", account_id)["name"], family))),
            "account_id": account_id,
            "primary_contact_id": contact_id,
            "partner_user_id": person,
            "originating_lead_id": deal["lead_id"],
            "product_family": family,
            "motion": "indirect",
            "sourced_by": "partner",
            "partner_stage": _STAGE,
            "approval_state": "approved",
        },
    )
    own(act, made, deal["partner_account_id"], person)
    return made


def _submitter(act: Act, deal: Row) -> str | None:
    """The partner's person who submitted the deal, if somebody of the partner did."""
    t = partner_user.c
    mine = (t.partner_account_id == deal["partner_account_id"], t.email == deal["submitted_by"], t.deleted_at.is_(None))
    return act.conn.execute(select(t.id).where(*mine)).scalar()
