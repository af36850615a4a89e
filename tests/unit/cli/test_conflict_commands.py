"""What people do about what was set aside, from the command line."""

import json

import pytest
from csv_business import Business, synced
from sqlalchemy import update
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.store.database import open_engine, write
from centri.store.prm_tables import account


def run(shop: Business, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env=shop.environment)


def answer(shop: Business, *arguments: str) -> dict:
    return json.loads(run(shop, *arguments, "--json").stdout)


def moved(shop: Business, city: str) -> None:
    """The one account is edited in the PRM."""
    engine = open_engine(shop.settings.database)
    with write(engine) as conn:
        conn.execute(update(account).values(city=city))
    engine.dispose()


def in_crm(shop: Business, object: str, old: str, new: str, stamp: str) -> None:
    path = shop.folder / "north" / f"{object}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new).replace("2026-03-02T09:00:01Z", stamp))


@pytest.fixture
def torn(open_shop: Business) -> Business:
    """Acme was in Bonn; the CRM says Ulm now, the PRM Kiel."""
    synced(open_shop, "north")
    in_crm(open_shop, "Account", "Bonn", "Ulm", "2026-03-02T10:00:00Z")
    moved(open_shop, "Kiel")
    synced(open_shop, "north")
    return open_shop


@pytest.fixture
def faulty(open_shop: Business) -> Business:
    """One lead's e-mail address is none."""
    in_crm(open_shop, "Lead", "kim1@acme.example", "not an address", "2026-03-02T09:00:01Z")
    synced(open_shop, "north")
    return open_shop


def test_held_shows_the_values_and_the_commands_that_end_it(torn):
    shown = run(torn, "held").stdout
    for said in (
        "account Acme  city",
        "CRM 'Bonn', PRM 'Bonn'",
        "north Account A1: 'Ulm', PRM 'Kiel'",
        "both changed; hold; since",
    ):
        assert said in shown
    (entry,) = answer(torn, "held")["held"]
    assert (entry["crm_before"], entry["prm_before"], entry["crm"], entry["prm"]) == ("Bonn", "Bonn", "Ulm", "Kiel")
    assert entry["resolve"]["crm"] in shown
    assert answer(torn, "held", "--connection", "south")["held"] == []


@pytest.mark.parametrize(("side", "value"), [("crm", "Ulm"), ("prm", "Kiel")])
def test_the_commands_that_held_shows_end_it(torn, side, value):
    (entry,) = answer(torn, "held")["held"]
    command = entry["resolve"][side].split()[1:]
    done = answer(torn, *command)
    assert {"ok": True, "take": side, "value": value, "already": False}.items() <= done.items()
    assert run(torn, "held").stdout == "nothing is held\n"
    again = run(torn, *command)
    assert (again.exit_code, "was resolved before" in again.stdout) == (0, True)
    synced(torn, "north")
    assert value in (torn.folder / "north" / "Account.csv").read_text()


def test_resolve_says_what_follows(torn):
    command = answer(torn, "held")["held"][0]["resolve"]["prm"].split()[1:]
    assert "stays 'Kiel'; north is told at the next sync" in run(torn, *command).stdout


def test_what_is_in_no_conflict_is_a_slip_of_the_pen(torn):
    ran = run(torn, "resolve", "account", "nobody", "city", "--take", "crm")
    assert (ran.exit_code, "is in no conflict" in ran.stderr) == (1, True)
    assert run(torn, "resolve", "account", "nobody", "city", "--take", "both").exit_code == 1


def test_show_prints_all_that_is_known_and_what_to_do_next(faulty):
    (listed,) = answer(faulty, "anomalies", "list")["anomalies"]
    shown = run(faulty, "anomalies", "show", str(listed["id"])).stdout
    for said in ("not an address", "raw: LastName", "Person1", listed["note"], listed["remedy"], "mapping version"):
        assert said in shown
    found = answer(faulty, "anomalies", "show", str(listed["id"]))["anomaly"]
    assert found["raw"]["Email"] == "not an address"
    assert found["next"] == [
        "centri trace north Lead L1", f"centri anomalies retry {found['id']}", f"centri anomalies ignore {found['id']}",
    ]  # fmt: skip
    missing = run(faulty, "anomalies", "show", "99")
    assert (missing.exit_code, "there is no anomaly 99" in missing.stderr) == (1, True)


def test_show_names_the_commands_of_a_conflict_first(torn):
    (listed,) = answer(torn, "anomalies", "list")["anomalies"]
    shown = answer(torn, "anomalies", "show", str(listed["id"]))["anomaly"]["next"]
    assert [command.split()[1] for command in shown] == ["resolve", "resolve", "trace", "anomalies", "anomalies"]
    assert run(torn, *shown[0].split()[1:]).exit_code == 0


def test_ignore_closes_and_retry_takes_up_again(faulty):
    (listed,) = answer(faulty, "anomalies", "list")["anomalies"]
    assert answer(faulty, "anomalies", "ignore", str(listed["id"])) == {"ok": True, "ignored": [listed["id"]]}
    assert answer(faulty, "anomalies", "list", "--open")["anomalies"] == []
    assert answer(faulty, "anomalies", "retry", str(listed["id"])) == {"ok": True, "retried": [listed["id"]]}
    assert "1 back to be decided on; now: centri sync" in run(faulty, "anomalies", "retry", "--all-of", "type_mismatch").stdout
    assert [a["id"] for a in answer(faulty, "anomalies", "list", "--open")["anomalies"]] == [listed["id"]]


@pytest.mark.parametrize("arguments", [["retry"], ["ignore"], ["retry", "99"], ["ignore", "--all-of", "type_mismach"]])
def test_what_names_no_anomaly_is_a_slip_of_the_pen(faulty, arguments):
    ran = run(faulty, "anomalies", *arguments)
    assert (ran.exit_code, ran.stdout) == (1, "")


def test_replay_tells_what_became_of_each(faulty):
    still = run(faulty, "replay")
    assert (still.exit_code, "0 of 1 are settled" in still.stdout) == (3, True)
    faulty.mapping.write_text(faulty.mapping.read_text().replace("transform: email, ", ""))
    (replayed,) = answer(faulty, "replay", "north", "lead", "--kind", "type_mismatch")["replayed"]
    assert (replayed["crm_id"], replayed["field"], replayed["state"], replayed["instead"]) == ("L1", "email", "resolved", [])
    after = run(faulty, "replay")
    assert (after.exit_code, after.stdout) == (0, "nothing is set aside\n")
