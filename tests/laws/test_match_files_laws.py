"""Whatever stands in files of accounts and leads, matching them ends, in a bounded time, with sensible verdicts."""

import tempfile
from pathlib import Path

import match_csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centri.dedupe.companies.index import BLOCK
from centri.engine.match_files import MatchFiles, match_files

_NAMES = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "x",
            "🚀",
            "🚀🚀 Inc",
            "株式会社",
            "Ж",
            "n/a",
            "-",
            "GmbH",
            "NULL",
            "'; drop table",
            "a" * 10_000,
            "Ünï " * 2_500,
        ]
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40),
)
_TEXTS = st.one_of(st.sampled_from(["", "http://", "@", "a@", "@b.example", "co.uk", "ÿ.example", "mailto:x", "x" * 500]), _NAMES)


def match(accounts, leads, **options):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = (
            match_csv.write(folder / "a.csv", match_csv.ACCOUNTS, accounts),
            match_csv.write(folder / "l.csv", match_csv.LEADS, leads),
        )
        done = match_files(MatchFiles(*files, folder / "out.csv", processes=1, reasons=True, **options))
        return done, match_csv.read(folder / "out.csv")


def _rows(key: str, *fields: str):
    row = st.fixed_dictionaries(dict.fromkeys(fields, _TEXTS))
    return st.lists(row, max_size=6).map(lambda rows: [{**row, key: f"{key}{at}"} for at, row in enumerate(rows)])


@settings(max_examples=60, deadline=None)
@given(
    accounts=_rows("account_id", "name", "website", "country", "city", "type", "status", "parent_id", "created"),
    leads=_rows("lead_id", "company", "email", "website", "country", "city"),
)
def test_anything_at_all_is_answered(accounts, leads):
    done, rows = match(accounts, leads, top=2)
    assert done.leads == len(leads)
    assert {row["lead_id"] for row in rows} <= {row["lead_id"] for row in leads}
    assert {row["account_id"] for row in rows} <= {row["account_id"] for row in accounts}
    assert {row["verdict"] for row in rows} <= {"match", "review", "none"}
    assert all(0 <= float(row["score"]) <= 1 for row in rows)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(["", "x", "n/a", "-", "Ж", "GmbH", "???"]), others=st.integers(1, 5))
def test_a_name_that_says_nothing_is_no_match(name, others):
    accounts = [{"account_id": f"A{at}", "name": f"{name}{'' if at else ' '}"} for at in range(others)]
    _, rows = match([*accounts, {"account_id": "B", "name": "Corvan Paper"}], [{"lead_id": "1", "company": name}])
    assert all(row["verdict"] != "match" for row in rows)


@pytest.mark.parametrize(
    "script", ["株式会社日立製作所", "Газпром нефть", "شركة الاتصالات السعودية", "한국전력공사", "Ελληνικά Πετρέλαια"]
)
def test_a_name_in_another_script_is_found(script):
    accounts = [*match_csv.accounts(50), {"account_id": "me", "name": script, "country": ""}]
    _, rows = match(accounts, [{"lead_id": "1", "company": script}])
    assert rows[0]["account_id"] == "me"


def test_a_domain_that_five_thousand_share_is_cut_and_the_name_decides():
    accounts = [{**row, "website": "portal.example"} for row in match_csv.accounts(5_000)]
    leads = [{"lead_id": f"L{at}", "company": accounts[at]["name"], "email": "jo@portal.example"} for at in range(0, 5_000, 250)]
    _, rows = match(accounts, leads, top=BLOCK * 20)
    first = {row["lead_id"]: row["account_id"] for row in reversed(rows)}
    assert first == {f"L{at}": f"A{at:05}" for at in range(0, 5_000, 250)}
    assert len(rows) / len(leads) < 8 * BLOCK


def test_where_all_are_called_the_same_nobody_is_taken_for_certain():
    accounts = [{"account_id": f"A{at}", "name": "Corvan Paper"} for at in range(3_000)]
    _, rows = match(accounts, [{"lead_id": "1", "company": "Corvan Paper"}], top=BLOCK * 20)
    assert len(rows) < 8 * BLOCK
    assert rows[0]["verdict"] != "match"
