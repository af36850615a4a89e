"""What people write, and the codes it stands for; a dash where it stands for none."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from centri.dedupe.dictionaries import plain_words
from centri.dedupe.standardize import company_size, industry, job_function, title_level

TITLES = [
    ("VP, Info. Security", "VP", "IT_SECURITY"),
    ("Chief Information Security Officer", "C_LEVEL", "IT_SECURITY"),
    ("CISO", "C_LEVEL", "IT_SECURITY"),
    ("C.I.O.", None, None),
    ("Sr. Mgr Mktg", "MANAGER", "MARKETING"),
    ("Leiter Einkauf", "DIRECTOR", "PROCUREMENT"),
    ("Geschäftsführer", "C_LEVEL", "EXECUTIVE"),
    ("Head of Sales", "DIRECTOR", "SALES"),
    ("IT Director", "DIRECTOR", "IT"),
    ("CEO & Founder", "C_LEVEL", "EXECUTIVE"),
    ("Vice President", "VP", None),
    ("President", "C_LEVEL", "EXECUTIVE"),
    ("Assistant to the CEO", None, None),
    ("Product Owner", "STAFF", None),
    ("Owner/Ninja", "OWNER", None),
    ("Software Engineer", "STAFF", "ENGINEERING"),
    ("Intern", "ENTRY", None),
    ("Internal Auditor", None, None),
    ("Student", "STUDENT", None),
    ("Wizard", None, None),
    ("", None, None),
    (None, None, None),
]


@pytest.mark.parametrize(("title", "level", "function"), TITLES)
def test_titles(title, level, function):
    assert (level, function) == (title_level(title), job_function(title))


INDUSTRIES = [
    ("Hospital/Health Care", "HEALTHCARE"),
    ("healthcare", "HEALTHCARE"),
    ("Health Insurance", "INSURANCE"),
    ("Banking & Fin. Svcs", "FINANCIAL_SERVICES"),
    ("Maschinenbau", "MANUFACTURING"),
    ("Comp. Software", "SOFTWARE"),
    ("Edu", "EDUCATION"),
    ("Blockchainy things", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("text", "code"), INDUSTRIES)
def test_industries(text, code):
    assert code == industry(text)


SIZES = [
    ("1,001-5,000 emp", "1001-5000"),
    ("1.001 - 5.000 Mitarbeiter", "1001-5000"),
    ("11 to 50", "11-50"),
    ("3k", "1001-5000"),
    ("250", "201-500"),
    (250, "201-500"),
    (250.0, "201-500"),
    ("ca. 80", "51-200"),
    ("1 200", "1001-5000"),
    ("11-50", "11-50"),
    (7, "1-10"),
    ("<10", "1-10"),
    (10, "1-10"),
    (11, "11-50"),
    (10000, "5001-10000"),
    (10001, "10001+"),
    (">10000", "10001+"),
    ("10.000+", "10001+"),
    (">50", None),
    ("50+", None),
    ("<200", None),
    ("20-300", None),
    ("3.5k", None),
    ("many", None),
    ("-5", None),
    (0, None),
    (True, None),
    ("", None),
    (None, None),
    ("9" * 5000, None),
]


@pytest.mark.parametrize(("employees", "band"), SIZES, ids=lambda v: str(v)[:20])
def test_company_sizes(employees, band):
    assert band == company_size(employees)


@pytest.mark.parametrize(("file", "parts"), [("titles", ("levels", "functions")), ("industries", ("codes",))])
def test_phrases_are_written_as_they_are_looked_for_and_abbreviations_are_words(file, parts):
    data = json.loads(files("centri.dedupe").joinpath("data", f"{file}.json").read_text(encoding="utf-8"))
    short = data["abbreviations"]
    assert all([key] == plain_words(key) for key in short)
    for phrase in (p for part in parts for _, phrases in data[part] for p in phrases):
        assert phrase == " ".join(short.get(word, word) for word in plain_words(phrase))
