"""What of a row is standardized, by the dictionaries and by what a team adds to them; and what decided."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centri.dedupe import standard_reasons
from centri.dedupe.dictionaries import Additions, shipped
from centri.dedupe.standardize import company_size, industry, job_function, segment, title_level
from centri.dedupe.standards import cleaned, codes, known, priority

TEAM = shipped().extended(
    Additions(
        levels={"VP": ["Grand Poobah", "Sr. Wizard"]},
        functions={"MAGIC": ["Wizard"]},
        abbreviations={"Wiz.": "wizard"},
        industries={"SOFTWARE": ["Blockchainy things", "Bank-IT"]},
        company_sizes={"51-200": ["Mittelstand"]},
        segments={"MID": ["201-500"]},
        free_mail=["post.example"],
        shared_pages=["pages.example"],
        junk_names=["keine firma"],
    )
)


def test_what_a_team_adds_goes_before_the_shipped_entries():
    assert title_level("Grand Poobah of Sales", TEAM) == "VP"
    assert (title_level("senior wiz", TEAM), job_function("Wiz. of IT", TEAM)) == ("VP", "MAGIC")
    assert (industry("Bank IT", TEAM), industry("Bank IT")) == ("SOFTWARE", "FINANCIAL_SERVICES")
    assert (company_size("gehobener Mittelstand", TEAM), company_size("Mittelstand")) == ("51-200", None)
    assert (segment("201-500", TEAM), segment("201-500"), segment(None)) == ("MID", "SMB", None)
    assert {"post.example", "pages.example", "gmail.com"} <= TEAM.anybody.domains
    assert "keine firma" in TEAM.junk_names
    assert title_level("CEO", TEAM) == "C_LEVEL"


def test_the_shipped_dictionaries_stay_as_they_are():
    assert industry("Blockchainy things") is None
    assert "post.example" not in shipped().anybody.domains


CODES = [
    ("lead", {"title": "CEO"}, None, {"title_level_code": "C_LEVEL", "job_function_code": "EXECUTIVE", "priority": 80}),
    ("lead", {"title": None}, {"match_class": "named"}, {"title_level_code": None, "job_function_code": None, "priority": 45}),
    ("lead", {"match_class": "named"}, {"title_level_code": "VP"}, {"priority": 95}),
    ("lead", {"title": "VP", "priority": 3}, None, {"title_level_code": "VP", "job_function_code": None}),
    ("lead", {"employees_raw": "3k"}, None, {"company_size_code": "1001-5000", "segment_code": "MID"}),
    ("account", {"employees_raw": "3k", "company_size_code": "1-10"}, None, {"segment_code": "SMB"}),
    ("account", {"industry_raw": "Edu", "industry_code": "OURS"}, None, {}),
    ("contact", {"title": "Intern"}, None, {"title_level_code": "ENTRY", "job_function_code": None}),
    ("lead", {"city": "Bonn"}, {"title": "CEO"}, {}),
    ("opportunity", {"title": "CEO"}, None, {}),
]


@pytest.mark.parametrize(("entity", "values", "stored", "expected"), CODES)
def test_codes_follow_what_a_write_says(entity, values, stored, expected):
    assert codes(entity, values, stored, shipped()) == expected


ORDER = [
    ("C_LEVEL", "named"), ("VP", "named"), ("C_LEVEL", "none"), ("VP", "none"), ("DIRECTOR", "none"), ("MANAGER", "none"),
    ("STAFF", "none"), (None, "none"), ("ENTRY", "named"), ("STUDENT", "named"),
]  # fmt: skip


def test_priorities_in_order():
    found = [priority(level, match_class) for level, match_class in ORDER]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)
    assert priority("UNHEARD_OF", None) == priority(None, None)


KNOWN = [
    ("title_level", "Wizard", False), ("title_level", "CEO", True), ("title_level", "Assistant to the CEO", True),
    ("job_function", "Intern", False), ("industry", "Edu", True), ("company_size", "many", False), ("country", "DEU", True),
    ("country", "ZZ", False), ("phone", "089 1", False), ("phone", "+49 89 5550101", True),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "raw", "expected"), KNOWN)
def test_what_is_known_means_something_or_nothing_on_purpose(kind, raw, expected):
    assert known(kind, raw, shipped()) is expected


ROW = {
    "title": None, "title_level_code": None, "job_function_code": None, "industry_raw": None, "industry_code": None,
    "employees_raw": None, "company_size_code": None, "segment_code": None, "country_code": None, "phone_e164": None,
    "priority": None, "match_class": "none", "company": None, "company_norm": None, "email": None, "email_norm": None,
    "email_domain": None,
}  # fmt: skip


def test_a_code_that_no_dictionary_gives_is_not_taken_away():
    row = {**ROW, "industry_raw": "Blockchainy things", "industry_code": "SOFTWARE", "title": None, "title_level_code": "VP"}
    assert cleaned("lead", row, shipped()) == {"priority": 70}


TEXTS = st.one_of(
    st.none(), st.text(max_size=60), st.sampled_from(["", "🦄", "x" * 10_000, "株式会社", "9" * 5000, "ca. <k+-", "00", "+"])
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        dict.fromkeys(("title", "industry_raw", "employees_raw", "country_code", "phone_e164", "company", "email"), TEXTS)
    )
)
def test_cleaning_takes_anything_keeps_what_is_raw_and_is_done_at_once(given):
    row = {**ROW, **given}
    change = cleaned("lead", row, TEAM)
    assert not {"title", "industry_raw", "employees_raw", "company", "email"} & set(change)
    assert cleaned("lead", {**row, **change}, TEAM) == {}


@settings(deadline=None)
@given(TEXTS, st.sampled_from(sorted(standard_reasons.KINDS)))
def test_every_text_is_explained_as_everything(text, kind):
    assert all(reason.because for reason in standard_reasons.explain(text or "", kind, TEAM))


EXPLAINED = [
    ("VP, Info. Security", "title", "VP", "'vice president' is in the package's dictionary"),
    ("Assistant to the CEO", "title", None, "means nothing here"),
    ("Wizard", "title", None, "no phrase"),
    ("Blockchainy things", "industry", "SOFTWARE", "the mapping's dictionary"),
    ("Mittelstand", "size", "51-200", "the mapping's dictionary"),
    ("ca. 80", "size", "51-200", "band"),
    ("Neverland", "country", None, "no country is called 'Neverland'"),
    ("089 5550101", "phone", "+49895550101", "dialled in DE"),
    ("keine Firma", "company", None, "name no company"),
    ("Acme GmbH", "company", "acme", "legal form 'gmbh'"),
    ("https://a.post.example/x", "domain", "post.example", "free mail"),
    ("pages.example", "domain", "pages.example", "many have a page"),
    (" X@Acme.example", "email", "x@acme.example", "small letters"),
]


@pytest.mark.parametrize(("text", "kind", "value", "because"), EXPLAINED)
def test_what_decided_is_named(text, kind, value, because):
    first = standard_reasons.explain(text, kind, TEAM, "DE")[0]
    assert first.value == value
    assert because in first.because
