"""One set-based UPSERT for each dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, TextClause
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    *,
    update: Sequence[str] | None = None,
    also: Mapping[str, ColumnElement[Any]] | None = None,
    guard: str | None = None,
    where: ColumnElement[bool] | TextClause | None = None,
) -> set[Any]:
    """Insert the rows; where the key is taken, set the ``update`` columns instead (None: all that a row gives; empty: none).

    Answers the keys actually written: values of a one-column key, tuples of a longer one. ``also`` sets further columns of a
    present row to expressions (``{"occurrences": table.c.occurrences + 1}``). With ``guard`` (a counter such as ``revision``)
    a present row is overwritten only where the new count is one more than its own: one that moved is left alone and not
    answered. ``where`` is the condition of the partial unique index that the key belongs to.

    Of several rows with one key the last counts. Give whole rows: a database checks NOT NULL before it sees that the key is
    taken. SQLAlchemy cuts the statement to the number of parameters a database takes.
    """
    written: set[Any] = set()
    for columns, alike in _by_columns(_last_of_each(rows, key)):
        changes = tuple(name for name in (columns if update is None else update) if name in columns and name not in key)
        statement = _kept if also is None and where is None else _statement
        answer = conn.execute(statement(conn.dialect.name, table, changes, tuple(key), guard, also, where), alike)
        written.update(answer.scalars() if len(key) == 1 else map(tuple, answer))
    return written


def _statement(
    dialect: str, table: Table, changes: tuple[str, ...], key: tuple[str, ...], guard: str | None,
    also: Mapping[str, ColumnElement[Any]] | None, where: ColumnElement[bool] | TextClause | None,
) -> ReturningInsert[Any]:  # fmt: skip
    insert = _INSERT[dialect](table)
    new = {name: insert.excluded[name] for name in changes} | dict(also or {})
    unmoved = None if guard is None else table.c[guard] == insert.excluded[guard] - 1
    target = {"index_elements": list(key), "index_where": where}
    clash = insert.on_conflict_do_update(**target, set_=new, where=unmoved) if new else insert.on_conflict_do_nothing(**target)
    made: ReturningInsert[Any] = clash.returning(*(table.c[name] for name in key))
    return made


_kept = cache(_statement)
"""Making such a statement takes longer than many an execution of it; there are as many as there are shapes of rows."""


def _last_of_each(rows: Iterable[Mapping[str, Any]], key: Sequence[str]) -> list[Mapping[str, Any]]:
    return list({tuple(row[name] for name in key): row for row in rows}.values())


def _by_columns(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Rows that give the same columns go together: a column that a row does not give is not touched."""
    ordered = sorted((tuple(sorted(row)), place, row) for place, row in enumerate(rows))
    for columns, alike in groupby(ordered, key=lambda entry: entry[0]):
        yield columns, [dict(row) for _, _, row in alike]
