"""What reports make of a view's rows where it depends on the present, which is given: ages, what is overdue, the month so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from centri.engine.report_values import Row

Shape = Callable[[Sequence[Row], datetime], list[Row]]
"""Rows of a view, as they are told at a moment."""

_DAY = timedelta(days=1)
_SOON = timedelta(days=30)

AGES: Sequence[tuple[str, float]] = (
    ("up to 1 day", 1), ("up to 7 days", 7), ("up to 30 days", 30), ("up to 90 days", 90), ("over 90 days", float("inf")),
)  # fmt: skip
"""The bands of ages, each with the days that it ends with."""


def ageing(rows: Sequence[Row], now: datetime) -> list[Row]:
    """Open leads by how long ago they came in; those that came in later are not counted."""
    banded: dict[str, list[Row]] = {name: [] for name, _ in AGES}
    for row in rows:
        if row["received_at"] <= now:
            banded[_band(_days(row["received_at"], now))].append(row)
    return [
        {
            "age": name,
            "leads": len(found),
            "without_partner": sum(not row["with_partner"] for row in found),
            "untouched": sum(row["first_response_at"] is None for row in found),
            "oldest": min((row["received_at"] for row in found), default=None),
        }
        for name, found in banded.items()
    ]


def _band(days: float) -> str:
    return next(name for name, most in AGES if days <= most)


def aged(rows: Sequence[Row], now: datetime) -> list[Row]:
    """Open leads, each with its age, and the days since anything happened to it."""
    return [
        {
            **row,
            "age_days": _days(row["received_at"], now),
            "idle_days": _days(max(filter(None, (row["received_at"], row["state_changed_at"], row["last_activity_at"]))), now),
        }
        for row in rows
        if row["received_at"] <= now
    ]


DEAL_ORDER = (
    "draft", "submitted", "under_review", "returned", "approved", "won", "lost", "rejected", "withdrawn", "expired", "cancelled",
)  # fmt: skip

_AWAITED = ("submitted", "under_review")


def deal_states(rows: Sequence[Row], now: datetime) -> list[Row]:
    """Registered deals by state: how many wait beyond their time, and how many lose their protection within 30 days."""
    by_state = _grouped(rows, "state")
    return [
        {
            "state": state,
            "deals": len(found),
            "overdue": sum(state in _AWAITED and _before(row["response_due_at"], now) for row in found),
            "expiring": sum(state == "approved" and _before(row["expires_at"], now + _SOON) for row in found),
            "oldest_days": max((_days(row["submitted_at"], now) for row in found if row["submitted_at"]), default=None),
        }
        for state, found in sorted(by_state.items(), key=lambda pair: DEAL_ORDER.index(pair[0]))
    ]


def breaches(rows: Sequence[Row], now: datetime) -> list[Row]:
    """Deadlines that were missed, or that have passed and still wait, with the hours between."""
    return [
        {**row, "late_hours": max(round(((row["settled_at"] or now) - row["due_at"]) / timedelta(hours=1), 2), 0.0)}
        for row in rows
        if row["missed"] or row["due_at"] < now
    ]


TRENDS = ("leads", "converted", "opportunities", "won")


def month_to_date(rows: Sequence[Row], now: datetime) -> list[Row]:
    """Each day of the month so far, with what has added up by then, and by the same day of the month before."""
    month, before = f"{now:%Y-%m}", f"{now.replace(day=1) - _DAY:%Y-%m}"
    days = range(1, now.day + 1)
    now_so_far, then_so_far = _added(rows, month, days), _added(rows, before, days)
    return [
        {
            "day": day,
            **{name: now_so_far[day][name] for name in TRENDS},
            **{f"{name}_month_before": then_so_far[day][name] for name in TRENDS},
        }
        for day in days
    ]


def _added(rows: Sequence[Row], month: str, days: Iterable[int]) -> dict[int, Mapping[str, int]]:
    known = {row["day_of_month"]: row for row in rows if row["month"] == month}
    found: dict[int, Mapping[str, int]] = {}
    so_far: Mapping[str, int] = dict.fromkeys(TRENDS, 0)
    for day in days:
        if day in known:
            so_far = {name: known[day][f"{name}_to_date"] for name in TRENDS}
        found[day] = so_far
    return found


def _grouped(rows: Sequence[Row], name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _days(since: datetime, now: datetime) -> float:
    return round((now - since) / _DAY, 2)


def _before(moment: datetime | None, other: datetime) -> bool:
    return moment is not None and moment < other
