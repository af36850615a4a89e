"""Transforms: their examples hold, and what goes in and out again is what it was."""

import doctest
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri import values
from centri.anomalies import Untranslatable
from centri.mappings import contact_transforms, transform, transforms
from centri.mappings.choices import ValueMap
from centri.mappings.transform import ALONE, Beside
from centri.mappings.transforms import TRANSFORMS, Boolean, Choice, Country, Emails, Integer, Phone, Text, Truncate


@pytest.mark.parametrize("module", [transforms, contact_transforms])
def test_the_examples_in_the_docstrings_hold(module):
    result = doctest.testmod(module, extraglobs={"ALONE": ALONE, "Beside": Beside})
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize("word", sorted(TRANSFORMS))
def test_every_word_has_a_meaning_and_an_example(word):
    assert ">>>" in (TRANSFORMS[word].__doc__ or "")


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text()), st.dictionaries(st.text(), st.text())
)


@pytest.mark.parametrize("word", sorted(set(TRANSFORMS) - {"choice", "truncate"}))
@given(value=ANYTHING.filter(lambda value: value is not None))
def test_a_strange_value_is_a_finding_and_never_a_crash(word, value):
    with suppress(ValueError, Untranslatable):
        TRANSFORMS[word]().inward(value, ALONE)


AS_THE_PRM_HOLDS_THEM = {
    "email": st.emails(domains=st.just("globex.example"))
    .map(str.lower)
    .filter(lambda a: not a.startswith('"') and ".." not in a),
    "country": st.sampled_from(["DE", "FR", "US", "KR", "CD", "VI"]),
    "money": st.decimals(min_value=0, max_value=10**9, places=2).map(lambda d: values.money(f"{d:f}")),
    "date": st.dates().map(lambda d: d.isoformat()),
    "datetime": st.datetimes().map(lambda d: values.datetime_utc(d.isoformat() + "+00:00")),
    "integer": st.integers(-(10**9), 10**9),
    "boolean": st.booleans(),
}


@pytest.mark.parametrize("word", sorted(AS_THE_PRM_HOLDS_THEM))
@given(data=st.data())
def test_out_and_in_again_is_the_same(word, data):
    value = data.draw(AS_THE_PRM_HOLDS_THEM[word])
    try:
        told = TRANSFORMS[word]().outward(value, ALONE)
    except ValueError:
        return  # an address that no person has
    assert TRANSFORMS[word]().inward(told, ALONE) == value


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
