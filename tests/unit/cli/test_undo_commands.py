"""What ran, and taking it back, from the command line."""

import json

import pytest
from csv_business import Business
from sqlalchemy import select
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.engine.project import open_project
from centri.engine.sync import sync
from centri.store.database import read
from centri.store.prm_tables import account


def run(shop: Business, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env=shop.environment)


def answer(shop: Business, *arguments: str) -> dict:
    return json.loads(run(shop, *arguments, "--json").stdout)


def synced(shop: Business) -> None:
    project = open_project(shop.settings)
    try:
        sync(project, "north")
    finally:
        project.close()


def city(shop: Business) -> str:
    project = open_project(shop.settings)
    try:
        with read(project.engine) as conn:
            return conn.execute(select(account.c.city)).scalar_one()
    finally:
        project.close()


@pytest.fixture
def moved(open_shop: Business) -> Business:
    """Acme was in Bonn; the last round brought Ulm."""
    synced(open_shop)
    path = open_shop.folder / "north" / "Account.csv"
    path.write_text(path.read_text().replace("Bonn", "Ulm").replace("2026-03-02T09:00:01Z", "2026-03-02T10:00:00Z"))
    synced(open_shop)
    return open_shop


def settled(shop: Business) -> str:
    return next(r["id"] for r in answer(shop, "runs")["runs"] if r["name"] == "settle account")


def test_runs_are_listed_with_what_undo_needs(moved):
    (first, *_) = answer(moved, "runs", "--connection", "north", "--last", "1")["runs"]
    assert {"id", "connection", "name", "status", "counters", "dagster_run_id", "started_at"} <= first.keys()
    shown = run(moved, "runs").stdout
    assert settled(moved) in shown
    assert "settle account" in shown
    assert answer(moved, "runs", "--connection", "south")["runs"] == []


def test_a_plan_says_what_it_would_do_and_does_nothing(moved):
    shown = run(moved, "undo", settled(moved))
    assert shown.exit_code == 0
    for said in ("PRM fields that go back: 1", "city", "Ulm", "Bonn", "Nothing was done", f"centri undo {settled(moved)} --yes"):
        assert said in shown.stdout
    assert city(moved) == "Ulm"


def test_with_yes_it_is_done(moved):
    done = answer(moved, "undo", settled(moved)[:10], "--yes")
    assert (done["counts"], done["undone"]) == ({"back": 1}, [settled(moved)])
    assert done["applied_by"] == answer(moved, "runs")["runs"][0]["id"]
    (field,) = done["shown"]
    assert (field["field"], field["now"], field["back"], field["fate"]) == ("city", "Ulm", "Bonn", "back")
    assert city(moved) == "Bonn"
    assert "nothing to undo" in run(moved, "undo", settled(moved)).stdout


def test_what_is_left_shows_and_in_the_exit_code(moved):
    first = settled(moved)
    run(moved, "undo", first, "--yes")
    path = moved.folder / "north" / "Account.csv"
    path.write_text(path.read_text().replace("Ulm", "Kiel").replace("2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"))
    synced(moved)
    shown = run(moved, "undo", first)
    assert shown.exit_code == 3
    assert "changed since" in shown.stdout
    assert run(moved, "undo", first, "--show", "0").exit_code == 3


def test_a_run_that_is_none_is_refused(moved):
    refused = run(moved, "undo", "nope", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["ok"] is False


def test_trace_tells_what_changed(moved):
    shown = run(moved, "trace", "north", "Account", "A1").stdout
    assert "Changes in the PRM" in shown
    assert f"run {settled(moved)}" in shown
    (made, changed) = answer(moved, "trace", "north", "Account", "A1")["audit"]
    assert (made["field"], changed["field"], changed["old"], changed["new"]) == (None, "city", "Bonn", "Ulm")
