"""What is sent to Salesforce's query language, to the letter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from centri.connectors import soql
from centri.descriptions import FieldType
from centri.records import Cursor
from centri.sync.filters import Condition

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "type", "expected"),
    [
        ("O'Brien", FieldType.TEXT, "'O\\'Brien'"),
        ("a\\'; b", FieldType.TEXT, "'a\\\\\\'; b'"),
        ("two\nlines", FieldType.TEXT, "'two\\nlines'"),
        (None, FieldType.TEXT, "null"),
        (True, FieldType.BOOLEAN, "true"),
        (7, FieldType.INTEGER, "7"),
        ("12.50", FieldType.MONEY, "12.50"),
        ("2026-03-01", FieldType.DATE, "2026-03-01"),
        (AT, FieldType.DATETIME, "2026-03-01T12:00:00Z"),
        (AT.replace(microsecond=7000), FieldType.DATETIME, "2026-03-01T12:00:00.007Z"),
    ],
)
def test_writes_literals(value: Any, type: FieldType, expected: str) -> None:
    assert soql.literal(value, type) == expected


@pytest.mark.parametrize(("value", "type"), [("1 OR Id != null", FieldType.MONEY), ("today", FieldType.DATE)])
def test_only_numbers_and_dates_stand_without_quotes(value: str, type: FieldType) -> None:
    with pytest.raises(ValueError):
        soql.literal(value, type)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("F", ("a", "b")), "F IN ('a', 'b')"),
        (Condition("F", ("a", None)), "(F IN ('a') OR F = null)"),
        (Condition("F", (None,)), "F = null"),
        (Condition("F", ("a",), negated=True), "(F NOT IN ('a') OR F = null)"),
        (Condition("F", ("a", None), negated=True), "F NOT IN ('a') AND F != null"),
        (Condition("F", (None,), negated=True), "F != null"),
    ],
)
def test_spells_out_null(condition: Condition, expected: str) -> None:
    assert soql.condition(condition, FieldType.TEXT) == expected


def test_a_page_begins_strictly_behind_the_cursor() -> None:
    query = soql.select(("Id", "Name"), "Lead", soql.after(Cursor(AT, "00Q1")), limit=5)
    at = "2026-03-01T12:00:00Z"
    assert query == (
        f"SELECT Id, Name FROM Lead WHERE SystemModstamp >= {at}"
        f" AND (SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '00Q1'))"
        " ORDER BY SystemModstamp, Id LIMIT 5"
    )
