"""Use Case 2, variant d: the SugarCRM makes its opportunities of revenue line items, and no amount is lost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from story_crms import SUGARCRM
from story_world import World
from test_use_case_2 import CELINE, CRM_DEAL, PartnerLead

from centri.engine import partner_acts
from centri.sandbox.server import Sandbox

ITEM = {"name": "Licences", "date_closed": "2026-09-15", "sales_stage": "Prospecting"}


@cache
def sandbox() -> Sandbox:
    return Sandbox(sugarcrm_opportunities="rli")


@pytest.fixture
def story(store_url: str, tmp_path: Path) -> Iterator[PartnerLead]:
    """The vendor has converted the partner's lead, and the PRM has heard of it."""
    world = World(SUGARCRM, sandbox(), store_url, tmp_path / "home")
    told = PartnerLead(world)
    told.until_converted_here()
    told.step_5_it_goes_to_the_crm_as_a_lead_with_its_family()
    told.step_6_with_an_opportunity()
    yield told
    world.close()


def items(story: PartnerLead) -> list[dict[str, Any]]:
    return sorted(story.world.dana.rows("RevenueLineItems"), key=lambda row: str(row["name"]))


def amounts(story: PartnerLead) -> tuple[Decimal, Decimal]:
    """What the CRM shows and what the PRM holds."""
    return Decimal(story.crm_opportunity["amount"]), Decimal(story.opportunity["amount"])


def partner_raises(story: PartnerLead, amount: str) -> None:
    story.step_7_the_vendor_decides(approval="approved", stage="qualification")
    story.world.at(days=4, minutes=15)
    story.world.sync()
    partner_acts.update_opportunity(story.world.project, story.opportunity["id"], CELINE, {"amount": amount})
    story.world.at(days=4, minutes=30)
    story.world.sync()


def test_a_conversion_without_items_gets_the_one_that_carries_the_partners_amount(story: PartnerLead) -> None:
    assert CRM_DEAL["amount"] == 120000
    (item,) = items(story)
    assert (item["likely_case"], item["date_closed"]) == ("120000.000000", "2026-09-15")
    assert item["opportunity_id"] == story.crm_opportunity["id"]
    assert amounts(story) == (120000, 120000)
    assert story.crm_opportunity["close_date"] == "2026-09-15"
    story.world.rests()


def test_an_amount_that_the_partner_changes_is_written_on_the_only_item(story: PartnerLead) -> None:
    partner_raises(story, "150000")
    assert [item["likely_case"] for item in items(story)] == ["150000.000000"]
    assert amounts(story) == (150000, 150000)
    story.world.rests()


def test_several_items_are_for_the_vendor_to_change_and_the_amount_waits(story: PartnerLead) -> None:
    world, deal = story.world, story.crm_opportunity["id"]
    second = world.dana.create("RevenueLineItems", {**ITEM, "opportunity_id": deal, "likely_case": "30000"})
    world.at(days=3, minutes=30)
    world.sync()
    assert amounts(story) == (150000, 150000)
    partner_raises(story, "200000")
    assert amounts(story) == (150000, 200000)
    assert [Decimal(item["likely_case"]) for item in items(story)] == [30000, 120000]
    (anomaly,) = world.prm("sync_anomaly", state="open")
    assert (anomaly["kind"], anomaly["detail"]["fields"]) == ("rli_model", ["amount"])
    assert anomaly["raw"] == {"amount": "200000.00"}
    assert "change the line items in SugarCRM" in anomaly["note"]
    world.rests(open=("rli_model",))
    world.dana.update("RevenueLineItems", second["id"], {"likely_case": "80000"})
    world.now = world.now.replace(minute=45)
    world.sync()
    assert amounts(story) == (200000, 200000)
    world.rests()
