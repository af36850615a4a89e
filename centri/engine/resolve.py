"""End a conflict: a person says whose value a field takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from centri.engine import gather
from centri.engine.apply import enter
from centri.engine.decide import Decided, decide
from centri.engine.effects import effect_of
from centri.engine.items import Chunk, Item
from centri.engine.project import Project
from centri.engine.recording import recorded
from centri.errors import ConfigError, Rejected, RetryLater
from centri.mappings.words import near
from centri.store import audit, findings, prm
from centri.store.audit import Cause, Entry
from centri.store.database import read, write
from centri.store.leases import Lease, leased
from centri.sync.link import undecided
from centri.sync.merge import SAME, FieldDecision
from centri.sync.policies import Take

Side = Literal["crm", "prm"]
Row = Mapping[str, Any]

KIND = "conflict_open"
_TAKES: Mapping[Side, Take] = {"crm": Take.CRM, "prm": Take.PRM}


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a resolution did. ``value`` is the one that both sides hold from now on, as the PRM holds it.

    ``already`` says that the conflict was over before; then nothing was done.
    """

    connection: str
    entity: str
    prm_id: str
    field: str
    take: Side
    value: Any = None
    already: bool = False


def resolve(project: Project, entity: str, prm_id: str, field: str, take: Side, *, connection: str | None = None) -> Resolved:
    """Take one side's value of a field that is held. The CRM, where it must learn it, does so at the next push.

    Raises ConfigError where there is no such field or conflict, or one on several connections and none is named; Rejected
    where the value cannot be taken; RetryLater while another run works on the entity.
    """
    mappings = [m for m in project.mapping.mappings if m.entity == entity and field in m.fields]
    if not mappings:
        raise ConfigError(_unknown(project, entity, field))
    with read(project.engine) as conn:
        found = _conflicts(conn, entity, prm_id, field, connection)
    where = found[0]["connection"]
    if found[0]["state"] == "resolved":
        return Resolved(where, entity, prm_id, field, take, already=True)
    with (
        leased(project.engine, f"{where}/{entity}", now=project.now()) as lease,
        recorded(project, where, f"resolve {entity}") as run,
    ):
        value = _resolve(project, lease, run.id, found, take)
    return Resolved(where, entity, prm_id, field, take, value)


def _unknown(project: Project, entity: str, field: str) -> str:
    entities = {m.entity for m in project.mapping.mappings}
    if entity not in entities:
        return f"no connection maps an entity called {entity!r}{near(entity, entities)}"
    fields = {name for m in project.mapping.mappings if m.entity == entity for name in m.fields}
    return f"no connection maps a field {field!r} of {entity}{near(field, fields)}"


def _conflicts(conn: Connection, entity: str, prm_id: str, field: str, connection: str | None) -> list[Row]:
    """The unresolved conflicts of a field on one connection, or else the last that was resolved."""
    found = findings.matching(conn, kind=KIND, entity=entity, prm_id=prm_id, field=field)
    here = [a for a in found if connection in (None, a["connection"])]
    unresolved = [a for a in here if a["state"] in findings.UNRESOLVED]
    if len(names := sorted({a["connection"] for a in unresolved})) > 1:
        raise ConfigError(f"{field} of {entity} {prm_id} is in conflict with {' and '.join(names)}: name one with --connection")
    if not here:
        on = f" with {connection}" if connection else ""
        raise ConfigError(f"{field} of {entity} {prm_id} is in no conflict{on}; `centri held` lists those that are")
    return unresolved or here[-1:]


def _resolve(project: Project, lease: Lease, run_id: str, found: Sequence[Row], take: Side) -> Any:
    conflict = found[0]
    field, objects = conflict["field"], {a["object"] for a in found}
    with read(project.engine) as conn:
        chunk = _chunk(project, conn, conflict)
    chunk = replace(chunk, items=[_conceding(i, field, take) if i.mapping.object in objects else i for i in chunk.items])
    decided = decide(chunk)
    taken = _taken(decided, objects, conflict, take)
    effects = [effect_of(project, item, decision, chunk) for item, decision in decided]
    try:
        with write(project.engine) as conn:
            now = project.now()
            lease.renew(conn, now)
            _require_unmoved(conn, chunk, conflict)
            by_hand = Cause("centri", "command", run_id, "engine", project.mapping.sha)
            enter(conn, run_id, chunk, effects, now, cause=by_hand)
            findings.close(conn, [a["id"] for a in found], "resolved", now=now)
            if not taken.to_prm:  # else that is an entry already
                why = replace(by_hand, ref=f"resolve {conflict['connection']} --take {take}")
                audit.record(conn, why, [_audited(conflict, taken, take)], now=now)
    except IntegrityError as refusal:
        raise Rejected(
            "validation", f"the PRM does not take the value: {str(refusal.orig).strip()}", fields=(field,)
        ) from refusal
    return _standing(taken)


def _chunk(project: Project, conn: Connection, conflict: Row) -> Chunk:
    entity, prm_id = conflict["entity"], conflict["prm_id"]
    row = prm.read(conn, entity, [prm_id]).stored.get(prm_id)
    if row is None:
        raise Rejected("not_found_remote", f"there is no {entity} {prm_id} any more")
    return gather.from_dirty(project, conn, conflict["connection"], entity, [(prm_id, row["revision"])])


def _conceding(item: Item, field: str, take: Side) -> Item:
    """The item with a link that remembers the losing side as it is now, and has nothing agreed of the other: only that counts."""
    rule = item.mapping.fields.get(field)
    if rule is None or item.link is None or item.crm is None or item.prm is None:
        return item
    crm, row = item.crm.values.get(rule.crm), item.prm.values.get(field)
    crm_seen = {**item.link.crm_seen, rule.crm: crm if take == "prm" else undecided(crm)}
    prm_seen = {**item.link.prm_seen, field: row if take == "crm" else undecided(row)}
    return replace(item, link=replace(item.link, crm_seen=crm_seen, prm_seen=prm_seen))


def _taken(decided: Sequence[Decided], objects: Collection[str], conflict: Row, take: Side) -> FieldDecision:
    """What was decided on the field. Raises Rejected where that is not what the person wants."""
    here = [decision for item, decision in decided if item.mapping.object in objects]
    fields = [f for decision in here for f in decision.fields if f.field == conflict["field"]]
    if not fields:
        why = here[0].because if here else "the record is not linked there any more"
        raise Rejected("not_found_remote", f"{conflict['field']} cannot be resolved: {why}")
    for field in fields:
        if field.take is not _TAKES[take] and field.because != SAME:
            raise Rejected(
                field.kind or "validation", f"{field.field} cannot be resolved so: {field.because}", fields=(field.field,)
            )
    return fields[0]


def _require_unmoved(conn: Connection, chunk: Chunk, conflict: Row) -> None:
    """Raises RetryLater where the PRM row is not the one that was decided on. Nobody else changes it in this transaction."""
    entity, prm_id = conflict["entity"], conflict["prm_id"]
    t = prm.ENTITIES[entity].c
    revision = conn.execute(select(t.revision).where(t.id == prm_id).with_for_update()).scalar()
    if revision != chunk.stored[prm_id]["revision"]:
        raise RetryLater(f"{entity} {prm_id} was changed by somebody else meanwhile")


def _standing(taken: FieldDecision) -> Any:
    return taken.value if taken.take is Take.CRM else taken.prm


def _audited(conflict: Row, taken: FieldDecision, take: Side) -> Entry:
    """The value that gives way and the one that stands, as the PRM holds them."""
    old = taken.prm if take == "crm" else conflict["detail"].get("crm_as_prm")
    return Entry(conflict["entity"], conflict["prm_id"], conflict["field"], old, _standing(taken))
