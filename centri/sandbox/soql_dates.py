"""Words for days, weeks, months and years in SOQL: the span of days that each stands for.

By the SOQL reference, "Date Formats and Date Literals". Weeks begin on Sunday, as in an org of the United States; days
are the clock's in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def span(word: str, today: date) -> tuple[date, date]:
    """The first day of the span, and the first day after it. The word is one that the grammar knows."""
    name, _, number = word.lower().partition(":")
    if name in _DAYS:
        first, after = _DAYS[name](int(number or 0))
        return today + timedelta(days=first), today + timedelta(days=after)
    which, unit, n = _parted(name, int(number or 1))
    begin = _begin(unit, today)
    if which == "this":
        return begin, _moved(unit, begin, 1)
    if which == "last":
        return _moved(unit, begin, -n), begin
    if which == "next":
        return _moved(unit, begin, 1), _moved(unit, begin, 1 + n)
    return _moved(unit, begin, -n), _moved(unit, begin, 1 - n)


def since_start(word: str) -> bool:
    """Whether ``>`` means after the span's begin: so it is in use with a number of past days."""
    return word.lower().startswith(("last_n_days", "last_90_days"))


_DAYS: dict[str, Callable[[int], tuple[int, int]]] = {
    "today": lambda n: (0, 1),
    "yesterday": lambda n: (-1, 0),
    "tomorrow": lambda n: (1, 2),
    "last_90_days": lambda n: (-90, 1),
    "next_90_days": lambda n: (1, 91),
    "last_n_days": lambda n: (-n, 1),
    "next_n_days": lambda n: (1, 1 + n),
    "n_days_ago": lambda n: (-n, 1 - n),
}


def _parted(name: str, number: int) -> tuple[str, str, int]:
    """``last_n_weeks`` with 3: last, week, 3; ``n_weeks_ago``: ago, week, 3; ``this_year``: this, year, 1."""
    if match := re.fullmatch(r"n_(\w+?)s_ago", name):
        return "ago", match.group(1), number
    which, _, rest = name.partition("_")
    return which, rest.removeprefix("n_").removesuffix("s"), number


def _begin(unit: str, day: date) -> date:
    if unit == "week":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    months = MONTHS[unit]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _moved(unit: str, begin: date, by: int) -> date:
    if unit == "week":
        return begin + timedelta(weeks=by)
    months = begin.year * 12 + begin.month - 1 + by * MONTHS[unit]
    return date(months // 12, months % 12 + 1, 1)
