"""The PRM's fields in the words that CRM fields are described with, for whoever checks a mapping without a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Date, Float, Integer

from centri.store import partner_tables, prm, prm_tables
from centri.store.derived import DERIVED
from centri.store.tables import Json, Money, UtcDateTime

_TYPES: tuple[tuple[type, str], ...] = (
    (Boolean, "boolean"),
    (Integer, "integer"),
    (Float, "number"),
    (Money, "money"),
    (Date, "date"),
    (UtcDateTime, "datetime"),
    (Json, "choices"),
)
"""The type of a column whose type is not here is text."""

_ELSEWHERE: Mapping[str, Column[Any]] = {
    "distribution_status": prm_tables.lead_assignment.c.state,
    "accepted_at": prm_tables.lead_assignment.c.accepted_at,
    "partner_id": prm_tables.opportunity.c.partner_account_id,
    "contact_first_name": prm_tables.contact.c.first_name,
    "contact_last_name": prm_tables.contact.c.last_name,
    "contact_email": prm_tables.contact.c.email,
    "contact_phone": prm_tables.contact.c.phone_e164,
    "contact_title": prm_tables.contact.c.title,
    "account_name": prm_tables.account.c.name,
    "account_website": prm_tables.account.c.website,
    "account_country": prm_tables.account.c.country_code,
    "partner_user_email": prm_tables.partner_user.c.email,
    "registered_partner_id": prm_tables.opportunity.c.registered_partner_id,
    "registration_expires_at": prm_tables.opportunity.c.registration_expires_at,
    "registration_no": partner_tables.deal_registration.c.number,
    "deal_no": partner_tables.deal_registration.c.number,
    "deal_state": partner_tables.deal_registration.c.state,
}
"""The columns whose values derived fields are."""

_OWN: Mapping[str, Mapping[str, Any]] = {
    "registered": {"type": "boolean"},
    "registrations": {"type": "text"},
    "prm_status": {"type": "choice", "choices": ["converted_by_partner"]},
    "parent": {"type": "reference", "references": ["account", "contact", "lead", "opportunity"], "required": True},
}
"""Derived fields that are no column's."""


def prm_fields() -> dict[str, dict[str, Mapping[str, Any]]]:
    """Every field that a mapping may name, by entity: its type, and what is unusual about it."""
    return {entity: {str(name): _field(entity, name) for name in sorted(prm.fields(entity))} for entity in prm.ENTITIES}


def prm_fields_text() -> bytes:
    """The same as JSON."""
    return orjson.dumps(prm_fields(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _field(entity: str, name: str) -> Mapping[str, Any]:
    if name not in DERIVED.get(entity, ((), None))[0]:
        required = {"required": True} if name in prm.required(entity) else {}
        return _described(prm.ENTITIES[entity].c[name]) | required
    if name in _OWN:
        return _OWN[name]
    column = _ELSEWHERE[name]
    like = {"like": [str(column.table.name), str(column.name)]} if str(column.table.name) in prm.ENTITIES else {}
    return _described(column) | like


def _described(column: Column[Any]) -> dict[str, Any]:
    if column.foreign_keys:
        return {"type": "reference", "references": sorted(str(key.column.table.name) for key in column.foreign_keys)}
    if choices := column.info.get("choices"):
        return {"type": "choice", "choices": list(choices)}
    return {"type": next((word for kind, word in _TYPES if isinstance(column.type, kind)), "text")}
