"""Rules in words: which there are, and what is said of others."""

from __future__ import annotations

import pytest

from centri.dedupe.duplicates.find import find
from centri.dedupe.duplicates.rules import FIELDS, Rules, rule
from centri.records import PRM, Record, Ref


def found(rules, *records):
    of = [Record(Ref(PRM, "lead", str(n)), values) for n, values in enumerate(records)]
    return [sorted(int(ref.id) for ref in group.members) for group in find(of, Rules.of(rules)).groups]


WRONG = {
    "an unknown field": (["surname"], "no field of a rule is called 'surname'"),
    "no number": (["email", "company~x"], "from 1 to 100"),
    "too large a number": (["email", "company~101"], "from 1 to 100"),
    "nothing to find by": (["company~90"], "a field without ~"),
    "nothing": ([], "a field without ~"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_a_rule_that_is_none(words, told):
    with pytest.raises(ValueError, match=told):
        rule(words)


def test_a_rule_reads_as_it_was_written():
    assert ", ".join(map(str, rule(["last_name", " company~90 "]))) == "last_name, company~90"


VALUES = {
    "email": "a@b.example", "first_name": "Ann", "last_name": "Berg", "phone": "+49895550101", "company": "Kerex",
    "website": "b.example", "city": "Bonn", "country": "DE", "postal_code": "53111", "street": "Am Hof 1", "title": "CEO",
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_agrees_or_does_not(field):
    source = "email" if field == "email_domain" else field
    same, other = {source: VALUES[source]}, {source: {"country": "US", "phone": "+4930123456"}.get(field, "x@other.example")}
    assert found([[field]], same, same, {}) == [[0, 1]]
    assert found([[field]], same, other, {}) == []


def test_all_fields_of_a_rule_must_agree():
    a = {"last_name": "Berg", "city": "Bonn"}
    assert found([["last_name", "city"]], a, {"last_name": "Berg"}, {"last_name": "BERG", "city": "bonn"}) == [[0, 2]]


def test_a_likeness_has_its_measure():
    a, b = {"last_name": "Berg", "company": "Wayne Enterprises"}, {"last_name": "Berg", "company": "Wayne Entreprises"}
    assert found([["last_name", "company~90"]], a, b) == [[0, 1]]
    assert found([["last_name", "company~99"]], a, b) == []


def test_five_thousand_with_one_address_are_one_group():
    assert [
        len(group) for group in found([["email"]], *[{"email": "a@b.example", "last_name": f"n{n}"} for n in range(5000)])
    ] == [5000]
