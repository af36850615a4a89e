"""``centri import``: a look first, then the import; what is set aside is in a file, and in the exit code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centri.cli.app import app

MAPPINGS = Path(__file__).parents[3] / "mappings.yaml"
TEXT = "Name;Firma;E-Mail;Telefon;Messestand\nWong;Globex;mia@globex.example;089 5550101;A1\nKlein;Hooli;jo(at)hooli;;B2\n"


@pytest.fixture
def run(fresh_sqlite, tmp_path):
    file, url = tmp_path / "messe.csv", fresh_sqlite()
    file.write_text(TEXT)

    def run(*words, input=None):
        home = ["--mappings", str(MAPPINGS), "--home", str(tmp_path / "home")]
        return CliRunner().invoke(
            app, ["import", str(file), "--entity", "lead", *words, *home], env={"CENTRI_DATABASE_URL": url}, input=input
        )

    return run


def test_a_look_shows_the_match_the_first_rows_and_the_counts_and_writes_nothing(run, tmp_path):
    looked = run("--map", "Name=last_name", "--region", "DE")
    assert looked.exit_code == 3, looked.output
    lines = [line.split() for line in looked.stdout.splitlines()]
    assert ["Name", "last_name", "as", "you", "said"] in lines
    assert ["Firma", "company", "100%"] in lines
    assert ["2", "Wong", "Globex", "mia@globex.example", "+49895550101"] in lines
    assert ["2", "new"] in lines
    assert "not imported: Messestand; to say what a column is: --map 'COLUMN=field'" in looked.stdout
    assert "'jo(at)hooli' is not an e-mail address" in looked.stdout
    assert looked.stdout.endswith("nothing was imported; to import: the same with --yes\n")
    assert json.loads(run("--json").stdout)["outcomes"]["new"] == 2
    assert list(tmp_path.glob("*.rejects*")) == []


def test_it_is_imported_once(run, tmp_path):
    first = run("--map", "Name=last_name", "--region", "Germany", "--yes", "--json")
    told = json.loads(first.stdout)
    assert (first.exit_code, told["written"], told["rows"], told["outcomes"]["new"]) == (3, True, 2, 2)
    assert told["rejects"] == [
        {"row": 3, "kind": "type_mismatch", "field": "email", "reason": "'jo(at)hooli' is not an e-mail address"}
    ]
    assert Path(told["rejects_file"]) == tmp_path / "messe.rejects.csv"
    second = run("--map", "Name=last_name", "--region", "DE", "--yes", "--rejects", str(tmp_path / "again.csv"))
    assert "2  known from before, nothing new" in second.stdout
    assert f"1 row was set aside, see {tmp_path / 'again.csv'}" in " ".join(second.stdout.split())


def test_corrections_come_from_a_file_too(run, tmp_path):
    (tmp_path / "map.txt").write_text("# of the fair\nName=last_name\nE-Mail=\n")
    columns = json.loads(run("--map-file", str(tmp_path / "map.txt"), "--json").stdout)["columns"]
    assert [c["field"] for c in columns] == ["last_name", "company", None, "phone_e164", None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--map", "Name"], "--map takes COLUMN=field, not 'Name'"),
        (["--map", "Nam=last_name"], "the file has no column 'Nam'; did you mean 'Name'?"),
        (["--region", "Narnia"], "--region:"),
        (["--rejects", __file__], "is there already; name another file"),
        (["--map-file", "nowhere.txt"], "nowhere.txt cannot be read"),
    ],
)
def test_what_is_wrong_is_said(run, words, told):
    refused = run(*words)
    assert refused.exit_code == 1
    assert told in refused.output
