"""The PRM's own fields as a starting mapping sees them: kinds, choices, and which of them name other records."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Boolean, Column, Date, Float, Integer

from centri.mappings.scaffold_fields import PrmField
from centri.store import prm
from centri.store.derived import DERIVED
from centri.store.tables import Json, Money, UtcDateTime

_KINDS: Mapping[type, str] = {
    Boolean: "boolean",
    Integer: "integer",
    Float: "number",
    Money: "money",
    Date: "date",
    UtcDateTime: "datetime",
    Json: "list",
}

_DERIVED = {
    "partner_id": PrmField("partner_id", "reference", to="partner_account", derived=True),
    "parent": PrmField("parent", "reference", required=True),
    "accepted_at": PrmField("accepted_at", "datetime", derived=True),
    "registered": PrmField("registered", "boolean", derived=True),
    "registered_partner_id": PrmField("registered_partner_id", "reference", to="partner_account", derived=True),
    "registration_expires_at": PrmField("registration_expires_at", "datetime", derived=True),
}
"""Derived fields that are no plain text."""


def prm_fields(entity: str) -> dict[str, PrmField]:
    """Every field of an entity that a mapping may name, in the table's order, those of other rows last."""
    required = prm.required(entity)
    columns = {column.name: _column(column, required=column.name in required) for column in prm.ENTITIES[entity].columns}
    derived = {name: _DERIVED.get(name, PrmField(name, derived=True)) for name in DERIVED.get(entity, ((), None))[0]}
    return columns | derived


def _column(column: Column[object], *, required: bool) -> PrmField:
    choices = tuple(column.info.get("choices", ()))
    keys = list(column.foreign_keys)
    if keys:
        return PrmField(column.name, "reference", to=keys[0].target_fullname.partition(".")[0], required=required)
    kind = next((name for type, name in _KINDS.items() if isinstance(column.type, type)), "choice" if choices else "text")
    return PrmField(column.name, kind, choices, required=required)
