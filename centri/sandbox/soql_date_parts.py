"""SOQL's functions that take a part of a date, such as ``CALENDAR_YEAR(CloseDate)``; date-times are cut in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

PARTS: dict[str, Callable[[datetime], Any]] = {
    "calendar_year": lambda day: day.year,
    "calendar_quarter": lambda day: (day.month + 2) // 3,
    "calendar_month": lambda day: day.month,
    "day_in_month": lambda day: day.day,
    "day_in_week": lambda day: day.isoweekday() % 7 + 1,
    "day_in_year": lambda day: day.timetuple().tm_yday,
    "week_in_month": lambda day: (day.day + 6) // 7,
    "week_in_year": lambda day: (day.timetuple().tm_yday + 6) // 7,
    "day_only": lambda day: day.date().isoformat(),
    "hour_in_day": lambda day: day.hour,
}
"""What each makes of a time (SOQL guide, date functions): weeks run from the first of the month or year, days from Sunday."""

OF_TIMES = frozenset({"day_only", "hour_in_day"})
"""Those that take date-times alone."""


def takes(function: str, type: str) -> bool:
    """Whether the function is for fields of this type."""
    return type == "datetime" or (type == "date" and function not in OF_TIMES)


def part(function: str, value: Any) -> Any:
    """The part of a stored date or date-time; None of none."""
    if value is None:
        return None
    if isinstance(value, str):
        day = date.fromisoformat(value)
        return PARTS[function](datetime(day.year, day.month, day.day, tzinfo=UTC))
    return PARTS[function](datetime.fromtimestamp(value, UTC))
