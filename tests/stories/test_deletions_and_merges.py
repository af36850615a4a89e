"""A record is deleted, brought back or merged in the CRM: nothing is deleted here unless the mapping says so."""

from __future__ import annotations

import pytest
from story_crms import SALESFORCE, SUGARCRM
from story_world import PARTNERS, World

FILTER = {"sugarcrm": "where: {prm_distribute_c: true}\n", "salesforce": "where: {CENTRI_Distribute__c: true}\n"}
SALESFORCE_ALONE = pytest.mark.parametrize("crm", [SALESFORCE], ids=["salesforce"], indirect=True)
SUGARCRM_ALONE = pytest.mark.parametrize("crm", [SUGARCRM], ids=["sugarcrm"], indirect=True)
UMBRELLA = {"type": "prospect", "website": "umbrella-health.example", "country": "Germany"}


@pytest.fixture
def lead(world: World) -> str:
    """A lead on offer to a partner; answers its id in the CRM."""
    partner = world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
    values = {"last_name": "Wong", "company": "Umbrella Health", "status": "new", "distribute": True}
    made = world.dana_creates("lead", **values, partner=partner)
    world.sync()
    return made


def on_delete(world: World, policy: str) -> None:
    there = FILTER[world.crm.name]
    world.restarted((there, f"{there}      on_delete: {policy}\n"))


def test_a_lead_that_is_deleted_in_the_crm_is_held_until_it_is_back(world: World, lead: str) -> None:
    before = world.prm_row("lead")
    world.at(minutes=10)
    world.dana_deletes("lead", lead)
    world.sync()
    assert world.prm_row("lead") == before
    assert (world.links(entity="lead")[0]["state"], world.anomalies()) == ("deleted_remote", ["deleted_remote"])
    world.rests(open=("deleted_remote",))
    world.at(hours=3)
    world.dana_restores("lead", lead)
    world.sync()
    assert (world.links(entity="lead")[0]["state"], world.anomalies()) == ("active", [])
    assert len(world.prm("lead")) == 1
    world.rests()


@pytest.mark.parametrize(
    ("policy", "state", "goes"),
    [("hold", "deleted_remote", False), ("unlink", "unlinked", False), ("delete", "deleted_remote", True)],
)
def test_the_mapping_says_what_a_deletion_in_the_crm_means(world: World, lead: str, policy: str, state: str, goes: bool) -> None:
    on_delete(world, policy)
    world.at(minutes=10)
    world.dana_deletes("lead", lead)
    world.sync()
    (row,) = world.prm("lead")
    assert (world.links(entity="lead")[0]["state"], row["deleted_at"] is not None) == (state, goes)
    assert world.anomalies() == (["deleted_remote"] if policy == "hold" else [])
    world.rests(open=("deleted_remote",) if policy == "hold" else ())


@SALESFORCE_ALONE
def test_a_link_follows_the_survivor_of_a_merge(world: World) -> None:
    lost = world.dana_creates("account", **UMBRELLA, name="Umbrella Health")
    world.sync()
    ours = world.prm_row("account")["id"]
    world.at(minutes=10)
    kept = world.dana_creates("account", **UMBRELLA, name="Umbrella Health Systems")
    world.dana_merges("account", lost, into=kept)
    world.sync()
    row = world.prm_row("account")
    assert (row["id"], row["name"]) == (ours, "Umbrella Health Systems")
    assert [(k["crm_id"], k["state"], k["prm_id"]) for k in world.links(entity="account")] == [(kept, "active", ours)]
    assert [row["kind"] for row in world.prm("sync_anomaly", state="open")] == ["merged_remote"]
    world.rests()


@SALESFORCE_ALONE
def test_a_merge_of_two_linked_records_leaves_both_rows_and_says_which_to_merge(world: World) -> None:
    lost, kept = two_accounts(world)
    rows = {link["crm_id"]: link["prm_id"] for link in world.links(entity="account")}
    world.at(minutes=10)
    world.dana_merges("account", lost, into=kept)
    world.sync()
    assert {row["id"] for row in world.prm("account") if row["deleted_at"] is None} == set(rows.values())
    assert {k["crm_id"]: k["state"] for k in world.links(entity="account")} == {lost: "merged", kept: "active"}
    (told,) = world.prm("sync_anomaly", state="open", kind="merged_remote")
    assert kept in told["note"]
    world.rests()


@SUGARCRM_ALONE
def test_a_merge_that_the_crm_tells_as_a_deletion_is_held_like_one(world: World) -> None:
    """SugarCRM does not say who survived: the loser is deleted, and nothing follows from that here."""
    lost, kept = two_accounts(world)
    world.at(minutes=10)
    world.dana_merges("account", lost, into=kept)
    world.sync()
    assert [row["deleted_at"] for row in world.prm("account")] == [None, None]
    assert {k["crm_id"]: k["state"] for k in world.links(entity="account")} == {lost: "deleted_remote", kept: "active"}
    world.rests(open=("deleted_remote",))


def two_accounts(world: World) -> tuple[str, str]:
    """Two companies that both sides know; answers their ids in the CRM."""
    one = world.dana_creates("account", **UMBRELLA, name="Umbrella Health")
    other = {"type": "prospect", "website": "other.example", "country": "France", "name": "Quite Another Company"}
    two = world.dana_creates("account", **other)
    world.sync()
    return one, two
