"""Scenario 3 as the vendor's CRM sees it: the lead is on offer, somebody has it, it is taken back and on offer again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opening import mapping_at
from story_world import PARTNERS, World

from centri.engine import partner_acts
from centri.engine.tick import tick

CLARA, BERND = "clara@alpine.example", "bernd@bavaria.example"
RULES = """\
connections: {east: {type: memory}}
entities: {}
pools: {de: {criteria: {country: DE}, accept_within: 24h, qualify_within: 5d, rank: [reach]}}
routing: [{name: germany, when: {country: DE}, then: {pool: de}}]
"""
LEAD = {
    "first_name": "Tom", "last_name": "Jung", "company": "Jung Praxis GmbH", "email": "tom@jung-praxis.example",
    "country": "Germany", "source": "trade show", "status": "new", "distribute": True,
}  # fmt: skip


@pytest.fixture
def tank(world: World, tmp_path: Path) -> World:
    """Jung Praxis, which the CRM hands out without naming a partner."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    world.project.mapping = replace(world.project.mapping, routing=mapping_at(rules).routing)
    for key in ("P1", "P2"):
        world.dana_creates("account", world.crm.ids[key], **PARTNERS[key])
    world.sync()
    world.employ("P1", "P2")
    world.at(minutes=5)
    world.dana_creates("lead", world.crm.ids["L1"], **LEAD)
    world.sync()
    world.sync()
    return world


def crm(world: World) -> tuple[Any, Any]:
    seen = world.crm_row("lead", world.crm.ids["L1"])
    return seen["status"], seen["distribution_status"]


def test_the_crm_sees_the_lead_go_round(tank: World) -> None:
    words = tank.crm.choice
    assert len(tank.prm("lead_offer", state="offered")) == 2
    assert crm(tank) == (words("assigned"), "offered")
    lead = tank.prm_row("lead")["id"]
    tank.at(minutes=35)
    partner_acts.accept(tank.project, lead, BERND)
    tank.sync()
    assert crm(tank) == (words("assigned"), "accepted")
    tank.at(days=5, minutes=36)
    assert tick(tank.project).pulled_back == 1
    assert [o["state"] for o in tank.prm("lead_offer")].count("offered") == 1, "Bavaria is not asked again"
    tank.sync()
    assert crm(tank) == (words("assigned"), "offered")
    partner_acts.accept(tank.project, lead, CLARA)
    partner_acts.log_activity(tank.project, lead, CLARA, "contact_established")
    tank.sync()
    assert crm(tank) == (words("working"), "retained")
    assert len(tank.in_crm("lead")) == 1
    tank.rests()
