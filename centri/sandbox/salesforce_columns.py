"""Columns of a Salesforce row: stored fields, the system's own, and those that are worked out on reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import Any

from centri.sandbox.rows import Row
from centri.sandbox.salesforce_values import shown
from centri.sandbox.schema import Field, Schema

Read = Callable[[Row], Any]

SYSTEM: dict[str, Read] = {
    "Id": attrgetter("id"),
    "IsDeleted": attrgetter("deleted"),
    "CreatedDate": attrgetter("created"),
    "CreatedById": attrgetter("created_by"),
    "LastModifiedDate": attrgetter("modified"),
    "LastModifiedById": attrgetter("modified_by"),
    "SystemModstamp": attrgetter("stamp"),
}

STAGES = {
    "Prospecting": (10, "Pipeline"),
    "Qualification": (10, "Pipeline"),
    "Needs Analysis": (20, "Pipeline"),
    "Value Proposition": (50, "Pipeline"),
    "Id. Decision Makers": (60, "Pipeline"),
    "Perception Analysis": (70, "Pipeline"),
    "Proposal/Price Quote": (75, "Pipeline"),
    "Negotiation/Review": (90, "Pipeline"),
    "Closed Won": (100, "Closed"),
    "Closed Lost": (0, "Omitted"),
}
"""A new org's sales process: probability in per cent and forecast category by stage."""


def full_name(row: Row) -> str | None:
    """First and last name with a blank between."""
    return " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part) or None


def _probability(row: Row) -> float | None:
    given = row.get("Probability")
    return given if given is not None else STAGES.get(row.get("StageName") or "", (None, ""))[0]


def _category(row: Row) -> str | None:
    return row.get("ForecastCategoryName") or STAGES.get(row.get("StageName") or "", (0, "Pipeline"))[1]


def _expected(row: Row) -> float | None:
    amount, chance = row.get("Amount"), _probability(row)
    return None if amount is None or chance is None else round(amount * chance / 100, 2)


def _closing(row: Row) -> date | None:
    return date.fromisoformat(row.get("CloseDate")) if row.get("CloseDate") else None


def _quarter(row: Row) -> int | None:
    day = _closing(row)
    return (day.month + 2) // 3 if day else None


def _year(row: Row) -> int | None:
    day = _closing(row)
    return day.year if day else None


def _fiscal(row: Row) -> str | None:
    day = _closing(row)
    return f"{day.year} {(day.month + 2) // 3}" if day else None


def _photo(row: Row) -> str:
    return f"/services/images/photo/{row.id}"


DERIVED: dict[tuple[str, str], Read] = {
    ("Lead", "Name"): full_name,
    ("Contact", "Name"): full_name,
    ("User", "Name"): full_name,
    ("Account", "PhotoUrl"): _photo,
    ("Contact", "PhotoUrl"): _photo,
    ("Lead", "PhotoUrl"): _photo,
    ("Contact", "IsEmailBounced"): lambda row: row.get("EmailBouncedDate") is not None,
    ("Case", "IsClosed"): lambda row: row.get("Status") == "Closed",
    ("Task", "IsClosed"): lambda row: row.get("Status") == "Completed",
    ("Task", "IsHighPriority"): lambda row: row.get("Priority") == "High",
    ("Opportunity", "IsClosed"): lambda row: row.get("StageName") in ("Closed Won", "Closed Lost"),
    ("Opportunity", "IsWon"): lambda row: row.get("StageName") == "Closed Won",
    ("Opportunity", "Probability"): _probability,
    ("Opportunity", "ExpectedRevenue"): _expected,
    ("Opportunity", "ForecastCategory"): lambda row: (_category(row) or "").replace(" ", "").replace("Commit", "Forecast"),
    ("Opportunity", "ForecastCategoryName"): _category,
    ("Opportunity", "FiscalQuarter"): _quarter,
    ("Opportunity", "FiscalYear"): _year,
    ("Opportunity", "Fiscal"): _fiscal,
}


def reader(schema: Schema, field: Field) -> Read:
    """What a row holds in this field, in its stored form."""
    name = field.name
    if name in SYSTEM:
        return SYSTEM[name]
    if derived := DERIVED.get((schema.name, name)):
        return derived
    if field.type == "address":
        return _address(name.removesuffix("Address"))
    if field.type == "boolean":
        default = bool(field.default)
        return lambda row: row.values.get(name, default)
    return lambda row: row.values.get(name)


def column(schema: Schema, field: Field) -> Read:
    """What a row shows in this field, as a JSON value."""
    read, show = reader(schema, field), shown(field)
    return read if show is None else lambda row: show(read(row))


def record(schema: Schema, row: Row) -> dict[str, Any]:
    """A whole row as JSON values, without ``attributes``."""
    return {field.name: column(schema, field)(row) for field in schema.fields.values()}


def _address(prefix: str) -> Read:
    parts = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")
    keys = [(part[0].lower() + part[1:], prefix + part) for part in parts]

    def address(row: Row) -> dict[str, Any] | None:
        found = {key: row.values.get(name) for key, name in keys}
        return found if any(value is not None for value in found.values()) else None

    return address
