"""Who changed what in the PRM, from which value to which, and because of what. Entries are added, never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from centri.records import same
from centri.store import prm
from centri.store.prm_tables import audit_log
from centri.sync.link import Link
from centri.sync.undo import LINK, Change


@dataclass(frozen=True, slots=True)
class Cause:
    """Who acts, and why: ``ref`` is the id of the run, or the name of the rule or command."""

    actor: str
    type: Literal["run", "command", "rule", "timer"]
    ref: str
    actor_type: str = "connection"
    mapping_sha: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one row; ``field`` None stands for a new row, whose values are ``new``."""

    entity: str
    entity_id: str
    field: str | None
    old: Any
    new: Any


def of_change(entity: str, change: prm.Change) -> Iterator[Entry]:
    """An entry for each field that a change gives another value, or one for a new row, which leaves blanks out."""
    told = prm.told(entity, change.values)
    if change.stored is None:
        yield Entry(entity, change.id, None, None, {name: value for name, value in told.items() if value is not None})
        return
    for name, new in told.items():
        old = _stored(change.stored, name)
        if not same(old, new):
            yield Entry(entity, change.id, name, old, new)


def of_link(link: Link, *, made: bool) -> Entry:
    """A link that was made to a row that is there, or undone."""
    named = [link.crm.system, link.crm.object, link.crm.id, str(link.role)]
    return Entry(link.prm.object, link.prm.id, LINK, None if made else named, named if made else None)


def record(conn: Connection, cause: Cause, entries: Iterable[Entry], *, now: datetime) -> None:
    """Add entries, in the transaction of what they tell."""
    why = {
        "at": now,
        "actor_type": cause.actor_type,
        "actor": cause.actor,
        "cause_type": cause.type,
        "cause_ref": cause.ref,
        "mapping_sha": cause.mapping_sha or None,
    }
    rows = [{**why, "entity": e.entity, "entity_id": e.entity_id, "field": e.field, "old": e.old, "new": e.new} for e in entries]
    if rows:
        conn.execute(insert(audit_log), rows)


def entities(conn: Connection, refs: Collection[str]) -> set[str]:
    """The entities whose rows something changed, named by what its entries refer to."""
    t = audit_log.c
    return set(conn.execute(select(t.entity).where(t.cause_ref.in_(refs)).distinct()).scalars())


def changed(conn: Connection, refs: Collection[str], entity: str, *, after: str, most: int) -> list[str]:
    """The ids of rows that it changed, in order from behind ``after``."""
    t = audit_log.c
    query = select(t.entity_id).where(t.cause_ref.in_(refs), t.entity == entity, t.entity_id > after)
    return list(conn.execute(query.distinct().order_by(t.entity_id).limit(most)).scalars())


def changes(conn: Connection, refs: Collection[str], entity: str, ids: Collection[str]) -> dict[str, list[Change]]:
    """What it changed of rows, by id, oldest first."""
    t = audit_log.c
    found: dict[str, list[Change]] = defaultdict(list)
    columns = (t.entity_id, t.field, t.old, t.new, t.cause_type)
    query = select(*columns).where(t.cause_ref.in_(refs), t.entity == entity, t.entity_id.in_(ids)).order_by(t.id)
    for prm_id, field, old, new, cause_type in conn.execute(query) if ids else ():
        found[prm_id].append(Change(field, old, new, by_rule=cause_type == "rule"))
    return found


def story(conn: Connection, entities: Collection[str], ids: Collection[str]) -> Sequence[Mapping[str, Any]]:
    """All entries of rows, oldest first."""
    t = audit_log.c
    query = select(audit_log).where(t.entity.in_(entities), t.entity_id.in_(ids)).order_by(t.id)
    return [dict(row) for row in conn.execute(query).mappings()]


def _stored(row: Mapping[str, Any], name: str) -> Any:
    return f"{row['parent_type']}/{row['parent_id']}" if name == "parent" else prm.tell(row.get(name))
