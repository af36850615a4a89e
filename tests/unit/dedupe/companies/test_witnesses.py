"""What leads of one person say for each other: who they are, what it is worth, and that it harms nobody."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centri.dedupe.calibration import fit, log_odds_of
from centri.dedupe.companies.company import company
from centri.dedupe.companies.explanation import explain
from centri.dedupe.companies.index import Index
from centri.dedupe.companies.matcher import Matcher
from centri.dedupe.companies.model import SAME_PERSON
from centri.dedupe.companies.rules import CompanyRules
from centri.dedupe.companies.segment import segment
from centri.dedupe.companies.verdict import judge
from centri.dedupe.companies.witnesses import EMAIL, INITIAL, NAME, TRUST, UNSURE, Witness, gained, keys

JO = {"first_name": "Jo", "last_name": "Åberg", "email": "Jo.Aberg@gmail.com", "company": "Corvan"}
ODDS = st.floats(-12, 12)
PROBABILITY = st.floats(UNSURE, 1.0)
TRUSTED = st.sampled_from(sorted(TRUST.values()))


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ({"email": "jo.aberg@GMAIL.com"}, {EMAIL}),
        ({"first_name": "jo", "last_name": "aberg"}, {NAME}),
        ({"first_name": "Åberg", "last_name": "Jo"}, {NAME}),
        ({"first_name": "J.", "last_name": "Aberg", "company": "Corvan Papers"}, {INITIAL}),
        ({"first_name": "J.", "last_name": "Aberg", "company": "Zebu"}, set()),
        ({"first_name": "J.", "last_name": "Aberg"}, set()),
        ({"first_name": "Joan", "last_name": "Aberg", "email": "joan@gmail.com"}, set()),
        ({"last_name": "Aberg", "company": "Corvan"}, set()),
        ({}, set()),
    ],
)
def test_by_what_leads_are_one_persons(other, shared):
    assert {kind for kind, _ in set(keys(JO)) & set(keys(other))} == shared


@given(ODDS, TRUSTED, PROBABILITY)
def test_a_witness_never_takes_anything_away_and_adds_little_beyond_what_it_knows(own, trust, said):
    gain = gained(own, "A", [Witness(trust, {"A": said})])
    assert gain >= 0
    assert gain == 0 or own + gain <= log_odds_of(said) + 1.0 + 1e-6
    assert gained(own, "B", [Witness(trust, {"A": said})]) == 0


@given(ODDS, ODDS, TRUSTED, PROBABILITY)
def test_who_has_more_evidence_of_its_own_has_no_less_in_the_end(one, other, trust, said):
    low, high = sorted((one, other))
    heard = [Witness(trust, {"A": said})]
    assert low + gained(low, "A", heard) <= high + gained(high, "A", heard) + 1e-9


@given(ODDS, TRUSTED, TRUSTED, PROBABILITY, PROBABILITY)
def test_a_surer_witness_and_one_that_is_trusted_more_give_no_less(own, trust, other, said, told):
    weak, strong = (Witness(pick((trust, other)), {"A": pick((said, told))}) for pick in (min, max))
    assert gained(own, "A", [weak]) <= gained(own, "A", [strong]) + 1e-9
    assert gained(own, "A", [weak, strong]) == max(gained(own, "A", [weak]), gained(own, "A", [strong]))


@settings(deadline=None)  # the first fit loads what it is fitted with
@given(st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=80, max_size=200), ODDS, st.floats(0, 6))
def test_what_is_gained_is_gained_in_the_log_odds_that_are_meant(told, raw, gain):
    curve = fit([x for x, _ in told], [hit for _, hit in told])
    assert float(curve.meaning(curve.raised(raw, gain))) == pytest.approx(float(curve.meaning(raw)) + gain, abs=1e-6)


ACCOUNTS = {"1": {"name": "Corvan Paper Inc"}, "2": {"name": "Corvan Paper GmbH"}, "3": {"name": "Zebu Robotics Ltd"}}
LEADS = [{"company": "Corvan Paper"}, {"company": "Zebu Robotic"}]


@pytest.fixture(scope="module")
def matcher():
    return Matcher(Index([segment([company(id, row) for id, row in ACCOUNTS.items()])]))


def ranked(matcher, witnesses=None):
    return matcher.rank([company(f"L{at}", row) for at, row in enumerate(LEADS)]).heard(witnesses or {})


def test_of_two_that_fit_equally_the_one_is_meant_that_another_lead_of_the_person_means(matcher):
    before = ranked(matcher)
    assert before.of(0)[0].score == pytest.approx(before.of(0)[1].score, abs=1e-6)
    for id in ("1", "2"):
        after = ranked(matcher, {0: [Witness(TRUST[EMAIL], {id: 0.99}, "L7"), Witness(TRUST[NAME], {"3": 0.99}, "L8")]})
        assert [c.id for c in after.of(0)[:2]] == [id, {"1": "2", "2": "1"}[id]]
        assert after.of(0)[0].score > before.of(0)[0].score
        rules = CompanyRules()
        explanation = explain(after, 0, judge(after.leads[0], after.of(0, 9), {}, rules), rules, 2)
        assert f"lead L7 means {id} too, and may be of the same person" in explanation.remarks
        told = explanation.weighed[0]
        assert next(part.weight for part in told.parts if part.field == SAME_PERSON) > 1
        assert sum(part.weight for part in told.parts) == pytest.approx(told.log_odds, abs=1e-4)


def test_who_has_no_witness_is_judged_as_before_to_the_last_bit(matcher):
    before, after = ranked(matcher), ranked(matcher, {0: [Witness(TRUST[EMAIL], {"1": 0.99})]})
    assert [(c.id, c.score, c.alone) for c in before.of(1)] == [(c.id, c.score, c.alone) for c in after.of(1)]


@pytest.mark.parametrize(
    ("asked", "name"), [("Oepl", "Opel"), ("Opl", "Opel"), ("Okin", "Olin"), ("Mivisa", "Mvisa"), ("Левша", "Лешва")]
)
def test_a_short_name_is_found_although_a_slip_was_made_in_it(asked, name):
    strangers = [
        company(f"S{at}", {"name": f"{a}{b}{c}ox Systems"})
        for at, (a, b, c) in enumerate(zip("bdfgk", "aeiou", "lmnpr", strict=True))
    ]
    matcher = Matcher(Index([segment([*strangers, company("it", {"name": name})])]))
    found = {c.id: c for c in matcher.rank([company("L", {"company": asked})]).of(0)}
    assert "slip" in found["it"].found_by


def test_a_slip_that_leads_to_very_many_leads_to_nobody():
    many = Matcher(Index([segment([company(str(at), {"name": f"Op{letter}l"}) for at, letter in enumerate("abcdefgh")])]))
    assert not any("slip" in c.found_by for c in many.rank([company("L", {"company": "Opzl"})]).of(0))
