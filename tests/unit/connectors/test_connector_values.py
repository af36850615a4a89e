"""Every value has one canonical form, whichever CRM it comes from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from centri.connectors.codec import decode, instant, instant_text
from centri.descriptions import FieldType

MAX = {"email_address": "max@example.com", "primary_address": False, "opt_out": False, "invalid_email": True}
ADA = {"email_address": "ada@example.com", "primary_address": True, "opt_out": True, "invalid_email": False}


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        (FieldType.TEXT, "Ada", "Ada"),
        (FieldType.TEXT, "", None),
        (FieldType.TEXT, None, None),
        (FieldType.TEXT, " ", " "),
        (FieldType.BOOLEAN, True, True),
        (FieldType.BOOLEAN, "0", False),
        (FieldType.BOOLEAN, "1", True),
        (FieldType.BOOLEAN, False, False),
        (FieldType.BOOLEAN, "", None),
        (FieldType.INTEGER, "90", 90),
        (FieldType.INTEGER, Decimal("90.0"), 90),
        (FieldType.INTEGER, 0, 0),
        (FieldType.NUMBER, Decimal("1.5"), 1.5),
        (FieldType.NUMBER, "1.000000", 1.0),
        (FieldType.MONEY, Decimal("950000000.0"), "950000000.00"),
        (FieldType.MONEY, "25000.000000", "25000.00"),
        (FieldType.MONEY, "25000", "25000.00"),
        (FieldType.MONEY, "0.125", "0.125"),
        (FieldType.MONEY, "0", "0.00"),
        (FieldType.MONEY, Decimal("123456789012345678.91"), "123456789012345678.91"),
        (FieldType.MONEY, "a lot", "a lot"),
        (FieldType.DATE, "2026-05-01", "2026-05-01"),
        (FieldType.DATETIME, "2017-04-13T20:49:12.000+0000", "2017-04-13T20:49:12Z"),
        (FieldType.DATETIME, "2016-04-05T10:23:28-04:00", "2016-04-05T14:23:28Z"),
        (FieldType.DATETIME, "2016-04-05T10:23:28.250Z", "2016-04-05T10:23:28.250000Z"),
        (FieldType.DATETIME, "yesterday", "yesterday"),
        (FieldType.CHOICES, "a;b", ["a", "b"]),
        (FieldType.CHOICES, "b;a;", ["a", "b"]),
        (FieldType.CHOICES, ["b", "a"], ["a", "b"]),
        (FieldType.CHOICES, "^b^,^a^", ["a", "b"]),
        (FieldType.CHOICES, "^a^", ["a"]),
        (FieldType.CHOICES, [], None),
        (FieldType.CHOICES, [""], None),
        (FieldType.EMAILS, [{**MAX, "email_address_id": "x"}, {**ADA, "opt_out": "1"}], [ADA, MAX]),
        (FieldType.OTHER, {"latitude": Decimal("1.5"), "list": [Decimal(2)]}, {"latitude": 1.5, "list": [2.0]}),
    ],
)
def test_decodes(type: FieldType, value: Any, expected: Any) -> None:
    found = decode(type, value)
    assert (found, found.__class__) == (expected, expected.__class__)


def test_an_instant_without_an_offset_is_utc() -> None:
    assert instant_text(instant("2026-03-01T12:00:00")) == "2026-03-01T12:00:00Z"
