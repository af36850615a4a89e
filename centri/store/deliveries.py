"""The outbox: CRM writes that a plan decided on and that are not done yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, tuple_, update

from centri.store.journal_tables import UNSENT, sync_delivery
from centri.store.upsert import upsert
from centri.sync.link import Role

_REPLACED = ("crm_id", "op", "values", "sent", "seen", "expected", "key", "tried", "state", "run_id", "updated_at")
UNSENT_STATES = ("queued", "waiting", "sending")

Of = tuple[str, str, str]
"""Whose delivery it is: (object, PRM id, role)."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One link's part of a CRM write.

    ``values`` by CRM field, where a parent without CRM id shows as a mark (see sync.references); ``sent`` the PRM values
    they were made of, by PRM field, which the link remembers once the CRM has answered.
    """

    id: str
    connection: str
    object: str
    entity: str
    prm_id: str
    role: Role
    crm_id: str | None
    values: Mapping[str, Any]
    sent: Mapping[str, Any]
    seen: Mapping[str, Any] = field(default_factory=dict)
    expected: str = ""
    key: tuple[str, str] | None = None
    attempts: int = 0
    run_id: str = ""
    """The run that it stays with, where that is not the one that queues it."""

    @property
    def of(self) -> Of:
        return self.object, self.prm_id, self.role


def queue(conn: Connection, deliveries: Iterable[Queued], *, run_id: str, now: datetime) -> None:
    """Queue deliveries. One that is not sent yet is replaced by the newer one of its link, and keeps its id and attempts.

    It also keeps the time before which it is not tried again: a record that is merely read again is no reason to hurry. Of a
    create that was sent and not answered it is noted what it said: the CRM may hold that.
    """
    given = list(deliveries)
    fresh = {"state": "queued", "next_at": None, "updated_at": now}
    tried = _unanswered(conn, given)
    rows = [_row(d) | fresh | {"run_id": d.run_id or run_id, "tried": tried.get(d.of)} for d in given]
    upsert(conn, sync_delivery, rows, ("connection", "object", "entity", "prm_id", "role"), update=_REPLACED, where=UNSENT)


def _unanswered(conn: Connection, replacing: Sequence[Queued]) -> dict[Of, dict[str, Any]]:
    """What unanswered creates said when they were first sent, of those that are about to be replaced."""
    if not replacing:
        return {}
    t = sync_delivery.c
    first = replacing[0]
    where = (t.connection == first.connection, t.entity == first.entity, t.prm_id.in_({d.prm_id for d in replacing}))
    query = select(sync_delivery).where(*where, t.state.in_(UNSENT_STATES), t.op == "create", t.attempts > 0)
    rows = conn.execute(query).mappings()
    return {(r["object"], r["prm_id"], r["role"]): r["tried"] or {"values": r["values"], "sent": r["sent"]} for r in rows}


def withdraw(conn: Connection, connection: str, entity: str, links: Collection[Of]) -> list[str]:
    """Drop what is queued for links that have nothing to be told any more; answers the PRM ids of what was dropped."""
    if not links:
        return []
    t = sync_delivery.c
    named = tuple_(t.object, t.prm_id, t.role).in_(list(links))
    where = (
        t.connection == connection,
        t.entity == entity,
        t.state.in_(UNSENT_STATES),
        or_(t.attempts == 0, t.op == "update"),
        named,
    )
    dropped = update(sync_delivery).where(*where).values(state="dropped").returning(t.prm_id)
    return list(conn.execute(dropped).scalars())


def due(conn: Connection, connection: str, object: str, *, now: datetime) -> list[tuple[str, str | None, int]]:
    """(id, CRM id, attempts) of the deliveries to send now, those of one CRM record side by side, oldest first otherwise."""
    t = sync_delivery.c
    query = (
        select(t.id, t.crm_id, t.attempts)
        .where(t.connection == connection, t.object == object, t.state.in_(UNSENT_STATES))
        .where(or_(t.next_at.is_(None), t.next_at <= now))
        .order_by(t.crm_id, t.created_at, t.id)
    )
    return [(delivery_id, crm_id, attempts) for delivery_id, crm_id, attempts in conn.execute(query)]


def load(conn: Connection, ids: Sequence[str]) -> list[Queued]:
    rows = conn.execute(select(sync_delivery).where(sync_delivery.c.id.in_(ids))).mappings()
    found = {row["id"]: as_queued(dict(row)) for row in rows}
    return [found[i] for i in ids if i in found]


def tried(conn: Connection, connection: str, entity: str, object: str) -> list[Queued]:
    """Creates that were sent before and not answered: the CRM may have made the record or not.

    One that says something else by now is there twice, as it was first sent before as it is now.
    """
    t = sync_delivery.c
    where = (t.connection == connection, t.entity == entity, t.object == object, t.op == "create")
    query = select(sync_delivery).where(*where, t.state.in_(UNSENT_STATES), t.attempts > 0).order_by(t.created_at, t.id)
    rows = [dict(row) for row in conn.execute(query).mappings()]
    return [as_queued(said) for row in rows for said in ([row | row["tried"]] if row["tried"] else []) + [row]]


def mark(
    conn: Connection,
    ids: Collection[str],
    state: str,
    *,
    error: str | None = None,
    next_at: datetime | None = None,
    pushed_by: str | None = None,
    now: datetime,
) -> None:
    """Set the state of deliveries; ``sending`` counts an attempt. ``pushed_by`` is the run whose push was answered."""
    if not ids:
        return
    t = sync_delivery.c
    values: dict[Any, Any] = {"state": state, "error": error, "next_at": next_at, "updated_at": now}
    if pushed_by:
        values["pushed_by"] = pushed_by
    if state == "sending":
        values["attempts"] = t.attempts + 1
    conn.execute(update(sync_delivery).where(t.id.in_(ids)).values(values))


def keep_stored(conn: Connection, stored: Mapping[str, Mapping[str, Any]]) -> None:
    """Note what the CRM made of the values of deliveries, by id, where it made something else of them."""
    if stored:
        rows = [{"which": i, "made": dict(values)} for i, values in stored.items()]
        t = sync_delivery.c
        made = bindparam("made", type_=t.stored.type)
        conn.execute(update(sync_delivery).where(t.id == bindparam("which")).values(stored=made), rows)


def unsent(conn: Connection, connection: str, entity: str, prm_ids: Collection[str]) -> set[tuple[str, str]]:
    """(PRM id, role) of the records of an entity that are on their way to a connection."""
    t = sync_delivery.c
    where = (t.connection == connection, t.entity == entity, t.state.in_(UNSENT_STATES), t.prm_id.in_(prm_ids))
    return {(prm_id, role) for prm_id, role in conn.execute(select(t.prm_id, t.role).where(*where))} if prm_ids else set()


def refused(
    conn: Connection, connection: str, entity: str, objects: Collection[str], prm_ids: Collection[str]
) -> dict[Of, Queued]:
    """What the CRM refused last of each link of PRM records, and nobody asked to be told to it again."""
    t = sync_delivery.c
    where = (t.connection == connection, t.object.in_(objects), t.state == "rejected", t.entity == entity, t.prm_id.in_(prm_ids))
    query = select(sync_delivery).where(*where).order_by(t.updated_at, t.created_at)
    found = (as_queued(dict(row)) for row in conn.execute(query).mappings()) if prm_ids else ()
    return {queued.of: queued for queued in found}


def forgive(conn: Connection, connection: str, entity: str, prm_ids: Collection[str], *, objects: Collection[str] = ()) -> None:
    """Forget what the CRM refused of PRM records, so that it may be told again; of some ``objects`` only, where given."""
    t = sync_delivery.c
    where = [t.connection == connection, t.entity == entity, t.state == "rejected", t.prm_id.in_(prm_ids)]
    if objects:
        where.append(t.object.in_(objects))
    if prm_ids:
        conn.execute(update(sync_delivery).where(*where).values(state="dropped"))


def hurry(conn: Connection, connection: str, entity: str, prm_ids: Collection[str]) -> None:
    """Try again with the next push what failed before, however long it was to be left alone."""
    t = sync_delivery.c
    where = (t.connection == connection, t.entity == entity, t.state.in_(UNSENT_STATES), t.prm_id.in_(prm_ids))
    conn.execute(update(sync_delivery).where(*where).values(next_at=None))


def destinations(conn: Connection, entity: str, prm_ids: Collection[str]) -> list[tuple[str, str]]:
    """(PRM id, connection) of records that are on their way to a CRM."""
    t = sync_delivery.c
    query = select(t.prm_id, t.connection).where(t.entity == entity, t.state.in_(UNSENT_STATES), t.prm_id.in_(prm_ids))
    return [(prm_id, connection) for prm_id, connection in conn.execute(query)] if prm_ids else []


def counts(conn: Connection) -> dict[tuple[str, str, str], int]:
    """How many deliveries there are, by connection, object and state."""
    t = sync_delivery.c
    query = select(t.connection, t.object, t.state, func.count()).group_by(t.connection, t.object, t.state)
    return {(c, o, s): n for c, o, s, n in conn.execute(query)}


def owed(conn: Connection) -> dict[str, int]:
    """How many deliveries are not sent yet, by connection."""
    t = sync_delivery.c
    query = select(t.connection, func.count()).where(t.state.in_(UNSENT_STATES)).group_by(t.connection)
    return {connection: int(number) for connection, number in conn.execute(query)}


def owed_since(conn: Connection) -> dict[str, datetime]:
    """Since when the oldest delivery that is not sent yet waits, by connection."""
    t = sync_delivery.c
    query = select(t.connection, func.min(t.created_at)).where(t.state.in_(UNSENT_STATES)).group_by(t.connection)
    return {row[0]: row[1] for row in conn.execute(query)}


def _row(queued: Queued) -> dict[str, Any]:
    return {
        "id": queued.id,
        "connection": queued.connection,
        "object": queued.object,
        "entity": queued.entity,
        "prm_id": queued.prm_id,
        "role": queued.role,
        "crm_id": queued.crm_id,
        "op": "update" if queued.crm_id else "create",
        "values": dict(queued.values),
        "sent": dict(queued.sent),
        "seen": dict(queued.seen),
        "expected": queued.expected,
        "key": list(queued.key) if queued.key else None,
    }


def as_queued(row: Mapping[str, Any]) -> Queued:
    """A stored delivery."""
    return Queued(
        row["id"],
        row["connection"],
        row["object"],
        row["entity"],
        row["prm_id"],
        Role(row["role"]),
        row["crm_id"],
        row["values"],
        row["sent"],
        row["seen"],
        row["expected"],
        (row["key"][0], row["key"][1]) if row["key"] else None,
        row["attempts"],
        row["run_id"] or "",
    )
