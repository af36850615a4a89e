"""A currency that nobody knows is set aside by itself; the record that names it goes on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from story_crms import SUGARCRM
from story_world import World
from test_use_case_2 import PartnerLead

from centri.engine.acts import acting

POUNDS = "5e1f6f6e-0000-4000-8000-0000000000a7"


def test_an_amount_goes_to_the_crm_without_a_currency_that_is_none(world: World) -> None:
    story = PartnerLead(world)
    story.until_converted_here()
    _set_currency(story, "XBT")
    world.at(days=2, minutes=15)
    world.sync()
    assert (Decimal(str(story.crm_lead["amount"])), story.crm_lead["currency"]) == (Decimal(120000), None)
    (anomaly,) = world.prm("sync_anomaly", state="open")
    assert (anomaly["kind"], anomaly["field"]) == ("currency_unknown", "currency")
    world.rests(open=("currency_unknown",))
    _set_currency(story, "EUR")
    world.sync()
    assert story.crm_lead["currency"] == "EUR"
    world.rests()


@pytest.mark.parametrize("crm", [SUGARCRM], ids=["sugarcrm"])
def test_an_opportunity_arrives_without_a_currency_that_the_mapping_does_not_name(world: World) -> None:
    account = world.dana_creates("account", world.crm.ids["AC3"], name="Umbrella", type="prospect")
    deal = {"name": "Zero Trust", "amount": 100, "close_date": "2026-09-15", "stage": "prospecting", "account": account}
    world.dana_creates("opportunity", **deal, currency=POUNDS)
    world.sync()
    found = world.prm_row("opportunity")
    assert (found["name"], found["amount"], found["currency"]) == ("Zero Trust", Decimal(100), None)
    (anomaly,) = world.prm("sync_anomaly", state="open")
    assert (anomaly["kind"], anomaly["field"]) == ("currency_unknown", "currency")
    assert POUNDS in anomaly["note"]
    world.rests(open=("currency_unknown",))


def _set_currency(story: PartnerLead, code: str) -> None:
    with acting(story.world.project, "opportunity edit", None) as act:
        act.change("opportunity", story.opportunity["id"], {"currency": code})
