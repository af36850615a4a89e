"""What follows within a PRM row when fields of it change: the times and flags that nobody maps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from centri.dedupe import standards
from centri.dedupe.dictionaries import Dictionaries
from centri.records import Record

_MATCHED_BY = ("company", "email", "website", "country_code")


_PLACEHOLDERS = {"amount": "amount_is_placeholder", "close_date": "close_date_is_placeholder"}
"""What an opportunity may not know yet: a CRM that asks for it holds something that only stands in for it."""

KEPT = standards.CODES | {
    "state_changed_at",
    "converted_at",
    "matched_at",
    "received_at",
    "motion",
    "closed_at",
    *_PLACEHOLDERS.values(),
}
"""The columns that follow from others."""


def of(
    entity: str,
    values: Mapping[str, Any],
    stored: Mapping[str, Any] | None,
    crm: Record | None,
    now: datetime,
    dictionaries: Dictionaries,
) -> dict[str, Any]:
    """Further PRM values, by field, that new ``values`` of a row bring along."""
    found = standards.codes(entity, values, stored, dictionaries)
    if entity == "lead":
        found |= _lead(values, stored, crm, now)
    if entity == "opportunity":
        unknown = {name for name in _PLACEHOLDERS if name in values or stored is None}
        found |= {_PLACEHOLDERS[name]: values.get(name) is None for name in unknown}
        found |= _motion(values, stored) | _closed(values, stored, crm, now)
    return found


def _motion(values: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a partner has is sold indirectly, and what nobody has the vendor sells itself, until somebody says otherwise."""
    if "motion" in values or (stored is not None and ("partner_account_id" not in values or stored["motion"] == "cosell")):
        return {}
    return {"motion": "indirect" if values.get("partner_account_id") else "direct"}


def _closed(values: Mapping[str, Any], stored: Mapping[str, Any] | None, crm: Record | None, now: datetime) -> dict[str, Any]:
    """When an opportunity was won or lost: now or, where a CRM brings it, when it changed there.

    One that was closed long before it came here was so on its close date at the latest.
    """
    if "stage_category" not in values or "closed_at" in values:
        return {}
    if values["stage_category"] == "open":
        return {"closed_at": None} if stored and stored["closed_at"] else {}
    if stored and stored["closed_at"]:
        return {}
    at = crm.changed_at if crm and crm.changed_at else now
    day = date.fromisoformat(str(values["close_date"])) if stored is None and values.get("close_date") else at.date()
    return {"closed_at": datetime.combine(day, time(), UTC) if day < at.date() else at}


def _lead(values: Mapping[str, Any], stored: Mapping[str, Any] | None, crm: Record | None, now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "state" in values:
        found["state_changed_at"] = now
    if values.get("state") == "converted" and not (stored or {}).get("converted_at"):
        found["converted_at"] = crm.changed_at if crm and crm.changed_at else now
    if stored and stored["matched_at"] and not stored["match_locked"] and any(name in values for name in _MATCHED_BY):
        found["matched_at"] = None
    if stored is None:
        found["received_at"] = now
    return found
