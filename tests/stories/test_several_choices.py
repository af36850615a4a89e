"""Several choices in one field: what either side adds, both have in the end, whatever order each keeps them in."""

from __future__ import annotations

from typing import Any

import pytest
from story_world import PARTNERS, World

from centri.engine.acts import acting

MIA = {"first_name": "Mia", "last_name": "Wong", "company": "Umbrella", "email": "mia.wong@umbrella-health.example"}


class Interest:
    """What one lead is interested in, as the CRM and the PRM have it."""

    def __init__(self, world: World) -> None:
        self.world, self.lead, self.minutes = world, world.crm.ids["L1"], 0
        partner = world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
        values = {**MIA, "interest": world.crm.several("Security"), "distribute": True, "partner": partner}
        world.dana_creates("lead", self.lead, **values)
        self.later()

    def later(self) -> None:
        """Some minutes pass, and the CRM is synced."""
        self.minutes += 15
        self.world.at(minutes=self.minutes)
        self.world.sync()

    def in_crm(self) -> Any:
        return self.world.crm_row("lead", self.lead)["interest"]

    def in_prm(self) -> Any:
        return self.world.prm_row("lead")["product_interest"]

    def dana_wants(self, *choices: str) -> None:
        self.world.dana_sets("lead", self.lead, interest=self.world.crm.several(*choices))

    def partner_wants(self, *choices: str) -> None:
        with acting(self.world.project, "lead edit", None) as act:
            act.change("lead", self.world.prm_row("lead")["id"], {"product_interest": list(choices) or None})


@pytest.fixture
def interest(world: World) -> Interest:
    return Interest(world)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_what_both_sides_add_both_have(interest: Interest) -> None:
    assert interest.in_prm() == ["security"]
    interest.dana_wants("Security", "Backup")
    interest.partner_wants("security", "network")
    interest.later()
    assert sorted(interest.in_prm()) == ["backup", "network", "security"]
    assert set(_members(interest)) == {"Backup", "Network", "Security"}
    interest.world.rests()


def test_what_one_side_takes_away_the_other_loses(interest: Interest) -> None:
    interest.dana_wants("Security", "Backup", "Network")
    interest.later()
    interest.dana_wants("Network", "Security")
    interest.later()
    assert interest.in_prm() == ["network", "security"]
    interest.partner_wants("network")
    interest.later()
    assert _members(interest) == ["Network"]
    interest.dana_wants()
    interest.later()
    assert interest.in_prm() is None
    interest.world.rests()


def test_another_order_is_no_change(interest: Interest) -> None:
    interest.dana_wants("Security", "Backup")
    interest.later()
    interest.dana_wants("Backup", "Security")
    interest.partner_wants("security", "backup")
    interest.later()
    interest.world.rests()


def test_a_choice_that_nobody_knows_is_set_aside_and_nothing_lost(interest: Interest) -> None:
    interest.partner_wants("security", "quantum")
    interest.later()
    assert _members(interest) == ["Security"]
    assert interest.in_prm() == ["security", "quantum"]
    interest.world.rests(open=("picklist_value",))
    interest.partner_wants("security", "storage")
    interest.later()
    assert set(_members(interest)) == {"Security", "Storage"}
    assert interest.world.anomalies() == []


def _members(interest: Interest) -> list[str]:
    held, joined = interest.in_crm(), interest.world.crm.joined
    return held.split(joined) if joined else held
