"""A partner's opportunities: brought forth by a converted lead, kept up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from centri.engine import entries, sight
from centri.engine.acts import Act, Row, acting
from centri.engine.opportunity_access import own
from centri.engine.project import Project
from centri.errors import Rejected
from centri.store.prm_tables import lead_assignment

_UNDER_REVIEW = ("submitted", "in_review")


def create_opportunity(project: Project, actor: str | None, lead_id: str, values: Mapping[str, Any]) -> str:
    """The opportunity of a lead that was converted without one; answers its id. Raises Rejected.

    ``values`` are ``name``, ``amount``, ``currency``, ``close_date``, ``stage`` and what else
    :data:`centri.engine.entries.OPPORTUNITY` holds.
    """
    with acting(project, "opportunity create", actor) as act:
        lead = act.row("lead", lead_id)
        if lead["state"] != "converted" or not lead["converted_account_id"]:
            raise Rejected("illegal_transition", f"the lead is {lead['state']}; convert it first")
        if lead["converted_opportunity_id"]:
            raise Rejected("validation", f"the lead has become opportunity {lead['converted_opportunity_id']} already")
        assignment = _last_assignment(act, lead_id)
        act.only_for(assignment["partner_account_id"])
        account, contact = lead["converted_account_id"], lead["converted_contact_id"]
        opportunity = add_opportunity(act, lead, assignment, values, account=account, contact=contact)
        act.change("lead", lead_id, {"converted_opportunity_id": opportunity})
        return opportunity


def update_opportunity(project: Project, opportunity_id: str, actor: str | None, values: Mapping[str, Any]) -> None:
    """New values from the partner. Raises Rejected for one that is closed, and for what stands still while it is reviewed.

    A value that was a placeholder's is known from then on; who no longer owns the opportunity cannot change it.
    """
    entered = entries.opportunity(values)
    with acting(project, "opportunity update", actor) as act:
        opportunity = sight.seen(act, "opportunity", opportunity_id, to="write")
        if opportunity["stage_category"] != "open":
            raise Rejected("illegal_transition", f"the opportunity is {opportunity['stage_category']}")
        still = sorted(entries.KEY_FIELDS & set(values)) if opportunity["approval_state"] in _UNDER_REVIEW else []
        if still:
            why = f"{', '.join(still)} cannot change while the opportunity is {opportunity['approval_state'].replace('_', ' ')}"
            raise Rejected("illegal_transition", why, fields=still)
        act.change("opportunity", opportunity_id, entered)


def add_opportunity(act: Act, lead: Row, assignment: Row, values: Mapping[str, Any], *, account: str, contact: str) -> str:
    """The row that a lead's opportunity makes; what a partner found itself needs the vendor's approval."""
    entered = entries.opportunity(values)
    if not entered.get("name"):
        raise Rejected("missing_required", "an opportunity needs a name", fields=("name",))
    sourced_by = "partner" if lead["source_kind"] == "partner" else "vendor"
    partner, person = assignment["partner_account_id"], assignment["partner_user_id"] or (act.user["id"] if act.user else None)
    added = act.add(
        "opportunity",
        {
            "product_family": _family(lead["product_interest"]),
            **entered,
            "account_id": account,
            "primary_contact_id": contact,
            "partner_account_id": partner,
            "partner_user_id": person,
            "originating_lead_id": lead["id"],
            "motion": "indirect",
            "sourced_by": sourced_by,
            "approval_state": "submitted" if sourced_by == "partner" else "not_submitted",
        },
    )
    own(act, added, partner, person)
    return added


def _family(interest: Sequence[str] | None) -> str | None:
    """The product that a lead is interested in; of several nobody can tell which the opportunity is about."""
    return interest[0] if interest and len(interest) == 1 else None


def _last_assignment(act: Act, lead_id: str) -> Row:
    t = lead_assignment.c
    found = act.conn.execute(select(lead_assignment).where(t.lead_id == lead_id).order_by(t.seq.desc())).mappings().first()
    if found is None:
        raise Rejected("illegal_transition", "no partner ever held this lead")
    return dict(found)
