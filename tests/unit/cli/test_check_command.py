"""``centri check``: what it prints for people and for machines, what it ends with, and what it does not load."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from csv_business import Business
from typer.testing import CliRunner

from centri.cli.app import app
from centri.connectors.recorded import Fixtures
from centri.engine.check import check
from centri.mappings.fit.faults import RULES

ROOT = Path(__file__).parents[3]
HEAVY = ("dagster", "pandas", "sqlalchemy", "alembic", "simple_salesforce", "rich")
PROGRAM = """
import sys
from centri.__main__ import main
sys.argv = ["centri", "check", "--offline", "--strict"]
try:
    main()
except SystemExit as end:
    print(end.code)
print([name for name in {heavy} if name in sys.modules])
"""


def run(shop: Business, *arguments: str):
    return CliRunner().invoke(app, ["check", *arguments], env=shop.environment)


@pytest.fixture
def faulty(shop):
    """Two errors at known lines."""
    text = shop.mapping.read_text().replace("company: Company", "company: Compny")
    shop.mapping.write_text(text.replace("city: City", "annual_revenue: City"))
    return shop


def test_recorded_metadata_are_checked_without_loading_a_database_or_dagster():
    code = PROGRAM.format(heavy=HEAVY)
    ran = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), cwd=ROOT, capture_output=True, text=True, check=True)
    fine, *rest, loaded = ran.stdout.splitlines()
    assert "are fine" in fine
    assert (rest in ([], ["0"]), loaded) == (True, "[]")


def test_each_problem_is_a_line_with_severity_and_remedy(faulty):
    ran = run(faulty)
    assert (ran.exit_code, ran.stdout) == (1, "")
    first, second = ran.stderr.splitlines()
    assert first.startswith(
        f"{faulty.mapping}:6: error: Account.City (text) comes in as 'Acme', which account.annual_revenue (money)"
    )
    assert first.endswith("; use transform: money")
    assert second.startswith(f"{faulty.mapping}:14: error: Lead has no field 'Compny'; did you mean 'Company'?; correct the name")


def test_json_names_everything(faulty):
    for arguments in (["--json"], ["--format", "json"]):
        ran = run(faulty, *arguments)
        document = json.loads(ran.stdout)
        assert (ran.exit_code, ran.stderr, document["ok"], document["against"]) == (1, "", False, "live")
        assert [p["line"] for p in document["problems"]] == [6, 14]
        found = document["problems"][1]
        assert list(found) == ["file", "line", "column", "severity", "rule", "message", "remedy"]
        assert (found["rule"], found["severity"], found["column"]) == ("field", "error", 9)
        assert found["remedy"]


def test_github_gets_an_annotation_for_each(faulty, monkeypatch):
    monkeypatch.chdir(faulty.folder)
    lines = run(faulty, "--format", "github").stdout.splitlines()
    assert lines[1].startswith("::error file=mappings.yaml,line=14,col=9,title=centri field::Lead has no field 'Compny'; did you")
    assert len(lines) == 2


def test_githubs_own_characters_are_escaped():
    from centri.cli.check_formats import _escaped

    assert _escaped("50%, a:b\nc") == "50%25, a:b%0Ac"
    assert _escaped("50%, a:b", ":,") == "50%25%2C a%3Ab"


def test_sarif_has_what_its_schema_requires(faulty, monkeypatch):
    monkeypatch.chdir(faulty.folder)
    (faulty.folder / "south" / "Account.csv").unlink()
    log = json.loads(run(faulty, "--format", "sarif").stdout)
    assert (log["version"], log["$schema"].endswith("sarif-2.1.0.json")) == ("2.1.0", True)
    (one,) = log["runs"]
    driver = one["tool"]["driver"]
    assert driver["name"] == "centri"
    ids = [rule["id"] for rule in driver["rules"]]
    assert ids == list(RULES)
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    (invocation,) = one["invocations"]
    assert isinstance(invocation["executionSuccessful"], bool)
    assert all(told["message"]["text"] for told in invocation["toolExecutionNotifications"])
    assert len(one["results"]) >= 2
    for result in one["results"]:
        assert result["message"]["text"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert ids[result["ruleIndex"]] == result["ruleId"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "mappings.yaml"
        assert place["region"]["startLine"] >= 1
        assert place["region"].get("startColumn", 1) >= 1


def test_the_language_alone_asks_nobody(faulty):
    ran = run(faulty, "--language")
    assert (ran.exit_code, ran.stdout) == (0, f"{faulty.mapping}: 3 mappings on 2 connections are fine\n")


def test_a_fault_of_the_language_keeps_the_crms_from_being_asked(shop):
    shop.mapping.write_text(shop.mapping.read_text().replace("newest", "newst").replace("Company", "Compny"))
    for mode in ("--offline", "--language", "--drift"):
        document = json.loads(run(shop, mode, "--json").stdout)
        assert [(p["rule"], p["line"]) for p in document["problems"]] == [("language", 15)]


def test_fixtures_may_lie_elsewhere_and_unrecorded_objects_name_the_command(shop, tmp_path):
    ran = run(shop, "--offline", "--fixtures", str(tmp_path / "none"))
    assert ran.exit_code == 1
    assert ran.stderr.count("record it: centri record north") == 2
    assert ran.stderr.count("record it: centri record south") == 1


def test_drift_is_3_where_it_is_mapped_and_0_where_not(shop):
    from centri.connectors.registry import open_connector

    fixtures = Fixtures(shop.folder / "fixtures")
    for name, objects in (("north", ("Account", "Lead")), ("south", ("Account",))):
        connector = open_connector("csvfile", name, {"folder": str(shop.folder / name)})
        for object in objects:
            fixtures.keep_description(name, connector.describe(object))
    ran = run(shop, "--drift")
    assert (ran.exit_code, ran.stdout) == (0, f"{shop.mapping}: 3 mappings on 2 connections are as they were recorded\n")
    leads = shop.folder / "north" / "Lead.csv"
    leads.write_text(leads.read_text().replace("Company", "Firma", 1))
    ran = run(shop, "--drift")
    assert ran.exit_code == 3
    assert f"{shop.mapping}:14: error: north Lead.Company is gone" in ran.stderr
    assert "centri record north" in ran.stderr
    accounts = shop.folder / "south" / "Account.csv"
    accounts.write_text(accounts.read_text().replace("Name", "Name,Fax", 1))
    elsewhere = json.loads(run(shop, "--drift", "--json").stdout)["elsewhere"]
    assert ("south", "Fax", "added") in [(e["connection"], e["field"], e["change"]) for e in elsewhere]


def test_three_checks_at_once_are_refused(shop):
    ran = run(shop, "--offline", "--drift")
    assert (ran.exit_code, "three different checks" in ran.stderr) == (1, True)


def test_nothing_is_written(shop):
    before = sorted(shop.folder.rglob("*"))
    check(shop.settings)
    assert sorted(shop.folder.rglob("*")) == before
