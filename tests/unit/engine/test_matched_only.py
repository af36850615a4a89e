"""Records that enter only where the PRM has them already, and the references to those it has not."""

import pytest
from two_crms import QUIET

from centri.descriptions import FieldType

USERS = """
  vendor_user:
    east: &users
      object: User
      enter: matched
      on_delete: unlink
      fields:
        email: {crm: Email, transform: email, direction: none}
        name: {crm: Name, direction: in}
    west: *users
  account:
"""
OWNER = "        industry_raw: {crm: Industry, direction: in}\n"


@pytest.fixture
def world(world_with):
    owner = OWNER + "        owner_vendor_user_id: {crm: OwnerId, reference: vendor_user, missing: report, direction: in}\n"
    matching = "matching:\n  vendor_user: {block: [email], compare: {email: 6}}\n"
    world = world_with(("\n  account:\n", USERS), (OWNER, owner), ("matching:\n", matching))
    for crm in world.crms.values():
        crm.define("User", dict.fromkeys(("Email", "Name"), FieldType.TEXT))
        crm.define("Account", {"OwnerId": FieldType.REFERENCE})
    return world


def staff(world):
    return sorted((row["email"], row["name"]) for row in world.rows("vendor_user"))


def test_only_those_with_a_login_are_linked_and_nothing_is_said_of_the_others(world):
    world.insert("vendor_user", email="Dana@Vantage.example")
    world.person_saves("east", "User", Email="dana@vantage.example", Name="Dana Keller")
    world.person_saves("east", "User", Email="erik@vantage.example", Name="Erik Lund")
    world.person_saves("east", "User", Name="A machine")
    world.sync()
    assert staff(world) == [("Dana@Vantage.example", "Dana Keller")]
    assert [link["entity"] for link in world.links()] == ["vendor_user"]
    assert world.anomalies() == []
    assert world.writes() == QUIET


def test_two_users_of_one_address_are_one_login_and_the_second_is_passed_over(world):
    world.insert("vendor_user", email="dana@vantage.example")
    for name in ("Dana", "Dana's phone"):
        world.person_saves("east", "User", Email="dana@vantage.example", Name=name)
    world.sync()
    assert (staff(world), len(world.links()), world.anomalies()) == ([("dana@vantage.example", "Dana")], 1, [])


def test_each_late_login_finds_its_user_whatever_else_happened_to_that(world):
    erik = world.person_saves("east", "User", Email="erik@vantage.example", Name="Erik Lund")
    world.sync()
    world.person_saves("east", "User", erik, Name="Erik Lund-Berg")
    world.sync()
    world.insert("vendor_user", email="erik@vantage.example")
    world.sync()
    assert staff(world) == [("erik@vantage.example", "Erik Lund-Berg")]
    assert world.writes() == QUIET


def test_an_owner_that_is_a_queue_is_nobody(world):
    world.person_saves("east", "Account", Name="Globex", OwnerId="00G000000000001")
    world.sync()
    world.sync()
    assert world.row("account")["owner_vendor_user_id"] is None
    assert world.anomalies() == [("owner_unmapped", "owner_vendor_user_id")]
    assert world.writes() == QUIET


def test_an_unknown_owner_is_told_of_once_however_often_the_record_comes_in(world):
    globex = world.person_saves("east", "Account", Name="Globex", OwnerId="somebody")
    assert world.sync("east")["east"].tallies["account"].held == 1
    (told,) = world.anomaly_rows()
    for city in ("Ulm", "Bonn"):
        world.person_saves("east", "Account", globex, City=city)
        assert world.sync("east")["east"].tallies["account"].held == 0
    assert world.row("account")["city"] == "Bonn"
    (now,) = world.anomaly_rows()
    assert (now["id"], now["state"]) == (told["id"], "open")


def test_the_owner_is_the_one_in_the_crm_that_the_record_came_from(world):
    world.insert("vendor_user", email="dana@vantage.example")
    dana = world.person_saves("east", "User", Email="dana@vantage.example", Name="Dana")
    site = {"Name": "Globex Inc", "Website": "globex.example"}
    world.person_saves("east", "Account", **site, OwnerId=dana)
    world.person_saves("west", "Account", **site, OwnerId="somebody of the west")
    world.sync()
    (account,), (login,) = world.rows("account"), world.rows("vendor_user")
    assert account["owner_vendor_user_id"] == login["id"]
    assert world.anomalies() == []
    assert world.writes() == QUIET
