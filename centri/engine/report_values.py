"""The columns of reports and their units: how a value comes out of either database, and how it is written for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Dialect

from centri.store.tables import UtcDateTime

Row = Mapping[str, Any]


class Unit(StrEnum):
    """What a column's values are."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    """0 to 1, blank where there is nothing to divide by."""
    MONEY = "money"
    """An amount in the currency that the row names."""
    HOURS = "hours"
    DAYS = "days"
    MOMENT = "moment"
    """A point in time, in UTC."""
    DATE = "date"
    YES = "yes or no"


NUMBERS = frozenset({Unit.COUNT, Unit.SHARE, Unit.MONEY, Unit.HOURS, Unit.DAYS})


class Column(NamedTuple):
    name: str
    unit: Unit = Unit.TEXT


def columns(*told: str) -> tuple[Column, ...]:
    """Columns, each told as its name with its unit behind it, which is text where it is left out."""
    found = (one.partition(" ") for one in told)
    return tuple(Column(name, Unit(unit or "text")) for name, _, unit in found)


def read(column: Column, value: Any, dialect: Dialect) -> Any:
    """A value as a database gave it, as the same thing whichever database it was."""
    if value is None:
        return None
    if column.unit is Unit.MOMENT:
        return _MOMENT.process_result_value(value, dialect)
    return _READ[column.unit](value)


_MOMENT = UtcDateTime()
_CENT = Decimal("0.01")

_READ: Mapping[Unit, Callable[[Any], Any]] = {
    Unit.TEXT: str,
    Unit.COUNT: int,
    Unit.SHARE: lambda value: round(float(value), 4),
    Unit.MONEY: lambda value: Decimal(str(value)).quantize(_CENT),
    Unit.HOURS: lambda value: round(float(value), 2),
    Unit.DAYS: lambda value: round(float(value), 2),
    Unit.DATE: lambda value: date.fromisoformat(value) if isinstance(value, str) else value,
    Unit.YES: bool,
}


def shown(column: Column, value: Any) -> str:
    """A value for people."""
    if value is None:
        return ""
    if column.unit is Unit.SHARE:
        return f"{value * 100:.1f} %"
    if column.unit is Unit.YES:
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if column.unit in (Unit.MONEY, Unit.HOURS, Unit.DAYS):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def plain(value: Any) -> Any:
    """A value for a machine: times as ISO 8601, amounts as exact text."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return str(value) if isinstance(value, Decimal | date) else value
