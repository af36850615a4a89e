"""Somebody clears the mark by which a lead was handed out, while a partner has it: the mapping says what that means."""

from __future__ import annotations

from typing import Any

import pytest
from story_world import PARTNERS, World

from centri.engine import partner_acts
from centri.errors import Rejected

CLARA, BERND = "clara@alpine.example", "bernd@bavaria.example"
FILTER = {"sugarcrm": "where: {prm_distribute_c: true}\n", "salesforce": "where: {CENTRI_Distribute__c: true}\n"}


class HandedOut:
    """A lead that the first partner was offered; the second is there too."""

    def __init__(self, world: World) -> None:
        self.world = world
        for key in ("P1", "P2"):
            world.dana_creates("account", world.crm.ids[key], **PARTNERS[key])
        world.sync()
        world.employ("P1", "P2")
        values = {"last_name": "Wong", "company": "Umbrella Health", "status": "new", "distribute": True}
        self.crm_id = world.dana_creates("lead", **values, partner=world.crm.ids["P1"])
        world.sync()
        self.id = world.prm_row("lead")["id"]

    def withdraws(self) -> None:
        there = FILTER[self.world.crm.name]
        self.world.restarted((there, f"{there}      on_leave: withdraw\n"))

    def dana(self, **values: Any) -> None:
        self.world.dana_sets("lead", self.crm_id, **values)

    def syncs(self, **after: float) -> None:
        self.world.at(**after)
        self.world.sync()

    @property
    def assignments(self) -> list[tuple[int, str, str]]:
        """Number, partner's name and state of each."""
        names = {row["id"]: row["name"] for row in self.world.prm("partner_account")}
        rows = self.world.prm("lead_assignment")
        return sorted((row["seq"], names[row["partner_account_id"]], row["state"]) for row in rows)

    @property
    def flagged(self) -> bool:
        return bool(self.world.prm("sync_anomaly", kind="left_filter", state="open"))


@pytest.fixture
def lead(world: World) -> HandedOut:
    return HandedOut(world)


def test_kept_the_partner_goes_on_and_the_lead_carries_a_flag(world: World, lead: HandedOut) -> None:
    partner_acts.accept(world.project, lead.id, CLARA)
    lead.syncs(minutes=10)
    lead.dana(distribute=False, title="CISO")
    lead.syncs(minutes=20)
    assert lead.assignments == [(1, "Alpine Resellers GmbH", "accepted")]
    assert (lead.flagged, world.anomalies()) == (True, [])
    assert world.prm_row("lead")["title"] == "CISO", "it stays in step"
    partner_acts.log_activity(world.project, lead.id, CLARA, "contact_established")
    lead.syncs(minutes=30)
    assert world.crm_row("lead", lead.crm_id)["status"] == world.crm.choice("working")
    lead.dana(distribute=True)
    lead.syncs(minutes=40)
    assert not lead.flagged
    world.rests()


def test_withdrawn_the_partner_loses_it_and_nobody_else_is_asked(world: World, lead: HandedOut) -> None:
    lead.withdraws()
    partner_acts.accept(world.project, lead.id, CLARA)
    lead.syncs(minutes=10)
    lead.dana(distribute=False)
    lead.syncs(minutes=20)
    assert lead.assignments == [(1, "Alpine Resellers GmbH", "withdrawn")]
    ended = world.prm_row("lead_assignment")
    assert (ended["ended_at"], ended["end_reason"]) == (world.now, f"left the filter of {world.crm.name}")
    assert (world.prm_row("lead")["state"], lead.flagged) == ("recycled", True)
    seen = world.crm_row("lead", lead.crm_id)
    assert (seen["status"], seen["distribution_status"]) == (world.crm.choice("recycled"), "withdrawn")
    (audited,) = world.prm("audit_log", entity="lead_assignment", field="state", new="withdrawn")
    assert (audited["old"], audited["cause_type"], audited["cause_ref"]) == ("accepted", "rule", "on_leave")
    with pytest.raises(Rejected, match="there is no lead"):
        partner_acts.log_activity(world.project, lead.id, CLARA, "contact_established")
    lead.dana(partner=world.crm.ids["P2"])
    lead.syncs(minutes=30)
    assert len(lead.assignments) == 1, "it is not handed out, whoever is named"
    world.rests()


def test_withdrawn_and_handed_out_again_it_is_offered_again(world: World, lead: HandedOut) -> None:
    lead.withdraws()
    lead.dana(distribute=False)
    lead.syncs(minutes=20)
    assert lead.assignments == [(1, "Alpine Resellers GmbH", "withdrawn")]
    assert world.prm_row("lead_offer")["state"] == "withdrawn", "nobody had answered"
    with pytest.raises(Rejected):
        partner_acts.accept(world.project, lead.id, CLARA)
    lead.dana(distribute=True, partner=world.crm.ids["P2"])
    lead.syncs(minutes=30)
    assert not lead.flagged
    assert lead.assignments == [(1, "Alpine Resellers GmbH", "withdrawn"), (2, "Bavaria IT AG", "offered")]
    partner_acts.accept(world.project, lead.id, BERND)
    lead.syncs(minutes=40)
    assert world.crm_row("lead", lead.crm_id)["distribution_status"] == "accepted"
    world.rests()
