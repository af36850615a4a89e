"""Conditions on CRM records, as tables."""

import pytest

from centri.records import MISSING
from centri.sync.filters import Condition, Filter

KIND, NOT_KIND = Condition("Kind", ("a", 1)), Condition("Kind", ("a", 1), negated=True)
TABLE = [
    ({"Kind": "a"}, True),
    ({"Kind": 1}, True),
    ({"Kind": "b"}, False),
    ({"Kind": True}, False),
    ({"Kind": None}, False),
    ({}, False),
]


@pytest.mark.parametrize(("values", "holds"), TABLE)
def test_a_condition_and_its_opposite(values, holds):
    assert (KIND.holds(values), NOT_KIND.holds(values)) == (holds, not holds)


def test_a_field_that_is_absent_is_not_blank():
    assert not Condition("Kind", (None,)).holds({})
    assert Condition("Kind", (MISSING,)).holds({})


def test_a_filter_wants_all_of_its_conditions():
    both = Filter((KIND, Condition("Open", (True,))))
    assert both.fields == ("Kind", "Open")
    assert [both.passes(v) for v in ({"Kind": "a", "Open": True}, {"Kind": "a"}, {"Open": True})] == [True, False, False]
    assert Filter().passes({})
