"""What ``centri backfill`` takes, prints and ends with."""

import json

import pytest
from csv_business import Business, synced
from typer.testing import CliRunner, Result

from centri.cli.app import app


def run(shop: Business, *words: str) -> Result:
    return CliRunner().invoke(app, words, env=shop.environment)


@pytest.fixture
def late(open_shop: Business) -> Business:
    """Cities of accounts are mapped after the accounts were synced."""
    mapped = open_shop.mapping.read_text(encoding="utf-8")
    open_shop.mapping.write_text(mapped.replace(", city: City", ""), encoding="utf-8")
    synced(open_shop)
    open_shop.mapping.write_text(mapped, encoding="utf-8")
    return open_shop


def test_a_plan_says_what_it_would_fill_and_the_backfill_fills_it(late):
    planned = run(late, "backfill", "north", "account", "--field", "city", "--plan")
    assert (planned.exit_code, planned.stderr) == (0, "")
    assert "city" in planned.stdout
    assert planned.stdout.splitlines()[-1] == "Nothing was changed."
    told = json.loads(run(late, "backfill", "north", "account", "--field", "city", "--json").stdout)
    (done,) = told["backfilled"]
    assert (told["ok"], told["planned"]) == (True, False)
    assert (done["records"], done["changed"], done["decided"]["account"]["to_prm"]) == (1, 1, 1)
    again = json.loads(run(late, "backfill", "north", "account", "--all", "--json").stdout)["backfilled"][0]
    assert (again["records"], again["changed"]) == (1, 0)


def test_days_are_whole_days(late):
    def read(*words: str) -> int:
        return json.loads(run(late, "backfill", "north", "lead", *words, "--json").stdout)["backfilled"][0]["records"]

    assert read("--from", "2026-03-02", "--to", "2026-03-02") == 2
    assert read("--from", "2026-03-02T09:00:02Z", "--to", "2026-03-02") == 1
    assert read("--from", "2026-03-03") == 0
    assert read("--record", "L1") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["north", "lead"], "which records?"),
        (["north", "lead", "--all", "--record", "L1"], "--all and --record say different things"),
        (["north", "lead", "--from", "yesterday"], "--from takes a day such as"),
        (["north", "leads", "--all"], "maps no entity 'leads'"),
        (["east", "lead", "--all"], "no connection is called 'east'"),
        (["north", "lead", "--field", "emial"], "email"),
    ],
)
def test_what_it_does_not_understand_it_says_and_ends_with_1(late, words, said):
    ran = run(late, "backfill", *words)
    assert ran.exit_code == 1
    assert said in ran.stderr


def test_what_was_stopped_is_in_the_status(late, monkeypatch):
    from centri.connectors.csvfile import CsvConnector
    from centri.errors import RetryLater

    def away(*_: object) -> None:
        raise RetryLater("the disk is away")

    with monkeypatch.context() as patched:
        patched.setattr(CsvConnector, "pull", away)
        assert run(late, "backfill", "north", "lead", "--all").exit_code == 2
    assert "Backfills to go on with" in run(late, "status").stdout
    (known,) = json.loads(run(late, "status", "--json").stdout)["backfills"]
    assert (known["connection"], known["entity"], known["cursor"]) == ("north", "lead", None)
    assert run(late, "backfill", "north", "lead", "--all").exit_code == 0
    assert "Backfills to go on with" not in run(late, "status").stdout
