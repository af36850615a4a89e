"""Stories of the kind that the world of tests/laws tells: what it found, and what was found while reading what it does."""

from test_births import partner_in
from two_crms import QUIET

from centri.errors import RetryLater


def test_a_lost_answer_is_nobodys_business_once_the_crm_shows_what_was_written(world):
    """The pull brings our own write back before the delivery is tried again: it is withdrawn, and so is the complaint."""
    world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.edit("account", world.row("account")["id"], city="Bonn")
    world.crms["east"].lost_answers.append(RetryLater("connection reset"))
    world.sync("east")
    world.sync("east")
    assert [d["state"] for d in world.deliveries() if d["op"] == "update"] == ["dropped"]
    assert world.anomalies() == []
    assert world.writes() == QUIET


def globex(world):
    return next(row for row in world.rows("account") if row["name"] == "Globex")


def test_a_record_merged_into_one_that_was_just_restored_does_not_stop_the_settling(world):
    """The survivor has a link that rests: nothing can be moved onto it."""
    loser = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    survivor = world.person_saves("east", "Account", Name="Hooli", City="Bonn")
    world.sync()
    world.crms["east"].delete("Account", survivor)
    world.sync()
    world.clock.forward(minutes=5)
    world.crms["east"].restore("Account", survivor)
    world.crms["east"].delete("Account", loser, merged_into=survivor)
    world.sync()
    assert {k["crm_id"]: k["state"] for k in world.links()} == {loser: "merged", survivor: "active"}
    assert world.anomalies() == [("merged_remote", "")]
    assert world.writes() == QUIET


def test_what_a_crm_changed_while_the_row_was_deleted_in_the_prm_arrives_when_it_comes_back(world):
    """Without anybody asking for it: what was held stays owed."""
    company = world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync()
    row = globex(world)["id"]
    world.edit("account", row, deleted_at=world.clock.now)
    world.sync()
    world.person_saves("east", "Account", company, City="Bonn")
    world.sync()
    world.clock.forward(minutes=5)
    world.person_saves("east", "Account", Name="Hooli")
    world.sync()
    assert world.anomalies() == [("deleted_prm", "")]
    world.edit("account", row, deleted_at=None)
    world.sync()
    assert (globex(world)["city"], world.anomalies()) == ("Bonn", [])
    assert world.writes() == QUIET


def test_a_parent_that_people_deleted_in_the_crm_is_not_made_again_for_its_child(world):
    """The child waits; when the parent is restored, it stands for its row as before, and the child follows."""
    partner = partner_in(world, "west")
    company = world.person_saves("west", "Account", Name="Globex", City="Ulm")
    world.sync()
    world.crms["west"].delete("Account", company)
    world.sync()
    person = world.insert("contact", last_name="Petit", account_id=globex(world)["id"])
    known = {"account_id": globex(world)["id"], "primary_contact_id": person, "partner_account_id": partner}
    world.insert("opportunity", name="Vault", **known)
    world.sync()
    assert [a["Name"] for a in world.in_crm("west", "Account")] == ["Castell Systems"]
    assert (world.in_crm("west", "Lead"), world.anomalies()) == ([], [("deleted_remote", "")])
    world.clock.forward(minutes=5)
    world.crms["west"].restore("Account", company)
    world.sync()
    assert [lead["AccountId"] for lead in world.in_crm("west", "Lead")] == [company]
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_a_note_that_is_deleted_in_the_prm_is_told_like_everything_else(world):
    """It is written once and never updated; that it is gone on one side is news all the same."""
    company = world.person_saves("east", "Account", Name="Globex")
    note = world.person_saves("east", "Note", Title="Call", ParentId=company)
    world.sync()
    world.edit("note", world.row("note")["id"], deleted_at=world.clock.now)
    world.sync()
    assert world.anomalies() == [("deleted_prm", "")]
    world.edit("note", world.row("note")["id"], deleted_at=None)
    world.sync()
    assert (world.anomalies(), world.crms["east"].objects["Note"][note].deleted) == ([], False)
    assert world.writes() == QUIET


def test_a_record_that_is_deleted_while_it_waits_for_a_person_is_waited_for_no_more(world):
    world.person_saves("east", "Lead", "the lead", Status="New", Distribute=True)
    world.sync("east")
    assert [kind for kind, _ in world.anomalies()] == ["keyless"]
    world.crms["east"].delete("Lead", "the lead")
    world.sync("east")
    assert world.anomalies() == []
    assert world.rows("lead") == []
    assert world.writes() == QUIET
