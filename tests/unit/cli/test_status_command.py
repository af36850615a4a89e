"""What ``centri status`` tells besides cursors and runs: workers by their last sign of life, and matches that wait."""

import json

import pytest
from csv_business import Business
from sqlalchemy import update
from typer.testing import CliRunner

from centri.cli.app import app
from centri.engine.project import utc_now
from centri.store import workers
from centri.store.database import open_engine, write
from centri.store.prm_tables import lead


@pytest.fixture
def synced(open_shop: Business) -> Business:
    assert CliRunner().invoke(app, ["sync", "north"], env=open_shop.environment).exit_code == 0
    return open_shop


def shown(shop: Business, *words: str) -> str:
    ran = CliRunner().invoke(app, ["status", *words], env=shop.environment)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_a_worker_stands_with_its_last_sign_of_life(synced):
    assert "Resident workers" not in shown(synced)
    store = open_engine(synced.settings.database)
    with write(store) as conn:
        workers.beat(conn, "north", "host 17", runs=3, doing="looks", now=utc_now())
    store.dispose()
    assert "Resident workers" in shown(synced)
    (worker,) = json.loads(shown(synced, "--json"))["workers"]
    assert (worker["connection"], worker["holder"], worker["runs"]) == ("north", "host 17", 3)
    assert worker["seconds_since_beat"] < 60


def test_matches_that_wait_are_told_with_the_command_that_decides_them(synced):
    assert "match review" not in shown(synced)
    store = open_engine(synced.settings.database)
    with write(store) as conn:
        conn.execute(update(lead).values(match_class="review"))
    store.dispose()
    assert "2 leads wait for a person to say whose they are: centri match review" in shown(synced)
    assert json.loads(shown(synced, "--json"))["reviews"] == 2
