"""The rows that a SOQL query selects: found by index where the query allows, sorted and cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice, takewhile
from typing import Any, TypeVar

from centri.sandbox import soql
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_paths import Paths
from centri.sandbox.salesforce_where import Where, folded
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

T = TypeVar("T")
Look = Callable[[Any], Any]


def matching(query: soql.Query, paths: Paths, *, deleted: bool) -> list[Row]:
    """Rows of the queried table that pass, in order, cut to offset and limit."""
    rows, ordered = _candidates(paths.table, query, Where(query, paths.read), deleted=deleted)
    return cut(query, rows if ordered else arranged(query, paths, rows))


def arranged(query: soql.Query, paths: Paths, rows: Iterable[Row]) -> Iterable[Row]:
    """Rows in the order that the query asks for. Raises Refused."""
    sorts = [(sort, _sortable(query, sort, *paths.read(sort.path))) for sort in query.sorts]
    return in_order(list(rows), sorts) if sorts else rows


def cut(query: soql.Query, rows: Iterable[T]) -> list[T]:
    """What offset and limit leave."""
    stop = None if query.limit is None else query.offset + query.limit
    return list(islice(rows, query.offset, stop))


def in_order(rows: list[T], sorts: list[tuple[soql.Sort, Look]]) -> list[T]:
    """Sorted; nulls come first, or last if the query says so."""
    for sort, read in reversed(sorts):
        rows.sort(key=_place(read), reverse=sort.descending)
        nulls = [row for row in rows if read(row) is None]
        if nulls:
            rest = [row for row in rows if read(row) is not None]
            rows = rest + nulls if sort.nulls_last else nulls + rest
    return rows


def _candidates(table: Table, query: soql.Query, where: Where, *, deleted: bool) -> tuple[Iterable[Row], bool]:
    """Rows that pass, and whether they come in the order that the query asks for."""
    condition = query.where
    if condition is None:
        return table.since(deleted=deleted), _by_stamp(query)
    test = where.test(condition)
    keyed = _by_key(table, condition, where)
    if keyed is not None:
        return [row for row in keyed if (deleted or not row.deleted) and test(row)], False
    if _by_id(query) and (after := where.after(condition)):
        return (row for row in table.from_id(after) if (deleted or not row.deleted) and test(row)), True
    rows = _between(table, where.low(condition), where.high(condition), deleted=deleted)
    return rows if where.only_stamps(condition) else filter(test, rows), _by_stamp(query)


def _by_key(table: Table, condition: soql.Condition, where: Where) -> Iterable[Row] | None:
    ids = where.keys(condition, "Id")
    if ids is not None:
        return [row for one in dict.fromkeys(ids) if (row := table.get(one))]
    for name in table.schema.keyed():
        values = where.keys(condition, name)
        if values is not None:
            return [row for value in dict.fromkeys(values) for row in table.find(name, value, deleted=True)]
    return None


def _between(table: Table, low: tuple[int, str] | None, high: int | None, *, deleted: bool) -> Iterator[Row]:
    rows = table.since(low, deleted=deleted)
    return rows if high is None else takewhile(lambda row: row.stamp < high, rows)


def _names(query: soql.Query) -> list[tuple[str, bool]]:
    return [
        (
            sort.path.names[-1].casefold()
            if isinstance(sort.path, soql.Path) and len(sort.path.names) == 1 and not sort.path.function
            else "",
            sort.descending,
        )
        for sort in query.sorts
    ]


def _by_stamp(query: soql.Query) -> bool:
    return _names(query) in ([("systemmodstamp", False)], [("systemmodstamp", False), ("id", False)])


def _by_id(query: soql.Query) -> bool:
    return _names(query) == [("id", False)]


def _sortable(query: soql.Query, sort: soql.Sort, field: Field, read: Look) -> Look:
    """What a sort looks at: ids and numbers as they are, text without its case."""
    if field.type == "address" or field.extra["flags"] & {"unfilterable", "unsortable"}:
        message = f"field '{field.name}' can not be sorted in a query call"
        assert isinstance(sort.path, soql.Path)
        raise Refused(400, "MALFORMED_QUERY", soql.at(query.text, sort.path.line, sort.path.column, message))
    return read if field.type in ("id", "reference") else folded(read)


def _place(read: Look) -> Callable[[Any], Any]:
    return lambda row: (0, 0) if (value := read(row)) is None else (1, value)
