"""A field that is mapped later: the plan says what stays unfilled, and the difference over fixtures names the records."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from csv_business import Business
from sqlalchemy import select
from typer.testing import CliRunner

from centri.cli.app import app
from centri.store.database import open_engine, read
from centri.store.prm_tables import account

LATER = ", city: City"


@pytest.fixture
def deployed(shop: Business) -> Business:
    """A business that went to work without the cities of its accounts, and keeps the mapping of that time."""
    mapped = shop.mapping.read_text(encoding="utf-8")
    assert LATER in mapped
    old = shop.folder / "old.yaml"
    old.write_text(mapped.replace(LATER, ""), encoding="utf-8")
    assert run(shop, "sync", "--mappings", str(old)).exit_code == 0
    return shop


def run(shop: Business, *words: str) -> Result:
    return CliRunner().invoke(app, words, env=shop.environment)


def cities(shop: Business) -> list[str | None]:
    store = open_engine(shop.settings.database)
    with read(store) as conn:
        found = list(conn.scalars(select(account.c.city).order_by(account.c.name)))
    store.dispose()
    return found


def test_rows_that_are_there_stay_unfilled_and_are_counted_before(deployed: Business) -> None:
    planned = run(deployed, "plan", "north")
    said = [line for line in planned.stdout.splitlines() if "is newly mapped" in line]
    assert len(said) == 1, planned.output
    assert "city" in said[0]
    assert said[0].endswith("is newly mapped: 1 linked records stay as they are until a backfill")
    assert "to fill them: centri backfill north account --field city" in planned.stdout
    document = json.loads(run(deployed, "plan", "north", "--json").stdout)
    unfilled = document["connections"]["north"]["unfilled"]
    assert [(u["entity"], u["field"], u["crm_field"], u["records"]) for u in unfilled] == [("account", "city", "City", 1)]

    assert set(cities(deployed)) == {None}
    assert run(deployed, "sync").exit_code == 0
    assert set(cities(deployed)) == {None}


def test_the_difference_over_what_is_recorded_names_each_record_and_when_it_is_seen(deployed: Business) -> None:
    assert run(deployed, "record", "north").exit_code == 0
    old = str(deployed.folder / "old.yaml")
    told = run(deployed, "diff", old, "--fail-on", "changed=0")
    assert told.exit_code == 3, told.output
    assert "north Account A1" in told.stdout
    (field,) = [line.strip() for line in told.stdout.splitlines() if line.strip().startswith("city ")]
    assert field.split() == ["city", "(blank)", "->", "Bonn", "(stays", "as", "it", "is)"]
    assert "over the threshold changed=0: 1 of " in told.stderr
    assert run(deployed, "diff", old, old, "--fail-on", "changed=0").exit_code == 0
