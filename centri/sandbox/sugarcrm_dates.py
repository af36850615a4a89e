"""Spans of days in filters of the sandbox's SugarCRM: ``$dateRange`` by name, ``$dateBetween`` by its ends."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from centri.sandbox.sugarcrm_errors import invalid

NAMED_DAYS = re.compile(r"(last|next)_(\d+)_days")
NAMED_SPANS = re.compile(r"(last|this|next)_(month|year)")
SINGLE = {"yesterday": -1, "today": 0, "tomorrow": 1}
STEPS = {"last": -1, "this": 0, "next": 1}


def named(name: Any, today: date) -> tuple[date, date]:
    """First and last day of ``today``, ``last_7_days``, ``next_month``, ``this_year`` and their like. Raises Refused."""
    text = str(name)
    if text in SINGLE:
        day = today + timedelta(days=SINGLE[text])
        return day, day
    if days := NAMED_DAYS.fullmatch(text):
        reach = timedelta(days=int(days[2]) - 1)
        return (today - reach, today) if days[1] == "last" else (today, today + reach)
    if span := NAMED_SPANS.fullmatch(text):
        step = STEPS[span[1]]
        return _year(today.year + step) if span[2] == "year" else _month(today, step)
    raise invalid(f"did not recognize the date range: {name}")


def range_of(operator: str, value: Any, now: int, zone: tzinfo) -> tuple[Any, Any]:
    """The two ends that ``$dateRange`` or ``$dateBetween`` means, as days or as they were given. Raises Refused."""
    if operator == "$dateRange":
        first, last = named(value, datetime.fromtimestamp(now, zone).date())
        return first.isoformat(), last.isoformat()
    if not isinstance(value, list) or len(value) != 2:
        raise invalid(f"a range has two ends, not {value!r}")
    return value[0], value[1]


def last_second(end: Any, zone: tzinfo) -> Any:
    """For a mere day its last second in the zone, as anything longer as it is. Raises ValueError."""
    if len(str(end)) > len("2026-01-01"):
        return end
    return datetime.combine(date.fromisoformat(str(end)), time(23, 59, 59), zone).isoformat()


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _month(today: date, step: int) -> tuple[date, date]:
    count = today.year * 12 + today.month - 1 + step
    first, after = (date(one // 12, one % 12 + 1, 1) for one in (count, count + 1))
    return first, after - timedelta(days=1)
