"""What belongs to a record: its own rows, and the records that came of it, from lead to registered deal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from centri.store.partner_tables import deal_extension, deal_registration, margin_credit, proof_of_performance
from centri.store.prm_tables import (
    account,
    activity,
    contact,
    lead,
    lead_assignment,
    lead_exclusion,
    lead_offer,
    note,
    opportunity,
    partner_user,
)


class Subject(NamedTuple):
    """A record that is told of: its entity as in the audit log, its id, the word it is granted and asked for by, a label."""

    entity: str
    id: str
    word: str
    label: str


TABLES: Mapping[str, Table] = {
    "lead": lead,
    "contact": contact,
    "account": account,
    "opportunity": opportunity,
    "deal": deal_registration,
}
"""The records that can be asked about, by the word for them."""


def subject(conn: Connection, word: str, id: str) -> Subject | None:
    """The record of that kind and id; a deal may be named by its number too, whose latest revision it is then."""
    table = TABLES[word]
    found = conn.execute(select(table).where(table.c.id == id)).mappings().first()
    if found is None and word == "deal":
        latest = select(table).where(table.c.number == id).order_by(table.c.revision_no.desc())
        found = conn.execute(latest).mappings().first()
    return _subject(word, found) if found else None


def after(conn: Connection, first: Subject) -> list[Subject]:
    """The records that came of one, and of those in their turn, each once: contact, account, opportunity, deals."""
    found, coming = [first], [first]
    while coming:
        more = [s for s in _next(conn, coming.pop(0)) if s not in found]
        found += more
        coming += more
    return found[1:]


def _next(conn: Connection, of: Subject) -> list[Subject]:
    if of.word == "lead":
        row = conn.execute(select(lead).where(lead.c.id == of.id)).mappings().one()
        named = (("contact", "converted_contact_id"), ("account", "converted_account_id"), ("account", "matched_account_id"))
        made = [subject(conn, word, row[column]) for word, column in named if row[column]]
        originated = opportunity.c.originating_lead_id == of.id
        became = opportunity.c.id == row["converted_opportunity_id"]
        deals = deal_registration.c.lead_id == of.id
        return [s for s in made if s] + _all(conn, "opportunity", or_(originated, became)) + _all(conn, "deal", deals)
    if of.word == "opportunity":
        return _all(conn, "deal", deal_registration.c.opportunity_id == of.id)
    return []


def rows_of(conn: Connection, of: Subject, partner_id: str | None = None) -> list[tuple[str, str]]:
    """(entity, id) of a record and of everything that hangs on it; with a partner only what is that partner's own business."""
    found = [(of.entity, of.id)]
    for table, where in _hanging(of):
        query = select(table.c.id).where(where)
        if partner_id:
            query = query.where(*_own(table, partner_id))
        found += [(table.name, id) for id in conn.execute(query).scalars()]
    return found


def _own(table: Table, partner_id: str) -> list[ColumnElement[bool]]:
    """A partner's own share of a table: what names it, what its people did, and what the vendor says to it."""
    people = select(partner_user.c.id).where(partner_user.c.partner_account_id == partner_id)
    if table is activity:
        return [activity.c.actor_id.in_(people)]
    if table is note:
        to_all = and_(note.c.author_type.is_distinct_from("partner_user"), note.c.visibility == "both")
        return [or_(note.c.author_id.in_(people), to_all)]
    return [table.c.partner_account_id == partner_id] if "partner_account_id" in table.c else []


def _hanging(of: Subject) -> list[tuple[Table, ColumnElement[bool]]]:
    on_it: list[tuple[Table, ColumnElement[bool]]] = [
        (note, and_(note.c.parent_type == of.word, note.c.parent_id == of.id)),
        (activity, and_(activity.c.subject_type == of.word, activity.c.subject_id == of.id)),
    ]
    if of.word == "lead":
        assignments = select(lead_assignment.c.id).where(lead_assignment.c.lead_id == of.id)
        on_it += [
            (lead_assignment, lead_assignment.c.lead_id == of.id),
            (lead_offer, lead_offer.c.assignment_id.in_(assignments)),
            (lead_exclusion, lead_exclusion.c.lead_id == of.id),
        ]
    if of.word == "deal":
        on_it += [(table, table.c.deal_id == of.id) for table in (deal_extension, proof_of_performance, margin_credit)]
    return on_it


def _all(conn: Connection, word: str, where: ColumnElement[bool]) -> list[Subject]:
    table = TABLES[word]
    query = select(table).where(where).order_by(table.c.created_at, table.c.id)
    return [_subject(word, row) for row in conn.execute(query).mappings()]


def _subject(word: str, row: Mapping[Any, Any]) -> Subject:
    label = row.get("number") or row.get("name") or row.get("company") or ""
    return Subject(TABLES[word].name, row["id"], word, str(label))
