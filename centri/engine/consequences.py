"""What follows within a PRM row when fields of it change: the times and flags that nobody maps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from centri.dedupe.standardize import job_function, title_level
from centri.records import Record

_MATCHED_BY = ("company", "email", "website", "country_code")


KEPT = frozenset({"title_level_code", "job_function_code", "state_changed_at", "converted_at", "matched_at", "received_at"})
"""The columns that follow from others."""


def of(
    entity: str, values: Mapping[str, Any], stored: Mapping[str, Any] | None, crm: Record | None, now: datetime
) -> dict[str, Any]:
    """Further PRM values, by field, that new ``values`` of a row bring along."""
    found: dict[str, Any] = {}
    if "title" in values and entity in ("lead", "contact"):
        found |= {"title_level_code": title_level(values["title"]), "job_function_code": job_function(values["title"])}
    if entity == "lead":
        found |= _lead(values, stored, crm, now)
    return found


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
