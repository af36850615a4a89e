"""``centri diff``: the forms of its answer, and its exit codes."""

import json

import pytest
from typer.testing import CliRunner

from centri.cli.app import app
from centri.connectors.recorded import Fixtures
from centri.descriptions import Description, Field, FieldType
from centri.records import Record, Ref

MAPPING = """\
connections: {east: {type: memory}}
entities:
  account:
    east: {object: Account, fields: {name: {crm: Name, transform: text, direction: in}}}
"""


@pytest.fixture
def run(tmp_path):
    """Compare an older file with mappings.yaml, which shouts."""
    fixtures = Fixtures(tmp_path / "fixtures")
    fixtures.keep_description("east", Description("Account", {"Name": Field("Name", FieldType.TEXT)}))
    names = {"A1": "Acme", "A2": "BOREALIS", "A3": "Cirrus", "A4": "<Dunes>"}
    fixtures.keep_records("east", "Account", [Record(Ref("east", "Account", i), {"Name": n}, "1") for i, n in names.items()])
    (tmp_path / "old.yaml").write_text(MAPPING)
    (tmp_path / "mappings.yaml").write_text(MAPPING.replace("transform: text", "transform: upper"))

    def run(*words, base="old.yaml"):
        return CliRunner().invoke(app, ["diff", str(tmp_path / base), *words, "--mappings", str(tmp_path / "mappings.yaml")])

    return run


def test_text_ends_with_what_it_comes_to(run):
    done = run()
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "3 changed, of 4 recorded records"
    assert "Acme -> ACME" in done.stdout


CODES = [("changed=3", 0), ("changed=2", 3), ("changed=75%", 0), ("changed=74%", 3), ("held=0,told=0,left=0,entered=0", 0)]


@pytest.mark.parametrize(("fail_on", "code"), CODES)
def test_a_threshold_that_is_passed_is_exit_code_3(run, fail_on, code):
    done = run("--fail-on", fail_on)
    assert done.exit_code == code, done.output
    assert (f"over the threshold {fail_on}: 3 of 4" in done.stderr) is (code == 3)


def test_a_threshold_that_is_none_is_exit_code_1(run):
    done = run("--fail-on", "changes=1")
    assert (done.exit_code, "changed, entered, left, held, told" in done.stderr) == (1, True)


def test_json_is_one_document_with_every_record(run):
    told = json.loads(run("--json", "--fail-on", "changed=1").stdout)
    assert told["ok"] is False
    assert told["counts"]["changed"] == {"number": 3, "of": 4}
    assert [(r["crm_id"], r["change"]) for r in told["records"]] == [("A1", "changed"), ("A3", "changed"), ("A4", "changed")]
    assert told["records"][0]["fields"] == [{"field": "name", "old": "Acme", "new": "ACME", "arrives": "stays as it is"}]


def test_markdown_escapes_what_records_hold(run):
    told = run("--markdown", "--fail-on", "changed=1").stdout
    assert "**Over the threshold changed=1: 3 of 4**" in told
    assert "&lt;Dunes&gt; -&gt; &lt;DUNES&gt;" in told
    assert "| east | account | 4 | 3 | 0 | 0 | 0 | 0 | 0 |" in told


def test_a_base_with_faults_is_told_and_no_failure(run, tmp_path):
    (tmp_path / "old.yaml").write_text(MAPPING.replace("transform: text", "transform: txt"))
    done = run("--fail-on", "held=0")
    assert done.exit_code == 0, done.output
    assert "old.yaml:4: " in done.stdout
    assert "has faults, so there is nothing to compare with" in done.stdout


def test_a_head_with_faults_is_exit_code_1(run, tmp_path):
    (tmp_path / "mappings.yaml").write_text(MAPPING.replace("transform: text", "transform: txt"))
    done = run("--json")
    assert done.exit_code == 1
    assert "txt" in json.loads(done.stdout)["problems"][0]["message"]


def test_without_fixtures_it_says_how_to_make_some(run, tmp_path):
    (tmp_path / "fixtures").rename(tmp_path / "elsewhere")
    done = run()
    assert (done.exit_code, "to record a CRM: centri record CONNECTION" in done.stderr) == (1, True)
    assert run("--fixtures", str(tmp_path / "elsewhere")).exit_code == 0


def test_two_forms_at_once_are_refused(run):
    assert run("--json", "--markdown").exit_code == 1
