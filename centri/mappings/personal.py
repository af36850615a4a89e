"""Which fields of a CRM tell about a person, and which name a company: by the PRM fields they feed, else by type and name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

from centri.descriptions import Field
from centri.mappings.schema import EntityMapping


class Kind(IntEnum):
    """How a value must be masked. Where several hold for one field, the highest does."""

    PLAIN = 0
    """It tells about nobody: choices, numbers, dates, ids, cities, countries, job titles."""
    COMPANY = 1
    """A company's name, or a text with one in it."""
    WEBSITE = 2
    NAME = 3
    EMAIL = 4
    PHONE = 5
    BIRTH = 6
    TEXT = 7
    """What people write freely: nobody knows whom it tells about."""


_NAMES = ("first_name", "last_name", "contact_first_name", "contact_last_name")
_EMAILS = ("email", "email_norm", "contact_email", "partner_user_email")
_PHONES = ("phone_e164", "contact_phone")
_FREE = (
    "street", "body", "subject", "attachment_name", "approval_text", "next_step", "current_situation", "key_decision_maker",
    "qualification", "state_reason", "campaign_ref",
)  # fmt: skip
_COMPANIES = ("company", "company_norm", "account_name", "name", "name_norm")
_WEBSITES = ("website", "account_website", "domain", "email_domain")
_PERSONS = ("vendor_user",)
"""Entities whose ``name`` is a person's."""

PRM_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_NAMES, Kind.NAME),
    **dict.fromkeys(_EMAILS, Kind.EMAIL),
    **dict.fromkeys(_PHONES, Kind.PHONE),
    **dict.fromkeys(_FREE, Kind.TEXT),
    **dict.fromkeys(_COMPANIES, Kind.COMPANY),
    **dict.fromkeys(_WEBSITES, Kind.WEBSITE),
}
"""By PRM field; those that are not here tell about nobody."""

_HARMLESS = {"id", "boolean", "integer", "number", "money", "date", "datetime", "choice", "choices", "reference"}

_BY_NAME: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"e_?mail", Kind.EMAIL),
        (r"phone|mobile|fax", Kind.PHONE),
        (r"birth|geburt", Kind.BIRTH),
        (r"(first|last|middle|full|user|assistant|maiden|nick)_?name|salutation|alias", Kind.NAME),
        (r"(account|company)_?name|^company$", Kind.COMPANY),
        (r"website|homepage|domain", Kind.WEBSITE),
        (r"city|state|country|postal|zip", Kind.PLAIN),
    )
)


def kinds(mappings: Iterable[EntityMapping], described: Mapping[str, Field]) -> dict[str, Kind]:
    """The kind of every field of one CRM object; ``mappings`` are those of the object.

    A mapping lowers the doubt about a text by an unknown name, never what name or type of a field say for certain.
    """
    found = {name: unmapped(name, str(field.type)) for name, field in described.items()}
    fed: dict[str, list[Kind]] = {}
    for mapping in mappings:
        for rule in mapping.rules:
            fed.setdefault(rule.crm, []).append(of_prm(mapping.entity, rule.prm))
        for name in mapping.crm_fields:  # what is filtered by, our key, what says of which object a parent is
            fed.setdefault(name, []).append(Kind.PLAIN)
    told = {name: _told(name, str(described[name].type) if name in described else "") or Kind.PLAIN for name in fed}
    return found | {name: max(told[name], *some) for name, some in fed.items()}


def of_prm(entity: str, field: str) -> Kind:
    """The kind of a PRM field."""
    return Kind.NAME if entity in _PERSONS and field == "name" else PRM_KINDS.get(field, Kind.PLAIN)


def unmapped(name: str, type: str) -> Kind:
    """The kind of a field that no mapping tells about. A text by an unknown name is taken for one that people write freely."""
    told = _told(name, type)
    return Kind.TEXT if told is None else told


def _told(name: str, type: str) -> Kind | None:
    """What a field's type and name say for certain."""
    if type == "emails":
        return Kind.EMAIL
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    told = next((kind for pattern, kind in _BY_NAME if pattern.search(spelled)), None)
    if type in _HARMLESS:
        return Kind.BIRTH if told is Kind.BIRTH else Kind.PLAIN
    return told
