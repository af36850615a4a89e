"""Forgetting a person: what the PRM holds of her goes, and stays gone although a CRM goes on telling of her."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import insert, select

from centri.engine.acts import Act, acting
from centri.engine.assignment_acts import offers
from centri.engine.project import Project
from centri.errors import Rejected, RetryLater
from centri.partners.lifecycle import LEAD, LIVE
from centri.records import IMPORT
from centri.store import erasure, links, prm
from centri.store.database import read
from centri.store.derived import OPPORTUNITY
from centri.store.erasure import DERIVED, ERASED, PERSONAL, Person
from centri.store.journal_tables import sync_link
from centri.store.leases import leased
from centri.store.prm_tables import audit_log, lead_assignment

_NAMED = {"lead": "last_name", "contact": "last_name", "note": "subject"}
"""The column in which something must stand."""

_TELLS = frozenset(PERSONAL["lead"]) | frozenset(name for name in OPPORTUNITY if name.startswith("contact_"))


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, or would be: rows by table. ``crm`` are the CRM records that still hold her, which are left alone.

    ``mentions`` are notes on other records that name her and accounts with her number, by entity and id; ``opportunities`` are
    those that she is the contact of.
    """

    places: Mapping[str, int]
    crm: Sequence[tuple[str, str, str]]
    mentions: Sequence[tuple[str, str]]
    opportunities: Sequence[str]
    done: bool


def erase(project: Project, entity: str, id: str, reason: str, *, plan: bool = False, actor: str | None = None) -> Erasure:
    """Erase the person that a lead or a contact is, with every other row that is the same person; ``plan`` only shows it.

    Only the vendor's administrator may. Raises Rejected, and RetryLater where a sync is at work on her records.
    """
    if not reason.strip():
        raise Rejected("validation", "say why, for those who read it later: --reason TEXT")
    found = _found(project, entity, id)
    with ExitStack() as held:
        if not plan:
            held.enter_context(_undisturbed(project, found.crm))
        with acting(project, f"erase {entity}", actor) as act:
            act.only_vendor()
            person = erasure.find(act.conn, entity, id)
            assert person is not None
            if not plan:
                _erase(act, person, reason, partial(_fields, project))
    return Erasure(found.places, found.crm, found.mentions, found.opportunities, not plan)


def _found(project: Project, entity: str, id: str) -> Erasure:
    with read(project.engine) as conn:
        person = erasure.find(conn, entity, id)
        if person is None:
            raise Rejected("validation", f"there is no {entity} {id}")
        t = sync_link.c
        mine = [(t.entity == e) & t.prm_id.in_(ids) for e, ids in person.rows().items() if e != "note"]
        crm = {tuple(row) for where in mine for row in conn.execute(select(t.connection, t.object, t.crm_id).where(where))}
        known = erasure.words(conn, person)
        named = erasure.mentions(conn, person, known)
        return Erasure(erasure.places(conn, person), sorted(crm), named, sorted(person.opportunities), done=False)


@contextmanager
def _undisturbed(project: Project, crm: Sequence[tuple[str, str, str]]) -> Iterator[None]:
    """Nobody pulls, settles or pushes her records, or merges them, meanwhile. Raises RetryLater where somebody does."""
    connections = {connection for connection, _, _ in crm} - {IMPORT}
    entities = ("lead", "contact", "note", "opportunity")
    mappings = [m for m in project.mapping.mappings if m.connection in connections and m.entity in entities]
    names = {f"{m.connection}/{m.entity}" for m in mappings} | {"dedupe/lead", "dedupe/contact"}
    names |= {name for m in mappings for name in (f"{m.connection}/{m.object}", f"push {m.connection}/{m.object}")}
    with ExitStack() as held:
        for name in sorted(names):
            held.enter_context(leased(project.engine, name, now=project.now()))
        yield


def _fields(project: Project, connection: str, object: str) -> list[str]:
    """The fields of a connection's object that tell of a person, as far as they are mapped."""
    rules = [rule for m in project.mapping.of(connection) if m.object == object for rule in m.rules if rule.prm in _TELLS]
    return sorted({name for rule in rules for name in rule.crm_fields})


def _erase(act: Act, person: Person, reason: str, fields: Callable[[str, str], Sequence[str]]) -> None:
    known = erasure.words(act.conn, person)
    for lead_id in sorted(person.leads):
        _let_go(act, lead_id)
    for table, ids in person.rows().items():
        _blank(act, table, ids)
    for opportunity_id in sorted(person.opportunities):
        _unname(act, opportunity_id, person)
    erasure.empty(act.conn, person, known, fields, salt=secrets.token_bytes(32), now=act.now)
    who: dict[str, Any] = {"actor_type": "vendor_user" if act.vendor else "engine", "actor": act.actor, "at": act.now}
    why = {"field": "erased", "new": reason, "cause_type": "command", "cause_ref": act.name}
    about = [{"entity": table, "entity_id": id} for table, ids in person.rows().items() for id in sorted(ids)]
    act.conn.execute(insert(audit_log), [who | why | row for row in about])


def _let_go(act: Act, lead_id: str) -> None:
    """Nobody is offered her any more, and nobody works on her."""
    t = lead_assignment.c
    live = select(lead_assignment).where(t.lead_id == lead_id, t.state.in_(LIVE))
    for assignment in [dict(row) for row in act.conn.execute(live).mappings()]:
        for offer in offers(act, assignment):
            act.change("lead_offer", offer["id"], {"state": "withdrawn", "reason": ERASED})
        act.change("lead_assignment", assignment["id"], {"state": "withdrawn", "ended_at": act.now, "end_reason": ERASED})
    row = prm.read(act.conn, "lead", [lead_id]).stored[lead_id]
    if row["deleted_at"] is None and "disqualified" in LEAD.following(row["state"]):
        act.change("lead", lead_id, {"state": "disqualified"})


def _blank(act: Act, table: str, ids: Collection[str]) -> None:
    """Rows that were never linked are deleted too, or they would be born in a CRM as somebody without a name."""
    linked = links.ever_linked(act.conn, table, ids)
    derived = [name for name in sorted(DERIVED) if name in prm.ENTITIES[table].c]
    nothing: dict[str, Any] = {**dict.fromkeys((*PERSONAL[table], *derived)), _NAMED[table]: ERASED}
    rows = prm.read(act.conn, table, ids).stored
    fresh = [
        prm.Change(id, nothing if id in linked or row["deleted_at"] else nothing | {"deleted_at": act.now}, row)
        for id, row in rows.items()
    ]
    if len(prm.write(act.conn, table, fresh, actor=act.actor, now=act.now)) != len(rows):
        raise RetryLater(f"a {table} was changed by somebody else meanwhile; try again")


def _unname(act: Act, opportunity_id: str, person: Person) -> None:
    """An opportunity that no CRM has yet is not to wait there for a contact who never comes."""
    row = prm.read(act.conn, "opportunity", [opportunity_id]).stored[opportunity_id]
    unborn = not links.ever_linked(act.conn, "opportunity", [opportunity_id])
    if unborn and row["deleted_at"] is None and row["primary_contact_id"] in person.contacts:
        act.change("opportunity", opportunity_id, {"primary_contact_id": None})
