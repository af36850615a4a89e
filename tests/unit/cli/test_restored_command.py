"""``centri restored`` counts what is searched for before it is made, for people and for machines."""

import json

from csv_business import Business
from sqlalchemy import insert
from typer.testing import CliRunner

from centri.cli.app import app
from centri.store.database import open_engine, write
from centri.store.journal_tables import sync_delivery


def run(shop: Business, *arguments: str):
    return CliRunner().invoke(app, ["restored", *arguments], env=shop.environment)


def test_it_tells_each_connection(open_shop: Business):
    row = {"connection": "north", "object": "Lead", "entity": "lead", "prm_id": "p", "role": "mirror", "values": {}}
    engine = open_engine(open_shop.settings.database)
    with write(engine) as conn:
        conn.execute(insert(sync_delivery).values(**row, op="create"))
    engine.dispose()
    told = run(open_shop, "--json")
    assert json.loads(told.stdout) == {"ok": True, "searched_for_first": {"north": 1, "south": 0}}
    assert run(open_shop, "north").stdout == "north: 0 records are searched for before they are made\n"


def test_an_unknown_connection_is_refused(open_shop: Business):
    told = run(open_shop, "west")
    assert told.exit_code == 1
    assert "west" in told.stderr
