"""Where a record that was born in the PRM belongs: in its partner's CRM, its lead's, its parent's; never in two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from centri.engine.items import Item
from centri.engine.project import Project
from centri.mappings.schema import EntityMapping
from centri.records import Record, Ref
from centri.store import deliveries, links, prm
from centri.sync.link import Link, Role


@dataclass(frozen=True, slots=True)
class Births:
    """What is to be born in one CRM, the rows that have no one home, and those whose lead is on its way there: both stay owed."""

    items: Sequence[Item] = ()
    homeless: Sequence[Record] = ()
    waiting: Sequence[Record] = ()


def births(
    project: Project, conn: Connection, connection: str, entity: str, newborn: Sequence[Record], revisions: Mapping[str, int]
) -> Births:
    """An item for each row whose home is this connection."""
    mapping = _birthplace(project.followed(connection, entity=entity))
    if mapping is None:
        return Births()
    born = [row for row in newborn if mapping.create.wants(row.values)]
    coming = _coming(conn, connection, born)
    wanted = [row for row in born if row.values.get("originating_lead_id") not in coming]
    homes = {row.ref.id: home for row, home in _homes(conn, entity, wanted)}
    here = [(row, homes[row.ref.id]) for row in wanted if _system(homes.get(row.ref.id)) == connection]
    items = [_birth(mapping, row, home, revisions[row.ref.id]) for row, home in here]
    waiting = [row for row in born if row.values.get("originating_lead_id") in coming]
    return Births(items, [row for row in wanted if row.ref.id not in homes], waiting)


def _coming(conn: Connection, connection: str, rows: Sequence[Record]) -> set[str]:
    """The leads of these opportunities that the CRM is just being told of: an opportunity goes onto its lead, not beside it."""
    leads = {id for row in rows if (id := row.values.get("originating_lead_id"))}
    return {prm_id for prm_id, _ in deliveries.unsent(conn, connection, "lead", leads - set(_origins(conn, leads)))}


def _system(home: str | Link | None) -> str | None:
    return home.crm.system if isinstance(home, Link) else home


def _birth(mapping: EntityMapping, row: Record, home: str | Link, revision: int) -> Item:
    if isinstance(home, Link) and mapping.is_push_lead and not home.converted:
        return _onto_lead(mapping, home, row, revision)
    return Item(mapping, None, None, row, _role(mapping), revision=revision)


def _birthplace(mappings: Sequence[EntityMapping]) -> EntityMapping | None:
    """The mapping through which a PRM-born record first enters this CRM, as ``push_as`` says."""
    born = [m for m in mappings if m.create.by_itself]
    as_lead = any(m.push_as == "lead" for m in born)
    return next((m for m in born if m.is_push_lead == as_lead), None)


def _role(mapping: EntityMapping) -> Role:
    return Role.PUSH_LEAD if mapping.is_push_lead else Role.MIRROR


def _onto_lead(mapping: EntityMapping, lead: Link, row: Record, revision: int) -> Item:
    """The opportunity goes onto the CRM lead it came from, which is updated, not doubled."""
    crm = Record(Ref(lead.crm.system, mapping.object, lead.crm.id), {}, lead.crm_version, lead.crm_changed_at)
    return Item(mapping, crm, None, row, Role.PUSH_LEAD, revision=revision, because="its lead came from there")


def _homes(conn: Connection, entity: str, rows: Sequence[Record]) -> Iterator[tuple[Record, str | Link]]:
    """Each row with its home, where it has exactly one: a connection, or the link of the CRM lead that it came from."""
    if entity == "note":
        yield from _homes_of_notes(conn, rows)
        return
    leads = _origins(conn, {r.values["originating_lead_id"] for r in rows if r.values.get("originating_lead_id")})
    partners = _partner_homes(conn, {p for r in rows if (p := _partner(r))})
    for row in rows:
        if link := leads.get(row.values.get("originating_lead_id") or ""):
            yield row, link
        elif len(home := partners.get(_partner(row) or "", frozenset())) == 1:
            yield row, next(iter(home))


def _partner(row: Record) -> str | None:
    return row.values.get("partner_account_id") or row.values.get("sourced_by_partner_id")


def _origins(conn: Connection, lead_ids: set[str]) -> dict[str, Link]:
    found = links.of_prm(conn, "lead", lead_ids)
    return {i: next(k for k in ks) for i, ks in found.items() if len({k.crm.system for k in ks}) == 1}


def _partner_homes(conn: Connection, partner_ids: set[str]) -> dict[str, frozenset[str]]:
    found = links.of_prm(conn, "partner_account", partner_ids)
    return {i: frozenset(k.crm.system for k in ks) for i, ks in found.items()}


def _homes_of_notes(conn: Connection, rows: Sequence[Record]) -> Iterator[tuple[Record, str]]:
    """A note goes where its parent is, or is on its way to."""
    parents: dict[str, set[str]] = {}
    for row in rows:
        entity, _, prm_id = row.values["parent"].partition("/")
        parents.setdefault(entity, set()).add(prm_id)
    there = {(e, i): home for e, ids in parents.items() for i, home in connections_of(conn, e, ids).items()}
    for row in rows:
        entity, _, prm_id = row.values["parent"].partition("/")
        if len(home := there.get((entity, prm_id), frozenset())) == 1:
            yield row, next(iter(home))


def connections_of(conn: Connection, entity: str, ids: set[str]) -> dict[str, frozenset[str]]:
    """The connections that have records, or will: a converted lead is where its opportunity is."""
    if entity not in prm.ENTITIES:
        return {}
    found = {i: frozenset(k.crm.system for k in ks) for i, ks in links.of_prm(conn, entity, ids).items()}
    for prm_id, connection in deliveries.destinations(conn, entity, ids - set(found)):
        found[prm_id] = found.get(prm_id, frozenset()) | {connection}
    if entity == "lead":
        became = prm.converted(conn, ids - set(found))
        homes = connections_of(conn, "opportunity", set(became.values()))
        found |= {lead: homes[opportunity] for lead, opportunity in became.items() if opportunity in homes}
    return found
