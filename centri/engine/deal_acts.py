"""Everything that is done with programmes and registered deals: the one place that callers import from."""

from __future__ import annotations

from centri.engine.deal_candidates import find_candidates
from centri.engine.deal_closing import accept_proof, add_proof, cancel_deal, close_deal, expire_deals, settle_credit
from centri.engine.deal_drafts import create_deal, resubmit_deal, submit_deal, update_deal, withdraw_deal
from centri.engine.deal_extensions import decide_extension, request_extension
from centri.engine.deal_reviews import approve_deal, reject_deal, return_deal, review_deal, review_of
from centri.engine.deal_vendor import register_opportunity
from centri.engine.deal_views import deal_list, deal_shown
from centri.engine.program_acts import create_program, enroll, programs

__all__ = [
    "accept_proof",
    "add_proof",
    "approve_deal",
    "cancel_deal",
    "close_deal",
    "create_deal",
    "create_program",
    "deal_list",
    "deal_shown",
    "decide_extension",
    "enroll",
    "expire_deals",
    "find_candidates",
    "programs",
    "register_opportunity",
    "reject_deal",
    "request_extension",
    "resubmit_deal",
    "return_deal",
    "review_deal",
    "review_of",
    "settle_credit",
    "submit_deal",
    "update_deal",
    "withdraw_deal",
]
