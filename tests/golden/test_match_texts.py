"""An explanation and a report as people read them, kept as text so that a change of them is seen.

What they tell is made up here, so that a model that is trained anew changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from centri.cli.match_explained import shown
from centri.cli.match_shown import measured
from centri.dedupe.companies.company import company
from centri.dedupe.companies.explanation import Explanation, Weighed
from centri.dedupe.companies.matcher import Candidate
from centri.dedupe.companies.measures import Outcomes, measure
from centri.dedupe.companies.rules import CompanyRules
from centri.dedupe.companies.verdict import Answer
from centri.dedupe.scoring import Part
from centri.dedupe.verdicts import Code, Verdict
from centri.engine.match_page import html, markdown
from centri.engine.match_report import Error, Found, Report

HERE = Path(__file__).parent
REFRESH = ".venv/bin/python tests/golden/test_match_texts.py"

_LEVELS = {"company_name": "same_short", "domain": "same", "country": "same", "city": "missing", "acronym": "missing"}


def explanation() -> Explanation:
    lead = company("L1", {"company": "Corvan Germany", "email": "jo@corvan.example", "country": "DE"})
    parts = [
        Part("before anything is known", "", -8.87),
        Part("domain", "3.00", 5.1),
        Part("lead_words", "1.00", 4.25),
        Part("country", "1.00", 2.6),
        Part("legal_form", "-1.00", -0.4),
        Part("city", "0.00", -0.03),
        Part("name_start", "0.90", 0.12),
        Part("all together", "", 0.73),
    ]
    first = Candidate("A2", 0.97, 3.5, "corvan", True, _LEVELS, ("domain", "name", "rare_word"))
    second = Candidate("A1", 0.41, 1.1, "corvan", False, {**_LEVELS, "country": "different", "domain": "label"}, ("name",))
    other = [Part("before anything is known", "", -8.87), Part("lead_words", "1.00", 8.5)]
    because = "of 2 companies of one family it is the one in the lead's country"
    answer = Answer("A2", 0.985, Verdict.MATCH, Code.PARENT_CHILD, because, ("A2", "A1"), "A1", "partner")
    return Explanation(lead, answer, CompanyRules(), [Weighed(first, parts, 3.5), Weighed(second, other, -0.37)], 7, 312)


def nobody() -> Explanation:
    lead = company("L2", {"company": "n/a", "email": "jo@gmail.com"})
    answer = Answer(None, 0.0, Verdict.NONE, Code.JUNK_NAME, "what stands for its company is no name")
    return Explanation(lead, answer, CompanyRules(), [], 0, 0)


def report() -> Report:
    outcomes = (
        [(0.99, True, True)] * 60 + [(0.9, True, True)] * 9 + [(0.9, False, False)] + [(0.6, at < 6, True) for at in range(10)]
    )
    told = measure(Outcomes.of([*outcomes, *[(0.0, False, False)] * 20]), 0.85)
    wrong = Found("L7", "A9", 0.9, "match", "EXACT_DOMAIN", "domain same", False, False, 0.9, "no account is right", ())
    missed = Found("L8", "A3", 0.6, "review", "BELOW_ACCEPT", "likely", True, True, 0.4, "not taken", ("A3",))
    errors = [
        Error(wrong, {"lead_id": "L7", "company": "Zebu <b>", "email": "a@zebu.example"}, "Zebulon Freight, GB (A9)", ""),
        Error(missed, {"lead_id": "L8", "company": "Corvn"}, "Corvan Paper (A3)", "Corvan Paper (A3)"),
    ]
    codes = {"NAME": 60, "NO_CANDIDATE": 20, "BELOW_ACCEPT": 10, "EXACT_DOMAIN": 10}
    return Report(
        told, CompanyRules(), 5_000, {"match": 70, "none": 20, "review": 10}, codes, errors, {"trained on": "an invented world"}
    )


def _printed(print_: Callable[[], None]) -> str:
    out = StringIO()
    with redirect_stdout(out):
        print_()
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


TEXTS: Mapping[str, Callable[[], str]] = {
    "match_explained.txt": lambda: _printed(lambda: shown(explanation(), {"A2": "Corvan GmbH"})),
    "match_nobody.txt": lambda: _printed(lambda: shown(nobody(), {})),
    "match_report.txt": lambda: _printed(lambda: measured(report())),
    "match_report.html": lambda: html(report()),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name):
    assert TEXTS[name]() == (HERE / name).read_text(encoding="utf-8"), f"it changed; if it should: {REFRESH}"


def test_the_page_shows_what_files_say_as_text():
    assert "Zebu &lt;b&gt;" in html(report())


def test_markdown_has_the_pictures_inside():
    told = markdown(report())
    assert told.count("](data:image/svg+xml;base64,") == 3
    assert "| expected calibration error | 0." in told


if __name__ == "__main__":
    for name, told in TEXTS.items():
        (HERE / name).write_text(told(), encoding="utf-8")
    sys.exit()
