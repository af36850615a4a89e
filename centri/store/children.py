"""What hangs on a row that goes into another, moved there; and moved back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Index, Table, UniqueConstraint, select, update

from centri.store import prm
from centri.store.prm_tables import lead_assignment, lead_offer
from centri.store.tables import metadata
from centri.store.usage import referring

Row = Mapping[str, Any]

_ORDERED = lead_assignment
"""The one table whose rows have numbers within their parent: those that come along are put before the survivor's own."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One row of a table, by column: what it held and what it holds now, as JSON values."""

    table: str
    id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def counted(conn: Connection, entity: str, ids: Collection[str]) -> dict[str, int]:
    """How many rows of each table hang on rows."""
    found: dict[str, int] = defaultdict(int)
    for table, column, kind in referring(entity):
        ours = conn.execute(select(table.c.id).where(column.in_(ids), table.c.id.not_in(ids), *kind)).all()
        found[table.name] += len(ours)
    return {name: number for name, number in found.items() if number}


def move(conn: Connection, entity: str, loser: str, survivor: str, *, actor: str, now: datetime, why: str) -> list[Moved]:
    """Let everything that names the loser name the survivor.

    A row of which the survivor has one already, as the database counts, stays; a row cannot name itself, and becomes blank.
    """
    done: list[Moved] = []
    for table, column, kind in referring(entity):
        rows = conn.execute(select(table).where(column == loser, table.c.id != loser, *kind)).mappings().all()
        if rows and table is _ORDERED:
            done += _assignments(conn, [dict(row) for row in rows], survivor, actor=actor, now=now, why=why)
        elif rows:
            free = _free(conn, table, column, [dict(row) for row in rows], survivor)
            done += [
                Moved(table.name, row["id"], {str(column.name): loser}, {str(column.name): _to(row, survivor)}) for row in free
            ]
    _write(conn, [m for m in done if m.table not in (_ORDERED.name, lead_offer.name)], actor=actor, now=now)
    return done


def _to(row: Row, survivor: str) -> str | None:
    return None if row["id"] == survivor else survivor


def _free(conn: Connection, table: Table, column: Column[Any], rows: Sequence[Row], survivor: str) -> list[Row]:
    """The rows that may name the survivor without being one too many, as the table's unique keys count."""
    free = list(rows)
    for others in _unique_beside(table, column):
        taken = {_key(row, others) for row in conn.execute(select(*others).where(column == survivor)).mappings()}
        free = [row for row in free if not _taken(_key(row, others), taken)]
    return free


def _unique_beside(table: Table, column: Column[Any]) -> Iterator[list[Column[Any]]]:
    """The other columns of each unique key that a column is part of."""
    unique = [c for c in table.constraints if isinstance(c, UniqueConstraint)] + [i for i in table.indexes if i.unique]
    for key in unique:
        held = list(key.columns)
        if column in held and (len(held) > 1 or isinstance(key, Index)):
            yield [c for c in held if c is not column] or [column]


def _key(row: Any, columns: Sequence[Column[Any]]) -> tuple[Any, ...]:
    return tuple(row[c.name] for c in columns)


def _taken(key: tuple[Any, ...], taken: set[tuple[Any, ...]]) -> bool:
    """Whether a key is in use; from now on it is. One with a blank in it never is, as databases count."""
    if None in key:
        return False
    found = key in taken
    taken.add(key)
    return found


def _assignments(
    conn: Connection, rows: list[dict[str, Any]], survivor: str, *, actor: str, now: datetime, why: str
) -> list[Moved]:
    """A lead's assignments go before the survivor's own; one that is live is withdrawn with its offers, for one lead has one."""
    t = _ORDERED.c
    own = [dict(row) for row in conn.execute(select(_ORDERED).where(t.lead_id == survivor).order_by(t.seq.desc())).mappings()]
    moved = [m for row in rows for m in _withdrawn(conn, row, now, why)]
    moved += [Moved(_ORDERED.name, row["id"], {"seq": row["seq"]}, {"seq": row["seq"] + len(rows)}) for row in own]
    first = min((row["seq"] for row in own), default=1)
    for place, row in enumerate(sorted(rows, key=lambda row: row["seq"])):
        before = {"lead_id": row["lead_id"], "seq": row["seq"]}
        moved.append(Moved(_ORDERED.name, row["id"], before, {"lead_id": survivor, "seq": first + place}))
    for one in moved:
        _write(conn, [one], actor=actor, now=now)
    return moved


def _withdrawn(conn: Connection, assignment: Row, now: datetime, why: str) -> Iterator[Moved]:
    if assignment["state"] not in ("offered", "accepted", "retained"):
        return
    offers = select(lead_offer).where(
        lead_offer.c.assignment_id == assignment["id"], lead_offer.c.state.in_(("offered", "viewed"))
    )
    for offer in conn.execute(offers).mappings():
        yield _changed(lead_offer, dict(offer), {"state": "withdrawn", "reason": why})
    yield _changed(_ORDERED, assignment, {"state": "withdrawn", "ended_at": now, "end_reason": why})


def _changed(table: Table, row: Row, values: Row) -> Moved:
    return Moved(table.name, row["id"], {n: prm.tell(row[n]) for n in values}, {n: prm.tell(v) for n, v in values.items()})


def _write(conn: Connection, moved: Sequence[Moved], *, actor: str, now: datetime) -> None:
    alike: dict[tuple[str, str], list[Moved]] = defaultdict(list)
    for one in moved:
        alike[one.table, repr(sorted(one.after.items()))].append(one)
    for (name, _), some in sorted(alike.items()):
        table = metadata.tables[name]
        ids = sorted(one.id for one in some)
        conn.execute(update(table).where(table.c.id.in_(ids)).values(_held(table, some[0].after) | _by(actor, now)))


def _held(table: Table, values: Row) -> dict[str, Any]:
    return {name: prm.hold(table.c[name], value) for name, value in values.items()}


def _by(actor: str, now: datetime) -> dict[str, Any]:
    return {"updated_by": actor, "updated_at": now}


def as_left(conn: Connection, moved: Sequence[Moved]) -> tuple[list[Moved], list[Moved]]:
    """What still holds what it was given, and so may go back; and what somebody changed since. Column by column."""
    wanted: dict[str, set[str]] = defaultdict(set)
    last: dict[tuple[str, str, str], Any] = {}
    for one in moved:
        wanted[one.table].add(one.id)
        last |= {(one.table, one.id, name): value for name, value in one.after.items()}
    rows = {name: _rows(conn, metadata.tables[name], ids) for name, ids in wanted.items()}
    now = {key: prm.tell(rows[key[0]][key[1]][key[2]]) for key in last if key[1] in rows[key[0]]}
    ours = {key for key, value in last.items() if key in now and now[key] == value}
    return _those(moved, ours), _those(moved, last.keys() - ours)


def _those(moved: Sequence[Moved], columns: Collection[tuple[str, str, str]]) -> list[Moved]:
    found = []
    for one in moved:
        names = [name for name in one.after if (one.table, one.id, name) in columns]
        if names:
            found.append(Moved(one.table, one.id, {n: one.before[n] for n in names}, {n: one.after[n] for n in names}))
    return found


def _rows(conn: Connection, table: Table, ids: Collection[str]) -> dict[str, Row]:
    return {row["id"]: dict(row) for row in conn.execute(select(table).where(table.c.id.in_(ids))).mappings()}


def move_back(conn: Connection, moved: Sequence[Moved], *, actor: str, now: datetime) -> None:
    """Let rows hold what they held, the last that was moved first."""
    back = [Moved(one.table, one.id, one.after, one.before) for one in reversed(moved)]
    plain = [one for one in back if one.table not in (_ORDERED.name, lead_offer.name)]
    for one in (one for one in back if one.table in (_ORDERED.name, lead_offer.name)):
        _write(conn, [one], actor=actor, now=now)
    _write(conn, plain, actor=actor, now=now)
