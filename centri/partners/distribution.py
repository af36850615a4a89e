"""Why a partner that somebody named cannot be given a lead."""

from __future__ import annotations

from collections.abc import Collection

from centri.partners.facts import PartnerFacts
from centri.partners.lifecycle import LEAD
from centri.records import Record


def refusal(lead: Record, partner: PartnerFacts, excluded: Collection[str] = ()) -> str | None:
    """Why the partner cannot be given the lead; None where it can. ``excluded`` are the partners that are barred from it."""
    state = lead.values.get("state", "new")
    if state in LEAD.terminal:
        return f"the lead is {state}"
    if partner.status != "active":
        return f"{partner.name} is {partner.status}"
    if not partner.accepts_leads:
        return f"{partner.name} does not accept leads"
    return f"{partner.name} is excluded from this lead" if partner.id in excluded else None
