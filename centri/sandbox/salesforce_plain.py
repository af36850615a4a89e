"""A SOQL condition in plain values: words for days become dates, and queries within it the values that they find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from centri.sandbox.salesforce_columns import Read
from centri.sandbox.schema import Field
from centri.sandbox.soql import Aggregate, AnyOf, Comparison, Condition, Every, Literal, Negated, Path, Query
from centri.sandbox.soql_dates import since_start, span

Resolve = Callable[[Path | Aggregate], tuple[Field, Read]]
Among = Callable[[Query], tuple[Literal, ...]]


def plain(condition: Condition, resolve: Resolve, among: Among, now: int) -> Condition:
    """The same condition; ``among`` runs a query for its one column. Raises Refused."""
    if isinstance(condition, Negated):
        return Negated(plain(condition.part, resolve, among, now))
    if isinstance(condition, Every | AnyOf):
        return type(condition)(tuple(plain(part, resolve, among, now) for part in condition.parts))
    if isinstance(condition.value, Query):
        return Comparison(condition.path, condition.operator, among(condition.value))
    if isinstance(condition.value, Literal) and condition.value.kind == "DATE_WORD":
        kind = resolve(condition.path)[0].type
        if kind in ("date", "datetime"):
            return _dated(condition, condition.value.value, kind, datetime.fromtimestamp(now, UTC).date())
    return condition


def _dated(condition: Comparison, word: str, kind: str, today: date) -> Condition:
    begin, end = (_literal(kind, day) for day in span(word, today))
    path, operator = condition.path, condition.operator
    within = Every((Comparison(path, ">=", begin), Comparison(path, "<", end)))
    if operator == "=":
        return within
    if operator == "!=":
        return Negated(within)
    if operator == ">":
        return Comparison(path, ">", begin) if since_start(word) else Comparison(path, ">=", end)
    return Comparison(path, "<", end) if operator == "<=" else Comparison(path, operator, begin)


def _literal(kind: str, day: date) -> Literal:
    return Literal("DATE", day.isoformat()) if kind == "date" else Literal("DATETIME", f"{day.isoformat()}T00:00:00Z")
