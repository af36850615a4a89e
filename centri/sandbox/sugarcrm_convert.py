"""Conversion of a lead in the sandbox's SugarCRM: what comes of it, and what the lead remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row
from centri.sandbox.sugarcrm_errors import invalid
from centri.sandbox.sugarcrm_schema import SYSTEM

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

REMEMBERED = {"Accounts": "account_id", "Contacts": "contact_id", "Opportunities": "opportunity_id"}
CARRIED = {
    "Accounts": {
        "name": "account_name",
        "website": "website",
        "phone_office": "phone_work",
        "billing_address_city": "primary_address_city",
        "billing_address_country": "primary_address_country",
    },
    "Opportunities": {"name": "opportunity_name", "amount": "opportunity_amount", "lead_source": "lead_source"},
}
"""What a new account or opportunity takes from the lead; a contact takes every field that both have but these:"""

NOT_CARRIED = (*SYSTEM, "sync_key", "status", "account_id", "contact_id", "opportunity_id")


def convert(org: SugarCRM, id: str, modules: Mapping[str, Any], *, user: str | None = None) -> dict[str, str]:
    """Make of a lead a contact and what else ``modules`` asks for; returns the ids by module.

    Each entry holds the id of an existing record, or fields for a new one that go before what the lead says.
    Raises Refused.
    """
    with org.transaction():
        lead = org.live("Leads", id)
        if lead.get("converted"):
            raise invalid(f"lead {id} is converted already")
        wanted = dict(modules)
        if "Contacts" not in wanted or wanted.keys() - REMEMBERED.keys():
            raise invalid(f"a lead becomes Contacts and, if wanted, Accounts and Opportunities, not {sorted(wanted)}")
        made = _make(org, lead, wanted, user)
        ids = {module: row.id for module, row in made.items()}
        links = {REMEMBERED[module]: made_id for module, made_id in ids.items()}
        org.update("Leads", id, {"status": "Converted", "converted": True, **links}, user=user)
        return ids


def usual(org: SugarCRM, lead: Row) -> dict[str, Any]:
    """What a lead becomes when nobody says otherwise: a contact at the account of its company's name."""
    company = lead.get("account_name")
    if not company:
        return {"Contacts": {}}
    existing = org.table("Accounts").find("name", company)
    return {"Contacts": {}, "Accounts": {"id": existing[0].id} if existing else {}}


def _make(org: SugarCRM, lead: Row, wanted: dict[str, Any], user: str | None) -> dict[str, Row]:
    """Accounts first, for the others to belong to."""
    made: dict[str, Row] = {}
    for module in (module for module in REMEMBERED if module in wanted):
        given = dict(wanted[module] or {})
        existing = org.get(module, str(given.get("id")))
        if existing is not None and not existing.deleted:
            made[module] = existing
            continue
        fields = {**_carried(org, lead, module), **_known(org, module, given)}
        if "Accounts" in made and module != "Accounts":
            fields["account_id"] = made["Accounts"].id
        made[module] = org.create(module, fields, user=user, id=given.get("id"))
    if {"Contacts", "Opportunities"} <= made.keys():
        join = {"contact_id": made["Contacts"].id, "opportunity_id": made["Opportunities"].id}
        org.create("opportunities_contacts", join, user=user)
    return made


def _carried(org: SugarCRM, lead: Row, module: str) -> dict[str, Any]:
    """What a new record takes over from the lead."""
    if module == "Contacts":
        known = org.table(module).schema.fields
        return {name: value for name, value in lead.values.items() if name in known and name not in NOT_CARRIED}
    return {theirs: lead.get(ours) for theirs, ours in CARRIED[module].items()}


def _known(org: SugarCRM, module: str, given: Mapping[str, Any]) -> dict[str, Any]:
    fields = org.table(module).schema.fields
    return {name: value for name, value in given.items() if name in fields}
