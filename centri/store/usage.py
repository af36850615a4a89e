"""Who refers to a PRM row, and what a row holds that nobody gave a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Integer, Table, select
from sqlalchemy.sql.elements import False_, TextClause, True_

from centri.dedupe.blocking import norms
from centri.store import prm
from centri.store.prm_tables import activity, note
from centri.store.tables import common, metadata

_OWN = frozenset(column.name for column in common()) | {"parent_type", "parent_id"}
_BY_TYPE = ((note, note.c.parent_type, note.c.parent_id), (activity, activity.c.subject_type, activity.c.subject_id))


def users(conn: Connection, entity: str, ids: Collection[str], *, but: Collection[str] = ()) -> dict[str, set[str]]:
    """The tables with living rows that refer to rows of an entity, by id; the rows ``but`` do not count."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, column, kind in referring(entity):
        query = select(table.c.id, column).where(column.in_(ids), *kind)
        if "deleted_at" in table.c:
            query = query.where(table.c.deleted_at.is_(None))
        for user, used in conn.execute(query) if ids else ():
            if user not in but and user != used:
                found[used].add(table.name)
    return found


def referring(entity: str) -> Iterator[tuple[Table, Column[Any], tuple[ColumnElement[bool], ...]]]:
    """Every table and column that names rows of an entity, with the conditions under which it does."""
    for table in metadata.sorted_tables:
        for column in table.c:
            if any(_table(key.column.table) is prm.ENTITIES[entity] for key in column.foreign_keys):
                yield table, column, ()
    for table, kind, column in _BY_TYPE:
        yield table, column, (kind == entity,)


def _table(found: FromClause) -> FromClause:
    return found


@cache
def blank(entity: str) -> Mapping[str, Any]:
    """What a new row holds in each column that nobody gives a value, but for those that the store fills in itself."""
    table = prm.ENTITIES[entity]
    derived = norms(entity, dict.fromkeys(table.c.keys()))
    return {c.name: _default(c) for c in table.c if c.name not in _OWN and c.name not in derived and _is_plain(c)}


def _is_plain(column: Column[Any]) -> bool:
    return column.server_default is None or isinstance(_given(column), str | TextClause | True_ | False_)


def _given(column: Column[Any]) -> Any:
    return getattr(column.server_default, "arg", None)


def _default(column: Column[Any]) -> Any:
    given = _given(column)
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, TextClause):
        return int(given.text) if isinstance(column.type, Integer) else given.text.strip("'")
    return isinstance(given, True_)
