"""An explanation adds up, names what led to each candidate, and has words for all evidence."""

import pytest

from centri.dedupe.companies import rivals
from centri.dedupe.companies.company import company
from centri.dedupe.companies.described import FOUND_BY as LED
from centri.dedupe.companies.described import MEANING, meaning
from centri.dedupe.companies.evidence import FEATURES
from centri.dedupe.companies.explanation import as_json, explain
from centri.dedupe.companies.index import BLOCK, Index
from centri.dedupe.companies.matcher import FOUND_BY, Matcher
from centri.dedupe.companies.model import parts
from centri.dedupe.companies.rules import CompanyRules, Facts
from centri.dedupe.companies.segment import segment
from centri.dedupe.companies.verdict import judge

ACCOUNTS = {
    "1": {"name": "Corvan Paper Inc", "website": "corvan.example", "country": "US"},
    "2": {"name": "Corvan Paper GmbH", "website": "corvan.example", "country": "DE"},
    "3": {"name": "Corvan Textiles", "country": "GB"},
    **{f"n{at}": {"name": "Northern Dairy", "website": "dairy.example"} for at in range(60)},
}
LEADS = [
    {"company": "Corvan Paper Germany", "email": "jo@corvan.example"},
    {"company": "Northern Dairy", "email": "jo@dairy.example"},
    {"company": "Corvn Papr", "email": "jo@gmail.com"},
    {"company": "Zebu"},
    {},
]
RULES = CompanyRules()


@pytest.fixture(scope="module")
def ranking():
    known = Index([segment([company(id, row) for id, row in ACCOUNTS.items()])])
    return Matcher(known).rank([company(f"L{at}", row) for at, row in enumerate(LEADS)])


def told(ranking, at, **facts):
    return explain(ranking, at, judge(ranking.leads[at], ranking.of(at, 99), facts, RULES), RULES, 3)


@pytest.mark.parametrize("at", range(len(LEADS)))
def test_the_parts_add_up_to_the_log_odds_and_these_make_the_score(ranking, at):
    for weighed in told(ranking, at).weighed:
        assert sum(part.weight for part in weighed.parts) == pytest.approx(weighed.log_odds, abs=1e-4)
        assert ranking.model.calibration.probability(weighed.log_odds) == pytest.approx(weighed.candidate.score, abs=1e-9)


def test_it_says_who_was_chosen_how_they_were_found_and_the_runner_up(ranking):
    document = as_json(told(ranking, 0, **{"2": Facts(country="DE", parent="1"), "1": Facts(country="US")}), {"2": "Corvan (DE)"})
    assert (document["account"], document["verdict"], document["code"]) == ("2", "match", "PARENT_CHILD")
    assert document["runner_up"] == "1"
    assert document["remarks"] == [f"{' and '.join(document['tied'])} count as one: the score is that of any of them"]
    chosen = next(c for c in document["candidates"] if c["id"] == "2")
    assert chosen["name"] == "Corvan (DE)"
    assert {"domain", "name"} <= set(chosen["found_by"])
    assert chosen["levels"]["domain"] == "same"


def test_it_says_what_was_not_looked_at(ranking):
    crowded = told(ranking, 1)
    assert crowded.cut >= 60 - BLOCK
    assert any(f"of a key that more than {BLOCK} share" in remark for remark in crowded.remarks)
    assert told(ranking, 0).cut == 0


def test_a_free_mail_address_is_said_to_be_unused(ranking):
    assert "its domain is one that strangers share, and was not used" in told(ranking, 2).remarks


@pytest.mark.parametrize("at", [3, 4])
def test_nobody_is_explained_too(ranking, at):
    document = as_json(told(ranking, at))
    assert (document["account"], document["verdict"]) == (None, "none")
    assert document["candidates"] == []


def test_every_piece_of_evidence_and_every_key_has_words(ranking):
    names = {name for name, _ in parts(ranking.model, ranking.evidence[0], ranking.judged.at(0))}
    assert names <= set(MEANING)
    assert {*FEATURES, *rivals.FEATURES[1:]} <= set(MEANING)
    assert set(FOUND_BY.values()) == set(LED)
    assert meaning("nobody_knows") == "nobody knows"
