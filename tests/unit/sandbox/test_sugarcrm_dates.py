"""Spans of days in filters of the sandbox's SugarCRM."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from centri.sandbox.state import Refused
from centri.sandbox.sugarcrm_dates import named
from centri.sandbox.sugarcrm_lists import matching
from centri.sandbox.sugarcrm_org import new_org

NOON = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("yesterday", "2026-03-01", "2026-03-01"),
        ("today", "2026-03-02", "2026-03-02"),
        ("tomorrow", "2026-03-03", "2026-03-03"),
        ("last_7_days", "2026-02-24", "2026-03-02"),
        ("next_30_days", "2026-03-02", "2026-03-31"),
        ("last_month", "2026-02-01", "2026-02-28"),
        ("this_month", "2026-03-01", "2026-03-31"),
        ("next_month", "2026-04-01", "2026-04-30"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("next_year", "2027-01-01", "2027-12-31"),
    ],
)
def test_named_spans(name: str, first: str, last: str) -> None:
    assert named(name, date(2026, 3, 2)) == (date.fromisoformat(first), date.fromisoformat(last))


def test_spans_over_the_end_of_a_year() -> None:
    assert named("last_month", date(2026, 1, 31)) == (date(2025, 12, 1), date(2025, 12, 31))
    assert named("next_month", date(2026, 12, 1))[1] == date(2027, 1, 31)
    with pytest.raises(Refused, match="date range"):
        named("someday", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"date_modified": {"$dateRange": "today"}}, {"late", "noon"}),
        ({"date_modified": {"$dateRange": "yesterday"}}, {"before"}),
        ({"date_modified": {"$dateBetween": ["2026-03-01", "2026-03-01"]}}, {"before"}),
        ({"date_modified": {"$dateBetween": ["2026-03-01", "2026-03-02"]}}, {"before", "late", "noon"}),
        ({"birthdate": {"$dateRange": "this_month"}}, {"noon"}),
        ({"birthdate": {"$dateBetween": ["2026-02-28", "2026-03-31"]}}, {"noon", "late"}),
    ],
)
def test_days_are_the_api_users_and_counted_to_their_last_second(expression: dict[str, object], expected: set[str]) -> None:
    org = new_org()
    org.clock.set(NOON, frozen=True)
    midnight = int(datetime(2026, 3, 2, 5, tzinfo=UTC).timestamp())
    stamps = {"before": (midnight - 1, None), "noon": (NOON, "2026-03-31"), "late": (midnight + 86399, "2026-02-28")}
    for key, (stamp, born) in stamps.items():
        org.load("Leads", {"last_name": "x", **({"birthdate": born} if born else {})}, id=key, modified=stamp)
    assert {row.id for row in matching(org, org.table("Leads"), {"filter": [expression]})} == expected
