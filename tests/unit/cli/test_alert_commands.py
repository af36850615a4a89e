"""Alerts from the command line, in `centri status` and in `centri runs`; the log as JSON on standard error."""

import json

import pytest
from csv_business import Business
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.engine.project import open_project, utc_now
from centri.store import steps
from centri.store.database import write


@pytest.fixture
def failing(shop: Business) -> Business:
    """North's leads could not be read three times."""
    project = open_project(shop.settings)
    try:
        for _ in range(3):
            with write(project.engine) as conn:
                steps.failed(conn, "north", "pull Lead", "the CRM is down", run_id="r", now=utc_now())
    finally:
        project.close()
    return shop


def run(shop: Business, *words: str) -> Result:
    return CliRunner().invoke(app, words, env=shop.environment)


def test_an_alert_is_decided_on_once_and_listed_until_it_is_over(failing):
    evaluated = run(failing, "alerts", "evaluate", "--json")
    (change,) = json.loads(evaluated.stdout)["changes"]
    assert (change["alert"], change["connection"], change["move"]) == ("failing", "north", "begins")
    assert json.loads(run(failing, "alerts", "evaluate", "--json").stdout)["changes"] == []
    listed = run(failing, "alerts", "list", "--json")
    assert listed.exit_code == 3
    (alert,) = json.loads(listed.stdout)["alerts"]
    assert alert["why"] == "pull Lead failed 3 times in a row: the CRM is down"
    assert "centri runs --connection north" in alert["remedy"]


def test_where_all_is_well_nothing_is_listed(shop):
    listed = run(shop, "alerts", "list")
    assert (listed.exit_code, listed.stdout) == (0, "no alert is on\n")
    assert run(shop, "alerts", "evaluate").stdout == "nothing changed\n"


def test_a_trial_without_a_block_goes_to_the_log_alone(shop):
    done = run(shop, "alerts", "test", "--json")
    assert (done.exit_code, json.loads(done.stdout)["recipients"]) == (0, 0)


def test_status_and_runs_tell_of_alerts_steps_and_lag(failing):
    run(failing, "alerts", "evaluate")
    run(failing, "sync", "south")
    document = json.loads(run(failing, "status", "--json").stdout)
    assert [alert["alert"] for alert in document["alerts"]] == ["failing"]
    found = {(s["connection"], s["name"]): s for s in document["steps"]}
    assert found["north", "pull Lead"]["failures"] == 3
    assert found["north", "pull Lead"]["seconds_since_success"] is None
    assert found["south", "pull Account"]["seconds_since_success"] >= 0
    assert {(row["connection"], row["object"]) for row in document["lag"]} == {("south", "Account")}
    shown = run(failing, "status").stdout
    assert "pull Lead failed 3 times in a row" in shown
    assert "alerts are on (1): centri alerts list" in run(failing, "runs").stderr


@pytest.mark.usefixtures("log_as_before")
def test_the_log_of_a_command_is_json_where_the_environment_says_so(shop):
    done = CliRunner().invoke(app, ["sync", "north", "--json"], env={**shop.environment, "CENTRI_LOG": "json"})
    json.loads(done.stdout)
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    pulled = next(line for line in lines if line["event"] == "ends" and line["step"] == "pull Lead")
    assert (pulled["connection"], pulled["status"]) == ("north", "ok")
    assert pulled["dagster_run"]
    assert pulled["run"] != pulled["dagster_run"]
    assert "kim1@acme.example" not in done.stderr
