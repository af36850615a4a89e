"""Connections on the command line: listed, armed, paused, pinned; what a sync and the status say of them."""

import json

import pytest
from csv_business import Business
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.store.database import open_engine, write
from centri.store.prm_tables import account


def run(shop: Business, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env=shop.environment)


def answer(shop: Business, *arguments: str) -> dict:
    return json.loads(run(shop, *arguments, "--json").stdout)


def listed(shop: Business, command: str = "connections") -> dict[str, dict]:
    return {c["connection"]: c for c in answer(shop, command)["connections"]}


@pytest.fixture
def read_only(open_shop: Business) -> Business:
    """A business whose northern CRM may not be written, with an account that was edited in the PRM."""
    assert run(open_shop, "sync", "north").exit_code == 0
    assert run(open_shop, "disarm", "north").exit_code == 0
    engine = open_engine(open_shop.settings.database)
    with write(engine) as conn:
        conn.execute(account.update().values(city="Ulm"))
    engine.dispose()
    return open_shop


def test_what_waits_for_arming_is_said_with_what_to_type_and_goes_then(read_only):
    ran = run(read_only, "sync", "north")
    assert ran.exit_code == 0
    assert "1 writes wait, for north is read-only; to let them go: centri arm north" in ran.stdout
    assert answer(read_only, "sync", "north")["read_only"] == {"north": 1}
    for command in ("status", "connections"):
        assert "to let them go: centri arm north" in run(read_only, command).stdout
        assert (listed(read_only, command)["north"]["armed"], listed(read_only, command)["north"]["waiting"]) == (False, 1)
    assert "Ulm" not in (read_only.folder / "north" / "Account.csv").read_text()
    ran = run(read_only, "arm", "north")
    assert (ran.exit_code, f"goes to {read_only.folder / 'north'}" in ran.stdout) == (0, True)
    assert "read_only" not in answer(read_only, "sync", "north")
    assert "Ulm" in (read_only.folder / "north" / "Account.csv").read_text()


def test_a_paused_connection_refuses_and_the_others_go_on(open_shop):
    ran = run(open_shop, "pause", "north", "--why", "data migration")
    assert (ran.exit_code, ran.stdout) == (0, "north is paused; to let it go on: centri resume north\n")
    ran = run(open_shop, "sync")
    assert ran.exit_code == 4
    assert "data migration; to let it go on: centri resume north" in ran.stderr
    document = answer(open_shop, "sync")
    assert list(document["failed"]) == ["north"]
    assert document["connections"]["south"]["account"]["read"] == 1
    assert listed(open_shop)["north"]["paused_why"] == "data migration"
    assert "data migration" in run(open_shop, "status").stdout
    assert run(open_shop, "resume", "north").stdout == "north goes on with the next run\n"
    assert run(open_shop, "sync").exit_code == 0
    assert run(open_shop, "resume", "north").stdout == "north was not paused\n"


def test_another_folder_under_the_same_name_is_refused(open_shop):
    assert run(open_shop, "sync").exit_code == 0
    (open_shop.folder / "north").rename(open_shop.folder / "moved")
    open_shop.mapping.write_text(open_shop.mapping.read_text().replace("/north", "/moved"))
    ran = run(open_shop, "sync", "north")
    new = str(open_shop.folder / "moved")
    assert ran.exit_code == 4
    assert f"centri pin north {new} --moved" in ran.stderr
    ran = run(open_shop, "pin", "north", new)
    assert (ran.exit_code, "must not mix" in ran.stderr) == (4, True)
    assert run(open_shop, "pin", "north", new, "--moved").exit_code == 0
    assert run(open_shop, "sync", "north").exit_code == 0
    north = listed(open_shop)["north"]
    assert (north["org"], north["armed"]) == (new, False)


def test_connections_are_listed_before_and_after_they_were_heard_of(shop):
    before = listed(shop)["north"]
    assert (before["type"], before["org"], before["armed"], before["calls_today"], before["limit"]) == (
        "csvfile", None, False, {}, None,
    )  # fmt: skip
    assert run(shop, "sync").exit_code == 0
    after = listed(shop)["north"]
    assert (after["org"], after["armed"], after["armed_by"]) == (str(shop.folder / "north"), True, "loopback")
    assert after["handshake_at"] is not None
    shown = run(shop, "connections").stdout
    assert [line.split()[:2] for line in shown.splitlines()[1:]] == [["north", "csvfile"], ["south", "csvfile"]]


def test_status_shows_the_mappings_budget_and_does_without_a_faulty_mapping(open_shop):
    text = open_shop.mapping.read_text()
    limited = text.replace("/north}", "/north, budget: {calls_per_day: 20000, reserve: 25%}}")
    open_shop.mapping.write_text(limited)
    north = listed(open_shop, "status")["north"]
    assert (north["used"], north["limit"], north["left"], north["reserve"]) == (0, 20000, 20000, 0.25)
    assert "5,000" in run(open_shop, "status").stdout
    open_shop.mapping.write_text(limited.replace("20000", "many"))
    ran = run(open_shop, "status")
    assert (ran.exit_code, "to see why: centri check" in ran.stderr) == (0, True)


@pytest.mark.parametrize(
    "budget", ["{calls_per_day: 0}", "{calls_per_day: many}", "{reserve: 120%}", "{calls_a_day: 5}", "20000", "{reserve: -1}"]
)
def test_a_budget_that_makes_no_sense_is_a_fault_of_the_mapping(shop, budget):
    shop.mapping.write_text(shop.mapping.read_text().replace("/north}", f"/north, budget: {budget}}}"))
    ran = run(shop, "check")
    assert ran.exit_code == 1
    assert f"{shop.mapping}:2" in ran.stderr


def test_a_slip_of_the_pen_is_named(open_shop):
    for command in (["arm"], ["disarm"], ["pause"], ["resume"], ["pin", "x"]):
        ran = run(open_shop, command[0], "norht", *command[1:])
        assert (ran.exit_code, "no connection is called 'norht'" in ran.stderr) == (1, True)
