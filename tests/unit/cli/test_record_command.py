"""``centri record``: told in words and in JSON, and what is wrong with an exit code of its cure."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centri.cli.app import app
from centri.connectors.recorded import Fixtures
from centri.sandbox.server import Sandbox

MAPPINGS = Path(__file__).parents[3] / "mappings.yaml"


@pytest.fixture(scope="module")
def environment():
    with Sandbox(1) as sandbox:
        yield sandbox.environment


@pytest.fixture
def run(environment, tmp_path):
    def run(*words, env=environment):
        home = ["--mappings", str(MAPPINGS), "--home", str(tmp_path / "home"), "--out", str(tmp_path / "out")]
        return CliRunner().invoke(app, ["record", *words, *home], env={"CENTRI_MASKING_KEY": "", **env})

    return run


def test_a_recording_is_told_and_told_again(run, tmp_path):
    first = run("salesforce", "--objects", "Contact, User", "--records", "3")
    assert first.exit_code == 0, first.output
    assert "Contact: 3 records, recorded for the first time" in first.output
    assert f"5 files written in {tmp_path / 'out'}" in first.output
    assert (tmp_path / "home" / "masking.key").is_file()
    second = run("salesforce", "--objects", "Contact,User", "--records", "3")
    assert "Contact: 3 records, as before" in second.output
    assert "nothing to write" in second.output


def test_what_changed_is_told(run, tmp_path):
    run("salesforce", "--objects", "Contact", "--records", "3")
    file = tmp_path / "out" / "metadata" / "salesforce" / "Contact.json"
    document = json.loads(file.read_text())
    document["fields"] = [one for one in document["fields"] if one["name"] != "Department"]
    file.write_text(json.dumps(document))
    assert "\n  Department added\n" in run("salesforce", "--objects", "Contact", "--records", "3").output


def test_json_is_one_document(run, tmp_path):
    told = json.loads(run("sugarcrm", "--objects", "Notes", "--records", "2", "--json").stdout)
    assert (told["ok"], told["connection"], told["api_calls"]) == (True, "sugarcrm", 2)
    assert told["objects"]["Notes"] == {"records": 2, "added": 2, "removed": 0, "changed": 0, "new": True, "drift": []}
    assert told["cassette"] == str(tmp_path / "out" / "cassettes" / "sugarcrm.yaml")
    assert all(Path(path).is_file() for path in told["written"])


def test_companies_are_masked_when_asked(run, tmp_path):
    names = []
    for words in ((), ("--mask-companies",)):
        run("salesforce", "--objects", "Account", *words)
        names.append({r.values["Name"] for r in Fixtures(tmp_path / "out").records("salesforce", "Account")})
    assert not names[0] & names[1]


@pytest.mark.parametrize(
    ("words", "said"), [(["salesfroce"], "did you mean 'salesforce'"), (["salesforce", "--objects", "Laed"], "'Lead'")]
)
def test_a_wrong_word_is_exit_code_1(run, words, said):
    done = run(*words)
    assert done.exit_code == 1
    assert said in done.output


def test_a_missing_secret_is_named(run):
    done = run("salesforce", env={"SALESFORCE_URL": "", "SALESFORCE_CLIENT_ID": "", "SALESFORCE_CLIENT_SECRET": ""})
    assert done.exit_code == 1
    assert "SALESFORCE_CLIENT_SECRET is not set" in done.output
