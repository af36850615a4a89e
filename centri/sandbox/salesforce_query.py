"""Answers a SOQL query from an org's tables, by index where the query allows, and draws its rows as JSON values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from centri.sandbox import soql
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_columns import Read, column
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_paths import Target, follow, resolve, table_of
from centri.sandbox.salesforce_where import Where, folded
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

MOST_OFFSET = 2000
Draw = Callable[[Row], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: the rows as they were, and how one is drawn; ``count`` alone for ``count()``."""

    table: Table
    rows: list[Row]
    draw: Draw
    count: bool


def run(org: SalesforceOrg, text: str, version: str, *, deleted: bool = False) -> Found:
    """Run a query for an API version; with ``deleted`` over deleted rows too. Raises Refused."""
    query = soql.parse(text)
    table = table_of(org, query)
    targets: dict[tuple[str, ...], Target] = {}

    def target(path: soql.Path) -> Target:
        if path.names not in targets:
            targets[path.names] = resolve(org, query, table, path)
        return targets[path.names]

    if query.offset > MOST_OFFSET:
        raise Refused(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MOST_OFFSET}")
    draw = _drawing(org, table, [target(path) for path in query.columns], version)
    where = Where(query, lambda path: (target(path).field, target(path).read), org.clock.now())
    rows, ordered = _candidates(table, query, where, deleted=deleted)
    sorts = [_sorting(query, sort, target(sort.path)) for sort in query.sorts]
    if not ordered and sorts:
        rows = _sorted(list(rows), sorts)
    stop = None if query.limit is None else query.offset + query.limit
    return Found(table, list(islice(rows, query.offset, stop)), draw, not query.columns)


# -- which rows --------------------------------------------------------------------------------------------------------


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


def _by_stamp(query: soql.Query) -> bool:
    names = [sort.path.names[-1].casefold() for sort in query.sorts if len(sort.path.names) == 1]
    rising = not any(sort.descending for sort in query.sorts)
    return rising and len(names) == len(query.sorts) and names in (["systemmodstamp"], ["systemmodstamp", "id"])


def _by_id(query: soql.Query) -> bool:
    return [(sort.path.names[-1].casefold(), sort.descending) for sort in query.sorts] == [("id", False)]


# -- in which order ----------------------------------------------------------------------------------------------------


def _sorting(query: soql.Query, sort: soql.Sort, target: Target) -> tuple[soql.Sort, Read]:
    """A sort and what it sorts by: ids and numbers as they are, text without its case."""
    flags = target.field.extra["flags"]
    if target.field.type == "address" or flags & {"unfilterable", "unsortable"}:
        message = f"field '{target.field.name}' can not be sorted in a query call"
        raise Refused(400, "MALFORMED_QUERY", soql.at(query.text, sort.path.line, sort.path.column, message))
    return sort, target.read if target.field.type in ("id", "reference") else folded(target.read)


def _sorted(rows: list[Row], sorts: list[tuple[soql.Sort, Read]]) -> list[Row]:
    for sort, read in reversed(sorts):
        rows.sort(key=_place(read), reverse=sort.descending)
        nulls = [row for row in rows if read(row) is None]
        if nulls:
            rest = [row for row in rows if read(row) is not None]
            rows = rest + nulls if sort.nulls_last else nulls + rest
    return rows


def _place(read: Read) -> Callable[[Row], Any]:
    return lambda row: (0, 0) if (value := read(row)) is None else (1, value)


# -- how they look -----------------------------------------------------------------------------------------------------


def _drawing(org: SalesforceOrg, table: Table, targets: list[Target], version: str) -> Draw:
    """A function that draws a row: its own columns, and a nested record for each parent that is asked after."""
    own: dict[str, Read] = {}
    parents: dict[str, tuple[Field, list[Target]]] = {}
    for target in targets:
        if not target.lookups:
            own[target.field.name] = column(table.schema, target.field)
            continue
        first, *rest = target.lookups
        assert first.relationship
        below = Target(tuple(rest), target.field, target.read)
        parents.setdefault(first.relationship, (first, []))[1].append(below)
    name, url = table.schema.name, f"/services/data/{version}/sobjects/{table.schema.name}/"
    columns = list(own.items())

    def draw(row: Row) -> dict[str, Any]:
        drawn: dict[str, Any] = {"attributes": {"type": name, "url": url + row.id}}
        for key, read in columns:
            drawn[key] = read(row)
        for key, (lookup, below) in parents.items():
            drawn[key] = _parent(org, row, lookup, below, version)
        return drawn

    return draw


def _parent(org: SalesforceOrg, row: Row, lookup: Field, targets: list[Target], version: str) -> dict[str, Any] | None:
    found = follow(org, row, lookup)
    if found is None:
        return None
    table, parent = found
    here = [t for t in targets if t.lookups or table.schema.field(t.field.name)]
    return _drawing(org, table, here, version)(parent)
