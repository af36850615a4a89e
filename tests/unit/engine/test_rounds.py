"""The main job on two CRMs that are dicts: what comes in, what goes out, and that it then rests."""

import pytest
from two_crms import QUIET

from centri.descriptions import FieldType


def test_a_record_new_in_a_crm_is_created_once(world):
    world.person_saves("east", "Account", Name="Globex Inc", Website="globex.example", City="Ulm", Industry="Steel")
    world.sync()
    row = world.row("account")
    assert (
        row["name"], row["website"], row["city"], row["industry_raw"], row["origin"],
    ) == ("Globex Inc", "globex.example", "Ulm", "Steel", "east")  # fmt: skip
    assert world.writes() == QUIET


def test_a_change_travels_either_way(world):
    globex = world.person_saves("east", "Account", Name="Globex Inc", City="Ulm")
    world.sync()
    world.person_saves("east", "Account", globex, City="Bonn")
    world.sync()
    assert world.row("account")["city"] == "Bonn"
    world.edit("account", world.row("account")["id"], website="globex.example")
    world.sync()
    assert world.in_crm("east", "Account")[0]["Website"] == "globex.example"
    assert world.writes() == QUIET


def test_a_new_lead_is_matched_and_offered_to_the_partner_named_for_it(world):
    partner = world.person_saves("east", "Account", Name="Alpine GmbH", Kind="Partner", Website="alpine.example")
    world.person_saves("east", "Account", Name="Umbrella Health Systems", Website="umbrella.example")
    world.person_saves(
        "east", "Lead", LastName="Wong", Company="Umbrella Health Sys.", Email="Mia@Umbrella.example", Status="New",
        Distribute=True, Partner=partner,
    )  # fmt: skip
    world.sync()
    lead = world.row("lead")
    assert (lead["state"], lead["email"]) == ("assigned", "mia@umbrella.example")
    umbrella = next(a for a in world.rows("account") if a["name"].startswith("Umbrella"))
    assert (umbrella["id"], "prospect") == (lead["matched_account_id"], lead["match_class"])
    assert 0.85 <= lead["match_confidence"] <= 1
    in_crm = world.in_crm("east", "Lead")[0]
    assert ("Assigned", "offered", lead["id"]) == (in_crm["Status"], in_crm["DistributionStatus"], in_crm["OurId"])
    assert world.writes() == QUIET


def test_a_lead_that_is_not_handed_out_stays_out_until_it_is(world):
    wong = world.person_saves("east", "Lead", LastName="Wong", Distribute=False)
    world.sync()
    assert world.rows("lead") == []
    world.person_saves("east", "Lead", wong, Distribute=True)
    world.sync()
    assert world.row("lead")["last_name"] == "Wong"


def test_a_linked_lead_that_leaves_the_filter_stays_in_step(world):
    wong = world.person_saves("east", "Lead", LastName="Wong", Distribute=True)
    world.sync()
    world.person_saves("east", "Lead", wong, Distribute=False, LastName="Wong-Meyer")
    world.sync()
    assert world.row("lead")["last_name"] == "Wong-Meyer"
    assert world.anomalies() == [("left_filter", "")]


def test_our_id_is_written_where_the_mapping_says_so(world):
    world.person_saves("east", "Account", Name="Alpine GmbH", Kind="Partner")
    world.person_saves("east", "Account", Name="Globex Inc")
    world.sync()
    ids = {a["Name"]: a.get("OurId") for a in world.in_crm("east", "Account")}
    assert {"Alpine GmbH": world.row("partner_account")["id"], "Globex Inc": None} == ids
    assert world.writes() == QUIET


def test_a_conflict_is_held_once_and_the_rest_of_the_record_goes_on(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm", Industry="Steel")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Kiel")
    world.person_saves("east", "Account", globex, City="Bonn", Industry="Paper")
    world.sync()
    assert (world.row("account")["city"], world.row("account")["industry_raw"]) == ("Kiel", "Paper")
    assert world.in_crm("east", "Account")[0]["City"] == "Bonn"
    assert world.anomalies() == [("conflict_open", "city")]
    assert world.writes() == QUIET
    assert world.anomalies() == [("conflict_open", "city")]


def test_a_conflict_ends_when_people_agree(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Kiel")
    world.person_saves("east", "Account", globex, City="Bonn")
    world.sync()
    world.person_saves("east", "Account", globex, City="Kiel")
    world.sync()
    assert world.anomalies() == []


def test_a_deletion_in_the_crm_is_held_and_deletes_nothing(world):
    globex = world.person_saves("east", "Account", Name="Globex")
    world.sync()
    world.crms["east"].delete("Account", globex)
    world.sync()
    assert world.row("account")["deleted_at"] is None
    assert world.anomalies() == [("deleted_remote", "")]


def test_what_is_deleted_in_the_crm_is_told_nothing_until_it_is_back(world):
    globex = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.crms["east"].delete("Account", globex)
    world.sync()
    world.edit("account", world.row("account")["id"], city="Bonn")
    world.sync()
    assert world.anomalies() == [("deleted_remote", "")]
    assert world.deliveries() == []
    world.crms["east"].restore("Account", globex)
    world.sync()
    assert world.in_crm("east", "Account")[0]["City"] == "Bonn"
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_a_deletion_in_the_prm_never_reaches_the_crm(world):
    world.person_saves("east", "Account", Name="Globex")
    world.sync()
    world.edit("account", world.row("account")["id"], deleted_at=world.clock.now)
    world.sync()
    assert [a["Name"] for a in world.in_crm("east", "Account")] == ["Globex"]
    assert world.anomalies() == [("deleted_prm", "")]


@pytest.mark.parametrize("ids", ["abc", "bac", "cba"])
def test_a_merge_of_what_won_a_merge_moves_the_link_to_the_last_survivor(world, ids):
    """Both merges come in one pull, in whatever order; the last survivor alone would not even meet the filter."""
    first, second, last = ids
    world.person_saves("east", "Lead", id=first, LastName="Wong", City="Ulm", Distribute=True)
    for id in (second, last):
        world.person_saves("east", "Lead", id=id, LastName="Wong", City="Bonn", Distribute=False)
    world.sync()
    world.crms["east"].delete("Lead", first, merged_into=second)
    world.crms["east"].delete("Lead", second, merged_into=last)
    world.sync("east")
    (link,) = (link for link in world.links() if link["object"] == "Lead")
    assert (link["crm_id"], link["state"]) == (last, "active")
    assert world.row("lead")["city"] == "Bonn"
    assert world.writes() == QUIET


def test_a_merge_in_the_crm_moves_the_link_to_the_survivor(world):
    loser = world.person_saves("east", "Account", Name="Globex Corp")
    world.sync()
    winner = world.person_saves("east", "Account", Name="Globex Corporation International")
    world.crms["east"].delete("Account", loser, merged_into=winner)
    world.sync()
    assert world.row("account")["name"] == "Globex Corporation International"
    assert [winner] == [link["crm_id"] for link in world.links() if link["state"] == "active"]
    assert world.anomalies() == [("merged_remote", "")]
    assert world.writes() == QUIET


@pytest.mark.parametrize("first", ["child", "parent"])
@pytest.mark.parametrize("together", [True, False])
def test_a_parent_that_nobody_asks_for_is_found_in_silence_whenever_it_comes(world_with, first, together):
    parent = "        parent_partner_id: {crm: ParentId, reference: partner_account, missing: ignore, direction: in}\n"
    world = world_with(("        city: {crm: City, direction: in}\n", "        city: {crm: City, direction: in}\n" + parent))
    for crm in world.crms.values():
        crm.define("Account", {"ParentId": FieldType.REFERENCE})
    for name in ("child", "parent") if first == "child" else ("parent", "child"):
        above = {"ParentId": "the-parent"} if name == "child" else {}
        world.person_saves("east", "Account", f"the-{name}", Name=name.title(), Kind="Partner", **above)
        if not together:
            world.sync()
            assert world.anomalies() == []
    world.sync()
    held = {row["name"]: row for row in world.rows("partner_account")}
    assert held["Child"]["parent_partner_id"] == held["Parent"]["id"]
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_children_find_their_parents_whatever_comes_first(world):
    globex = world.person_saves("east", "Account", Name="Globex")
    world.person_saves("east", "Contact", LastName="Wong", AccountId=globex)
    world.person_saves("east", "Contact", LastName="Petit", AccountId="not-there-yet")
    world.sync()
    contacts = {c["last_name"]: c["account_id"] for c in world.rows("contact")}
    assert {"Wong": world.row("account")["id"], "Petit": None} == contacts
    assert world.anomalies() == [("reference_missing", "account_id")]
    world.person_saves("east", "Account", "not-there-yet", Name="Nouvelle Banque")
    world.sync()
    contacts = {c["last_name"]: c["account_id"] for c in world.rows("contact")}
    assert next(a["id"] for a in world.rows("account") if a["name"] == "Nouvelle Banque") == contacts["Petit"]
    assert world.anomalies() == []


def test_a_record_that_cannot_be_made_waits_and_blocks_nobody(world):
    nameless = world.person_saves("east", "Account", Website="globex.example")
    world.person_saves("east", "Account", Name="Initech", Website="initech.example")
    world.sync()
    assert world.row("account")["name"] == "Initech"
    assert world.anomalies() == [("missing_required", "")]
    world.person_saves("east", "Account", nameless, Name="Globex")
    world.sync()
    assert {"Globex", "Initech"} == {a["name"] for a in world.rows("account")}
    assert world.anomalies() == []


def test_what_the_database_refuses_is_set_aside_alone(world_with):
    world = world_with(("transform: {choice: status}, policy: prm_wins", "policy: prm_wins"))
    for name in ("Wong", "Petit", "Maier"):
        world.person_saves("east", "Lead", LastName=name, Status="new", Distribute=True)
    world.person_saves("east", "Lead", LastName="Kraus", Status="no such state", Distribute=True)
    world.sync("east")
    assert {"Wong", "Petit", "Maier"} == {row["last_name"] for row in world.rows("lead")}
    assert world.anomalies() == [("validation", "")]
