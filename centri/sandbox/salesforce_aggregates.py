"""SOQL's GROUP BY and aggregate functions over the rows that a query selects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from centri.sandbox import soql
from centri.sandbox.rows import Row
from centri.sandbox.salesforce_columns import Read
from centri.sandbox.salesforce_paths import Paths
from centri.sandbox.salesforce_select import cut, in_order
from centri.sandbox.salesforce_values import NUMBERS, shown
from centri.sandbox.salesforce_where import Where
from centri.sandbox.schema import Field


@dataclass(slots=True)
class Group:
    """Rows that agree in the grouped fields (``keys``)."""

    keys: tuple[Any, ...]
    rows: list[Row] = field(default_factory=list)


def grouped(query: soql.Query, paths: Paths, rows: list[Row]) -> list[dict[str, Any]]:
    """One AggregateResult for each group, those that HAVING lets through, in order and cut. Raises Refused."""
    reading = _Reading(query, paths)
    columns = list(reading.columns())
    groups = reading.groups(rows)
    if query.having:
        passes = Where(query, reading.read).test(query.having)
        groups = [group for group in groups if passes(group)]  # type: ignore[arg-type]  # a group stands for a row here
    groups = in_order(groups, [(sort, reading.read(sort.path)[1]) for sort in query.sorts])
    shape = {"type": "AggregateResult"}
    return [{"attributes": shape, **{name: show(group) for name, show in columns}} for group in cut(query, groups)]


class _Reading:
    """How a query's columns and conditions are read from a group."""

    def __init__(self, query: soql.Query, paths: Paths) -> None:
        self._query, self._paths = query, paths
        self._keys = [paths.target(path) for path in query.groups]

    def groups(self, rows: list[Row]) -> list[Group]:
        found: dict[tuple[Any, ...], Group] = {} if self._keys else {(): Group(())}
        for row in rows:
            keys = tuple(target.read(row) for target in self._keys)
            found.setdefault(keys, Group(keys)).rows.append(row)
        return list(found.values())

    def columns(self) -> Any:
        """Names and the functions that show a group's value; aggregates without an alias are called expr0, expr1 ..."""
        unnamed = 0
        for asked in self._query.columns:
            if not isinstance(asked, soql.Path | soql.Aggregate):
                raise soql.malformed(self._query.text, 1, 1, "only fields and aggregates can be selected in a grouped query")
            kind, read = self.read(asked)
            computed = isinstance(asked, soql.Aggregate) or asked.function is not None
            name = asked.alias or (f"expr{unnamed}" if computed else kind.name)
            unnamed += computed and asked.alias is None
            yield name, _showing(kind, read)

    def read(self, path: soql.Path | soql.Aggregate) -> tuple[Field, Callable[[Any], Any]]:
        """A field of the group's kind, and how a group is read for it. Raises Refused."""
        if isinstance(path, soql.Aggregate):
            return self._computed(path)
        for asked in self._query.columns:
            if isinstance(asked, soql.Aggregate) and path.names == (asked.alias,):
                return self._computed(asked)
        target = self._paths.target(path)
        for at, key in enumerate(self._keys):
            if key.field is target.field and key.lookups == target.lookups:
                return target.field, _key(at)
        message = f"Field must be grouped or aggregated: {path.names[-1]}"
        raise soql.malformed(self._query.text, path.line, path.column, message)

    def _computed(self, aggregate: soql.Aggregate) -> tuple[Field, Callable[[Any], Any]]:
        target, path = self._paths.target(aggregate.path), aggregate.path
        kind = target.field.type
        unfit = kind not in (*NUMBERS, "int") if aggregate.function in ("sum", "avg") else kind in ("boolean", "address")
        if unfit:
            message = f"field {target.field.name} does not support aggregate operator {aggregate.function.upper()}"
            raise soql.malformed(self._query.text, path.line, path.column, message)
        compute, read = _FUNCTIONS[aggregate.function], target.read
        return _result(aggregate.function, target.field), lambda group: compute(_values(read, group))


def _key(at: int) -> Callable[[Any], Any]:
    return lambda group: group.keys[at]


def _values(read: Read, group: Group) -> list[Any]:
    return [value for row in group.rows if (value := read(row)) is not None]


def _result(function: str, of: Field) -> Field:
    """What kind of value comes out."""
    if function in ("min", "max", "sum"):
        return of
    return Field(of.name, "double" if function == "avg" else "int", extra={"flags": frozenset()})


def _showing(kind: Field, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    show = shown(kind)
    return read if show is None else lambda group: show(read(group))


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "count_distinct": lambda values: len({value.casefold() if isinstance(value, str) else value for value in values}),
    "sum": lambda values: sum(values) if values else None,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
}
