"""Everything that partners do in the PRM, each act one transaction: the one place that callers import from."""

from __future__ import annotations

from centri.engine.assignment_acts import accept, assign_rep, decline, log_activity
from centri.engine.conversion_acts import Converted, convert_lead
from centri.engine.lead_acts import add_note, create_lead
from centri.engine.opportunity_access import assign_opportunity
from centri.engine.opportunity_acts import create_opportunity, update_opportunity
from centri.engine.opportunity_reviews import (
    approve_opportunity,
    reject_opportunity,
    return_opportunity,
    review_opportunity,
    revoke_opportunity,
    submit_opportunity,
)

__all__ = [
    "Converted",
    "accept",
    "add_note",
    "approve_opportunity",
    "assign_opportunity",
    "assign_rep",
    "convert_lead",
    "create_lead",
    "create_opportunity",
    "decline",
    "log_activity",
    "reject_opportunity",
    "return_opportunity",
    "review_opportunity",
    "revoke_opportunity",
    "submit_opportunity",
    "update_opportunity",
]
