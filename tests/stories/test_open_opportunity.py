"""An account's open opportunity is given to a partner's person in the CRM, handed on within the partner, and filled in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from story_deals import BERND, CLARA, DANA, RITA, ROB, Map
from story_world import World

from centri.engine import deal_acts, opportunity_access, partner_acts
from centri.engine.deal_views import opportunity_list
from centri.errors import Rejected


class Given:
    """Dana has named Alpine, and Rita there, for an opportunity of which neither amount nor close date is known."""

    def __init__(self, world: World) -> None:
        self.map = Map(world, [])
        unknown = {"close_date": "2099-12-31"} | ({"amount": "0.00"} if world.crm.name == "sugarcrm" else {})
        whose = {
            "partner": world.crm.ids["P1"],
            "partner_user": RITA,
            "account": self.map.crm_account("Globex Corporation")["id"],
        }
        self.crm_id = world.dana_creates("opportunity", name="Cold Chain", stage="prospecting", **whose, **unknown)
        world.sync()
        self.id = world.prm_row("opportunity")["id"]


@pytest.fixture
def given(world: World) -> Given:
    return Given(world)


def lists(given: Given, *people: str) -> list[int]:
    return [len(opportunity_list(given.map.project, who)) for who in people]


def test_it_is_handed_on_and_filled_in(given, world):
    row = world.prm_row("opportunity")
    assert (row["amount"], row["close_date"], row["amount_is_placeholder"], row["close_date_is_placeholder"]) == (
        None, None, True, True,
    )  # fmt: skip
    assert (given.map.told("opportunity_assigned"), world.prm("lead")) == ([CLARA, RITA], [])
    assert lists(given, RITA, CLARA, ROB, BERND) == [1, 1, 0, 0]

    world.at(days=1)
    opportunity_access.assign_opportunity(world.project, given.id, RITA, ROB)
    world.sync()
    world.sync()
    assert world.crm_row("opportunity", given.crm_id)["partner_user"] == ROB
    assert lists(given, RITA, CLARA, ROB, BERND) == [1, 1, 1, 0]
    with pytest.raises(Rejected, match="may read this opportunity, but not change it"):
        partner_acts.update_opportunity(world.project, given.id, RITA, {"amount": "1"})
    with pytest.raises(Rejected, match="there is no opportunity"):
        partner_acts.update_opportunity(world.project, given.id, BERND, {"amount": "1"})

    world.at(days=2)
    partner_acts.update_opportunity(world.project, given.id, ROB, {"next_step": "call"})
    world.sync()
    held = world.crm_row("opportunity", given.crm_id)
    assert (held["close_date"], Decimal(str(held["amount"] or 0))) == ("2099-12-31", Decimal(0))

    world.at(days=4)
    partner_acts.update_opportunity(
        world.project, given.id, ROB, {"amount": "32000", "close_date": "2026-05-29", "stage": "proposal"}
    )
    world.sync()
    told = world.crm_row("opportunity", given.crm_id)
    assert (Decimal(str(told["amount"])), told["close_date"]) == (Decimal(32000), "2026-05-29")
    assert told["stage"] == "Proposal/Price Quote"
    row = world.prm_row("opportunity")
    assert (row["amount_is_placeholder"], row["close_date_is_placeholder"]) == (False, False)
    world.rests()


def test_the_vendor_registers_it_in_the_crm(given, world):
    world.dana_sets("opportunity", given.crm_id, registered=True)
    world.sync()
    deal = world.prm_row("deal_registration")
    assert (deal["state"], deal["opportunity_id"], deal["submitted_by"]) == ("approved", given.id, "vendor")
    assert set(given.map.told("deal_approved")) >= {RITA, CLARA}


def test_or_approves_it_there_and_the_partner_registers_it(given, world):
    world.dana_sets("opportunity", given.crm_id, approval=world.crm.choice("approved"))
    world.sync()
    assert given.map.told("register_now") == [CLARA, RITA]
    deal = deal_acts.create_deal(world.project, RITA, {}, opportunity=given.id)
    number = deal_acts.submit_deal(world.project, deal, RITA)
    deal_acts.approve_deal(world.project, number, DANA)
    world.sync()
    told = world.crm_row("opportunity", given.crm_id)
    assert (told["registered"], told["registration_no"], told["registered_partner"]) == (True, number, world.crm.ids["P1"])
    assert given.map.crm_account("Globex Corporation")["registered_partner"] == world.crm.ids["P1"]
    world.sync()
    world.rests()
