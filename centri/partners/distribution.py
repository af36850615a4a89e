"""Who gets a lead: the assignment that giving it to a partner makes, or the reason why not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from centri.errors import Rejected
from centri.partners.lifecycle import LEAD
from centri.records import Record


def direct(
    lead: Record, partner: Record, *, now: datetime, accept_within: timedelta, seq: int, excluded: Collection[str] = ()
) -> dict[str, Any]:
    """The assignment of a lead to the partner that somebody named: on offer until ``now + accept_within``.

    A partner that accepts automatically has accepted at once. ``seq`` counts the lead's assignments from 1, ``excluded``
    holds the ids of the partners that are barred from this lead, ``now`` is aware.
    Raises Rejected (``not_assignable``) where :func:`refusal` has a reason.
    """
    if reason := refusal(lead, partner, excluded):
        raise Rejected("not_assignable", reason)
    assignment = {
        "lead_id": lead.ref.id,
        "seq": seq,
        "kind": "manual",
        "partner_account_id": partner.ref.id,
        "state": "offered",
        "offered_at": _stamp(now),
    }
    if partner.values.get("auto_accept") is True:
        return {**assignment, "state": "accepted", "accepted_at": _stamp(now)}
    return {**assignment, "accept_by": _stamp(now + accept_within)}


def refusal(lead: Record, partner: Record, excluded: Collection[str] = ()) -> str | None:
    """Why the partner cannot be given the lead; None where it can."""
    state, status = lead.values.get("state", "new"), partner.values.get("status", "active")
    name = partner.values.get("name") or f"partner {partner.ref.id}"
    if state in LEAD.terminal:
        return f"the lead is {state}"
    if status != "active":
        return f"{name} is {status}"
    if partner.values.get("accepts_leads", True) is not True:
        return f"{name} does not accept leads"
    return f"{name} is excluded from this lead" if partner.ref.id in excluded else None


def _stamp(moment: datetime) -> str:
    """As values hold a date-time: UTC, to the second unless there is more."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
