"""Files of leads matched to files of accounts, without a store."""

import gzip
import random

import match_csv
import pytest

from centri.dedupe.companies.rules import CompanyRules
from centri.dedupe.companies.witnesses import MANY
from centri.engine.match_files import MatchFiles, match_files
from centri.errors import ConfigError


@pytest.fixture(scope="module")
def told():
    accounts = match_csv.accounts(300)
    leads, labels = match_csv.leads(accounts, 900)
    return accounts, leads, labels


def run(folder, accounts, leads, *, heads=(match_csv.ACCOUNTS, match_csv.LEADS), out="out.csv", **options):
    files = [
        match_csv.write(folder / name, head, rows)
        for name, head, rows in zip(("a.csv", "l.csv"), heads, (accounts, leads), strict=True)
    ]
    done = match_files(MatchFiles(*files, folder / out, processes=options.pop("processes", 1), **options))
    return done, match_csv.read(folder / out)


def test_one_row_for_each_lead_that_has_a_candidate_in_their_order(told, tmp_path):
    accounts, leads, labels = told
    done, rows = run(tmp_path, accounts, leads)
    assert list(rows[0]) == ["lead_id", "account_id", "score", "verdict"]
    assert [row["lead_id"] for row in rows] == sorted(row["lead_id"] for row in rows)
    assert (done.accounts, done.leads, done.rows, len(rows) + done.without) == (300, 900, len(rows), 900)
    assert sum(done.verdicts.values()) == 900
    right = {row["lead_id"]: row["gold_ids"] for row in labels}
    taken = [row for row in rows if row["verdict"] == "match"]
    assert sum(right[row["lead_id"]] == row["account_id"] for row in taken) / len(taken) > 0.97
    assert all(0 < float(row["score"]) < 1 for row in rows)


def test_two_processes_say_what_one_says(told, tmp_path):
    accounts, leads, _ = told
    (tmp_path / "one").mkdir()
    one, two = run(tmp_path / "one", accounts, leads, top=3), run(tmp_path, accounts, leads, top=3, processes=2)
    assert one[1] == two[1]
    assert one[0] == two[0]


def test_the_order_of_accounts_and_leads_changes_no_answer(told, tmp_path):
    accounts, leads, _ = told
    _, rows = run(tmp_path, accounts, leads, top=3)
    shuffled = [random.Random(3).sample(part, len(part)) for part in (accounts, leads)]
    _, again = run(tmp_path, *shuffled, top=3)
    assert sorted(tuple(row.values()) for row in rows) == sorted(tuple(row.values()) for row in again)


def test_more_rows_for_a_lead_say_none_and_score_no_more_than_the_answer(told, tmp_path):
    accounts, leads, _ = told
    _, first = run(tmp_path, accounts, leads)
    _, rows = run(tmp_path, accounts, leads, top=4)
    seen: dict[str, list] = {}
    for row in rows:
        seen.setdefault(row["lead_id"], []).append(row)
    assert [found[0] for found in seen.values()] == first
    assert max(map(len, seen.values())) == 4
    for found in seen.values():
        assert {row["verdict"] for row in found[1:]} <= {"none"}
        assert [float(row["score"]) for row in found] == sorted((float(row["score"]) for row in found), reverse=True)
        assert len({row["account_id"] for row in found}) == len(found)


def test_thresholds_move_verdicts_and_reasons_are_told_when_asked(told, tmp_path):
    accounts, leads, _ = told
    strict, rows = run(tmp_path, accounts, leads, rules=CompanyRules(accept=0.9999, review=0.9), reasons=True)
    usual, _ = run(tmp_path, accounts, leads)
    assert strict.verdicts["match"] < usual.verdicts["match"]
    assert all(row["code"] and row["because"] for row in rows)


def test_gzip_is_understood_by_name_on_both_sides(told, tmp_path):
    accounts, leads, _ = told
    files = (
        match_csv.write(tmp_path / "a.csv.gz", match_csv.ACCOUNTS, accounts),
        match_csv.write(tmp_path / "l.csv.gz", match_csv.LEADS, leads),
    )
    match_files(MatchFiles(*files, tmp_path / "out.csv.gz", processes=1))
    _, plain = run(tmp_path, accounts, leads)
    assert match_csv.read(tmp_path / "out.csv.gz") == plain
    assert gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).startswith(b"lead_id,a")


def test_a_partner_and_a_competitor_are_told_and_facts_decide_between_equals(tmp_path):
    accounts = [
        {"account_id": "old", "name": "Corvan Paper", "website": "corvan.example", "status": "former"},
        {"account_id": "new", "name": "Corvan Paper", "website": "corvan.example", "status": "customer"},
        {"account_id": "rival", "name": "Zebulon Freight", "website": "zebulon.example", "type": "competitor"},
    ]
    leads = [
        {"lead_id": "1", "company": "Corvan Paper", "email": "a@corvan.example"},
        {"lead_id": "2", "company": "Zebulon Freight", "email": "a@zebulon.example"},
    ]
    _, rows = run(tmp_path, accounts, leads, reasons=True)
    assert [(row["account_id"], row["verdict"], row["code"]) for row in rows] == [
        ("new", "match", "DOMAIN_MULTI_ACCOUNT"),
        ("rival", "match", "COMPETITOR"),
    ]


def test_other_columns_are_said_once_for_both_files_or_for_one(tmp_path):
    heads = ("Nr", "Bezeichnung", "Ort"), ("key", "Wer", "Ort")
    accounts = [{"Nr": "7", "Bezeichnung": "Corvan Paper GmbH", "Ort": "Bremen"}]
    leads = [{"key": "1", "Wer": "corvan paper", "Ort": "bremen"}]
    said = ("account_id=Nr,name=Bezeichnung", "leads.lead_id=key", "company=Wer")
    _, rows = run(tmp_path, accounts, leads, heads=heads, columns=said)
    assert [(row["lead_id"], row["account_id"]) for row in rows] == [("1", "7")]


def test_names_that_imports_know_need_not_be_said(tmp_path):
    heads = ("id", "Firma", "Homepage", "Land"), ("Id", "Unternehmen", "E-Mail", "Ort")
    accounts = [{"id": "7", "Firma": "Corvan Paper", "Homepage": "corvan.example", "Land": "Deutschland"}]
    _, rows = run(tmp_path, accounts, [{"Id": "1", "Unternehmen": "Corvan Paper", "E-Mail": "a@corvan.example"}], heads=heads)
    assert [(row["account_id"], row["verdict"]) for row in rows] == [("7", "match")]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("name", "it takes FIELD=COLUMN, such as name=Company, not 'name'"),
        ("nam=Firm", "no field is called 'nam'; did you mean 'name'?"),
        ("Firm=name", "no field is called 'Firm'; write name=Firm"),
        ("name=Frm", "a.csv has no column 'Frm'; did you mean 'Firm'?; it has account_id, Firm"),
        ("people.name=Firm", "there is no file of 'people'; there are accounts, leads"),
        ("leads.name=Firm", "no field is called 'name'"),
    ],
)
def test_what_is_wrong_with_columns_is_said(tmp_path, said, told):
    with pytest.raises(ConfigError) as refused:
        run(tmp_path, [], [], heads=(("account_id", "Firm"), ("lead_id", "company")), columns=(said,))
    assert told in str(refused.value)


def test_a_file_without_an_id_or_without_anything_to_compare_is_refused_with_all_that_is_missing(tmp_path):
    with pytest.raises(ConfigError) as refused:
        run(tmp_path, [], [], heads=(("nr", "x"), ("lead_ident", "company")))
    first, second = str(refused.value).splitlines()
    assert "no column for account_id and name; it has nr, x. Say which it is: --columns accounts.account_id=" in first
    assert second.endswith("Say which it is: --columns leads.lead_id=lead_ident")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("accounts", "leads", "told"),
    [
        ([{"account_id": "1", "name": "A"}, {"account_id": "1", "name": "B"}], [], "account_id '1' stands in the lines 2, 3"),
        ([{"name": "A"}], [], "a.csv:2: the row has no account_id (column 'account_id')"),
        ([], [{"company": "A"}], "l.csv:2: the row has no lead_id"),
    ],
)
def test_a_row_that_cannot_be_named_is_refused_with_its_line(tmp_path, accounts, leads, told):
    with pytest.raises(ConfigError) as refused:
        run(tmp_path, accounts, leads)
    assert told in str(refused.value)
    assert not (tmp_path / "out.csv").exists()
    assert not list(tmp_path.glob(".*"))


def test_the_answers_never_go_where_the_questions_are(tmp_path):
    with pytest.raises(ConfigError, match="is one of the files that are read"):
        run(tmp_path, [], [], out="l.csv")
    with pytest.raises(ConfigError, match="--top"):
        run(tmp_path, [], [], top=0)


@pytest.mark.parametrize(
    ("accounts", "leads"),
    [([], []), ([], [{"lead_id": "1", "company": "Corvan"}]), ([{"account_id": "1", "name": "Corvan"}], [])],
)
def test_empty_files_have_empty_answers(tmp_path, accounts, leads):
    done, rows = run(tmp_path, accounts, leads)
    assert rows == []
    assert (done.leads, done.without) == (len(leads), len(leads))


TWICE = [
    {"account_id": "A1", "name": "Corvan Paper Inc", "country": "US", "status": "prospect"},
    {"account_id": "A2", "name": "Corvan Paper GmbH", "country": "DE", "status": "prospect"},
    {"account_id": "A3", "name": "Zebu Robotics Ltd", "country": "GB"},
]
VAGUE = {"lead_id": "L1", "first_name": "Jo", "last_name": "Berg", "email": "jo.berg@gmail.com", "company": "Corvan Paper"}
CLEAR = {**VAGUE, "lead_id": "L2", "company": "Corvan Paper GmbH", "country": "Germany"}


def scores(folder, leads, **options):
    _, rows = run(folder, TWICE, leads, top=2, **options)
    return {(row["lead_id"], row["account_id"]): float(row["score"]) for row in reversed(rows)}


def test_leads_of_one_person_are_heard_whatever_their_order_and_the_number_of_processes(tmp_path):
    alone = scores(tmp_path, [VAGUE])
    together = scores(tmp_path, [VAGUE, CLEAR])
    assert together["L1", "A2"] > alone["L1", "A2"]
    assert together == scores(tmp_path, [CLEAR, VAGUE]) == scores(tmp_path, [VAGUE, CLEAR], processes=2)


@pytest.mark.parametrize(
    "others",
    [
        [{**CLEAR, "lead_id": "L1"}],
        [{**CLEAR, "lead_id": f"L{at}"} for at in range(2, 2 + MANY)],
        [{**CLEAR, "first_name": "Ann", "email": "ann.berg@gmail.com"}],
        [{**CLEAR, "first_name": "", "last_name": "", "email": ""}],
    ],
    ids=["the same lead again", "a crowd", "somebody else", "nobody"],
)
def test_who_is_no_other_lead_of_the_person_is_not_heard(tmp_path, others):
    assert scores(tmp_path, [VAGUE, *others])["L1", "A1"] == scores(tmp_path, [VAGUE])["L1", "A1"]


def test_columns_that_nothing_is_known_of_are_told(tmp_path):
    heads = (match_csv.ACCOUNTS, ("lead_id", "email", "Firmenname X"))
    done, _ = run(tmp_path, TWICE, [{"lead_id": "L1", "email": "jo@corvan.example"}], heads=heads)
    assert done.unread == {"leads": ["Firmenname X"]}
    done, _ = run(tmp_path, TWICE, [VAGUE])
    assert done.unread == {}
