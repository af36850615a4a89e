"""Which records are the same thing, kept in the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from centri.records import IMPORT, PRM, Ref
from centri.store import prm
from centri.store.journal_tables import sync_link
from centri.store.upsert import upsert
from centri.sync.link import ERASED, Link, LinkState, Role
from centri.sync.references import Standing

_KEY = ("connection", "object", "crm_id", "entity", "role")
_FRESH = (
    "prm_id", "state", "crm_seen", "prm_seen", "converted", "crm_version", "crm_changed_at", "changes", "changes_since",
    "changes_of", "mapping_version", "run_id", "updated_at",
)  # fmt: skip


def of_crm(conn: Connection, connection: str, object: str, crm_ids: Collection[str]) -> dict[str, list[Link]]:
    """All links of CRM records, by CRM id, whatever their entity, role and state."""
    t = sync_link.c
    found: dict[str, list[Link]] = defaultdict(list)
    query = select(sync_link).where(t.connection == connection, t.object == object, t.crm_id.in_(crm_ids)).order_by(t.id)
    for row in conn.execute(query).mappings() if crm_ids else ():
        found[row["crm_id"]].append(_link(dict(row)))
    return found


def of_prm(
    conn: Connection, entity: str, prm_ids: Collection[str], states: Collection[LinkState] = (LinkState.ACTIVE,),
    *, files: bool = False,
) -> dict[str, list[Link]]:  # fmt: skip
    """The links of PRM records in some states, by PRM id, oldest first, on all connections; with ``files`` those to rows too."""
    t = sync_link.c
    found: dict[str, list[Link]] = defaultdict(list)
    query = select(sync_link).where(t.entity == entity, t.prm_id.in_(prm_ids), t.state.in_(states)).order_by(t.id)
    query = query if files else query.where(t.connection != IMPORT)
    for row in conn.execute(query).mappings() if prm_ids else ():
        found[row["prm_id"]].append(_link(dict(row)))
    return found


def ever_linked(conn: Connection, entity: str, prm_ids: Collection[str]) -> set[str]:
    """The PRM records that have, or had, a link to any CRM: they are born in none."""
    t = sync_link.c
    query = select(t.prm_id).where(t.entity == entity, t.prm_id.in_(prm_ids), t.connection != IMPORT)
    return set(conn.execute(query).scalars()) if prm_ids else set()


def erased(conn: Connection, refs: Collection[Ref]) -> dict[Ref, tuple[set[str], set[str]]]:
    """Of some CRM records those whose person was erased here: as which entities, and which of their fields tell of her."""
    t = sync_link.c
    ids: dict[tuple[str, str], list[str]] = defaultdict(list)
    for ref in refs:
        ids[ref.system, ref.object].append(ref.id)
    found: dict[Ref, tuple[set[str], set[str]]] = {}
    for (connection, object), crm_ids in ids.items():
        there = (t.connection == connection, t.object == object, t.crm_id.in_(crm_ids))
        query = select(t.entity, t.crm_id, t.crm_seen).where(*there, t.mapping_version == ERASED)
        for entity, crm_id, seen in conn.execute(query):
            entities, fields = found.setdefault(Ref(connection, object, crm_id), (set(), set()))
            entities.add(entity)
            fields.update(seen.get(ERASED, ()))
    return found


def erased_rows(conn: Connection, entity: str, prm_ids: Collection[str]) -> set[str]:
    """Those of some rows whose person was erased here."""
    t = sync_link.c
    query = select(t.prm_id).where(t.entity == entity, t.prm_id.in_(prm_ids), t.mapping_version == ERASED)
    return set(conn.execute(query).scalars()) if prm_ids else set()


def erase(
    conn: Connection, entity: str, prm_ids: Collection[str], fields: Callable[[str, str], Sequence[str]], *, now: datetime
) -> None:
    """Make tombstones of the links of rows, which nothing passes.

    They remember but the fields that tell of the person, which ``fields`` names for a connection's object.
    """
    t = sync_link.c
    blank = {"state": LinkState.UNLINKED, "prm_seen": {}, "changes_of": {}, "mapping_version": ERASED, "updated_at": now}
    hers = select(t.id, t.connection, t.object).where(t.entity == entity, t.prm_id.in_(prm_ids))
    for number, connection, object in conn.execute(hers).all():
        told = {ERASED: list(fields(connection, object))}
        conn.execute(update(sync_link).where(t.id == number).values(**blank, crm_seen=told))


def deleted_there(conn: Connection, connection: str, entity: str, prm_ids: Collection[str]) -> set[str]:
    """The PRM records whose counterpart on one connection was deleted there."""
    t = sync_link.c
    gone = (t.connection == connection, t.entity == entity, t.state == LinkState.DELETED_REMOTE)
    query = select(t.prm_id).where(*gone, t.prm_id.in_(prm_ids))
    return set(conn.execute(query).scalars()) if prm_ids else set()


def prm_ids(conn: Connection, connection: str, wanted: Mapping[str, Collection[str]]) -> dict[tuple[str, str], str]:
    """(entity, CRM id) -> PRM id, of CRM ids wanted by entity. Origin links come before others.

    A CRM record whose row went into another one stands for that one.
    """
    found: dict[tuple[str, str], str] = {}
    t = sync_link.c
    for entity, crm_ids in wanted.items():
        here = (t.connection == connection, t.entity == entity, t.crm_id.in_(crm_ids))
        query = select(t.crm_id, t.prm_id).where(*here, t.state == LinkState.ACTIVE).order_by(t.id.desc())
        rows = [*_merged(conn, entity, *here), *conn.execute(query)] if crm_ids else ()
        found |= {(entity, crm_id): prm_id for crm_id, prm_id in rows}
    return found


def _merged(conn: Connection, entity: str, *here: ColumnElement[bool]) -> Sequence[Row[str, str]]:
    """(CRM id, PRM id of the survivor) of links whose row went into another."""
    if entity not in prm.MASTER:
        return ()
    row, t = prm.ENTITIES[entity].c, sync_link.c
    master = row[prm.MASTER[entity]]
    query = select(t.crm_id, master).where(*here, t.state == LinkState.MERGED, row.id == t.prm_id, master.is_not(None))
    return conn.execute(query).all()


def standing(conn: Connection, connection: str, wanted: Mapping[str, Collection[str]]) -> dict[tuple[str, str], Standing]:
    """(entity, PRM id) -> what stands for it on one connection, of PRM ids wanted by entity. The latest link answers."""
    found: dict[tuple[str, str], Standing] = {}
    t = sync_link.c
    for entity, ids in wanted.items():
        query = (
            select(t.prm_id, t.crm_id, t.role)
            .where(t.connection == connection, t.entity == entity, t.prm_id.in_(ids), t.state == LinkState.ACTIVE)
            .order_by(t.id)
        )
        for prm_id, crm_id, role in conn.execute(query) if ids else ():
            found[entity, prm_id] = Standing(crm_id, "lead" if role == Role.PUSH_LEAD else entity)
    return found


def save(conn: Connection, links: Iterable[Link], *, run_id: str, mapping_version: str, now: datetime) -> None:
    """Insert or update links, one row for each (CRM ref, entity, role)."""
    rows = [_row(link) | {"run_id": run_id, "mapping_version": mapping_version, "updated_at": now} for link in links]
    upsert(conn, sync_link, rows, _KEY, update=_FRESH)


def move_versions(conn: Connection, connection: str, object: str, versions: Mapping[str, tuple[str, datetime | None]]) -> None:
    """A receipt moves the version on every link of its CRM record, or our first write would make the second one stale."""
    t = sync_link.c
    for crm_id, (version, changed_at) in versions.items():
        where = (t.connection == connection, t.object == object, t.crm_id == crm_id)
        conn.execute(update(sync_link).where(*where).values(crm_version=version, crm_changed_at=changed_at))


def move(conn: Connection, link: Link, to_crm_id: str) -> None:
    """Point a link at the survivor of a merge; a link of the survivor's that is over makes room for it."""
    t = sync_link.c
    role = (t.connection == link.crm.system, t.object == link.crm.object, t.entity == link.prm.object, t.role == link.role)
    over = t.state.in_((LinkState.UNLINKED, LinkState.MERGED))
    conn.execute(delete(sync_link).where(*role, t.crm_id == to_crm_id, over))
    conn.execute(update(sync_link).where(*role, t.crm_id == link.crm.id).values(crm_id=to_crm_id))


def rest(conn: Connection, connection: str, object: str, crm_ids: Collection[str]) -> None:
    """Forget how often CRM records changed lately: their breakers are closed."""
    t = sync_link.c
    where = (t.connection == connection, t.object == object, t.crm_id.in_(crm_ids), t.changes_since.is_not(None))
    conn.execute(update(sync_link).where(*where).values(changes=0, changes_since=None, changes_of={}))


def reconnect(conn: Connection, connection: str, entity: str, prm_ids: Collection[str]) -> list[str]:
    """Close the disconnected links of PRM records as converted; answers the CRM ids behind them."""
    t = sync_link.c
    cut_off = (t.connection == connection, t.entity == entity, t.prm_id.in_(prm_ids), t.state == LinkState.DISCONNECTED)
    whole = update(sync_link).where(*cut_off).values(state=LinkState.ACTIVE, converted=True)
    return list(conn.execute(whole.returning(t.crm_id)).scalars()) if prm_ids else []


def count(conn: Connection, connection: str, entity: str) -> int:
    t = sync_link.c
    query = select(func.count()).where(t.connection == connection, t.entity == entity, t.state == LinkState.ACTIVE)
    return int(conn.execute(query).scalar_one())


def any_of(conn: Connection, connection: str, object: str) -> bool:
    """Whether any record of an object is linked, or was."""
    t = sync_link.c
    return conn.execute(select(t.id).where(t.connection == connection, t.object == object).limit(1)).first() is not None


def _link(row: Mapping[str, Any]) -> Link:
    return Link(
        Ref(row["connection"], row["object"], row["crm_id"]),
        Ref(PRM, row["entity"], row["prm_id"]),
        Role(row["role"]),
        LinkState(row["state"]),
        row["crm_seen"],
        row["prm_seen"],
        row["crm_version"],
        row["crm_changed_at"],
        row["converted"],
        row["changes"],
        row["changes_since"],
        row["changes_of"],
    )


def _row(link: Link) -> dict[str, Any]:
    return {
        "connection": link.crm.system,
        "object": link.crm.object,
        "crm_id": link.crm.id,
        "entity": link.prm.object,
        "prm_id": link.prm.id,
        "role": link.role,
        "state": link.state,
        "crm_seen": dict(link.crm_seen),
        "prm_seen": dict(link.prm_seen),
        "converted": link.converted,
        "crm_version": link.crm_version,
        "crm_changed_at": link.crm_changed_at,
        "changes": link.changes,
        "changes_since": link.changes_since,
        "changes_of": dict(link.changes_of),
    }
