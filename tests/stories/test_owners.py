"""Owners are users of the CRM, known here by e-mail address; a record whose owner nobody knows arrives without one."""

from __future__ import annotations

from typing import Any

import pytest
from story_world import World

from centri.cli.demo_facts import sorted_out

UMBRELLA = {"name": "Umbrella Health Systems", "type": "prospect", "website": "umbrella-health.example", "country": "Germany"}


class Ownership:
    """An account and its opportunity; Dana has a log-in here, Erik is in the CRM alone."""

    def __init__(self, world: World) -> None:
        self.world, self.minutes = world, 0
        self.dana, self.erik = world.dana.user, world.hired("erik")

    def later(self) -> None:
        self.minutes += 15
        self.world.at(minutes=self.minutes)
        self.world.sync()

    def owned_by(self, user: str | None) -> str:
        return self.world.dana_creates("account", self.world.crm.ids["AC3"], **UMBRELLA, owner=user)

    def goes_to(self, user: str | None) -> None:
        self.world.dana_sets("account", self.world.crm.ids["AC3"], owner=user)

    def owner(self, table: str = "account") -> str | None:
        """The address of the owner in the PRM."""
        id = self.world.prm_row(table)["owner_vendor_user_id"]
        return str(self.world.prm_row("vendor_user", id=id)["email"]) if id else None

    def unmapped(self) -> list[dict[str, Any]]:
        return self.world.prm("sync_anomaly", kind="owner_unmapped", state="open")


@pytest.fixture
def ownership(world: World) -> Ownership:
    return Ownership(world)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_record_of_an_unknown_owner_arrives_and_gets_its_owner_once_that_has_a_login(ownership: Ownership) -> None:
    world = ownership.world
    account = ownership.owned_by(ownership.erik)
    world.dana_creates(
        "opportunity", name="Zero Trust", account=account, amount=100, close_date="2026-09-15", stage="prospecting",
        owner=ownership.erik,
    )  # fmt: skip
    ownership.later()
    assert (ownership.owner(), ownership.owner("opportunity")) == (None, None)
    found = {row["entity"]: row for row in ownership.unmapped()}
    assert found.keys() == {"account", "opportunity"}
    assert {row["field"] for row in found.values()} == {"owner_vendor_user_id"}
    assert all(ownership.erik in row["note"] for row in found.values())
    assert found["account"]["crm_id"] == account
    world.rests(open=("owner_unmapped", "owner_unmapped"))
    world.gets_a_login("Erik@Vantage.example")
    world.sync()
    assert (ownership.owner(), ownership.owner("opportunity")) == ("Erik@Vantage.example", "Erik@Vantage.example")
    assert world.prm_row("vendor_user", email="Erik@Vantage.example")["name"].endswith("Erik")
    world.rests()


def test_an_owner_that_is_known_is_the_owner_and_nobody_else_enters(ownership: Ownership) -> None:
    world, before = ownership.world, len(ownership.world.prm("vendor_user"))
    ownership.owned_by(ownership.dana)
    ownership.later()
    assert ownership.owner() == "dana@vantage.example"
    assert len(world.prm("vendor_user")) == before
    assert len(world.links(entity="vendor_user")) == before
    world.rests()


def test_an_owner_who_becomes_unknown_is_not_the_former_one(ownership: Ownership) -> None:
    ownership.owned_by(ownership.dana)
    ownership.later()
    ownership.goes_to(ownership.erik)
    ownership.later()
    assert ownership.owner() is None
    assert len(ownership.unmapped()) == 1
    ownership.goes_to(ownership.dana)
    ownership.later()
    assert ownership.owner() == "dana@vantage.example"
    assert ownership.unmapped() == []
    ownership.world.rests()


def test_users_cost_one_call_a_round(ownership: Ownership) -> None:
    ownership.later()
    ownership.world.forget_calls()
    ownership.later()
    reads = sorted_out(ownership.world.called()).reads
    assert reads[ownership.world.crm.objects["user"]] == 1
    assert max(reads.values()) <= 2
