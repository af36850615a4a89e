"""Who a record is. Add a row to a table to say how a case should come out."""

from __future__ import annotations

import json
import math

import pytest

from centri.dedupe.matcher import MatchRules, match, rank
from centri.dedupe.verdicts import Code, Verdict
from centri.records import Record, Ref

COMPANY = {"company_name": 4, "domain": 6, "city": 1, "country": 1}
LEAD_ACCOUNT = MatchRules(("domain", "name"), COMPANY, cap={"country_differs": Verdict.REVIEW, "name_only": Verdict.REVIEW})
ACCOUNT = MatchRules(
    ("domain", "name"),
    COMPANY,
    cap={"country_differs": Verdict.REVIEW, "name_only": Verdict.REVIEW, "name_differs": Verdict.REVIEW},
)
PERSON = MatchRules(("email",), {"email": 6, "person_name": 4}, cap={"name_differs": Verdict.REVIEW})


def lead(company="", email=None, country=None, **values):
    return Record(Ref("prm", "lead", "L"), {"company": company, "email": email, "country_code": country, **values})


def account(name, domain=None, country=None, *, id="1", **values):
    return Record(Ref("prm", "account", id), {"name": name, "website": domain, "country_code": country, **values})


def person(first, last, email, *, id="1", entity="contact"):
    return Record(Ref("prm", entity, id), {"first_name": first, "last_name": last, "email": email})


UMBRELLA = account("Umbrella Health Systems", "umbrella-health.example", "DE")
WAYNE = account("Wayne Enterprises", "wayne.example", "US", id="2")
INITECH = account("Initech LLC", "initech.example", "US", id="3")
MUELLER = account("Mueller Maschinenbau", "mueller-mb.example", "DE", id="4")

# A lead, an account, what is to be done, and the code of the reason.
LEADS = {
    "same domain, abbreviated name": (
        lead("Umbrella Health Sys.", "mia.wong@umbrella-health.example", "DE"), UMBRELLA, "match", "NAME_PLUS_DOMAIN"),
    "legal form dropped, same domain": (
        lead("Nouvelle Banque SA", "a@nouvellebanque.example"), account("Nouvelle Banque", "https://www.nouvellebanque.example/"),
        "match", "NAME_PLUS_DOMAIN"),
    "mail below the registered domain": (
        lead("Umbrella Health", "a@mail.umbrella-health.example", "DE"), UMBRELLA, "match", "NAME_PLUS_DOMAIN"),
    "no company, domain alone": (lead("", "bob@umbrella-health.example"), UMBRELLA, "match", "EXACT_DOMAIN"),
    "loosely named at the same domain": (
        lead("Facility Dept.", "x@umbrella-health.example", "DE"), UMBRELLA, "match", "EXACT_DOMAIN"),
    "same domain, other name, other country": (
        lead("Rainbow Clinics", "x@umbrella-health.example", "FR"), UMBRELLA, "review", "HOMONYM_OTHER_COUNTRY"),
    "same domain and name, other country": (
        lead("Umbrella Health Systems", "x@umbrella-health.example", "FR"), UMBRELLA, "review", "HOMONYM_OTHER_COUNTRY"),
    "same name in another country": (lead("Wayne Enterprises", None, "DE"), WAYNE, "review", "HOMONYM_OTHER_COUNTRY"),
    "first word only": (
        lead("Acme", "y@acme.example", "US"), account("Acme Analytics", "acme-analytics.example", "US"),
        "none", "BELOW_REVIEW"),
    "first word only, no domains": (
        lead("Acme", None, "US"), account("Acme Analytics", None, "US"), "none", "BELOW_REVIEW"),
    "like-sounding word": (lead("Initrode", "z@initrode.example", "US"), INITECH, "none", "BELOW_REVIEW"),
    "free mail, abbreviated name": (
        lead("Umbrella Health Sys.", "mia@gmail.example", "DE"), UMBRELLA, "review", "FREE_MAIL_NAME_ONLY"),
    "free mail, one-word name": (lead("Initech, Inc.", "x@gmail.example", "US"), INITECH, "review", "FREE_MAIL_NAME_ONLY"),
    "free mail, a typing error in two words": (
        lead("Wayne Entreprises", "b@gmail.example", "US"), WAYNE, "match", "NAME_PLUS_PLACE"),
    "free mail, accents and legal form": (
        lead("Müller Maschinenbau GmbH", "c@gmail.example", "DE"), MUELLER, "match", "NAME_PLUS_PLACE"),
    "same free mail says nothing": (
        lead("Initrode", "a@gmail.example", "US"), account("Initech", "gmail.example", "US"),
        "none", "BELOW_REVIEW"),
    "same name of several words, nothing else": (lead("Wayne Enterprises Ltd"), account("Wayne Enterprises"), "match", "NAME"),
    "one word, nothing else": (lead("Globex"), account("Globex Corporation"), "review", "NAME_ONLY"),
    "one word and the same city": (
        lead("Globex", None, "US", city="Boston"), account("Globex Corporation", None, "US", city="boston"),
        "match", "NAME_PLUS_PLACE"),
    "one letter's difference that makes another bank": (
        lead("Deutsche Bahn", None, "DE"), account("Deutsche Bank", None, "DE"), "review", "NAME_ONLY"),
    "same name, other domain": (lead("Wayne Enterprises", "a@other.example", "US"), WAYNE, "review", "BELOW_ACCEPT"),
    "a name that is none": (lead("n/a", None, "US"), account("N/A", None, "US"), "none", "BELOW_REVIEW"),
    "nothing at all": (lead(), account(""), "none", "BELOW_REVIEW"),
}  # fmt: skip


@pytest.mark.parametrize(("subject", "candidate", "verdict", "code"), LEADS.values(), ids=LEADS.keys())
def test_a_lead_is_matched_to_an_account(subject, candidate, verdict, code):
    found = match(subject, [candidate], LEAD_ACCOUNT)
    assert (verdict, code) == (found.verdict, found.code), found
    assert (candidate.ref if verdict == "match" else None) == found.accepted


def test_the_story_of_umbrella_gives_at_least_85_percent():
    found = match(LEADS["same domain, abbreviated name"][0], [UMBRELLA, WAYNE, INITECH], LEAD_ACCOUNT)
    assert found.score >= 0.85
    assert [(part.field, part.level) for part in found.parts] == [
        ("prior", "any"),
        ("company_name", "close"),
        ("domain", "same"),
        ("city", "missing"),
        ("country", "same"),
    ]
    assert found.because == "company name close, domain same, country same"


# An account of a second CRM, an account that the PRM has, and whether they are one.
ADOPTIONS = {
    "same name and domain": (account("Initech, Inc."), account("Initech LLC"), "initech.example", "match"),
    "a subsidiary at the same domain": (account("Soylent Foods Europe B.V."), account("Initech"), "soylent.example", "review"),
    "same name without a domain": (account("Wayne Enterprises, Inc."), account("Wayne Enterprises"), None, "match"),
}


@pytest.mark.parametrize(("ours", "theirs", "domain", "verdict"), ADOPTIONS.values(), ids=ADOPTIONS.keys())
def test_an_account_of_a_second_crm_is_adopted(ours, theirs, domain, verdict):
    subject, candidate = (
        Record(Ref(s, "account", "1"), {**r.values, "website": domain}) for s, r in (("crm", ours), ("prm", theirs))
    )
    assert match(subject, [candidate], ACCOUNT).verdict == verdict


# Two people with one e-mail address.
PEOPLE = {
    "same person": (("Anna", "Svensson"), ("ANNA", "Svensson"), "match"),
    "first and last name swapped": (("Svensson", "Anna"), ("Anna", "Svensson"), "match"),
    "an initial": (("A.", "Svensson"), ("Anna", "Svensson"), "match"),
    "a typing error": (("Ana", "Svenson"), ("Anna", "Svensson"), "match"),
    "no name on one side": (("", ""), ("Anna", "Svensson"), "match"),
    "a shared mailbox": (("Erik", "Holm"), ("Anna", "Svensson"), "review"),
    "a family's mailbox": (("Lars", "Svensson"), ("Anna", "Svensson"), "review"),
}


@pytest.mark.parametrize(("one", "other", "verdict"), PEOPLE.values(), ids=PEOPLE.keys())
@pytest.mark.parametrize("entity", ["lead", "contact"])
def test_people_with_the_same_address(one, other, verdict, entity):
    subject = person(*one, " Info@Initech.example", entity=entity, id="2")
    assert match(subject, [person(*other, "info@initech.example", entity=entity)], PERSON).verdict == verdict


def test_people_of_the_same_name_with_other_addresses_are_not_one():
    assert (
        match(person("Anna", "Svensson", "a@x.example", id="2"), [person("Anna", "Svensson", "b@y.example")], PERSON).verdict
        == "none"
    )


def test_two_accounts_with_the_domain_are_told_apart_by_country():
    europe, america = (
        account("Soylent Foods Europe B.V.", "soylent.example", "NL"),
        account("Soylent Foods, Inc.", "soylent.example", "US", id="2"),
    )
    bob = match(lead("", "bob@soylent.example", "NL"), [america, europe], LEAD_ACCOUNT)
    assert (europe.ref, Verdict.MATCH) == (bob.accepted, bob.verdict)
    sue = match(lead("", "sue@soylent.example"), [america, europe], LEAD_ACCOUNT)
    assert (sue.accepted, sue.verdict, sue.code) == (None, Verdict.REVIEW, Code.DOMAIN_MULTI_ACCOUNT)
    assert sue.because == "account 2 is about as likely as account 1"


def test_equal_candidates_are_a_matter_for_a_person_and_keep_the_order_of_their_ids():
    twins = [account("Wayne Enterprises", id=key) for key in ("10", "9", "9")]
    found = match(lead("Wayne Enterprises"), twins, LEAD_ACCOUNT)
    assert (found.verdict, found.code, found.candidate.id) == (Verdict.REVIEW, Code.AMBIGUOUS, "9")
    assert found.runner_up.ref.id == "10"


def test_a_record_is_no_candidate_for_itself_and_deleted_ones_are_none():
    gone = Record(Ref("prm", "account", "7"), WAYNE.values, deleted=True)
    found = match(WAYNE, [WAYNE, gone], ACCOUNT)
    assert (found.candidate, found.score, found.verdict, found.code) == (None, 0.0, Verdict.NONE, Code.NO_CANDIDATE)


def test_a_match_that_is_none_still_names_its_best_candidate_for_explanation():
    found = match(lead("Initrode", country="US"), [INITECH], LEAD_ACCOUNT)
    assert (INITECH.ref, None) == (found.candidate, found.accepted)
    assert found.because == "the best candidate is too unlike (company name different, country same)"


def test_thresholds_are_probabilities():
    subject = lead("Wayne Entreprises", "b@gmail.example", "US")
    strict = MatchRules(LEAD_ACCOUNT.block, COMPANY, accept=0.95, cap=LEAD_ACCOUNT.cap)
    assert [match(subject, [WAYNE], rules).verdict for rules in (LEAD_ACCOUNT, strict)] == [Verdict.MATCH, Verdict.REVIEW]
    assert 0.85 <= rank(subject, [WAYNE], LEAD_ACCOUNT)[0].score < 0.95


def test_a_cap_may_forbid_altogether():
    rules = MatchRules(("name",), COMPANY, cap={"country_differs": Verdict.NONE, "name_only": Verdict.REVIEW})
    found = match(lead("Wayne Enterprises", "a@wayne.example", "DE"), [WAYNE], rules)
    assert (found.verdict, found.code) == (Verdict.NONE, Code.HOMONYM_OTHER_COUNTRY)


NASTY = ["", " ", "x", "🙂", "🙂🙂🙂", "a" * 10_000, "ab " * 3_000, "株式会社", "Яндекс", "\x00", "GmbH", "&", "'"]


@pytest.mark.parametrize("name", NASTY, ids=ascii)
def test_no_name_is_too_odd(name):
    for subject in (
        lead(name, name, name, city=name),
        lead(None, None, None),
        Record(Ref("crm", "lead", "1"), {"company": 7, "email": ["a"]}),
    ):
        found = match(subject, [account(name, name, name, city=name), WAYNE], LEAD_ACCOUNT)
        assert 0 <= found.score <= 1
        assert math.isclose(math.fsum(p.weight for p in found.parts), found.evidence)
        json.dumps([found.verdict, found.code, found.because, found.score])


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"block": ("domian",)}, "no blocking key is called 'domian'; there are domain"),
        ({"compare": {"company": 4}}, "no comparison is called 'company'; there are company_name"),
        ({"cap": {"name": Verdict.REVIEW}}, "no cap is called 'name'; there are name_only"),
        ({"accept": 8}, "are probabilities"),
        ({"accept": 0.5}, "review is the lower one"),
        ({"gap": -1}, "not negative"),
        ({"compare": {"city": -1}}, "not negative"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules, message):
    with pytest.raises(ValueError, match=message):
        MatchRules(**{"block": ("name",), "compare": {"company_name": 4}, **rules})
