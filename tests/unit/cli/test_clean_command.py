"""``centri clean`` and what belongs to it, from the command line."""

import json

import pytest
from csv_business import Business
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.store.database import open_engine, write
from centri.store.prm_tables import lead


def run(shop: Business, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["clean", *arguments], env=shop.environment)


def answer(shop: Business, *arguments: str) -> dict:
    return json.loads(run(shop, *arguments, "--json").stdout)


@pytest.fixture
def stocked(open_shop: Business) -> Business:
    engine = open_engine(open_shop.settings.database)
    with write(engine) as conn:
        conn.execute(insert(lead).values(id="L1", company="Acme GmbH", title="Wizard", industry_raw="Edu"))
    engine.dispose()
    return open_shop


def test_a_plan_is_shown_then_done_and_then_there_is_nothing_to_do(stocked: Business):
    planned = run(stocked, "--plan").stdout
    assert "lead: 1 looked at, 1 would change (company_norm 1, industry_code 1, priority 1)" in planned
    assert "nothing was written" in planned
    assert answer(stocked, "leads", "--plan")["written"] is False
    assert "2 texts are in no dictionary" in run(stocked).stdout
    again = answer(stocked, "leads")
    assert (again["entities"][0]["changed"], again["misses"], again["written"]) == (0, 2, True)
    assert answer(stocked, "contacts")["entities"][0]["entity"] == "contact"
    assert answer(stocked, "accounts")["entities"][0]["looked_at"] == 0


def test_misses_are_listed_with_what_to_do(stocked: Business):
    assert "nothing is unknown" in run(stocked, "misses").stdout
    run(stocked)
    found = answer(stocked, "misses", "--kind", "title_level")["misses"]
    assert [(m["raw"], m["count"], m["example_entity"], m["example_id"]) for m in found] == [("Wizard", 1, "lead", "L1")]
    assert "standardize:" in run(stocked, "misses").stdout


def test_a_text_is_explained(stocked: Business):
    assert "'vice president' is in the package's dictionary" in run(stocked, "explain", "VP of Sales", "--as", "title").stdout
    found = answer(stocked, "explain", "089 5550101", "--as", "phone", "--region", "DE")
    assert found["standards"][0]["value"] == "+49895550101"
    assert run(stocked, "explain", "x", "--as", "shoe").exit_code == 1
