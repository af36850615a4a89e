"""What ``centri reconcile`` prints and ends with."""

import json

import pytest
from csv_business import Business
from typer.testing import CliRunner, Result

from centri.cli.app import app
from centri.engine.project import open_project
from centri.engine.sync import sync


def run(shop: Business, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["reconcile", *arguments], env=shop.environment)


def answer(shop: Business, *arguments: str) -> dict:
    return json.loads(run(shop, *arguments, "--json").stdout)


def synced(shop: Business) -> None:
    project = open_project(shop.settings)
    try:
        for connection in ("north", "south"):
            sync(project, connection)
    finally:
        project.close()


def in_crm(shop: Business, object: str, old: str, new: str) -> None:
    """An edit that leaves modified_at alone, so that no feed brings it."""
    path = shop.folder / "north" / f"{object}.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def rested(open_shop: Business) -> Business:
    synced(open_shop)
    synced(open_shop)
    return open_shop


def test_where_nothing_differs_it_says_so_and_ends_with_0(rested):
    ran = run(rested)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[-1] == "nothing differs"
    rows = [line.split() for line in ran.stdout.splitlines() if line.startswith(("north", "south"))]
    assert [row[:6] for row in rows] == [
        ["north", "Account", "account", "1", "1", "1"],
        ["north", "Lead", "lead", "2", "2", "2"],
        ["south", "Account", "account", "1", "1", "1"],
    ]
    document = answer(rested)
    assert {"ok": True, "differences": 0, "records": 4, "findings": [], "more": 0}.items() <= document.items()


def test_a_difference_shows_both_values_and_ends_with_3(rested):
    in_crm(rested, "Account", "Bonn", "Ulm")
    ran = run(rested, "north", "account")
    assert ran.exit_code == 3
    for said in (
        "differs  north Account A1 = account ",
        "city  CRM 'Ulm', PRM 'Bonn'   only the CRM changed",
        "1 differences; n",
    ):
        assert said in ran.stdout
    (finding,) = answer(rested, "north")["findings"]
    assert (finding["kind"], finding["crm_id"]) == ("differs", "A1")
    (field,) = finding["fields"]
    assert (field["field"], field["crm"], field["prm"], field["moved"]) == ("city", "Ulm", "Bonn", "CRM")


def test_a_repair_is_settled_by_the_next_sync(rested):
    in_crm(rested, "Account", "Bonn", "Ulm")
    ran = run(rested, "--repair")
    assert (ran.exit_code, "the next `centri sync` settles them" in ran.stdout) == (3, True)
    synced(rested)
    assert run(rested).exit_code == 0


def test_only_the_first_findings_are_listed_unless_all_are_wanted(rested):
    path = rested.folder / "north" / "Lead.csv"
    more = "".join(f"X{n},2026-03-01T09:00:00Z,,Kim,Late{n},Acme,late{n}@acme.example\n" for n in range(30))
    path.write_text(path.read_text() + more)
    ran = run(rested, "north", "lead")
    assert (ran.stdout.count("missed  north Lead"), "10 more; to see them: --all" in ran.stdout) == (20, True)
    assert run(rested, "north", "lead", "--all").stdout.count("missed  north Lead") == 30
    document = answer(rested, "north", "lead")
    assert (len(document["findings"]), document["more"], document["differences"]) == (20, 10, 30)


def test_what_could_not_be_read_is_not_fine(rested):
    (rested.folder / "north" / "Account.csv").unlink()
    ran = run(rested)
    assert (ran.exit_code, "nothing differs" in ran.stdout) == (1, False)
    assert "not all was read: north Account" in ran.stdout
    assert ran.stderr.startswith("centri: ")
    document = answer(rested)
    assert (document["ok"], list(document["failed"])) == (False, ["north Account"])
    assert [s["complete"] for s in document["swept"]] == [False, True, True]


def test_an_empty_answer_is_refused_with_4_and_can_be_allowed(rested):
    path = rested.folder / "north" / "Account.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    ran = run(rested, "north", "account")
    assert (ran.exit_code, "--allow 100%" in ran.stderr) == (4, True)
    allowed = run(rested, "north", "account", "--allow", "100%")
    assert (allowed.exit_code, "gone  north Account A1" in allowed.stdout) == (3, True)


def test_a_slip_of_the_pen_ends_with_1(rested):
    for arguments in (["nowhere"], ["north", "leed"], ["--allow", "much"]):
        ran = run(rested, *arguments)
        assert (ran.exit_code, ran.stdout) == (1, "")
