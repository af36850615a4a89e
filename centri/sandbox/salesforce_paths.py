"""Where a SOQL field path leads: from a row by way of its parents to a field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from centri.sandbox import soql
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_columns import Read, reader
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.schema import Field
from centri.sandbox.soql_date_parts import part, takes
from centri.sandbox.state import Refused

CUSTOM_HINT = (
    "If you are attempting to use a custom {0}, be sure to append the '{1}' after the {2}. Please reference your WSDL or "
)
CUSTOM_HINT += "the describe call for the appropriate names."


@dataclass(frozen=True, slots=True)
class Target:
    """The end of a path: the lookups on the way, the field, and how a row is read for it (in stored form)."""

    lookups: tuple[Field, ...]
    field: Field
    read: Read


def table_of(org: SalesforceOrg, query: soql.Query) -> Table:
    """The queried object's table. Raises Refused INVALID_TYPE."""
    path = query.object
    try:
        return org.table(path.names[0])
    except KeyError:
        hint = CUSTOM_HINT.format("object", "__c", "entity name")
        message = f"sObject type '{path.names[0]}' is not supported. {hint}"
        raise Refused(400, "INVALID_TYPE", soql.at(query.text, path.line, path.column, message)) from None


def resolve(org: SalesforceOrg, query: soql.Query, table: Table, path: soql.Path) -> Target:
    """Follow a path from the queried object. Raises Refused INVALID_FIELD."""
    names = path.names
    if len(names) > 1 and names[0].casefold() in (table.schema.name.casefold(), (query.alias or "").casefold()):
        names = names[1:]
    lookups: list[Field] = []
    tables = [table]
    for name in names[:-1]:
        lookup = relation(tables, name)
        if lookup is None:
            hint = CUSTOM_HINT.format("relationship", "__r", "custom relationship name")
            raise _no_field(query, path, f"Didn't understand relationship '{name}' in field path. {hint}")
        lookups.append(lookup)
        tables = [org.tables[target] for target in lookup.refers_to if target in org.tables]
    field = next((found for one in tables if (found := one.schema.field(names[-1]))), None)
    if field is None:
        hint = CUSTOM_HINT.format("field", "__c", "custom field name")
        raise _no_field(query, path, f"No such column '{names[-1]}' on entity '{tables[0].schema.name}'. {hint}")
    return Target(tuple(lookups), field, _read(org, table, lookups, field))


class Paths:
    """The paths of one query, each resolved once."""

    def __init__(self, org: SalesforceOrg, query: soql.Query, table: Table) -> None:
        self.org, self.query, self.table = org, query, table
        self._targets: dict[tuple[tuple[str, ...], str | None], Target] = {}

    def target(self, path: soql.Path) -> Target:
        """Raises Refused INVALID_FIELD."""
        key = (path.names, path.function)
        if key not in self._targets:
            found = resolve(self.org, self.query, self.table, path)
            self._targets[key] = _part(self.query, path, found) if path.function else found
        return self._targets[key]

    def read(self, path: soql.Path | soql.Aggregate) -> tuple[Field, Read]:
        """A path's field, and how a row is read for it. Raises Refused."""
        if isinstance(path, soql.Aggregate):
            place = path.path
            raise soql.malformed(self.query.text, place.line, place.column, "unexpected aggregate in a row's condition or order")
        target = self.target(path)
        return target.field, target.read


def _part(query: soql.Query, path: soql.Path, target: Target) -> Target:
    """A date function's target. Raises Refused."""
    function, field, read = path.function or "", target.field, target.read
    if not takes(function, field.type):
        message = f"field '{field.name}' can not be used in function {function.upper()}"
        raise soql.malformed(query.text, path.line, path.column, message)
    kind = Field(f"{function}({field.name})", "date" if function == "day_only" else "int", extra={"flags": frozenset()})
    return Target(target.lookups, kind, lambda row: part(function, read(row)))


def follow(org: SalesforceOrg, row: Row, lookup: Field) -> tuple[Table, Row] | None:
    """The parent that a row's lookup points to."""
    table = org.by_prefix(row.id)
    parent = reader(table.schema, lookup)(row) if table else None
    return org.by_id(parent) if parent else None


def relation(tables: list[Table], name: str) -> Field | None:
    """The lookup that is followed by this name, from rows of these tables."""
    wanted = name.casefold()
    for table in tables:
        for field in table.schema.fields.values():
            if field.relationship and field.relationship.casefold() == wanted:
                return field
    return None


def _read(org: SalesforceOrg, table: Table, lookups: list[Field], field: Field) -> Read:
    if not lookups:
        return reader(table.schema, field)

    def read(row: Row) -> Any:
        for lookup in lookups:
            parent = follow(org, row, lookup)
            if parent is None:
                return None
            holder, row = parent
        own = holder.schema.field(field.name)
        return reader(holder.schema, own)(row) if own else None

    return read


def _no_field(query: soql.Query, path: soql.Path, message: str) -> Refused:
    return Refused(400, "INVALID_FIELD", soql.at(query.text, path.line, path.column, message))
