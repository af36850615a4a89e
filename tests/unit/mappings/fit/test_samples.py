"""The values that a check sends through rules."""

import pytest

from centri.connectors.codec import decode
from centri.descriptions import Field, FieldType
from centri.mappings.fit import samples
from centri.mappings.fit.prm import prm_fields
from centri.mappings.fit.types import _CRM, _PRM
from centri.mappings.rules import FieldRule

RULE = FieldRule(crm="X")


@pytest.mark.parametrize("type", [t for t in FieldType if t is not FieldType.OTHER])
def test_a_field_gets_values_of_its_type_in_canonical_form(type):
    field = Field("X", type, length=100, choices=("Hot", "Cold") if type in (FieldType.CHOICE, FieldType.CHOICES) else ())
    values = samples.of_crm(RULE, field)
    assert values
    assert all(_CRM[type](value) for value in values)
    assert [decode(type, value) for value in values] == list(values)
    assert values == samples.of_crm(RULE, field)


def test_a_list_gives_each_of_its_values():
    assert list(samples.of_crm(RULE, Field("X", FieldType.CHOICE, choices=("Hot", "Cold")))) == ["Hot", "Cold"]
    assert samples.of_crm(RULE, Field("X", FieldType.CHOICES, choices=("b", "a"))) == [["b"], ["a"], ["a", "b"]]


@pytest.mark.parametrize("length", [1, 4, 5, 6, 80, 255, 2000])
def test_texts_are_no_longer_than_the_field_and_one_fills_it(length):
    found = samples.texts(length)
    assert max(map(len, found)) == length
    assert len(samples.filled(length)) == length
    assert all(text == " ".join(text.split()) for text in found)


def test_every_prm_field_holds_what_is_made_for_it():
    for fields in prm_fields().values():
        for known in fields.values():
            assert all(_PRM[known.type](value) for value in samples.of_prm(RULE, known))
