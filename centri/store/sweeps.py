"""What a sweep of a CRM object asks of the store: which links it met, what is underway, how many there are of what."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, distinct, exists, func, or_, select, update

from centri.records import Record
from centri.store import prm
from centri.store.findings import UNRESOLVED
from centri.store.journal_tables import sync_anomaly, sync_dirty, sync_link, sync_staging
from centri.store.upsert import upsert
from centri.sync.link import LinkState

Row = Mapping[str, Any]


def last_link(conn: Connection) -> int:
    """The number of the newest link; one made during a sweep has a greater one."""
    return int(conn.execute(select(func.coalesce(func.max(sync_link.c.id), 0))).scalar_one())


def mark(conn: Connection, connection: str, object: str, crm_ids: Collection[str], run_id: str) -> None:
    """Note on every link of these CRM records that this run met them."""
    t = sync_link.c
    where = (t.connection == connection, t.object == object, t.crm_id.in_(crm_ids))
    conn.execute(update(sync_link).where(*where).values(swept_by=run_id))


def unmet(
    conn: Connection, connection: str, object: str, entity: str, run_id: str, *, upto: int, after: int, most: int
) -> list[Row]:
    """Active links up to number ``upto`` that a run did not meet, from behind ``after``: id, crm_id, prm_id, crm_seen."""
    t = sync_link.c
    query = select(t.id, t.crm_id, t.prm_id, t.crm_seen).where(*_active(connection, object, entity), *_unmet(run_id, upto))
    return [dict(row) for row in conn.execute(query.where(t.id > after).order_by(t.id).limit(most)).mappings()]


def count_unmet(conn: Connection, connection: str, object: str, entity: str, run_id: str, *, upto: int) -> int:
    query = select(func.count()).where(*_active(connection, object, entity), *_unmet(run_id, upto))
    return int(conn.execute(query).scalar_one())


def count_met(conn: Connection, connection: str, object: str, entity: str, run_id: str) -> int:
    """How many CRM records with a link for this entity, whatever its state, a run met."""
    t = sync_link.c
    where = (t.connection == connection, t.object == object, t.entity == entity, t.swept_by == run_id)
    return int(conn.execute(select(func.count(distinct(t.crm_id))).where(*where)).scalar_one())


def count_linked(conn: Connection, connection: str, object: str, entity: str) -> int:
    return int(conn.execute(select(func.count()).where(*_active(connection, object, entity))).scalar_one())


def count_in_prm(conn: Connection, connection: str, object: str, entity: str) -> int:
    """The living PRM rows that stand for a record of this CRM object."""
    row, t = prm.ENTITIES[entity].c, sync_link.c
    here = select(t.id).where(*_active(connection, object, entity), t.prm_id == row.id).exists()
    return int(conn.execute(select(func.count(row.id)).where(row.deleted_at.is_(None), here)).scalar_one())


def count_waiting(conn: Connection, connection: str, object: str, entity: str) -> int:
    t = sync_staging.c
    where = (t.connection == connection, t.object == object, t.entity == entity, t.state != "done")
    return int(conn.execute(select(func.count()).where(*where)).scalar_one())


def count_anomalies(conn: Connection, connection: str, object: str, entity: str) -> int:
    """Open anomalies about records of a CRM object, or about PRM rows that no record of this CRM stands for."""
    t = sync_anomaly.c
    where = (t.connection == connection, t.entity == entity, t.state == "open", or_(t.object == object, t.object.is_(None)))
    return int(conn.execute(select(func.count()).where(*where)).scalar_one())


def staged(conn: Connection, connection: str, object: str, entity: str, crm_ids: Collection[str]) -> dict[str, str]:
    """CRM id -> state of the records that are staged and not settled."""
    t = sync_staging.c
    where = (t.connection == connection, t.object == object, t.entity == entity, t.state != "done", t.crm_id.in_(crm_ids))
    rows = conn.execute(select(t.crm_id, t.state).where(*where)) if crm_ids else ()
    return {row.crm_id: row.state for row in rows}


def dirty(conn: Connection, connection: str, entity: str, prm_ids: Collection[str]) -> set[str]:
    """Those of the PRM rows whose change this connection has yet to look at."""
    t = sync_dirty.c
    query = select(t.prm_id).where(t.connection == connection, t.entity == entity, t.prm_id.in_(prm_ids))
    return set(conn.execute(query).scalars()) if prm_ids else set()


def mark_dirty(conn: Connection, connection: str, entity: str, revisions: Mapping[str, int]) -> None:
    """Ask for PRM rows to be looked at, but for those that are to be anyway: their revision may be newer than the one given."""
    rows = [{"entity": entity, "prm_id": i, "connection": connection, "revision": r} for i, r in revisions.items()]
    upsert(conn, sync_dirty, rows, ("entity", "prm_id", "connection"), update=())


def set_aside(
    conn: Connection, connection: str, entity: str, *, crm_ids: Collection[str] = (), prm_ids: Collection[str] = ()
) -> list[Row]:
    """Anomalies about records that are not over and ask for somebody: crm_id, prm_id, field, kind, stage."""
    t = sync_anomaly.c
    about = or_(t.crm_id.in_(crm_ids), and_(t.crm_id.is_(None), t.prm_id.in_(prm_ids)))
    where = (t.connection == connection, t.entity == entity, t.state.in_(UNRESOLVED), t.severity != "info", about)
    query = select(t.crm_id, t.prm_id, t.field, t.kind, t.stage).where(*where)
    return [dict(row) for row in conn.execute(query).mappings()]


def unlinked(conn: Connection, connection: str, entity: str, *, after: str, most: int) -> Sequence[Record]:
    """Living PRM rows that never had a link, and that this connection need not look at anyway, in order from behind ``after``."""
    table = prm.ENTITIES[entity]
    row, link, owed = table.c, sync_link.c, sync_dirty.c
    ever = exists().where(link.entity == entity, link.prm_id == row.id)
    due = exists().where(owed.entity == entity, owed.connection == connection, owed.prm_id == row.id)
    query = select(table).where(row.id > after, row.deleted_at.is_(None), ~ever, ~due).order_by(row.id).limit(most)
    stored = {found["id"]: dict(found) for found in conn.execute(query).mappings()}
    return list(prm.as_rows(conn, entity, stored).records.values())


def _active(connection: str, object: str, entity: str) -> tuple[ColumnElement[bool], ...]:
    t = sync_link.c
    return t.connection == connection, t.object == object, t.entity == entity, t.state == LinkState.ACTIVE


def _unmet(run_id: str, upto: int) -> tuple[ColumnElement[bool], ...]:
    t = sync_link.c
    return t.id <= upto, or_(t.swept_by.is_(None), t.swept_by != run_id)
