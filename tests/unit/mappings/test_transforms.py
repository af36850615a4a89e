"""Transforms: their examples hold, and what goes in and out again is what it was."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri.anomalies import Untranslatable
from centri.mappings import transform
from centri.mappings.choices import ValueMap
from centri.mappings.transform import ALONE, Beside
from centri.mappings.transforms import TRANSFORMS, Boolean, Choice, Country, Emails, Integer, Phone, Text, Truncate


@pytest.mark.parametrize("word", sorted(TRANSFORMS))
def test_every_word_has_a_meaning_and_an_example(word):
    assert ">>>" in (TRANSFORMS[word].__doc__ or "")


@pytest.mark.parametrize("word", sorted(word for word, kind in TRANSFORMS.items() if kind.one_way))
@given(value=st.one_of(st.booleans(), st.integers(), st.text(), st.lists(st.dictionaries(st.text(), st.text()))))
def test_a_strange_value_is_a_finding_and_never_a_crash(word, value):
    with suppress(ValueError, Untranslatable):
        TRANSFORMS[word]().inward(value, ALONE)


def test_a_primary_address_goes_out_as_a_list():
    told = Emails().outward("a@b.example", ALONE)
    assert [entry["primary_address"] for entry in told] == [True]
    assert Emails().inward(told, ALONE) == "a@b.example"


def test_a_phone_number_takes_its_country_from_the_record_before_the_default():
    phone = Phone(region="US", region_from="country_code")
    assert phone.inward("089 5550101", Beside(prm={"country_code": "DE"}.get)) == "+49895550101"
    assert phone.inward("(415) 555-0100", ALONE) == "+14155550100"
    assert phone.inward("(415) 555-0100", Beside(prm={"country_code": "Atlantis"}.get)) == "+14155550100"


def test_a_country_is_written_as_its_name_or_its_code():
    assert Country().outward("KR", ALONE) == "South Korea"
    assert Country(write="code").outward("KR", ALONE) == "KR"


def test_truncate_is_never_silent_unless_told_so():
    assert Truncate(length=3).outward("abc", ALONE) == "abc"
    with pytest.raises(Untranslatable) as found:
        Truncate(length=3).outward("abcd", ALONE)
    assert found.value.kind == "too_long"
    assert Truncate(length=3, cut=True).outward("abcd", ALONE) == "abc"


def test_whole_numbers_and_truth_are_not_guessed():
    with pytest.raises(ValueError, match="is not a whole number"):
        Integer().inward("2.5", ALONE)
    with pytest.raises(ValueError, match="neither true nor false"):
        Boolean().inward("perhaps", ALONE)
    with pytest.raises(ValueError, match="is not text"):
        Text().inward(True, ALONE)


STATUS = ValueMap(inward={"New": "new", "Dead": "disqualified", "false": "both", "": "vendor"})


def test_a_choice_maps_both_ways_and_knows_blank_and_truth():
    choice = Choice(map=STATUS)
    assert [choice.inward(v, ALONE) for v in ("New", False, None)] == ["new", "both", "vendor"]
    assert [choice.outward(v, ALONE) for v in ("disqualified", "vendor", None)] == ["Dead", None, None]


def test_a_blank_that_a_map_does_not_name_stays_blank():
    kind = Choice(map=ValueMap(inward={"A": "a"}))
    assert kind.inward(None, ALONE) is kind.outward(None, ALONE) is None


@pytest.mark.parametrize("half", ["inward", "outward"])
def test_a_choice_that_is_not_listed_is_a_finding(half):
    with pytest.raises(Untranslatable, match="'Recycled' is not in the value map") as found:
        getattr(Choice(map=STATUS), half)("Recycled", ALONE)
    assert found.value.kind == "picklist_value"


def test_otherwise_stands_for_values_that_are_not_listed_but_not_for_blanks():
    stage = Choice(map=ValueMap(inward={"Closed Won": "won"}, otherwise="open"))
    assert [stage.inward(v, ALONE) for v in ("Closed Won", "Anything", None)] == ["won", "open", None]


def test_a_map_without_outward_has_an_inverse_only_where_no_two_values_mean_the_same():
    assert ValueMap(inward={"A": "one", "B": "two", "C": None}).told == {"one": "A", "two": "B"}
    assert ValueMap(inward={"A": "one", "B": "one"}).told is None
    assert ValueMap(inward={"A": "one", "B": "one"}, outward={"one": "B"}).told == {"one": "B"}


def test_transform_by_itself_leaves_values_alone():
    assert transform.Transform().inward("x", ALONE) == transform.Transform().outward("x", ALONE) == "x"


KNOWN_OR_NOT = [
    # half, ids of the CRM's, value, what becomes of it: a value, or the beginning of the note
    ("inward", {}, "EUR", "EUR"),
    ("inward", {}, " usd", "USD"),
    ("inward", {}, "XYZ", "'XYZ' is no currency code"),
    ("inward", {}, "", "'' is no currency code"),
    ("inward", {"-99": "USD"}, "-99", "USD"),
    ("inward", {"-99": "USD"}, "EUR", "EUR"),
    ("inward", {"-99": "USD"}, "6f1c-a-guid", "'6f1c-a-guid' is no currency code"),
    ("inward", {"-99": "U$"}, "-99", "'U$' is no currency code"),
    ("outward", {}, "eur", "EUR"),
    ("outward", {}, "ABC", "'ABC' is no currency code"),
    ("outward", {"-99": "USD"}, "USD", "-99"),
    ("outward", {"-99": "USD"}, "EUR", "EUR has no id of the CRM's in the value map"),
]


@pytest.mark.parametrize(("half", "ids", "value", "expected"), KNOWN_OR_NOT)
def test_a_currency_is_known_or_set_aside(half, ids, value, expected):
    money = TRANSFORMS["currency"].model_validate({"map": ValueMap(inward=ids)} if ids else {})
    if " " not in expected:
        assert getattr(money, half)(value, ALONE) == expected
        return
    with pytest.raises(Untranslatable) as found:
        getattr(money, half)(value, ALONE)
    assert found.value.kind == "currency_unknown"
    assert found.value.note.startswith(expected)


ADDRESS = {"format": "{street}, {postal_code} {city}"}
BERLIN = {"zone": "Europe/Berlin"}

REFUSED = [
    # word, options, half, value, field, what else the row holds, the beginning of the note
    ("part", ADDRESS, "outward", "Main St 1, rear", "street", {"city": "Bonn"}, "'Main St 1, rear,  Bonn' would be read back"),
    ("part", ADDRESS, "inward", "Bonn", "city", {}, "'Bonn' is not of the form"),
    (
        "name_part",
        {"of": ("first", "last")},
        "outward",
        "Wu, Jr",
        "last",
        {"first": "Mia"},
        "first name 'Mia' and last name 'Wu, Jr'",
    ),
    ("name_part", {"of": ("first", "last")}, "outward", "Mia", "first", {}, "first name 'Mia' and last name None"),
    ("datetime", BERLIN, "inward", "2026-03-29 02:30:00", "", {}, "2026-03-29T02:30:00 is skipped in Europe/Berlin"),
    ("datetime", BERLIN, "inward", "2026-10-25 02:30:00", "", {}, "2026-10-25T02:30:00 comes twice in Europe/Berlin"),
    ("datetime", BERLIN, "outward", "2026-10-25T01:30:00Z", "", {}, "2026-10-25T02:30:00 comes twice in Europe/Berlin"),
    ("datetime", {}, "inward", "2026-03-29 02:30:00", "", {}, "'2026-03-29 02:30:00' names no time zone"),
    ("list", {"separator": ";"}, "outward", ["a;b"], "", {}, "'a;b' holds ';'"),
    ("subdivision", {}, "inward", "CA", "", {}, "no country is known for the state"),
    ("subdivision", {"country": "US"}, "inward", "Bayern", "", {}, "no part of US is called 'Bayern'"),
    ("boolean", {"write": "Y/N"}, "outward", "Y", "", {}, "'Y' is neither true nor false"),
]


@pytest.mark.parametrize(("word", "options", "half", "value", "field", "row", "note"), REFUSED)
def test_nothing_is_guessed(word, options, half, value, field, row, note):
    made = TRANSFORMS[word].model_validate(options)
    with pytest.raises(ValueError, match=r".") as found:
        getattr(made, half)(value, Beside(prm=row.get, field=field))
    assert str(found.value).startswith(note)


@pytest.mark.parametrize("word", ["text", "trim", "title"])
def test_nothing_but_blanks_is_blank(word):
    assert TRANSFORMS[word]().inward(" \n ", ALONE) is None


def test_blanks_that_people_leave_out_are_no_fault():
    address = TRANSFORMS["part"].model_validate(ADDRESS)
    assert address.inward("Main St 1,53111 Bonn", Beside(field="postal_code")) == "53111"
