"""What people are told, the trail of a record and its erasure, from the command line."""

import json

import pytest
from csv_business import Business
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.engine.acts import acting
from centri.engine.notices import notify
from centri.engine.project import open_project
from centri.store.database import write
from centri.store.prm_tables import partner_account, partner_user


@pytest.fixture
def lead(shop: Business) -> str:
    """A lead that Clara of Alpine was told of."""
    project = open_project(shop.settings)
    try:
        with write(project.engine) as conn:
            alpine = conn.execute(insert(partner_account).values(name="Alpine").returning(partner_account.c.id)).scalar_one()
            user = insert(partner_user).values(partner_account_id=alpine, email="clara@alpine.example", role="cpa")
            clara = conn.execute(user.returning(partner_user.c.id)).scalar_one()
        with acting(project, "lead create", None) as act:
            made = act.add("lead", {"last_name": "Wong", "company": "Umbrella", "email": "mia@umbrella.example"})
            notify(act, "lead_assigned", made, [("partner_user", clara)], {"company": "Umbrella"}, ("lead", made))
        return made
    finally:
        project.close()


def run(shop: Business, *words: str) -> Result:
    return CliRunner().invoke(app, words, env=shop.environment)


def answer(shop: Business, *words: str) -> dict:
    return json.loads(run(shop, *words, "--json").stdout)


def test_what_is_queued_is_listed_and_sent(shop, lead):
    (row,) = answer(shop, "notifications", "list")["notifications"]
    assert (row["to"], row["subject"], row["state"]) == ("clara@alpine.example", "A new lead for you: Umbrella", "queued")
    assert "A new lead for you: Umbrella" in run(shop, "notifications", "list").stdout
    done = run(shop, "notifications", "send")
    assert (done.exit_code, done.stdout) == (0, "1 sent\n")
    assert answer(shop, "notifications", "list", "--state", "queued")["notifications"] == []
    assert answer(shop, "notifications", "send")["sent"] == 0


def test_preferences_and_retries_say_what_they_did(shop, lead):
    done = run(shop, "notifications", "prefer", "clara@alpine.example", "--mode", "daily")
    assert done.stdout == "clara@alpine.example is told of everything else: daily\n"
    wrong = run(shop, "notifications", "prefer", "nobody@alpine.example")
    assert (wrong.exit_code, "is no active user" in wrong.stderr) == (3, True)
    assert run(shop, "notifications", "retry").exit_code == 1
    done = run(shop, "notifications", "retry", "1")
    assert (done.stdout, done.stderr) == (
        "0 will be sent again: centri notifications send\n",
        "not failed, and left alone: 1\n",
    )


def test_the_trail_is_told_and_so_is_its_end(shop, lead):
    assert "mia@umbrella.example" in run(shop, "audit", "lead", lead).stdout
    plan = answer(shop, "erase", "lead", lead, "--reason", "asked for", "--plan")
    assert (plan["done"], plan["places"]["lead"]) == (False, 1)
    done = run(shop, "erase", "lead", lead, "--reason", "asked for")
    assert done.exit_code == 0, done.output
    assert "lead" in done.stdout
    trail = answer(shop, "audit", "lead", lead)
    assert "mia@umbrella.example" not in str(trail)
    assert trail["changes"][-1]["new"] == "asked for"
    gone = run(shop, "audit", "lead", "nowhere")
    assert (gone.exit_code, gone.stderr) == (3, "centri: there is no lead nowhere\n")
