"""SOQL's functions that take a part of a date."""

from __future__ import annotations

import pytest
from salesforce_caller import T

from centri.sandbox.soql_date_parts import part

DAYS = ("2025-12-31", "2026-01-31", "2026-02-01", "2026-02-15")


@pytest.fixture
def deals(org):
    for at, day in enumerate(DAYS):
        org.clock.set(T + at * 3600, frozen=True)
        org.create("Opportunity", {"Name": f"d{at}", "StageName": "Prospecting", "CloseDate": day, "Amount": 10})
    org.clock.set(T, frozen=True)


def rows(found):
    return [tuple(value for name, value in row.items() if name != "attributes") for row in found]


def test_rows_are_grouped_by_parts_of_a_date(call, deals):
    columns = "CALENDAR_YEAR(CloseDate), calendar_month(CloseDate) m, COUNT(Id), SUM(Amount) total"
    found = call.query(
        f"SELECT {columns} FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate) "
        "HAVING CALENDAR_MONTH(CloseDate) < 12 ORDER BY CALENDAR_MONTH(CloseDate) DESC"
    )
    assert list(found[0]) == ["attributes", "expr0", "m", "expr1", "total"]
    assert rows(found) == [(2026, 2, 2, 20.0), (2026, 1, 1, 10.0)]
    days = call.query("SELECT DAY_ONLY(CreatedDate) day, COUNT(Id) FROM Opportunity GROUP BY DAY_ONLY(CreatedDate)")
    assert rows(days) == [("2026-01-01", 4)]


def test_a_part_of_the_stamp_is_not_the_order_of_the_stamp(call, org, deals):
    org.clock.set(T + 86400, frozen=True)
    org.update("Opportunity", org.rows("Opportunity")[3].id, {"Amount": 20})
    org.clock.set(T, frozen=True)
    found = call.query("SELECT Name FROM Opportunity ORDER BY HOUR_IN_DAY(SystemModstamp)")
    assert [row["Name"] for row in found] == ["d0", "d3", "d1", "d2"]


def test_rows_are_found_and_sorted_by_parts_of_a_date(call, deals):
    def names(rest):
        return [row["Name"] for row in call.query(f"SELECT Name FROM Opportunity {rest}")]

    assert names("WHERE CALENDAR_YEAR(CloseDate) = 2026 ORDER BY Name") == ["d1", "d2", "d3"]
    assert names("WHERE DAY_IN_MONTH(CloseDate) IN (1, 31) ORDER BY DAY_IN_YEAR(CloseDate)") == ["d1", "d2", "d0"]
    assert names("WHERE HOUR_IN_DAY(SystemModstamp) >= 2 ORDER BY HOUR_IN_DAY(SystemModstamp) DESC") == ["d3", "d2"]
    assert names("WHERE DAY_ONLY(CreatedDate) = TODAY AND CALENDAR_QUARTER(CloseDate) = 4") == ["d0"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT CALENDAR_YEAR(CloseDate) FROM Opportunity",
        "SELECT CALENDAR_YEAR(CloseDate) FROM Opportunity GROUP BY CloseDate",
        "SELECT Id FROM Opportunity WHERE CALENDAR_YEAR(Name) = 2026",
        "SELECT Id FROM Opportunity WHERE DAY_ONLY(CloseDate) = TODAY",
    ],
)
def test_what_makes_no_sense_is_refused(call, query):
    status, answer = call("GET", f"/query?q={query.replace(' ', '+')}")
    assert (status, answer[0]["errorCode"]) == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    ("function", "day", "expected"),
    [("day_in_week", "2026-02-01", 1), ("day_in_week", "2026-01-31", 7), ("week_in_year", "2026-01-07", 1),
     ("week_in_year", "2026-01-08", 2), ("week_in_month", "2026-02-15", 3), ("day_only", 86399, "1970-01-01"),
     ("calendar_year", None, None)],
)  # fmt: skip
def test_parts_are_counted_from_the_first(function, day, expected):
    assert part(function, day) == expected
