"""What a CRM changed and is not settled yet. A page's rows and the cursor behind them commit together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, and_, bindparam, func, or_, select, tuple_, update

from centri.records import Cursor, Record, Ref
from centri.store import links
from centri.store.journal_tables import UNSETTLED, sync_cursor, sync_link, sync_staging
from centri.store.upsert import upsert

_REPLACED = (
    "object",
    "stamp",
    "version",
    "values",
    "deleted",
    "merged_into",
    "converted_to",
    "state",
    "waits_for",
    "run_id",
    "staged_at",
)


DEFERRED = "deferred"
"""The outcome of a row whose parent may still come within the same settling."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One CRM record waiting to be settled for one entity; ``number`` grows with arrival.

    ``again`` is None but for a backfill: then it names the fields to take again, or is empty for those newly mapped.
    """

    number: int
    entity: str
    record: Record
    state: str = "open"
    outcome: str = ""
    again: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How a staged record left: ``done`` it is settled, ``waiting`` it stays owed and is asked about again.

    ``waits_for`` is the CRM id of the parent without which there is no use in asking again.
    """

    number: int
    version: str
    state: str
    outcome: str
    note: str = ""
    waits_for: str = ""


def stage(
    conn: Connection, rows: Iterable[tuple[str, Record]], *, run_id: str, now: datetime, again: Sequence[str] | None = None
) -> None:
    """Stage (entity, record) pairs. A newer row retires an unfinished older one of the same record.

    What an unfinished row is to take ``again`` its successor takes again too.

    What a CRM still tells of people who were erased here is not even staged; of a record that tells of something else too,
    such as a lead that carries an opportunity, that alone is.
    """
    given = list(rows)
    gone = links.erased(conn, {record.ref for _, record in given})

    def hers(ref: Ref) -> set[str]:
        return gone[ref][1] if ref in gone else set()

    values = [
        {
            "connection": record.ref.system,
            "object": record.ref.object,
            "entity": entity,
            "crm_id": record.ref.id,
            "stamp": record.changed_at,
            "version": record.version,
            "values": {name: value for name, value in record.values.items() if name not in hers(record.ref)},
            "deleted": record.deleted,
            "merged_into": record.merged_into,
            "converted_to": dict(record.converted_to),
            "state": "open",
            "waits_for": None,
            "run_id": run_id,
            "again": None if again is None else sorted(again),
            "staged_at": now,
        }
        for entity, record in given
        if record.ref not in gone or entity not in gone[record.ref][0]
    ]
    asked = _REPLACED if again is None else (*_REPLACED, "again")
    upsert(conn, sync_staging, values, ("connection", "entity", "crm_id"), update=asked, where=UNSETTLED)


def fresh(conn: Connection, connection: str, entity: str, object: str, *, after: int, most: int) -> list[Staged]:
    """Rows that nobody has decided on yet, in order of arrival, from behind ``after``."""
    return _page(conn, connection, entity, object, sync_staging.c.state == "open", after, most)


def due(conn: Connection, connection: str, entity: str, object: str, *, after: int, most: int) -> list[Staged]:
    """Rows that waited and may go on: no parent is missing any more, or nobody has been told of it yet."""
    t, parent = sync_staging.c, sync_link.c
    arrived = select(parent.id).where(parent.connection == connection, parent.crm_id == t.waits_for, parent.state == "active")
    again = or_(t.waits_for.is_(None), t.outcome == DEFERRED, arrived.exists())
    return _page(conn, connection, entity, object, and_(t.state == "waiting", again), after, most)


def _page(
    conn: Connection, connection: str, entity: str, object: str, which: ColumnElement[bool], after: int, most: int
) -> list[Staged]:
    t = sync_staging.c
    mine = (t.connection == connection, t.entity == entity, t.object == object, t.id > after)
    query = select(sync_staging).where(*mine, which).order_by(t.id).limit(most)
    return [_staged(dict(row)) for row in conn.execute(query).mappings()]


def ask_again(conn: Connection, connection: str, entity: str) -> None:
    """Open the last row of each record that was settled and belongs to nothing here."""
    t, link = sync_staging.c, sync_link.c
    mine = (t.connection == connection, t.entity == entity)
    last = select(func.max(t.id)).where(*mine).group_by(t.crm_id)
    known = (link.connection == t.connection, link.entity == t.entity, link.crm_id == t.crm_id, link.state != "unlinked")
    strangers = (t.id.in_(last), t.state == "done", ~select(link.id).where(*known).exists())
    conn.execute(update(sync_staging).where(*mine, *strangers).values(state="open", settled_at=None))


def latest(conn: Connection, connection: str, entity: str, object: str, crm_id: str) -> Staged | None:
    """The last row of one record for one entity, whatever became of it."""
    t = sync_staging.c
    where = (t.connection == connection, t.entity == entity, t.object == object, t.crm_id == crm_id)
    row = conn.execute(select(sync_staging).where(*where).order_by(t.id.desc()).limit(1)).mappings().first()
    return _staged(dict(row)) if row else None


def merged(conn: Connection, connection: str, entity: str) -> list[Staged]:
    """Rows that are not settled and that lost a merge."""
    t = sync_staging.c
    query = select(sync_staging).where(t.connection == connection, t.entity == entity, t.state.in_(("open", "waiting")))
    return [_staged(dict(row)) for row in conn.execute(query.where(t.merged_into.is_not(None))).mappings()]


def heirs(conn: Connection, connection: str, object: str) -> set[tuple[str, str]]:
    """(entity, CRM id) of what won merges against linked records, or against their heirs, and is not linked for that entity.

    Of merges that are not settled, for as long as the heir is not staged.
    """
    found = conn.execute(_heirs(), {"named": connection, "read": object})
    return {(row.entity, row.merged_into) for row in found}


@cache
def _heirs() -> Select[str, str]:
    """Asked of every object in every round; making the statement takes longer than it does."""
    connection, object = bindparam("named", type_=String), bindparam("read", type_=String)
    t, link, heir, other = sync_staging.c, sync_link.alias().c, sync_staging.alias().c, sync_staging.alias().c
    mine = (t.connection == connection, t.object == object, t.state != "done", t.merged_into.is_not(None))

    def linked(crm_id: ColumnElement[str]) -> ColumnElement[bool]:
        here = (link.connection == connection, link.object == object, link.entity == t.entity, link.crm_id == crm_id)
        return select(link.id).where(*here).exists()

    same = (heir.connection == connection, heir.entity == t.entity, heir.crm_id == t.merged_into, heir.state != "done")
    merged = (other.connection == connection, other.entity == t.entity, other.merged_into == t.crm_id, other.state != "done")
    inherits = select(other.id).where(*merged).exists()
    wanted = (or_(linked(t.crm_id), inherits), ~linked(t.merged_into), ~select(heir.id).where(*same).exists())
    return select(t.entity, t.merged_into).where(*mine, *wanted)


def unsettled(conn: Connection, connection: str, object: str, crm_ids: Collection[str]) -> set[tuple[str, str]]:
    """(entity, CRM id) of the records that are not settled yet: whatever becomes of them retires the row that waits."""
    t = sync_staging.c
    where = (t.connection == connection, t.object == object, t.crm_id.in_(crm_ids), t.state != "done")
    return {(entity, crm_id) for entity, crm_id in conn.execute(select(t.entity, t.crm_id).where(*where))} if crm_ids else set()


def waiting(conn: Connection, connection: str, entity: str, *, most: int) -> list[Staged]:
    """Records that are not settled yet, the latest first, without those that were deleted."""
    t = sync_staging.c
    where = (t.connection == connection, t.entity == entity, t.state != "done", t.deleted.is_(False))
    query = select(sync_staging).where(*where).order_by(t.id.desc()).limit(most)
    return [_staged(dict(row)) for row in conn.execute(query).mappings()]


def count_owed(conn: Connection, connection: str, entity: str) -> int:
    t = sync_staging.c
    query = select(func.count()).where(t.connection == connection, t.entity == entity, t.state != "done")
    return int(conn.execute(query).scalar_one())


def owed_since(conn: Connection, connection: str, object: str) -> datetime | None:
    """The oldest stamp of an object's rows that are not settled; None where all are."""
    t = sync_staging.c
    where = (t.connection == connection, t.object == object, t.state != "done")
    found: datetime | None = conn.execute(select(func.min(t.stamp)).where(*where)).scalar_one_or_none()
    return found


def close(conn: Connection, closings: Sequence[Closing], *, now: datetime) -> None:
    """Close staged rows, each only if it still holds the version that was decided on."""
    t = sync_staging.c
    for effect, batch in _by_effect(closings).items():
        decided = tuple_(t.id, t.version).in_([(c.number, c.version) for c in batch])
        values = dict(zip(("state", "outcome", "note", "waits_for"), effect, strict=True))
        conn.execute(update(sync_staging).where(decided).values(**values, settled_at=now))


def _by_effect(closings: Sequence[Closing]) -> dict[tuple[str, str, str, str | None], list[Closing]]:
    groups: dict[tuple[str, str, str, str | None], list[Closing]] = {}
    for closing in closings:
        groups.setdefault((closing.state, closing.outcome, closing.note, closing.waits_for or None), []).append(closing)
    return groups


def cursor(conn: Connection, connection: str, object: str) -> Cursor | None:
    t = sync_cursor.c
    row = conn.execute(select(t.stamp, t.crm_id).where(t.connection == connection, t.object == object)).first()
    return Cursor(row.stamp, row.crm_id) if row else None


def move_cursor(conn: Connection, connection: str, object: str, to: Cursor, *, run_id: str, now: datetime) -> None:
    row = {"connection": connection, "object": object, "stamp": to.stamp, "crm_id": to.id, "run_id": run_id, "updated_at": now}
    upsert(conn, sync_cursor, [row], ("connection", "object"))


def story(conn: Connection, connection: str, object: str, crm_id: str) -> list[Mapping[str, Any]]:
    """Every staged row of one record, oldest first."""
    t = sync_staging.c
    query = select(sync_staging).where(t.connection == connection, t.object == object, t.crm_id == crm_id).order_by(t.id)
    return [dict(row) for row in conn.execute(query).mappings()]


def _staged(row: Mapping[str, Any]) -> Staged:
    record = Record(
        Ref(row["connection"], row["object"], row["crm_id"]),
        row["values"],
        row["version"],
        row["stamp"],
        row["deleted"],
        row["merged_into"],
        row["converted_to"],
    )
    again = None if row["again"] is None else tuple(row["again"])
    return Staged(row["id"], row["entity"], record, row["state"], row["outcome"] or "", again)
