"""Salesforce's query language: literals, conditions and the clauses of a keyset page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from centri.descriptions import FieldType
from centri.records import Cursor
from centri.sync.filters import Condition, Filter

STAMP = "SystemModstamp"

_UNQUOTED = (FieldType.DATE, FieldType.DATETIME, FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER)
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"'})


def literal(value: Any, type: FieldType = FieldType.TEXT) -> str:
    """A value as SOQL writes it for a field of this type. Raises ValueError for text that is no number or date."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, int | float):
        return str(value)
    return _unquoted(value, type) if type in _UNQUOTED else f"'{value.translate(_ESCAPES)}'"


def one_of(field: str, values: Iterable[Any], type: FieldType = FieldType.TEXT) -> str:
    return f"{field} IN ({', '.join(literal(v, type) for v in values)})"


def condition(condition: Condition, type: FieldType) -> str:
    """Null is spelled out on both sides, so that a record without a value is treated as :class:`Condition` treats it."""
    field, given = condition.field, [v for v in condition.values if v is not None]
    null = None in condition.values
    if condition.negated:
        parts = [f"{field} NOT {one_of(field, given, type).removeprefix(field + ' ')}"] if given else []
        return " AND ".join([*parts, f"{field} != null"]) if null else _either(*parts, f"{field} = null") if parts else ""
    return _either(*([one_of(field, given, type)] if given else []), *([f"{field} = null"] if null else []))


def conditions(where: Filter, types: Mapping[str, FieldType]) -> list[str]:
    return [clause for c in where.conditions if (clause := condition(c, types[c.field]))]


def after(cursor: Cursor | None) -> list[str]:
    """Strictly after the cursor in (stamp, id) order. The first clause repeats the second so that the index is used."""
    if cursor is None:
        return []
    if not cursor.id:
        return [f"{STAMP} >= {_moment(cursor.stamp)}"]
    at, last = _moment(cursor.stamp), literal(cursor.id)
    return [f"{STAMP} >= {at}", f"({STAMP} > {at} OR ({STAMP} = {at} AND Id > {last}))"]


def within(window: tuple[datetime, datetime] | None) -> list[str]:
    return [f"{STAMP} >= {_moment(window[0])}", f"{STAMP} < {_moment(window[1])}"] if window else []


def select(fields: Iterable[str], object: str, where: Iterable[str], *, limit: int | None = None) -> str:
    """Oldest change first."""
    clauses = list(where)
    filtered = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    bounded = f" LIMIT {limit}" if limit is not None else ""
    return f"SELECT {', '.join(fields)} FROM {object}{filtered} ORDER BY {STAMP}, Id{bounded}"  # noqa: S608 - SOQL has no parameters; every value went through literal()


def _either(*clauses: str) -> str:
    return clauses[0] if len(clauses) == 1 else f"({' OR '.join(clauses)})"


def _moment(at: datetime) -> str:
    """Milliseconds only where there are some; SOQL takes no finer ones."""
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (f".{at.microsecond // 1000:03d}Z" if at.microsecond >= 1000 else "Z")


def _unquoted(value: str, type: FieldType) -> str:
    """Only what is a number or a date may stand without quotes: anything else would be read as part of the query."""
    if type in (FieldType.DATE, FieldType.DATETIME):
        datetime.fromisoformat(value)
        return value
    try:
        return format(Decimal(value), "f")
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None
