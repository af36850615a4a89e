"""Offers that nobody answers lapse when their time is over, not before."""

from __future__ import annotations

from test_partner_acts import CLARA, Desk

from centri.engine import partner_acts
from centri.engine.tick import tick


def test_an_offer_lapses_once_and_its_lead_is_free_again(world):
    desk = Desk(world.project)
    desk.offered(desk.alpine, desk.bavaria)
    world.clock.forward(hours=48)
    assert tick(world.project) == 0
    world.clock.forward(seconds=1)
    assert tick(world.project) == 1
    assert (desk.row("lead_assignment")["state"], desk.row("lead")["state"]) == ("expired", "recycled")
    assert {"expired"} == {offer["state"] for offer in desk.rows("lead_offer")}
    assert {desk.alpine, desk.bavaria} == {e["partner_account_id"] for e in desk.rows("lead_exclusion", reason="accept_timeout")}
    assert {"timer"} == {e["cause_type"] for e in desk.rows("audit_log", entity="lead")}
    assert tick(world.project) == 0


def test_what_was_accepted_stays(world):
    desk = Desk(world.project)
    partner_acts.accept(world.project, desk.offered(desk.alpine), CLARA)
    world.clock.forward(days=30)
    assert tick(world.project) == 0
    assert desk.row("lead_assignment")["state"] == "accepted"
