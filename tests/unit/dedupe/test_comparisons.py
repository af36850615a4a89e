"""How far two records agree. Add a row to say what level a pair should reach."""

from __future__ import annotations

import pytest

from centri.dedupe.comparisons import COMPARISONS

NAMES = [
    ("Initech, LLC", "Initech Inc.", "same_short"),
    ("U.S. Bank", "US Bank", "same_short"),
    ("Globex Corporation of America", "GLOBEX CORPORATION OF AMERICA, Inc.", "same"),
    ("Smith & Jones Ltd", "Smith and Jones", "same"),
    ("Wayne Enterprises", "Wayne Entreprises", "near"),
    ("Enterprises Wayne", "Wayne Enterprises", "near"),
    ("Mueller Maschinenbau", "Müller Maschinenbau GmbH", "near"),
    ("Deutsche Bahn", "Deutsche Bank", "close"),
    ("Umbrella Health Sys.", "Umbrella Health Systems", "close"),
    ("Stark Industries", "Stark Industrial Supply", "similar"),
    ("Acme", "Acme Analytics", "different"),
    ("Initech", "Initrode", "different"),
    ("Bank of the West", "Bank of the East", "different"),
    ("", "Acme", "missing"),
    (None, None, "missing"),
    ("Self-employed", "Self employed", "missing"),
]


@pytest.mark.parametrize(("ours", "theirs", "level"), NAMES)
def test_company_names(ours, theirs, level):
    assert level == COMPARISONS["company_name"]({"company": ours}, {"name": theirs}).name


# A comparison, two records, the level.
OTHERS = [
    ("domain", {"email": "a@x.example"}, {"website": "http://www.x.example/about"}, "same"),
    ("domain", {"email": "a@mail.x.example"}, {"domain": "x.example"}, "same"),
    ("domain", {"email": "a@agency.example", "website": "x.example"}, {"website": "x.example"}, "same"),
    ("domain", {"email": "a@globex.de"}, {"website": "globex.com"}, "label"),
    ("domain", {"email": "a@x.example"}, {"website": "y.example"}, "different"),
    ("domain", {"email": "a@gmail.example"}, {"website": "y.example"}, "shared"),
    ("domain", {"email": "a@gmail.example"}, {"website": "gmail.example"}, "shared"),
    ("domain", {"email": None}, {"website": "y.example"}, "missing"),
    ("domain", {"email": "a@y.example"}, {}, "missing"),
    ("email", {"email": " A@X.example"}, {"email": "a@x.example"}, "same"),
    ("email", {"email": "a@x.example"}, {"email": "b@x.example"}, "different"),
    ("email", {"email": "a@x.example"}, {"email": "none"}, "missing"),
    ("person_name", {"first_name": "Zoë", "last_name": "O'Neill"}, {"first_name": "zoe", "last_name": "O\u2019Neill"}, "same"),
    ("person_name", {"first_name": "J", "last_name": "Smith"}, {"first_name": "John", "last_name": "Smith"}, "initial"),
    ("person_name", {"first_name": None, "last_name": "Smith"}, {"first_name": "John", "last_name": "Smith"}, "initial"),
    ("person_name", {"first_name": "", "last_name": "Smith"}, {"last_name": "Smith"}, "initial"),
    ("person_name", {"first_name": "Jon", "last_name": "Smith"}, {"first_name": "John", "last_name": "Smith"}, "near"),
    ("person_name", {"first_name": "Jane", "last_name": "Smith"}, {"first_name": "Paul", "last_name": "Smith"}, "different"),
    ("person_name", {"first_name": "Jane"}, {"first_name": "Jane", "last_name": "Smith"}, "missing"),
    ("phone", {"phone_e164": "+49895550101"}, {"phone_e164": "+49 89 5550101"}, "same"),
    ("phone", {"phone_e164": "+49895550101"}, {"phone_e164": "+49895550102"}, "different"),
    ("phone", {"phone_e164": "+49895550101"}, {"phone_e164": "n/a"}, "missing"),
    ("city", {"city": "Zürich"}, {"city": "ZURICH"}, "same"),
    ("city", {"city": "Bonn"}, {"city": "Berlin"}, "different"),
    ("city", {"city": "-"}, {"city": "Berlin"}, "missing"),
    ("country", {"country": "Germany"}, {"country_code": "DE"}, "same"),
    ("country", {"country_code": "FR"}, {"country_code": "DE"}, "different"),
    ("country", {"country_code": "Narnia"}, {"country_code": "DE"}, "missing"),
]


@pytest.mark.parametrize(("word", "ours", "theirs", "level"), OTHERS)
def test_levels_and_that_the_sides_may_be_swapped(word, ours, theirs, level):
    compare = COMPARISONS[word]
    assert (level, level) == (compare(ours, theirs).name, compare(theirs, ours).name)


def test_every_word_is_documented():
    assert all(compare.__doc__ for compare in COMPARISONS.values())
