"""A value map goes wrong, sixty records are told nonsense, somebody notices: the run is taken back, later edits stay."""

from __future__ import annotations

from sqlalchemy import update
from story_world import World

from centri.engine.undo import undo
from centri.store.database import write
from centri.store.prm_tables import account

WRONG = {
    "salesforce": ("      Customer - Direct: customer\n", "      Customer - Direct: competitor\n"),
    "sugarcrm": ("{Prospect: prospect, Customer: customer,", "{Prospect: prospect, Customer: competitor,"),
}
"""By CRM a line of its map of account types, as it should be and as it was for one evening."""


def test_a_wrong_value_map_is_taken_back(world: World) -> None:
    ids = [world.dana_creates("account", name=f"Firm {n}", type="prospect", country="Germany") for n in range(60)]
    world.sync()
    world.at(hours=1)
    world.sync()
    for id in ids:
        world.dana_sets("account", id, type="customer")
    _prm_sets(world, "Firm 7", website="seven.example")  # the CRM learns it in the same run
    before = _prm(world)
    crm_before = {row["id"]: row for row in world.in_crm("account")}

    right, wrong = WRONG[world.crm.name]
    world.restarted((right, wrong), allow=1.0)
    world.project.dagster_run_id = run = "the evening's run"
    world.at(hours=2)
    world.sync()
    assert {row["account_class"] for row in world.prm("account")} == {"competitor"}
    assert world.crm_row("account", ids[7])["website"] == "seven.example"

    world.restarted((wrong, right), allow=None)
    world.at(hours=3)
    _prm_sets(world, "Firm 1", account_class="customer")
    world.dana_sets("account", ids[2], website="two.example")
    world.dana_sets("account", ids[3], type="prospect")
    assert undo(world.project, run).complete is False
    done = undo(world.project, run, yes=True)
    assert {fate.value: n for fate, n in done.counts.items()} == {"back": 59, "left alone": 1, "told back": 1}
    world.at(hours=4)
    world.sync()
    world.sync()

    expected = before | {
        "Firm 1": before["Firm 1"] | {"account_class": "customer"},
        "Firm 2": before["Firm 2"] | {"website": "two.example"},
    }
    assert _prm(world) == expected
    crm_now = {row["id"]: row for row in world.in_crm("account")}
    edited = {
        ids[2]: crm_before[ids[2]] | {"website": "two.example"},
        ids[3]: crm_before[ids[3]] | {"type": world.crm.choice("prospect")},
    }
    assert crm_now == crm_before | edited
    world.rests()


def _prm(world: World) -> dict[str, dict[str, object]]:
    return {row["name"]: {word: row[word] for word in ("account_class", "website", "deleted_at")} for row in world.prm("account")}


def _prm_sets(world: World, name: str, **values: object) -> None:
    with write(world.project.engine) as conn:
        conn.execute(update(account).where(account.c.name == name).values(values))
