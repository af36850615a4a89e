"""Story LA2 and what else must hold of the groups that are found, by the model of the package and by rules."""

from __future__ import annotations

import math

import pytest

from centri.dedupe.calibration import probability
from centri.dedupe.duplicates.companies import companies
from centri.dedupe.duplicates.find import find
from centri.dedupe.duplicates.people_model import default
from centri.dedupe.duplicates.rules import Rules
from centri.records import PRM, Record, Ref

RULES = Rules.of([["email"], ["first_name", "last_name", "phone"], ["first_name", "last_name", "company~90"]])
JUDGES = {"the model": None, "the rules of the story": RULES}


def record(known_as, entity="lead", /, *, deleted=False, **values):
    return Record(Ref(PRM, entity, known_as), values, deleted=deleted)


ANNA = {"first_name": "Anna", "last_name": "Svensson"}
D1 = record("D1", **ANNA, email="anna.svensson@initech.example", company="Initech")
D2 = record(
    "D2", **ANNA, email=" ANNA.SVENSSON@Initech.example", company="Initech LLC", phone_e164="+46855501", title="IT Director"
)
D3 = record("D3", **ANNA, company="Initech, LLC", phone_e164="+46855501")
D4 = record("D4", first_name="Anders", last_name="Svensson", email="anders@initech.example")
K9 = record("K9", "contact", first_name="Erik", last_name="Holm", email="erik.holm@initech.example")
D5 = record("D5", email="erik.holm@initech.example")
LA2 = [D1, D2, D3, D4, K9, D5]


def members(found):
    return [{ref.id for ref in group.members} for group in found.groups]


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_the_groups_of_the_story(judge):
    found = find(LA2, judge)
    assert members(found) == [{"K9", "D5"}, {"D1", "D2", "D3"}]
    assert {("D1", "D4"), ("D2", "D4")} <= {(one.id, other.id) for one, other in found.siblings}
    assert all(group.probability > 0.9 for group in found.groups)


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_what_people_said_holds(judge):
    apart = find(LA2, judge, cannot=[(D1.ref, D2.ref)])
    assert not any({"D1", "D2"} <= group for group in members(apart))
    together = find(LA2, judge, must=[(D4.ref, D1.ref)])
    assert {"D1", "D2", "D3", "D4"} in members(together)
    torn = find(LA2, judge, must=[(D4.ref, D1.ref)], cannot=[(D4.ref, D1.ref)])
    assert torn.refused == ((D1.ref, D4.ref),)


def test_a_cannot_link_parts_records_that_say_the_same():
    twins = [record(name, **ANNA, email="anna.svensson@initech.example") for name in ("A", "B", "C")]
    assert members(find(twins)) == [{"A", "B", "C"}]
    apart = members(find(twins, cannot=[(twins[0].ref, twins[2].ref)]))
    assert len(apart) == 1
    assert not {"A", "C"} <= apart[0]


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_parts_add_up_and_scores_follow(judge):
    for pair in (pair for group in find(LA2, judge).groups for pair in group.evidence):
        evidence = math.fsum(part.weight for part in pair.parts)
        meant = default().calibration.probability(evidence) if judge is None else probability(evidence)
        assert pair.score == pytest.approx(float(meant), abs=1e-4)


def test_a_member_is_as_certain_as_its_best_pair():
    group = find(LA2).of(D3.ref)
    assert group.scores[D3.ref] == max(pair.score for pair in group.evidence if D3.ref in (pair.one, pair.other))
    assert group.probability == min(group.scores.values())
    assert find(LA2).of(D4.ref) is None


def test_deleted_records_have_no_duplicates():
    gone = record("D2", **ANNA, email="anna.svensson@initech.example", deleted=True)
    assert members(find([D1, gone])) == []


def test_no_records_have_no_groups():
    assert find([]).groups == ()
    assert find([D1]).groups == ()


PETRA = {"first_name": "Petra", "last_name": "Urban", "company": "Kerex Energy"}

# What a second record says otherwise than the first, and whether the two are one.
PAIRS = {
    "a short form": ({**PETRA, "first_name": "William"}, {"first_name": "Bill"}, True),
    "an initial": (PETRA, {"first_name": "P."}, True),
    "swapped": (PETRA, {"first_name": "Urban", "last_name": "Petra"}, True),
    "a typing error": ({**PETRA, "last_name": "Zimmermann"}, {"last_name": "Zimemrmann"}, True),
    "a double surname": (PETRA, {"last_name": "Urban-Koslow"}, True),
    "another first name": (PETRA, {"first_name": "Dagmar"}, False),
    "another first name, one address": ({**PETRA, "email": "purban@gmail.com"}, {"first_name": "Pavel"}, False),
    "another surname": (PETRA, {"last_name": "Jonsson"}, False),
    "a namesake elsewhere": (
        {**PETRA, "email": "petra@kerex.com", "country": "DE"},
        {"email": "petra.urban@vandro.fr", "company": "Vandro Textiles", "country": "FR"},
        False,
    ),
    "a mailbox that is nobody's": ({**PETRA, "email": "info@kerex.com"}, {"first_name": "Kai", "last_name": "Wolf"}, False),
}


@pytest.mark.parametrize(("values", "changed", "one"), PAIRS.values(), ids=PAIRS)
def test_two_people(values, changed, one):
    found = find([record("A", **values), record("B", **{**values, **changed})])
    assert bool(found.groups) is one


WAYNE = {"name": "Wayne Enterprises", "city": "Bonn"}
KEREX = {"name": "Kerex", "website": "kerex.com"}

# Two accounts, and whether they are one.
ACCOUNTS = {
    "a legal form": ({"name": "Kerex Energy GmbH", "country": "DE"}, {"name": "Kerex Energy", "country": "Germany"}, True),
    "name and domain": (KEREX, {"name": "KEREX Inc.", "website": "https://www.kerex.com/en"}, True),
    "a typing error": (WAYNE, {**WAYNE, "name": "Wayne Entreprises"}, True),
    "another country": ({"name": "Kerex Energy GmbH", "country": "DE"}, {"name": "Kerex Energy SA", "country": "FR"}, False),
    "another name": ({"name": "Deutsche Bank", "country": "DE"}, {"name": "Deutsche Bahn", "country": "DE"}, False),
    "one domain, another name": (KEREX, {**KEREX, "name": "Vandro"}, False),
    "one word is not enough": ({"name": "Summit"}, {"name": "Summit Ltd"}, False),
}


@pytest.mark.parametrize(("a", "b", "one"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_two_accounts(a, b, one):
    assert bool(find([record("A", "account", **a), record("B", "account", **b)], companies).groups) is one
