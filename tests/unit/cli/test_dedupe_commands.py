"""Duplicates from the command line."""

import json

import pytest
from csv_business import Business
from sqlalchemy import select
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.engine.project import open_project
from centri.engine.sync import sync
from centri.store.database import read
from centri.store.prm_tables import lead

STAMP = "2026-03-02T09:00:0{}Z"


def run(shop: Business, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env=shop.environment)


def answer(shop: Business, *arguments: str) -> dict:
    return json.loads(run(shop, *arguments, "--json").stdout)


def states(shop: Business) -> list[str]:
    project = open_project(shop.settings)
    try:
        with read(project.engine) as conn:
            return sorted(conn.execute(select(lead.c.state)).scalars())
    finally:
        project.close()


@pytest.fixture
def twice(open_shop: Business) -> Business:
    """The same person came in twice, and somebody of the same company besides."""
    people = [("Kim", "Wong", "kim@acme.example"), ("Kim", "Wong", "kim@acme.example"), ("Lee", "Sun", "lee@acme.example")]
    rows = [f"L{n},{STAMP.format(n)},,{first},{last},Acme,{mail}" for n, (first, last, mail) in enumerate(people, 1)]
    open_shop.write("north", "Lead", "\n".join(["id,modified_at,deleted,FirstName,LastName,Company,Email", *rows]) + "\n")
    project = open_project(open_shop.settings)
    try:
        sync(project, "north")
    finally:
        project.close()
    return open_shop


@pytest.mark.parametrize("arguments", [(), ("--plan",), ("--plan", "--yes")])
def test_without_yes_or_with_plan_it_only_shows(twice: Business, arguments: tuple[str, ...]):
    done = run(twice, "dedupe", "leads", *arguments)
    assert done.exit_code == 0, done.output
    assert "1 groups among 3 leads: 1 merges" in done.stdout
    assert "because  " in done.stdout
    assert "1 of the same organisation: Lee Sun Acme" in done.stdout
    assert "centri dedupe leads --yes" in done.stdout
    assert "merged" not in states(twice)
    assert answer(twice, "dedupe", "log")["merges"] == []


def test_merged_logged_and_taken_back(twice: Business):
    assert run(twice, "dedupe", "log").stdout.strip() == "nothing was merged yet"
    done = answer(twice, "dedupe", "leads", "--yes")
    assert (done["counts"]["applied"], done["merged"], done["groups"][0]["siblings"]["count"]) == (1, [1], 1)
    assert states(twice).count("merged") == 1
    (logged,) = answer(twice, "dedupe", "log")["merges"]
    assert (logged["survivor_id"], logged["undone_at"]) == (done["groups"][0]["survivor"], None)
    assert "merge 1: lead" in run(twice, "dedupe", "undo", "1").stdout
    assert states(twice).count("merged") == 1
    assert answer(twice, "dedupe", "undo", "1", "--yes")["merges"][0]["left_alone"] == []
    assert states(twice).count("merged") == 0
    assert answer(twice, "dedupe", "leads")["counts"]["groups"] == 0, "they are kept apart from now on"


def test_people_say_who_is_who(twice: Business):
    (group,) = answer(twice, "dedupe", "leads")["groups"]
    pair = [member["id"] for member in group["members"]]
    assert "are never merged" in run(twice, "dedupe", "split", *pair, "--because", "father and son").stdout
    assert answer(twice, "dedupe", "leads")["groups"] == []
    assert answer(twice, "dedupe", "join", pair[0][:13], pair[1])["word"] == "same"
    assert len(answer(twice, "dedupe", "leads")["groups"]) == 1


def test_what_cannot_be_says_what_to_type(twice: Business):
    done = run(twice, "dedupe", "undo", "99")
    assert (done.exit_code, "centri dedupe log" in done.output) == (1, True)
    assert answer(twice, "dedupe", "split", "nobody", "either")["ok"] is False
