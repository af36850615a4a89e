"""Answers a SOQL query from an org's tables: what it found, and how each row of it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from centri.sandbox import soql
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_aggregates import grouped
from centri.sandbox.salesforce_draw import Drawing
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_paths import Paths, Target, table_of
from centri.sandbox.salesforce_plain import plain
from centri.sandbox.salesforce_select import matching
from centri.sandbox.soql import Literal
from centri.sandbox.state import Refused

MOST_OFFSET = 2000
MOST_OF_ALL_FIELDS = 200
TOO_MANY_FIELDS = "The SOQL FIELDS function must have a LIMIT of at most 200"


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: the rows as they were, and how one is drawn (as it is by then); ``count`` for ``count()``.

    ``targets`` are the plain columns in the order of the query; the rows of an aggregate query are drawn already.
    """

    query: soql.Query
    table: Table
    rows: list[Any]
    draw: Callable[[Any], dict[str, Any]]
    count: bool
    targets: tuple[Target, ...]


def run(org: SalesforceOrg, text: str, version: str, *, deleted: bool = False) -> Found:
    """Run a query for an API version; with ``deleted`` over deleted rows too. Raises Refused."""
    return _run(org, soql.parse(text), version, deleted=deleted)


def _run(org: SalesforceOrg, query: soql.Query, version: str, *, deleted: bool) -> Found:
    table = table_of(org, query)
    query = _expanded(query, table)
    paths = Paths(org, query, table)
    if query.offset > MOST_OFFSET:
        raise Refused(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MOST_OFFSET}")

    def among(inner: soql.Query) -> tuple[Literal, ...]:
        return _among(org, inner, version, deleted=deleted)

    if query.where:
        query = replace(query, where=plain(query.where, paths.read, among, org.clock.now()))
    if query.aggregated:
        rows = matching(replace(query, sorts=(), limit=None, offset=0), paths, deleted=deleted)
        return Found(query, table, grouped(query, paths, rows), dict, False, ())
    _whole_fields(query)
    draw = Drawing(org, version, among, deleted=deleted).query(query, paths)

    def draw_now(row: Row) -> dict[str, Any]:
        return draw(table.get(row.id) or row)

    targets = tuple(paths.target(path) for path in query.columns if isinstance(path, soql.Path))
    return Found(query, table, matching(query, paths, deleted=deleted), draw_now, not query.columns, targets)


def _expanded(query: soql.Query, table: Table) -> soql.Query:
    """FIELDS(..) written out. Raises Refused."""
    columns: list[soql.Column] = []
    for column in query.columns:
        if not isinstance(column, soql.AllFields):
            columns.append(column)
            continue
        if column.which not in ("all", "standard", "custom"):
            raise soql.malformed(query.text, column.line, column.column, f"unexpected token: '{column.which}'")
        if column.which != "standard" and (query.limit is None or query.limit > MOST_OF_ALL_FIELDS):
            raise Refused(400, "MALFORMED_QUERY", TOO_MANY_FIELDS)
        wanted = {"all": (True, False), "standard": (False,), "custom": (True,)}[column.which]
        names = [field.name for field in table.schema.fields.values() if field.custom in wanted]
        columns += [soql.Path((name,), column.line, column.column) for name in names]
    return replace(query, columns=tuple(columns))


def _whole_fields(query: soql.Query) -> None:
    """Parts of dates are selected in grouped queries alone (SOQL guide, date functions). Raises Refused."""
    for path in query.columns:
        if isinstance(path, soql.Path) and path.function:
            message = f"a query with {path.function.upper()} in its columns must be grouped by it"
            raise soql.malformed(query.text, path.line, path.column, message)


def _among(org: SalesforceOrg, query: soql.Query, version: str, *, deleted: bool) -> tuple[Literal, ...]:
    """What a query within a condition finds in its one column. Raises Refused."""
    found = _run(org, query, version, deleted=deleted)
    if len(found.targets) != 1:
        place = query.object
        raise soql.malformed(query.text, place.line, place.column, "An inner query must select exactly one field")
    read = found.targets[0].read
    return tuple(Literal("STRING", value) for row in found.rows if (value := read(row)) is not None)
