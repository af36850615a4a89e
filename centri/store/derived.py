"""PRM fields that live with another row: a lead's distribution status, an opportunity's contact. They are not stored.

Of those that come from a CRM the engine makes what they mean: ``centri.engine.arrivals``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from centri.partners.deals import ANY_PRODUCT
from centri.store.partner_tables import deal_registration
from centri.store.prm_tables import account, contact, lead_assignment, partner_account, partner_user

Rows = Sequence[Mapping[str, Any]]
Derive = Callable[[Connection, Rows], dict[str, dict[str, Any]]]

ACCOUNT = ("registered_partner_id", "registration_expires_at", "registrations")
LEAD = ("distribution_status", "accepted_at", "prm_status", "deal_no", "deal_state")
OPPORTUNITY = (
    "partner_id", "contact_first_name", "contact_last_name", "contact_email", "contact_phone", "contact_title",
    "account_name", "account_website", "account_country", "partner_user_email", "registered", "registration_no",
)  # fmt: skip
NOTE = ("parent",)


def of_accounts(conn: Connection, accounts: Rows) -> dict[str, dict[str, Any]]:
    """Of several registrations the partner and the moment are those of the one that lasts longest."""
    t, p = deal_registration.c, partner_account.c
    approved = (t.account_id.in_([row["id"] for row in accounts]), t.state == "approved", t.deleted_at.is_(None))
    query = select(t.account_id, t.number, t.product_family, t.expires_at, p.id, p.name).where(*approved)
    of_each: dict[str, list[Any]] = {row["id"]: [] for row in accounts}
    for found in conn.execute(query.join(partner_account, p.id == t.partner_account_id).order_by(t.expires_at, t.number)):
        of_each[found.account_id].append(found)
    return {id: dict(zip(ACCOUNT, _registrations(found), strict=True)) for id, found in of_each.items()}


def _registrations(found: Sequence[Any]) -> tuple[Any, ...]:
    if not found:
        return None, None, None
    told = [f"{row.number} {row.name}, {_product(row.product_family)}, until {row.expires_at:%Y-%m-%d}" for row in found]
    return found[-1].id, found[-1].expires_at, "; ".join(told)


def _product(family: str) -> str:
    return "all products" if family == ANY_PRODUCT else family


def of_leads(conn: Connection, leads: Rows) -> dict[str, dict[str, Any]]:
    """Of several deals that came of a lead the last one is told, once the vendor has seen it."""
    t, deals = lead_assignment.c, _deals(conn, [row["id"] for row in leads])
    query = select(t.lead_id, t.state, t.accepted_at).where(t.lead_id.in_([row["id"] for row in leads])).order_by(t.seq)
    latest = {row.lead_id: row for row in conn.execute(query)}
    return {
        row["id"]: {
            "distribution_status": latest[row["id"]].state if row["id"] in latest else None,
            "accepted_at": latest[row["id"]].accepted_at if row["id"] in latest else None,
            "prm_status": "converted_by_partner" if row["state"] == "converted" else None,
            "deal_no": deals[row["id"]][0] if row["id"] in deals else None,
            "deal_state": deals[row["id"]][1] if row["id"] in deals else None,
        }
        for row in leads
    }


def _deals(conn: Connection, lead_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Number and state of the last submitted deal of each lead."""
    t = deal_registration.c
    shown = (t.lead_id.in_(lead_ids), t.state != "draft", t.deleted_at.is_(None))
    query = select(t.lead_id, t.number, t.state).where(*shown).order_by(t.created_at, t.number, t.revision_no)
    return {row.lead_id: (row.number, row.state) for row in conn.execute(query)}


def of_opportunities(conn: Connection, opportunities: Rows) -> dict[str, dict[str, Any]]:
    people = _by_id(conn, contact, opportunities, "primary_contact_id")
    users, numbers = _by_id(conn, partner_user, opportunities, "partner_user_id"), _numbers(conn, opportunities)
    companies = _by_id(conn, account, opportunities, "account_id")
    found = {}
    for row in opportunities:
        person, company = people.get(row["primary_contact_id"], {}), companies.get(row["account_id"], {})
        found[row["id"]] = {
            "partner_id": row["partner_account_id"],
            "contact_first_name": person.get("first_name"),
            "contact_last_name": person.get("last_name"),
            "contact_email": person.get("email"),
            "contact_phone": person.get("phone_e164"),
            "contact_title": person.get("title"),
            "account_name": company.get("name"),
            "account_website": company.get("website"),
            "account_country": company.get("country_code"),
            "partner_user_email": users.get(row["partner_user_id"], {}).get("email"),
            "registered": row["registered_partner_id"] is not None,
            "registration_no": numbers.get(row["id"]) if row["registered_partner_id"] else None,
        }
    return found


def of_notes(conn: Connection, notes: Rows) -> dict[str, dict[str, Any]]:
    return {row["id"]: {"parent": f"{row['parent_type']}/{row['parent_id']}"} for row in notes}


def _numbers(conn: Connection, opportunities: Rows) -> dict[str, str]:
    """The number of the approved registration of each opportunity that is registered."""
    ids = [row["id"] for row in opportunities if row["registered_partner_id"]]
    t = deal_registration.c
    query = select(t.opportunity_id, t.number).where(t.opportunity_id.in_(ids), t.state == "approved")
    return {row.opportunity_id: row.number for row in conn.execute(query)} if ids else {}


def _by_id(conn: Connection, table: Table, rows: Rows, column: str) -> dict[str, Mapping[str, Any]]:
    ids = {row[column] for row in rows if row[column]}
    found = conn.execute(select(table).where(table.c.id.in_(ids))).mappings() if ids else ()
    return {row["id"]: dict(row) for row in found}


DERIVED: Mapping[str, tuple[tuple[str, ...], Derive]] = {
    "account": (ACCOUNT, of_accounts),
    "lead": (LEAD, of_leads),
    "opportunity": (OPPORTUNITY, of_opportunities),
    "note": (NOTE, of_notes),
}
"""Entity -> the names of its derived fields, and how they are read for a chunk of rows."""
