"""PRM fields that live with another row: a lead's distribution status, an opportunity's contact. Read, never written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from centri.store.prm_tables import account, contact, lead_assignment

Rows = Sequence[Mapping[str, Any]]
Derive = Callable[[Connection, Rows], dict[str, dict[str, Any]]]

LEAD = ("distribution_status", "accepted_at", "prm_status")
OPPORTUNITY = (
    "partner_id", "contact_first_name", "contact_last_name", "contact_email", "contact_phone", "contact_title",
    "account_name", "account_website", "account_country",
)  # fmt: skip
NOTE = ("parent",)


def of_leads(conn: Connection, leads: Rows) -> dict[str, dict[str, Any]]:
    t = lead_assignment.c
    query = select(t.lead_id, t.state, t.accepted_at).where(t.lead_id.in_([row["id"] for row in leads])).order_by(t.seq)
    latest = {row.lead_id: row for row in conn.execute(query)}
    return {
        row["id"]: {
            "distribution_status": latest[row["id"]].state if row["id"] in latest else None,
            "accepted_at": latest[row["id"]].accepted_at if row["id"] in latest else None,
            "prm_status": "converted_by_partner" if row["state"] == "converted" else None,
        }
        for row in leads
    }


def of_opportunities(conn: Connection, opportunities: Rows) -> dict[str, dict[str, Any]]:
    people = _by_id(conn, contact, opportunities, "primary_contact_id")
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
        }
    return found


def of_notes(conn: Connection, notes: Rows) -> dict[str, dict[str, Any]]:
    return {row["id"]: {"parent": f"{row['parent_type']}/{row['parent_id']}"} for row in notes}


def _by_id(conn: Connection, table: Table, rows: Rows, column: str) -> dict[str, Mapping[str, Any]]:
    ids = {row[column] for row in rows if row[column]}
    found = conn.execute(select(table).where(table.c.id.in_(ids))).mappings() if ids else ()
    return {row["id"]: dict(row) for row in found}


DERIVED: Mapping[str, tuple[tuple[str, ...], Derive]] = {
    "lead": (LEAD, of_leads),
    "opportunity": (OPPORTUNITY, of_opportunities),
    "note": (NOTE, of_notes),
}
"""Entity -> the names of its derived fields, and how they are read for a chunk of rows."""
