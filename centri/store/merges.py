"""The log of what went into what, and the links of rows that did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from centri.records import IMPORT
from centri.store.journal_tables import sync_link
from centri.store.merge_tables import merge_log
from centri.sync.link import LinkState, Role

Row = Mapping[str, Any]

_LIVING = (LinkState.ACTIVE, LinkState.DISCONNECTED)


def log(conn: Connection, row: Row) -> int:
    """Write down one merge; answers its number."""
    return int(conn.execute(insert(merge_log).values(row).returning(merge_log.c.id)).scalar_one())


def undoable(conn: Connection, name: str) -> list[dict[str, Any]]:
    """The merges that an undo may mean, the latest first: the one of this number, or those of this survivor."""
    t = merge_log.c
    which = t.id == int(name) if name.isdigit() else t.survivor_id == name
    query = select(merge_log).where(which, t.undone_at.is_(None)).order_by(t.id.desc())
    return [dict(row) for row in conn.execute(query).mappings()]


def latest(conn: Connection, *, most: int) -> list[dict[str, Any]]:
    """The last merges, the latest first: number, entity, survivor, loser, when, and since when they are taken back."""
    t = merge_log.c
    columns = (t.id, t.entity, t.survivor_id, t.loser_id, t.because, t.probability, t.at, t.undone_at)
    return [dict(row) for row in conn.execute(select(*columns).order_by(t.id.desc()).limit(most)).mappings()]


def ever(conn: Connection, name: str) -> bool:
    """Whether any merge has this number or survivor, undone ones among them."""
    t = merge_log.c
    which = t.id == int(name) if name.isdigit() else t.survivor_id == name
    return conn.execute(select(t.id).where(which).limit(1)).first() is not None


def later(conn: Connection, entity: str, id: str) -> int | None:
    """The number of the merge by which a row went into another, where it did."""
    t = merge_log.c
    query = select(t.id).where(t.entity == entity, t.loser_id == id, t.undone_at.is_(None)).order_by(t.id.desc()).limit(1)
    return conn.execute(query).scalar_one_or_none()


def undone(conn: Connection, number: int, *, by: str, now: datetime) -> None:
    conn.execute(update(merge_log).where(merge_log.c.id == number).values(undone_at=now, undone_by=by))


def follow(conn: Connection, entity: str, loser: str, survivor: str) -> list[dict[str, Any]]:
    """Let the loser's links follow the survivor; answers each link that changed, before and after.

    Where nothing of a CRM's object stands for the survivor yet, the loser's record does from now on. Otherwise the link stays
    with the loser and is over: its CRM record stands for the survivor wherever others refer to it.
    """
    t = sync_link.c
    mine = (t.entity == entity, t.state.in_(_LIVING))
    query = (
        select(t.id, t.connection, t.object, t.prm_id, t.role, t.state)
        .where(*mine, t.prm_id.in_((loser, survivor)))
        .order_by(t.id)
    )
    found = [dict(row) for row in conn.execute(query).mappings()]
    taken = {(row["connection"], row["object"]) for row in found if row["prm_id"] == survivor}
    origin = any(row["prm_id"] == survivor and row["role"] == Role.ORIGIN for row in found)
    changed = []
    for row in (row for row in found if row["prm_id"] == loser):
        before = {name: row[name] for name in ("prm_id", "role", "state")}
        after = before | _after(row, survivor, taken=(row["connection"], row["object"]) in taken, origin=origin)
        taken.add((row["connection"], row["object"]))
        origin = origin or after["role"] == Role.ORIGIN
        conn.execute(update(sync_link).where(t.id == row["id"]).values(after))
        changed.append(
            {"id": row["id"], "connection": row["connection"], "object": row["object"], "before": before, "after": after}
        )
    return changed


def _after(row: Row, survivor: str, *, taken: bool, origin: bool) -> dict[str, Any]:
    if taken:
        return {"state": LinkState.MERGED.value}
    mirror = row["role"] == Role.ORIGIN and origin and row["connection"] != IMPORT
    return {"prm_id": survivor} | ({"role": Role.MIRROR.value} if mirror else {})


def unfollow(conn: Connection, changed: Sequence[Row]) -> None:
    """Give links back what they were, each unless somebody changed it since."""
    t = sync_link.c
    for one in reversed(changed):
        same = (t[name] == value for name, value in one["after"].items())
        conn.execute(update(sync_link).where(t.id == one["id"], *same).values(one["before"]))
