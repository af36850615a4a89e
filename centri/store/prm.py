"""PRM rows as Records and back, and what changed since it was last settled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Float, Table, delete, func, select, tuple_

from centri.dedupe.blocking import norms
from centri.records import PRM, Record, Ref
from centri.store import prm_tables
from centri.store.derived import DERIVED
from centri.store.journal_tables import sync_dirty, sync_spoke
from centri.store.tables import Money, UtcDateTime
from centri.store.upsert import upsert

ENTITIES: Mapping[str, Table] = {
    name: getattr(prm_tables, name)
    for name in ("vendor_user", "partner_account", "account", "contact", "lead", "opportunity", "note")
}

PARENTS: Mapping[str, Mapping[str, str]] = {
    "contact": {"account_id": "account"},
    "opportunity": {"account_id": "account", "primary_contact_id": "contact"},
}
"""Which parents a record takes along when it is born in a CRM: column -> entity."""


MASTER: Mapping[str, str] = {"lead": "master_lead_id", "contact": "merged_into_id", "account": "merged_into_id"}
"""The column that names the row which another went into as its duplicate, of each entity that has one."""


def master(record: Record | None) -> str | None:
    """The id of the row that a row went into; None of one that stands for itself."""
    column = MASTER.get(record.ref.object) if record else None
    return record.values.get(column) if record and column else None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one entity: as Records for deciding, as stored for writing back."""

    records: Mapping[str, Record] = field(default_factory=dict)
    stored: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """New values of one row, by PRM field. ``stored`` is the row they were decided on, None for a new row."""

    id: str
    values: Mapping[str, Any]
    stored: Mapping[str, Any] | None = None
    origin: str = PRM


def fields(entity: str) -> frozenset[str]:
    """Every PRM field that a mapping may name."""
    derived = DERIVED.get(entity, ((), None))[0]
    return frozenset(ENTITIES[entity].c.keys()) | frozenset(derived)


def required(entity: str) -> frozenset[str]:
    """The fields without which no row can be made."""
    columns = {c.name for c in ENTITIES[entity].c if not c.nullable and c.server_default is None and not c.primary_key}
    return frozenset(columns - {"parent_type", "parent_id"} | {"parent"}) if entity == "note" else frozenset(columns)


def read(conn: Connection, entity: str, ids: Collection[str]) -> Rows:
    """The rows with these ids, deleted ones included; an id without a row is absent."""
    table = ENTITIES[entity]
    stored = {row["id"]: dict(row) for row in conn.execute(select(table).where(table.c.id.in_(ids))).mappings()} if ids else {}
    return as_rows(conn, entity, stored)


def as_rows(conn: Connection, entity: str, stored: Mapping[str, Mapping[str, Any]]) -> Rows:
    _, derive = DERIVED.get(entity, ((), None))
    derived = derive(conn, list(stored.values())) if derive and stored else {}
    return Rows({i: _record(entity, row, derived.get(i, {})) for i, row in stored.items()}, stored)


def candidates(conn: Connection, entity: str, column: str, keys: Collection[str], *, most: int) -> list[Mapping[str, Any]]:
    """Living rows that share a blocking key and went into no other, at most ``most`` for the whole chunk."""
    table = ENTITIES[entity]
    itself = [table.c[MASTER[entity]].is_(None)] if entity in MASTER else []
    # an address that people wrote as they like is indexed in small letters; all other keys are kept in their own columns
    held = func.lower(table.c.email) if column == "email" else table.c[column]
    query = select(table).where(held.in_(keys), table.c.deleted_at.is_(None), *itself).limit(most)
    return [dict(row) for row in conn.execute(query).mappings()] if keys else []


def existing(conn: Connection, entity: str, ids: Collection[str]) -> set[str]:
    """Those of some ids that there are rows of, deleted ones too."""
    t = ENTITIES[entity].c
    return set(conn.execute(select(t.id).where(t.id.in_(ids))).scalars()) if ids else set()


def converted(conn: Connection, lead_ids: Collection[str]) -> dict[str, str]:
    """Lead id -> id of the opportunity it became."""
    t = prm_tables.lead.c
    query = select(t.id, t.converted_opportunity_id).where(t.id.in_(lead_ids), t.converted_opportunity_id.is_not(None))
    return {row[0]: row[1] for row in conn.execute(query)} if lead_ids else {}


def write(conn: Connection, entity: str, changes: Sequence[Change], *, actor: str, now: datetime) -> dict[str, int]:
    """Insert and update rows. Answers id -> revision of those written; a row that moved since it was read is left alone."""
    table = ENTITIES[entity]
    changes = sorted(
        changes, key=lambda change: change.id
    )  # one order for all writers, so that none waits for another in a circle
    new = [_new_row(entity, change, actor) for change in changes if change.stored is None]
    upsert(conn, table, new, ("id",), update=())
    old = [_changed_row(entity, change, actor, now) for change in changes if change.stored is not None]
    written = upsert(conn, table, old, ("id",), guard="revision")
    return {row["id"]: 1 for row in new} | {row["id"]: row["revision"] for row in old if row["id"] in written}


def dirty(conn: Connection, connection: str, entity: str, *, after: str, most: int) -> list[tuple[str, int]]:
    """(id, revision) of rows that changed since this connection last looked, in id order from behind ``after``."""
    t = sync_dirty.c
    query = select(t.prm_id, t.revision).where(t.connection == connection, t.entity == entity, t.prm_id > after)
    return [(row.prm_id, row.revision) for row in conn.execute(query.order_by(t.prm_id).limit(most))]


def count_dirty(conn: Connection, connection: str, entity: str) -> int:
    t = sync_dirty.c
    return int(conn.execute(select(func.count()).where(t.connection == connection, t.entity == entity)).scalar_one())


def settled(conn: Connection, connection: str, entity: str, revisions: Iterable[tuple[str, int]]) -> None:
    """Take rows off the dirty list, each only at the revision that was decided on."""
    t = sync_dirty.c
    pairs = list(revisions)
    if pairs:
        at = tuple_(t.prm_id, t.revision).in_(pairs)
        conn.execute(delete(sync_dirty).where(t.connection == connection, t.entity == entity, at))


def mark_dirty(conn: Connection, connection: str, entity: str, revisions: Mapping[str, int]) -> None:
    """Ask for rows to be looked at again by one connection."""
    rows = [{"entity": entity, "prm_id": i, "connection": connection, "revision": r} for i, r in revisions.items()]
    upsert(conn, sync_dirty, rows, ("entity", "prm_id", "connection"))


def declare_spokes(conn: Connection, spokes: Mapping[tuple[str, str], bool]) -> None:
    """Tell the triggers which (connection, entity) pairs care for changes, and whether they create records in the CRM."""
    known = {(row.connection, row.entity): row.creates for row in conn.execute(select(sync_spoke))}
    if known != dict(spokes):
        conn.execute(delete(sync_spoke))
        upsert(
            conn,
            sync_spoke,
            [{"connection": c, "entity": e, "creates": x} for (c, e), x in spokes.items()],
            ("connection", "entity"),
        )


def _record(entity: str, row: Mapping[str, Any], derived: Mapping[str, Any]) -> Record:
    values = {str(name): tell(value) for name, value in (*row.items(), *derived.items())}
    return Record(Ref(PRM, entity, row["id"]), values, str(row["revision"]), row["updated_at"], row["deleted_at"] is not None)


def tell(value: Any) -> Any:
    """A stored value as the JSON value that Records carry."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def told(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the row's Record will tell them once they are written."""
    columns = ENTITIES[entity].c
    return {name: tell(hold(columns[name], value)) if name in columns else tell(value) for name, value in values.items()}


def _new_row(entity: str, change: Change, actor: str) -> dict[str, Any]:
    """A blank where the column has a default is left out, so that the default stands; all else is given, to keep rows alike."""
    columns = ENTITIES[entity].c
    values = _stored_values(entity, change.values) | norms(entity, change.values)
    given = {name: value for name, value in values.items() if value is not None or columns[name].server_default is None}
    return given | {"id": change.id, "origin": change.origin, "created_by": actor, "updated_by": actor}


def _changed_row(entity: str, change: Change, actor: str, now: datetime) -> dict[str, Any]:
    assert change.stored is not None
    merged = dict(change.stored) | _stored_values(entity, change.values)
    told = {name: tell(value) for name, value in merged.items()}
    return merged | norms(entity, told) | {"revision": change.stored["revision"] + 1, "updated_at": now, "updated_by": actor}


def _stored_values(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    table = ENTITIES[entity]
    stored = {name: hold(table.c[name], value) for name, value in values.items() if name in table.c}
    if "parent" in values and entity == "note" and values["parent"]:
        stored["parent_type"], stored["parent_id"] = values["parent"].split("/", 1)
    return stored


def hold(column: Column[Any], value: Any) -> Any:
    """A Record's JSON value in the form that its column takes; blank becomes the default where the column has one."""
    if value is None:
        return None
    for kind, convert in _CONVERSIONS:
        if isinstance(column.type, kind):
            return convert(value)
    return value


_CONVERSIONS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (UtcDateTime, lambda v: datetime.fromisoformat(v) if isinstance(v, str) else v),
    (Money, lambda v: Decimal(v).quantize(Decimal("0.01"))),
    (Float, float),
    (Date, lambda v: date.fromisoformat(v) if isinstance(v, str) else v),
    (Boolean, bool),
)
