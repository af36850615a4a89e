"""Whatever people type: no crash, and no work without bound."""

from __future__ import annotations

import pytest

from centri.dedupe.duplicates.companies import companies
from centri.dedupe.duplicates.find import find
from centri.dedupe.duplicates.rules import Rules
from centri.records import PRM, Record, Ref

LONG = "Anna " * 2000
ODD = [
    "",
    " ",
    "🦄",
    "🦄🦄 🦄",
    "x",
    "-",
    "'",
    "@",
    "a@b",
    "n/a",
    LONG,
    "株式会社トヨタ",
    "محمد",
    "\x00",
    "\n",
    "١٢٣",
    "..",
    "Ø",
    None,
    7,
    ["x"],
    {"a": 1},
    True,
]
FIELDS = ("first_name", "last_name", "email", "phone", "company", "name", "website", "country", "city")
JUDGES = {"people": None, "companies": companies, "rules": Rules.of([["email"], ["last_name", "company~90"]])}
MANY = 800


def records(rows):
    return [Record(Ref(PRM, "lead", f"{n:05}"), values) for n, values in enumerate(rows)]


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_odd_values_crash_nothing(judge):
    rows = [{field: value} for value in ODD for field in FIELDS] + [dict.fromkeys(FIELDS, value) for value in ODD] + [{}]
    found = find(records(rows), judge)
    assert all(0 < pair.score < 1 for group in found.groups for pair in group.evidence)


CROWDS = {
    "all say the same": lambda n: {"first_name": "Anna", "last_name": "Berg", "email": "anna@berg.example"},
    "all have one name": lambda n: {"first_name": "Anna", "last_name": "Berg", "email": f"anna{n}@x{n}.example"},
    "all have one domain": lambda n: {
        "first_name": f"F{n}",
        "last_name": f"L{n}",
        "email": f"u{n}@big.example",
        "company": "Big",
    },
    "all have one mailbox": lambda n: {"last_name": f"L{n}", "email": "info@big.example"},
    "all have one company": lambda n: {"company": "Big Corp", "name": "Big Corp", "website": "big.example"},
    "all say nothing": lambda n: {},
}


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
def test_a_crowd_is_compared_within_bounds(crowd, judge):
    found = find(records(crowd(n) for n in range(MANY)), judge)
    assert found.compared <= 60 * MANY


def test_a_crowd_that_says_the_same_is_one_group():
    found = find(records(CROWDS["all say the same"](n) for n in range(MANY)))
    assert [len(group.members) for group in found.groups] == [MANY]


def test_records_that_say_nothing_are_not_one():
    assert find(records({} for _ in range(50))).groups == ()
