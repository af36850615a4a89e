"""``centri init``: a starting mapping from a CRM or from what is recorded, added to what is there, and told."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from centri.cli.app import app
from centri.connectors.recorded import Fixtures
from centri.engine.project import PRM_FIELDS
from centri.mappings.loader import load
from centri.mappings.preflight import preflight
from centri.sandbox.server import Sandbox

ROOT = Path(__file__).parents[3]
KINDS = {"salesforce", "sugarcrm"}


@pytest.fixture(scope="module")
def environment():
    with Sandbox(1) as sandbox:
        yield sandbox.environment


@pytest.fixture
def run(tmp_path):
    shutil.copytree(ROOT / "fixtures" / "metadata", tmp_path / "fixtures" / "metadata")
    shutil.copytree(ROOT / "fixtures" / "records", tmp_path / "fixtures" / "records")

    def run(*words, env=None):
        return CliRunner().invoke(app, ["init", *words, "--out", str(tmp_path / "mappings.yaml")], env=env or {})

    return run


@pytest.fixture
def shipped(run, tmp_path):
    """The shipped mapping in the place where the command writes."""
    shutil.copy(ROOT / "mappings.yaml", tmp_path)
    return tmp_path / "mappings.yaml"


def faults(path):
    """What recorded metadata say against a mapping."""
    mapping, fixtures = load(path, PRM_FIELDS), Fixtures(path.parent / "fixtures")
    return [a.note for m in mapping.mappings for a in preflight(m, fixtures.description(m.connection, m.object))]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_starting_mapping_loads_and_fits_what_is_recorded(run, tmp_path, kind):
    ran = run(kind, "--offline")
    assert ran.exit_code == 0, ran.output
    path = tmp_path / "mappings.yaml"
    mapping = load(path, PRM_FIELDS)
    assert [m.entity for m in mapping.of(kind)] == [
        "vendor_user", "partner_account", "account", "contact", "lead", "opportunity", "note",
    ]  # fmt: skip
    assert faults(path) == []
    assert f"{kind.upper()}_URL" in ran.stderr
    assert "partner_account (Account" in ran.stderr


def test_the_crm_itself_is_asked_where_nothing_says_offline(run, tmp_path, environment):
    asked = run("sugarcrm", "--json", env=environment)
    assert asked.exit_code == 0, asked.output
    document = json.loads(asked.stdout)
    assert document["written"] is True
    assert document["entities"]["lead"]["fields"]["company"] == "account_name"
    assert "SUGARCRM_PASSWORD" in document["variables"]
    text = (tmp_path / "mappings.yaml").read_text()
    assert "without revenue line items" in text
    assert "  sugarcrm_lead_state:\n    inward:\n" in text


def test_a_second_connection_keeps_every_line_of_the_first(run, tmp_path):
    run("sugarcrm", "--offline")
    path = tmp_path / "mappings.yaml"
    path.write_text(path.read_text().replace("entities:\n", "# ours\nentities:  # kept\n"))
    before = path.read_text()
    ran = run("salesforce", "--offline")
    assert ran.exit_code == 0, ran.output
    after = path.read_text()
    left = iter(after.splitlines())
    assert all(line in left for line in before.splitlines())  # each in its order
    assert set(load(path, PRM_FIELDS).connections) == KINDS
    assert faults(path) == []


def test_only_some_objects(run, tmp_path):
    ran = run("salesforce", "--offline", "--objects", "Account, Lead")
    assert ran.exit_code == 0, ran.output
    mapping = load(tmp_path / "mappings.yaml", PRM_FIELDS)
    assert {m.entity for m in mapping.mappings} == {"partner_account", "account", "lead"}
    assert "# owner_vendor_user_id: {crm: OwnerId" in (tmp_path / "mappings.yaml").read_text()


def test_a_dry_run_writes_nothing_and_shows_the_difference(run, shipped):
    before = shipped.read_bytes()
    ran = run("--add", "lead.Rating", "--as", "timeframe", "--offline", "--dry-run")
    assert ran.exit_code == 0, ran.output
    assert "+        timeframe: {crm: Rating, direction: in}" in ran.stdout
    assert shipped.read_bytes() == before


def test_a_field_is_added_where_its_object_has_it(run, shipped):
    before = shipped.read_text()
    ran = run("--add", "opportunity.next_step", "--offline")
    assert ran.exit_code == 0, ran.output
    added = [line for line in ran.stdout.splitlines() if line.startswith("+ ")]
    assert added == ["+        next_step: {crm: next_step, direction: in}"]
    assert not [line for line in ran.stdout.splitlines() if line.startswith("- ")]
    assert [line for line in shipped.read_text().splitlines() if line not in before.splitlines()] == [added[0][1:]]
    mapping = load(shipped, PRM_FIELDS)
    assert mapping.get("sugarcrm", "opportunity").fields["next_step"].crm == "next_step"
    assert "next_step" not in mapping.get("salesforce", "opportunity").fields


def test_a_field_of_choices_brings_its_value_map(run, shipped):
    ran = run("--add", "account.Rating", "--as", "segment_code", "--offline")
    assert ran.exit_code == 0, ran.output
    ran = run("--add", "lead.Rating", "--as", "qualification", "--offline", "--json")
    assert json.loads(ran.stdout)["fields"]["salesforce"]["unsure"] is True
    text = shipped.read_text()
    assert "  salesforce_lead_qualification:\n    inward:\n      Hot:" in text
    assert load(shipped, PRM_FIELDS).get("salesforce", "lead").fields["qualification"].direction.value == "in"


WRONG = {
    "neither": ((), "name a new connection"),
    "both": (("salesforce", "--add", "lead.Rating"), "name a new connection"),
    "there already": (("salesforce", "--offline"), "has the connection 'salesforce' already"),
    "a kind that nobody knows": (("north", "--type", "salesforc"), "did you mean 'salesforce'?"),
    "no kind": (("north", "--offline"), "what kind of CRM is 'north'?"),
    "an unknown object": (("sf", "--type", "salesforce", "--objects", "Acount", "--offline"), "did you mean 'Account'?"),
    "an entity that nobody knows": (("sf", "--type", "salesforce", "--objects", "X=leed", "--offline"), "did you mean 'lead'?"),
    "nothing recorded": (("north", "--type", "salesforce", "--offline"), "record it first: centri record north"),
    "an entity to add to": (("--add", "leads.Rating", "--offline"), "did you mean 'lead'?"),
    "no field": (("--add", "lead", "--offline"), "such as lead.Rating"),
    "a field that is not there": (("--add", "lead.Ratin", "--offline"), "did you mean 'Rating'?"),
    "no such connection": (("--add", "lead.Rating", "--connection", "sales", "--offline"), "did you mean 'salesforce'?"),
    "a PRM field that is not there": (("--add", "lead.Rating", "--as", "timefram", "--offline"), "did you mean 'timeframe'?"),
    "mapped already": (("--add", "lead.LeadSource", "--offline"), "is mapped to lead_source already"),
    "PRM field mapped": (("--add", "lead.Rating", "--as", "company", "--offline"), "company is mapped to Company already"),
    "nothing near": (("--add", "lead.Latitude", "--offline"), "name one: --as PRM_FIELD"),
    "a variable that is not set": (("north", "--type", "sugarcrm"), "NORTH_PASSWORD is not set"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_what_to_do_and_nothing_is_written(run, shipped, words, message):
    before = shipped.read_bytes()
    ran = run(*words)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert message in ran.stderr
    assert shipped.read_bytes() == before


def test_a_crm_that_cannot_be_reached_ends_with_2(run, tmp_path):
    names = ("URL", "USERNAME", "PASSWORD", "PLATFORM")
    nowhere = dict.fromkeys((f"NORTH_{name}" for name in names), "x") | {"NORTH_URL": "http://127.0.0.1:9"}
    ran = run("north", "--type", "sugarcrm", env=nowhere)
    assert ran.exit_code == 2, ran.output
    assert not (tmp_path / "mappings.yaml").exists()
