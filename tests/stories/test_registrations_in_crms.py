"""What direct sales sees of registered deals in its own CRM, on the account and on the opportunity, and what it does there."""

from __future__ import annotations

import pytest
from story_deals import CELINE, CLARA, DANA, DREW, RITA, Map
from story_world import World

from centri.engine import deal_acts, partner_acts

PUSHED = ("push_as: lead", "push_as: opportunity")
"""Opportunities go to the CRM as such."""


@pytest.fixture
def map(world: World) -> Map:
    return Map(world)


@pytest.fixture
def direct(world: World) -> Map:
    world.restarted(PUSHED)
    return Map(world)


def seen(row: dict) -> tuple:
    return row["registered_partner"], row["registration_expires"]


def test_an_approved_deal_shows_until_its_time_is_over(direct):
    world, castell = direct.world, direct.world.crm.ids["P3"]
    number = direct.approved()
    assert direct.told("deal_approved") == [CELINE, DREW]
    world.sync()
    world.sync()
    account, (opportunity,) = direct.crm_account("Globex Corporation"), world.in_crm("opportunity")
    assert seen(account) == seen(opportunity) == (castell, "2026-06-01")
    assert account["registrations"] == f"{number} Castell Systems SARL, ZT, until 2026-06-01"
    assert (opportunity["registered"], opportunity["registration_no"], opportunity["partner"]) == (True, number, castell)
    assert seen(direct.crm_account("Initech LLC")) == (None, None)

    world.at(days=80)
    deal_acts.request_extension(direct.project, number, CELINE, 30)
    deal_acts.decide_extension(direct.project, number, DANA, approve=True)
    world.sync()
    account, (opportunity,) = direct.crm_account("Globex Corporation"), world.in_crm("opportunity")
    assert seen(account) == seen(opportunity) == (castell, "2026-07-01")

    world.at(days=122)
    assert deal_acts.expire_deals(direct.project) == 1
    world.sync()
    account, (opportunity,) = direct.crm_account("Globex Corporation"), world.in_crm("opportunity")
    assert (seen(account), account["registrations"]) == ((None, None), None)
    assert (seen(opportunity), opportunity["registered"], opportunity["registration_no"]) == ((None, None), False, None)
    world.rests()


def test_the_crm_hears_how_far_the_partner_is_and_that_it_has_won(direct):
    world = direct.world
    number = direct.approved()
    world.sync()
    (opportunity,) = world.in_crm("opportunity")
    assert (opportunity["stage"], opportunity["close_date"]) == ("Qualification", "2026-06-15")
    world.at(days=30)
    partner_acts.update_opportunity(direct.project, world.prm_row("opportunity")["id"], CELINE, {"stage": "negotiation"})
    world.sync()
    assert world.in_crm("opportunity")[0]["stage"] == "Negotiation/Review"
    world.at(days=79)
    deal_acts.add_proof(direct.project, number, CELINE, "po", file_name="po.pdf")
    deal_acts.close_deal(direct.project, number, CELINE, "won")
    world.sync()
    world.sync()
    assert world.in_crm("opportunity")[0]["stage"] == world.crm.choice("won")
    row = world.prm_row("opportunity")
    assert (row["stage_category"], row["partner_stage"], row["vendor_stage"]) == ("won", "won", "won")
    assert world.prm_row("margin_credit")["amount"] == 3000
    world.rests()


def test_a_tick_taken_away_in_the_crm_cancels_the_deal(direct):
    world = direct.world
    number = direct.approved()
    world.sync()
    (opportunity,) = world.in_crm("opportunity")
    world.sync()
    world.dana_sets("opportunity", opportunity["id"], registered=False)
    world.sync()
    deal = direct.deal(number)
    assert (deal["state"], deal["decision_text"]) == ("cancelled", "The registration was taken back in the CRM.")
    assert world.prm_row("opportunity")["registered_partner_id"] is None
    assert direct.told("deal_cancelled") == [CELINE, DANA]
    (entry,) = world.prm("audit_log", entity="deal_registration", entity_id=deal["id"], field="state", new="cancelled")
    assert [entry[n] for n in ("old", "actor_type", "cause_type", "cause_ref")] == ["approved", "engine", "rule", "arrival"]
    world.sync()
    account, (opportunity,) = direct.crm_account("Globex Corporation"), world.in_crm("opportunity")
    assert (seen(account), account["registrations"]) == ((None, None), None)
    assert (seen(opportunity), opportunity["registered"], opportunity["registration_no"]) == ((None, None), False, None)
    world.rests()


def test_a_tick_in_the_crm_registers_the_deal_of_the_person_named_there(direct):
    world = direct.world
    worth = {"name": "Initech - Endpoint", "account": direct.crm_account("Initech LLC")["id"], "amount": 5000}
    whose = {"partner": world.crm.ids["P1"], "partner_user": RITA, "close_date": "2026-09-30", "stage": "prospecting"}
    id = world.dana_creates("opportunity", **worth, **whose)
    world.sync()
    assert direct.told("opportunity_assigned") == [CLARA, RITA]
    world.dana_sets("opportunity", id, registered=True)
    world.sync()
    deal = world.prm_row("deal_registration")
    assert (deal["number"], deal["state"], deal["submitted_by"]) == ("DR-0001", "approved", "vendor")
    world.sync()
    assert world.crm_row("opportunity", id)["registration_no"] == "DR-0001"
    assert direct.crm_account("Initech LLC")["registrations"] == "DR-0001 Alpine Resellers GmbH, all products, until 2026-05-31"
    world.rests()


def test_a_converted_lead_whose_box_is_blank_cancels_nothing(map):
    """An opportunity that travelled as a lead starts in the CRM without a tick; only one that stood there can be taken away."""
    world = map.world
    number = map.approved()
    world.sync()
    (lead,) = world.in_crm("lead")
    new = {"name": "Globex - ZT", "amount": 60000, "close_date": "2026-06-15", "stage": "prospecting"}
    made = world.dana_converts(lead["id"], opportunity=new)
    world.sync()
    world.sync()
    assert map.deal(number)["state"] == "approved"
    opportunity = world.crm_row("opportunity", made["opportunity_id"])
    assert (opportunity["registered"], opportunity["registration_no"]) == (True, number)
    world.rests()
