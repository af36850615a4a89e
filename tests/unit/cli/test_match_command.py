"""``centri match`` on files: what it prints, what it ends with, and what it says is wrong."""

import json

import match_csv
import pytest
from typer.testing import CliRunner

from centri.cli.app import app
from centri.pipelines.instance import instance_of
from centri.pipelines.reported import MATCH_REPORT
from centri.settings import Settings


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    known = match_csv.accounts(60)
    leads, labels = match_csv.leads(known, 120)
    for name, head, rows in (("a", match_csv.ACCOUNTS, known), ("l", match_csv.LEADS, leads), ("g", match_csv.LABELS, labels)):
        match_csv.write(folder / f"{name}.csv", head, rows)
    return folder


def run(folder, verb, *words):
    return CliRunner().invoke(
        app, ["match", verb, *(str(word).replace("@", f"{folder}/") if word.startswith("@") else word for word in words)]
    )


FILES = ("--accounts", "@a.csv", "--leads", "@l.csv")
LABELLED = (*FILES, "--labels", "@g.csv")


def test_file_says_how_many_and_where(files, tmp_path):
    done = run(files, "file", *FILES, "--out", str(tmp_path / "out.csv"))
    assert done.exit_code == 0, done.output
    assert "120 leads against 60 accounts: match " in done.stdout
    told = json.loads(run(files, "file", *FILES, "--out", str(tmp_path / "out.csv"), "--json").stdout)
    assert (told["ok"], told["leads"], told["rows"]) == (True, 120, len(match_csv.read(tmp_path / "out.csv")))
    assert sum(told["verdicts"].values()) == 120


def test_report_prints_the_figures_and_writes_one_page_that_needs_no_other(files, tmp_path):
    done = run(files, "report", *LABELLED, "--out", str(tmp_path / "r.html"))
    assert done.exit_code == 0, done.output
    assert "expected calibration error" in done.stdout
    page = (tmp_path / "r.html").read_text()
    assert page.count("<svg") == 3
    assert not any(word in page for word in ("<script", "<link", "src=", "url("))
    told = json.loads(run(files, "report", *LABELLED, "--json").stdout)
    assert told["measures"]["leads"] == 120


def test_explain_needs_no_store(files):
    account = match_csv.read(files / "a.csv")[0]
    words = ("--accounts", "@a.csv", "--company", account["name"], "--country", account["country"])
    done = run(files, "explain", *words)
    assert done.exit_code == 0, done.output
    assert f"{account['name']} ({account['account_id']})" in done.stdout
    told = json.loads(run(files, "explain", *words, "--json").stdout)
    assert told["account"] == account["account_id"]
    best = told["candidates"][0]
    assert sum(part["weight"] for part in best["parts"]) == pytest.approx(best["log_odds"], abs=0.01)
    of_file = json.loads(run(files, "explain", "L00003", *FILES, "--json").stdout)
    assert of_file["lead"]["id"] == "L00003"


def test_train_writes_nothing_unless_it_is_said_and_never_a_model_that_is_no_better(files, tmp_path):
    out = tmp_path / "m.json"
    done = run(files, "train", *LABELLED, "--out", str(out), "--json")
    told = json.loads(done.stdout)
    if done.exit_code == 4:
        assert "no better than that of the package" in told["problems"][0]["message"]
    else:
        assert (done.exit_code, told["written"]) == (0, False)
    assert not out.exists()


@pytest.mark.parametrize(
    ("verb", "words", "told"),
    [
        ("file", ("--accounts", "@none.csv", "--leads", "@l.csv", "--out", "x.csv"), "none.csv: there is no such file"),
        ("file", (*FILES, "--out", "@x.csv", "--accept", "1.5"), "--accept, --review:"),
        ("file", (*FILES, "--out", "@x.csv", "--model", "@a.csv"), "this is no model"),
        ("file", (*FILES, "--out", "@x.csv", "--processes", "0"), "--processes is a number from 1"),
        ("file", (*FILES, "--out", "@x.csv", "--columns", "compny=x"), "did you mean 'company'?"),
        ("train", ("--accounts", "@a.csv"), "it takes all three"),
        ("explain", ("--accounts", "@a.csv"), "it takes a lead's id, or what a lead says"),
        ("explain", ("L1", "--accounts", "@a.csv"), "name the file that it stands in with --leads"),
        ("explain", ("L0003", *FILES), "there is no lead 'L0003'; did you mean 'L00"),
        ("explain", ("--company", "x", "--leads", "@l.csv"), "it takes --accounts beside it"),
    ],
)
def test_what_is_wrong_is_said(files, verb, words, told):
    refused = run(files, verb, *words)
    assert refused.exit_code == 1, refused.output
    assert told in refused.output
    assert not (files / "x.csv").exists()


def test_nobody_is_asked_who_cannot_answer(files):
    refused = run(files, "review")
    assert refused.exit_code == 1
    assert "`centri match review --json` lists them" in refused.output


def test_a_report_is_shown_in_the_ui_beside_those_before_it(files, tmp_path):
    for _ in range(2):
        done = run(files, "report", *LABELLED, "--dagster", "--home", str(tmp_path))
        assert done.exit_code == 0, done.output
    with instance_of(Settings(tmp_path, tmp_path / "mappings.yaml", "")) as instance:
        found = instance.fetch_materializations(MATCH_REPORT.key, limit=5).records
    assert len(found) == 2
    shown = found[0].asset_materialization.metadata
    assert shown["leads"].value == 120
    assert 0 < shown["best_f1"].value <= 1
    assert "data:image/svg+xml" in shown["report"].value
