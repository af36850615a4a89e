"""Where the store holds a person, and how each of these places is emptied.

Rows stay, so that counts and references do; what they say of the person goes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, or_, select, update

from centri.store import links
from centri.store.derived import OPPORTUNITY
from centri.store.journal_tables import sync_anomaly, sync_delivery, sync_dirty, sync_link, sync_staging
from centri.store.match_tables import match_decision, match_override
from centri.store.merge_tables import merge_log
from centri.store.partner_tables import deal_registration, notification, routing_decision
from centri.store.prm_tables import account, activity, audit_log, contact, lead, note, opportunity

ERASED = "(erased)"
"""What stands where a name must stand, and in place of what was said of the person."""

PERSONAL: Mapping[str, tuple[str, ...]] = {
    "lead": (
        "first_name", "last_name", "email", "phone_e164", "title", "title_level_code", "job_function_code", "street", "city",
        "postal_code", "key_decision_maker", "current_situation", "state_reason",
    ),
    "contact": ("first_name", "last_name", "email", "phone_e164", "title", "title_level_code", "job_function_code"),
    "note": ("subject", "body", "attachment_name", "attachment_sha256"),
    "activity": ("outcome", "external_ref"),
    "deal_registration": ("contact_name", "contact_email"),
}  # fmt: skip
"""The columns that tell of the person, by table; those that are derived of them follow by themselves."""

DERIVED = frozenset({"email_norm", "email_domain"})
_KEYS = DERIVED.union(*PERSONAL.values()) - {"subject"}
_CONTACT = frozenset(name for name in OPPORTUNITY if name.startswith("contact_"))
_SAID = ("values", "sent", "seen", "stored", "tried")
_SHORTEST = 4
"""A shorter text says nothing by itself: it is only taken out where a column says what it is."""


Fields = Callable[[str, str], Sequence[str]]
"""Names the CRM fields that tell of a person, of a connection's object."""


class Person(NamedTuple):
    """The rows that are one person: leads and contacts that became each other, or went into each other."""

    leads: frozenset[str]
    contacts: frozenset[str]
    notes: frozenset[str]
    opportunities: frozenset[str]
    """Those she is the contact of; they stay, and so does what they say of the deal."""

    def rows(self) -> dict[str, frozenset[str]]:
        """Ids by entity, of the rows that are synced and hers."""
        return {"lead": self.leads, "contact": self.contacts, "note": self.notes}


def find(conn: Connection, entity: str, id: str) -> Person | None:
    """Everything that is the same person as a lead or a contact."""
    table = lead if entity == "lead" else contact
    if conn.execute(select(table.c.id).where(table.c.id == id)).first() is None:
        return None
    found: dict[str, set[str]] = {"lead": set(), "contact": set(), entity: {id}}
    while True:
        more = {
            "lead": set(conn.execute(select(lead.c.id).where(_same_lead(found["lead"], found["contact"]))).scalars()),
            "contact": set(conn.execute(select(contact.c.id).where(_same_contact(found["lead"], found["contact"]))).scalars()),
        }
        if more == found:
            break
        found = more
    leads, contacts = frozenset(found["lead"]), frozenset(found["contact"])
    about = or_(
        and_(note.c.parent_type == "lead", note.c.parent_id.in_(leads)),
        and_(note.c.parent_type == "contact", note.c.parent_id.in_(contacts)),
    )
    of_hers = or_(opportunity.c.primary_contact_id.in_(contacts), opportunity.c.originating_lead_id.in_(leads))
    notes = frozenset(conn.execute(select(note.c.id).where(about)).scalars())
    return Person(leads, contacts, notes, frozenset(conn.execute(select(opportunity.c.id).where(of_hers)).scalars()))


def _same_lead(leads: Collection[str], contacts: Collection[str]) -> ColumnElement[bool]:
    t = lead.c
    went = select(t.master_lead_id).where(t.id.in_(leads), t.master_lead_id.is_not(None))
    return or_(
        t.id.in_(leads),
        t.master_lead_id.in_(leads),
        t.id.in_(went),
        t.converted_contact_id.in_(contacts),
        t.duplicate_of_contact_id.in_(contacts),
    )


def _same_contact(leads: Collection[str], contacts: Collection[str]) -> ColumnElement[bool]:
    t, of = contact.c, lead.c
    became = select(of.converted_contact_id).where(of.id.in_(leads), of.converted_contact_id.is_not(None))
    double = select(of.duplicate_of_contact_id).where(of.id.in_(leads), of.duplicate_of_contact_id.is_not(None))
    went = select(t.merged_into_id).where(t.id.in_(contacts), t.merged_into_id.is_not(None))
    return or_(t.id.in_(contacts), t.merged_into_id.in_(contacts), t.id.in_(became), t.id.in_(double), t.id.in_(went))


def words(conn: Connection, person: Person) -> frozenset[str]:
    """What is looked for in what others say: her addresses, numbers and full names, as the store has them."""
    found: set[str] = set()
    for table, ids in ((lead, person.leads), (contact, person.contacts)):
        for row in conn.execute(select(table).where(table.c.id.in_(ids))).mappings():
            name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
            found |= {row["email"] or "", row["email_norm"] or "", row["phone_e164"] or "", name if row["first_name"] else ""}
    return frozenset(word for word in found if len(word) >= _SHORTEST and word != ERASED)


def places(conn: Connection, person: Person) -> dict[str, int]:
    """How many rows of each table hold something of her."""
    return {name: len(ids) for name, ids in _places(conn, person) if ids}


def _places(conn: Connection, person: Person) -> Iterator[tuple[str, list[Any]]]:
    yield from ((name, sorted(ids)) for name, ids in person.rows().items())
    for table, where in _journal(person):
        yield table.name, list(conn.execute(select(table.c.id).where(where)).scalars())


def _journal(person: Person) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The other tables, and which of their rows are about her."""
    yield activity, and_(activity.c.subject_type == "lead", activity.c.subject_id.in_(person.leads))
    yield (
        deal_registration,
        or_(deal_registration.c.contact_id.in_(person.contacts), deal_registration.c.lead_id.in_(person.leads)),
    )
    yield audit_log, or_(*(_by(audit_log, "entity", "entity_id", e, ids) for e, ids in person.rows().items()))
    yield sync_link, _of(sync_link, person)
    yield sync_staging, sync_staging.c.id.in_(select(sync_staging.c.id).join(sync_link, _staged(person)))
    yield sync_delivery, _of(sync_delivery, person)
    yield sync_anomaly, _of(sync_anomaly, person)
    yield (
        merge_log,
        or_(
            *(
                and_(merge_log.c.entity == e, or_(merge_log.c.survivor_id.in_(ids), merge_log.c.loser_id.in_(ids)))
                for e, ids in (("lead", person.leads), ("contact", person.contacts))
            )
        ),
    )
    yield notification, notification.c.subject_id.in_(person.leads | person.contacts | person.opportunities)
    yield routing_decision, routing_decision.c.lead_id.in_(person.leads)
    yield match_decision, match_decision.c.lead_id.in_(person.leads)


def _of(table: Table, person: Person) -> ColumnElement[bool]:
    return or_(*(_by(table, "entity", "prm_id", entity, ids) for entity, ids in person.rows().items()))


def _by(table: Table, kind: str, column: str, entity: str, ids: Collection[str]) -> ColumnElement[bool]:
    return and_(table.c[kind] == entity, table.c[column].in_(ids))


def _staged(person: Person, *, others: bool = False) -> ColumnElement[bool]:
    """The staged rows of her CRM records; with ``others`` those of the same records that were staged for another entity."""
    link, row = sync_link.c, sync_staging.c
    same = (link.connection == row.connection, link.object == row.object, link.crm_id == row.crm_id)
    hers = row.entity.not_in(tuple(person.rows())) if others else row.entity == link.entity
    return and_(*same, hers, _of(sync_link, person))


def empty(conn: Connection, person: Person, known: frozenset[str], fields: Fields, *, salt: bytes, now: datetime) -> None:
    """Empty every place but the rows of leads, contacts and notes themselves, which whoever calls this changes first.

    ``fields`` names the fields of a connection's object that tell of a person.
    """
    _blank_children(conn, person, known)
    _hash_audit(conn, person, salt)
    staged = select(sync_staging.c.id).join(sync_link, _staged(person))
    conn.execute(delete(sync_staging).where(sync_staging.c.id.in_(list(conn.execute(staged).scalars()))))
    _forget_sent(conn, person)
    for entity, ids in person.rows().items():
        links.erase(conn, entity, ids, fields, now=now)
        conn.execute(delete(sync_dirty).where(_by(sync_dirty, "entity", "prm_id", entity, ids)))
    conn.execute(
        update(sync_anomaly)
        .where(_of(sync_anomaly, person))
        .values(state="resolved", resolved_at=now, note=ERASED, raw={}, detail={})
    )
    _forget_merges(conn, person, now)
    _strike(conn, person, known)
    _strike_deals(conn, person, known, fields)


def _blank_children(conn: Connection, person: Person, known: frozenset[str]) -> None:
    children = {table: where for table, where in _journal(person) if table in (activity, deal_registration)}
    for table, where in children.items():
        conn.execute(update(table).where(where).values(dict.fromkeys(PERSONAL[table.name])))
    addresses = {word for word in known if "@" in word}
    conn.execute(
        update(deal_registration)
        .where(deal_registration.c.contact_email.in_(addresses))
        .values(dict.fromkeys(PERSONAL[deal_registration.name]))
    )
    conn.execute(delete(match_override).where(match_override.c.kind.in_(("email", "lead")), match_override.c.key.in_(addresses)))


def _hash_audit(conn: Connection, person: Person, salt: bytes) -> None:
    t = audit_log.c
    children = [
        (table.name, frozenset(conn.execute(select(table.c.id).where(where)).scalars()))
        for table, where in _journal(person)
        if table in (activity, deal_registration)
    ]
    for entity, ids in (*person.rows().items(), *children):
        columns = {*PERSONAL[entity], *DERIVED}
        query = select(t.id, t.field, t.old, t.new).where(_by(audit_log, "entity", "entity_id", entity, ids))
        for number, field, old, new in conn.execute(query).all():
            if field is None or field in columns:
                told = {"old": _hashed(old, field, columns, salt), "new": _hashed(new, field, columns, salt)}
                conn.execute(update(audit_log).where(t.id == number).values(told))


def _hashed(value: Any, field: str | None, columns: Collection[str], salt: bytes) -> Any:
    """The same value has the same hash within one erasure; without the salt, which nobody keeps, nobody can try values out."""
    if field is None and isinstance(value, Mapping):
        return {name: _hashed(inner, name, columns, salt) if name in columns else inner for name, inner in value.items()}
    if value is None or value == ERASED:
        return value
    return "erased:" + hmac.new(salt, str(value).encode(), hashlib.sha256).hexdigest()[:32]


def _forget_sent(conn: Connection, person: Person) -> None:
    t = sync_delivery.c
    mine = _of(sync_delivery, person)
    conn.execute(update(sync_delivery).where(mine, t.state.in_(("queued", "waiting", "sending"))).values(state="dropped"))
    conn.execute(update(sync_delivery).where(mine).values(values={}, sent={}, seen={}, stored=None, tried=None, error=None))


def _forget_merges(conn: Connection, person: Person, now: datetime) -> None:
    """What they held before is gone, so that they cannot be taken back."""
    where = next(where for table, where in _journal(person) if table is merge_log)
    blank: dict[str, Any] = {name: {} for name in ("survivor_before", "loser_before", "winners", "changed")}
    mine = update(merge_log).where(where, merge_log.c.undone_at.is_(None)).values(undone_at=now, undone_by="erase")
    conn.execute(mine)
    conn.execute(update(merge_log).where(where).values({**blank, "children": [], "links": []}))


def _strike(conn: Connection, person: Person, known: frozenset[str]) -> None:
    """Take her out of what is about something else: routing, answers about matching, messages, her opportunities' sync."""
    deals = _by(sync_anomaly, "entity", "prm_id", "opportunity", person.opportunities)
    beside = select(sync_staging.c.id).join(sync_link, _staged(person, others=True))
    for table, columns, where in (
        (routing_decision, ("inputs", "trace", "outcome"), routing_decision.c.lead_id.in_(person.leads)),
        (match_decision, ("lead",), match_decision.c.lead_id.in_(person.leads)),
        (notification, ("data",), next(where for table, where in _journal(person) if table is notification)),
        (sync_anomaly, ("raw", "detail", "note"), deals),
        (sync_staging, ("values",), sync_staging.c.id.in_(list(conn.execute(beside).scalars()))),
    ):
        keys = _KEYS if table in (routing_decision, match_decision) else frozenset[str]()
        for row in conn.execute(select(table.c.id, *(table.c[name] for name in columns)).where(where)).mappings().all():
            struck = {name: struck_out(row[name], known, keys) for name in columns}
            if any(struck[name] != row[name] for name in columns):
                conn.execute(update(table).where(table.c.id == row["id"]).values(struck))


def _strike_deals(conn: Connection, person: Person, known: frozenset[str], fields: Fields) -> None:
    """Her opportunities' links and deliveries say of the contact what the row says by now, so that nothing of it is news."""
    for table, columns in ((sync_link, ("crm_seen", "prm_seen")), (sync_delivery, _SAID)):
        hers = _by(table, "entity", "prm_id", "opportunity", person.opportunities)
        for row in conn.execute(select(table).where(hers)).mappings().all():
            keys = _CONTACT.union(fields(row["connection"], row["object"]))
            struck = {name: struck_out(row[name], known, keys) for name in columns}
            conn.execute(update(table).where(table.c.id == row["id"]).values(struck))


def struck_out(value: Any, known: frozenset[str], keys: frozenset[str]) -> Any:
    """A JSON value without her words, and without what stands under one of the keys."""
    if isinstance(value, Mapping):
        return {
            name: (ERASED if name.endswith("last_name") else None) if name in keys else struck_out(inner, known, keys)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [struck_out(inner, known, keys) for inner in value]
    if isinstance(value, str) and any(word.casefold() in value.casefold() for word in known):
        return ERASED
    return value


def mentions(conn: Connection, person: Person, known: frozenset[str]) -> list[tuple[str, str]]:
    """Notes on other records and opportunities whose own words name her, accounts with her number: about something else too."""
    if not known:
        return []
    same = select(account.c.id).where(account.c.phone_e164.in_(known), account.c.deleted_at.is_(None)).order_by(account.c.id)
    companies = [("account", id) for id in conn.execute(same).scalars()]
    notes = _naming(note, ("subject", "body"), known).where(note.c.id.not_in(person.notes))
    deals = _naming(opportunity, ("name", "next_step", "approval_text", "lost_reason"), known)
    told = [("note", id) for id in conn.execute(notes).scalars()]
    return [*companies, *told, *(("opportunity", id) for id in conn.execute(deals).scalars())]


def _naming(table: Table, texts: Collection[str], known: Collection[str]) -> Select[Any]:
    """The ids of living rows in whose texts one of the words stands."""
    named = or_(*(table.c[name].ilike(f"%{_escaped(word)}%", escape="\\") for word in sorted(known) for name in texts))
    return select(table.c.id).where(named, table.c.deleted_at.is_(None)).order_by(table.c.id)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
