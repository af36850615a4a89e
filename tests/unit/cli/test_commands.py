"""What commands print and end with: one answer on stdout, one message on stderr, an exit code for each cure."""

import json
from pathlib import Path

import pytest
from csv_business import Business, business
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.sandbox.server import environment
from centri.store.database import open_engine, write
from centri.store.journal_tables import sync_lease


def run(shop: Business, *arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(app, arguments, env={**shop.environment, **environ})


def answer(shop: Business, *arguments: str) -> dict:
    return json.loads(run(shop, *arguments, "--json").stdout)


@pytest.fixture(scope="module")
def first_sync(tmp_path_factory: pytest.TempPathFactory) -> tuple[Business, Result]:
    """A business after its first sync, for tests that only look, and what that sync said."""
    shop = business(tmp_path_factory.mktemp("synced"))
    return shop, run(shop, "sync", "--json")


@pytest.fixture
def synced(first_sync: tuple[Business, Result]) -> Business:
    return first_sync[0]


def test_sync_prints_one_document_with_each_entitys_tally(first_sync):
    _, ran = first_sync
    assert (ran.exit_code, ran.stderr) == (0, "")
    document = json.loads(ran.stdout)
    assert document["ok"] is True
    assert {"north": {"account", "lead"}, "south": {"account"}} == {c: set(t) for c, t in document["connections"].items()}
    lead = document["connections"]["north"]["lead"]
    assert list(lead) == ["read", "unchanged", "to_prm", "to_crm", "created", "held", "api_calls", "seconds"]
    assert (lead["read"], lead["created"], lead["to_prm"], lead["held"]) == (2, 2, 2, 0)


def test_sync_prints_a_table_for_people_and_ends_with_3_where_something_is_held(open_shop):
    leads = open_shop.folder / "north" / "Lead.csv"
    leads.write_text(leads.read_text().replace("kim1@acme.example", "not an address"))
    ran = run(open_shop, "sync", "north", "lead")
    assert ran.exit_code == 3
    row = next(line.split() for line in ran.stdout.splitlines() if line.startswith("north"))
    assert (row[1], row[2], row[6]) == ("lead", "2", "2")
    assert row[7] != "0"
    assert "centri anomalies list --open" in ran.stdout
    (found,) = answer(open_shop, "anomalies", "list", "--open")["anomalies"]
    assert tuple(found[k] for k in ("connection", "entity", "field", "kind")) == ("north", "lead", "email", "type_mismatch")
    assert found["remedy"]
    listed = run(open_shop, "anomalies", "list", "--open").stdout
    assert "type_mismatch" in listed
    assert "centri trace north Lead L1" in listed


def test_a_connection_that_fails_shows_beside_the_ones_that_do_not(open_shop):
    shop = open_shop
    (shop.folder / "north" / "Account.csv").unlink()
    ran = run(shop, "sync", "--json")
    assert ran.exit_code == 1
    document = json.loads(ran.stdout)
    assert document["ok"] is False
    assert "Account" in document["failed"]["north"]
    assert document["connections"]["south"]["account"]["created"] == 1
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("centri: ")


def test_what_may_work_later_ends_with_2(open_shop):
    engine = open_engine(open_shop.settings.database)
    with write(engine) as conn:
        conn.execute(insert(sync_lease).prefix_with("OR REPLACE"), {
            "name": "north/Account", "holder": "elsewhere:1:x", "token": 9, "until": _far_away(),
        })  # fmt: skip
    engine.dispose()
    ran = run(open_shop, "sync", "north")
    assert ran.exit_code == 2
    assert "another run is working on north/Account" in ran.stderr


def _far_away():
    from datetime import UTC, datetime

    return datetime(2999, 1, 1, tzinfo=UTC)


def test_a_faulty_mapping_shows_every_fault_and_runs_nothing(shop):
    shop.mapping.write_text(shop.mapping.read_text().replace("newest", "newst").replace("website", "websit"))
    for command in ("check", "sync"):
        ran = run(shop, command)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert [f"{shop.mapping}:6", f"{shop.mapping}:15"] == [":".join(line.split(":")[:2]) for line in ran.stderr.splitlines()]
    problems = answer(shop, "check")["problems"]
    assert [p["line"] for p in problems] == [6, 15]
    assert "did you mean 'newest'" in problems[1]["message"]
    assert not shop.settings.home.exists()


def test_check_says_what_is_fine(shop):
    ran = run(shop, "check")
    assert (ran.exit_code, ran.stdout) == (0, f"{shop.mapping}: 3 mappings on 2 connections are fine\n")
    assert {"ok": True, "mappings": 3, "connections": 2}.items() <= answer(shop, "check").items()


def test_an_option_goes_before_the_environment(shop):
    elsewhere = {"CENTRI_MAPPINGS": "nowhere.yaml", "CENTRI_HOME": "/nowhere"}
    ran = run(shop, "check", "--mappings", str(shop.mapping), **elsewhere)
    assert ran.exit_code == 0
    home = shop.folder / "other"
    assert run(shop, "migrate", "--home", str(home), **elsewhere | {"CENTRI_DATABASE_URL": ""}).exit_code == 0
    assert (home / "prm.db").exists()


@pytest.mark.parametrize("arguments", [["synk"], ["sync", "--nope"], ["--nope"], ["trace", "north"], ["anomalies", "lst"]])
def test_a_slip_of_the_pen_ends_with_1(shop, arguments):
    ran = run(shop, *arguments)
    assert ran.exit_code == 1
    assert "Usage: " in ran.stderr


def test_a_store_at_another_migration_says_what_to_do(shop, tmp_path):
    named = {"CENTRI_DATABASE_URL": f"sqlite:///{tmp_path}/named.db"}
    for command in (["sync"], ["status"], ["anomalies", "list"], ["trace", "north", "lead", "L1"]):
        ran = run(shop, *command, **named)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert "run `centri migrate`" in ran.stderr
    assert run(shop, "migrate", **named).exit_code == 0
    assert run(shop, "status", **named).exit_code == 0


def test_status_tells_how_far_everything_has_come(synced):
    document = answer(synced, "status")
    assert {("north", "Account", "A1"), ("north", "Lead", "L2"), ("south", "Account", "B1")} == {
        (c["connection"], c["object"], c["crm_id"]) for c in document["cursors"]
    }
    assert [] == document["staged"] == document["changed"]
    assert {"ok"} == {r["status"] for r in document["runs"]}
    shown = run(synced, "status").stdout
    assert "2026-03-02T09:00:02Z" in shown
    assert "settle lead" in shown


@pytest.mark.parametrize("name", ["Lead", "lead"])
def test_trace_tells_a_records_story_by_its_crm_id(synced, name):
    story = answer(synced, "trace", "north", name, "L1")
    (link,) = story["links"]
    assert tuple(link[k] for k in ("object", "crm_id", "entity", "role")) == ("Lead", "L1", "lead", "origin")
    assert [row["state"] for row in story["staging"]] == ["done"]
    assert "L1" in run(synced, "trace", "north", name, "L1").stdout
    assert story == answer(synced, "trace", "north", "lead", link["prm_id"])


def test_trace_says_when_it_knows_nothing(synced):
    assert run(synced, "trace", "north", "lead", "L9").stdout == "nothing is known of north lead L9\n"
    ran = run(synced, "trace", "north", "leed", "L1")
    assert (ran.exit_code, ran.stderr) == (1, "centri: north maps nothing called 'leed'; did you mean 'lead'?\n")


def test_an_error_is_also_the_json_answer(synced):
    ran = run(synced, "sync", "nowhere", "--json")
    assert ran.exit_code == 1
    document = json.loads(ran.stdout)
    assert document["ok"] is False
    assert "nowhere" in document["problems"][0]["message"]


def test_schema_is_json(shop):
    assert json.loads(run(shop, "schema").stdout)["title"] == "mappings.yaml"


def test_the_sandboxs_environment_can_be_evaluated_by_a_shell(shop):
    lines = run(shop, "sandbox", "env", "--salesforce-port", "9001").stdout.splitlines()
    assert environment(9001) == dict(line.removeprefix("export ").split("=", 1) for line in lines)


def test_a_port_in_use_is_said_and_nothing_is_served(shop):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = run(shop, "sandbox", "serve", "--salesforce-port", port)
        assert (ran.exit_code, "choose other ports" in ran.stderr) == (1, True)
        workspace = Path(__file__).parents[3] / "workspace.yaml"
        ran = run(shop, "ui", "--port", port, "--workspace", str(workspace))
        assert (ran.exit_code, "choose another with --port" in ran.stderr) == (1, True)


def test_the_ui_needs_a_workspace(shop):
    ran = run(shop, "ui", "--workspace", str(shop.folder / "none.yaml"))
    assert (ran.exit_code, "--workspace" in ran.stderr) == (1, True)
