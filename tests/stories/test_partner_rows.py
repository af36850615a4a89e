"""The partner of a registered deal stands in Salesforce's own list of an opportunity's partners."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from story_crms import SALESFORCE
from story_deals import CELINE, DANA, DEAL, Map
from story_world import World

from centri.engine import deal_acts
from centri.sandbox.server import Sandbox

SECRET = "client_secret: !env SALESFORCE_CLIENT_SECRET}\n"
WITH_ROWS = (
    (SECRET, SECRET + "    partner_role: Reseller\n"),
    ("push_as: lead", "push_as: opportunity"),
    (
        "{crm: CENTRI_Partner__c, reference: partner_account, direction: out, on_create: both}",
        "{crm: PrimaryPartnerId, reference: partner_account, direction: out, on_create: both, nulls: ignore}",
    ),
)


@cache
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def map(store_url: str, tmp_path: Path) -> Iterator[Map]:
    world = World(SALESFORCE, sandbox(), store_url, tmp_path / "home")
    world.restarted(*WITH_ROWS)
    yield Map(world)
    world.close()


def rows(world: World) -> list[tuple[Any, ...]]:
    return [tuple(row[n] for n in ("OpportunityId", "AccountToId", "Role", "IsPrimary")) for row in world.dana.rows("Partner")]


def test_an_approved_deal_brings_its_partner_along(map: Map) -> None:
    world = map.world
    number = map.approved()
    world.sync()
    (opportunity,) = world.in_crm("opportunity")
    castell = world.crm.ids["P3"]
    assert rows(world) == [(opportunity["id"], castell, "Reseller", True)]
    assert (opportunity["registered_partner"], opportunity["registration_no"]) == (castell, number)
    world.rests()
    assert len(rows(world)) == 1


def test_another_partner_stands_beside_the_former(map: Map) -> None:
    world = map.world
    map.approved()
    world.sync()
    (opportunity,) = world.in_crm("opportunity")
    alpine = world.prm_row("partner_account", name="Alpine Resellers GmbH")["id"]
    world.edits(DANA, "opportunity", world.prm_row("opportunity")["id"], partner_account_id=alpine)
    world.at(days=2)
    world.sync()
    told = [(opportunity["id"], world.crm.ids[key], "Reseller", primary) for key, primary in (("P3", False), ("P1", True))]
    assert rows(world) == told
    world.rests()


def test_a_deal_that_is_not_approved_has_no_row(map: Map) -> None:
    map.submit(CELINE, DEAL)
    map.world.sync()
    assert (rows(map.world), map.world.in_crm("opportunity")) == ([], [])
    deal_acts.reject_deal(map.project, "DR-0001", DANA, "ineligible", "No budget")
    map.world.sync()
    assert rows(map.world) == []
