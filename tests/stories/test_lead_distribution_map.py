"""The map of lead distribution, box by box: signed up, qualified, given, accepted, worked, won; out of time, and given anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from opening import mapping_at
from story_deals import BERND, CLARA, DANA, RITA, ROB, Map
from story_world import T0, World

from centri.engine import deal_acts, distribution_acts, partner_acts, reports
from centri.engine.lead_views import list_leads, show_lead
from centri.engine.tick import tick
from centri.errors import Rejected

EVA = {
    "first_name": "Eva", "last_name": "Roth", "company": "Roth Pharma", "email": "eva@roth-pharma.example", "country": "Germany",
    "source": "trade show", "status": "new", "distribute": False,
}  # fmt: skip
DEAL = {"name": "Roth - Security", "amount": "90000", "currency": "EUR", "close_date": "2026-06-30", "stage": "qualification"}
POOLS = """\
connections: {east: {type: memory}}
entities: {}
pools: {de_security: {criteria: {country: DE}, accept_within: 24h, qualify_within: 5d, rank: [reach]}}
"""


class Distributed:
    """Partners have signed up for a referral programme, and Ines of the vendor has qualified Eva Roth's lead."""

    def __init__(self, world: World) -> None:
        self.map, self.world = Map(world, []), world
        deal_acts.create_program(world.project, DANA, "LR-STD", {"kind": "lead_referral"})
        for name in ("Alpine Resellers GmbH", "Bavaria IT AG", "Castell Systems SARL"):
            deal_acts.enroll(world.project, DANA, "LR-STD", name)
        self.crm_id = world.dana_creates("lead", **EVA)

    @property
    def project(self) -> Any:
        return self.world.project

    @property
    def lead(self) -> dict[str, Any]:
        return self.world.prm_row("lead")

    @property
    def crm_lead(self) -> dict[str, Any]:
        return self.world.crm_row("lead", self.crm_id)

    def assignment(self, seq: int = 1) -> dict[str, Any]:
        return self.world.prm_row("lead_assignment", seq=seq)

    def qualified(self) -> None:
        self.world.sync()
        assert self.world.prm("lead") == [], "what the vendor has not qualified is not read"
        self.world.dana_sets("lead", self.crm_id, distribute=True)
        self.world.sync()
        assert (self.lead["state"], self.lead["source_kind"]) == ("ready", "vendor")

    def given(self, **whom: str) -> None:
        self.qualified()
        distribution_acts.give(self.project, self.lead["id"], DANA, **whom)
        self.world.sync()


@pytest.fixture
def story(world: World) -> Distributed:
    return Distributed(world)


def test_three_partners_have_signed_up(story: Distributed) -> None:
    assert len(story.world.prm("program_enrollment", program_id=story.world.prm_row("program", code="LR-STD")["id"])) == 3


def test_a_rep_is_given_it_accepts_works_and_wins(story: Distributed) -> None:
    world = story.world
    story.given(rep=RITA)
    first = story.assignment()
    assert (first["kind"], first["state"]) == ("manual", "offered")
    assert first["partner_user_id"] == world.prm_row("partner_user", email=RITA)["id"]
    assert story.map.told("lead_assigned") == [CLARA]
    assert (story.crm_lead["partner"], story.crm_lead["distribution_status"]) == (world.crm.ids["P1"], "offered")
    assert [len(list_leads(story.project, who)) for who in (RITA, CLARA, BERND)] == [1, 1, 0]
    assert "eva@roth-pharma.example" not in str(show_lead(story.project, story.lead["id"], RITA).lead)

    world.at(hours=1)
    partner_acts.accept(story.project, story.lead["id"], RITA)
    assert (story.assignment()["state"], story.assignment()["accepted_at"]) == ("accepted", T0 + timedelta(hours=1))
    assert "eva@roth-pharma.example" in str(show_lead(story.project, story.lead["id"], RITA).lead)
    world.sync()
    assert (story.crm_lead["distribution_status"], story.crm_lead["status"]) == ("accepted", world.crm.choice("assigned"))

    world.at(hours=5)
    partner_acts.log_activity(story.project, story.lead["id"], RITA, "requalified", "interest confirmed")
    assert (story.assignment()["state"], story.lead["state"]) == ("retained", "working")
    world.sync()
    assert story.crm_lead["status"] == world.crm.choice("working")

    world.at(days=3)
    made = partner_acts.convert_lead(story.project, story.lead["id"], RITA, DEAL)
    number = deal_acts.submit_deal(
        story.project, deal_acts.create_deal(story.project, RITA, {}, program="DR-STD", opportunity=made.opportunity_id), RITA
    )
    deal_acts.approve_deal(story.project, number, DANA)
    world.sync()
    assert Decimal(str(story.crm_lead["amount"])) == Decimal(90000)

    world.at(days=60)
    deal_acts.add_proof(story.project, number, RITA, "po", file_name="po.pdf")
    deal_acts.close_deal(story.project, number, RITA, "won")
    won, credit = world.prm_row("opportunity"), world.prm_row("margin_credit")
    assert (won["stage_category"], won["amount"]) == ("won", Decimal(90000))
    assert (credit["pct"], credit["amount"], credit["state"]) == (5.0, Decimal(4500), "due")
    story_of_reports(story)


def story_of_reports(story: Distributed) -> None:
    """One lead, accepted after an hour, converted and won for 90,000 EUR by Alpine."""

    def rows(name: str) -> list[dict[str, Any]]:
        return [dict(row) for row in reports.run(story.project, name).rows]

    (score,) = [row for row in rows("partner_scorecard") if row["partner"] == "Alpine Resellers GmbH"]
    assert score["hours_to_accept"] == pytest.approx(1.0)
    assert {"top_partners", "lead_quality_by_source", "direct_vs_indirect_leads", "deal_status"} <= set(reports.REPORTS)
    for name in ("top_partners", "lead_quality_by_source", "direct_vs_indirect_leads", "deal_status"):
        assert rows(name), name
    assert any(row.get("won") == 1 or Decimal(90000) in row.values() for row in rows("top_partners"))


def test_a_partner_is_given_it_and_its_administrator_told(story: Distributed) -> None:
    story.given(partner="Bavaria IT AG")
    assert story.map.told("lead_assigned") == [BERND]
    assert story.crm_lead["partner"] == story.world.crm.ids["P2"]


def test_a_group_is_given_it_and_one_of_them_has_it(story: Distributed, tmp_path: Path) -> None:
    rules = tmp_path / "pools.yaml"
    rules.write_text(POOLS, encoding="utf-8")
    story.project.mapping = replace(story.project.mapping, routing=mapping_at(rules).routing)
    story.given(pool="de_security")
    assert (story.assignment()["kind"], len(story.world.prm("lead_offer", state="offered"))) == ("shark_tank", 2)
    partner_acts.accept(story.project, story.lead["id"], BERND)
    with pytest.raises(Rejected, match="taken"):
        partner_acts.accept(story.project, story.lead["id"], CLARA)
    story.world.sync()
    assert story.crm_lead["partner"] == story.world.crm.ids["P2"]


def test_the_time_frame_is_moved_once_runs_out_and_another_partner_gets_it(story: Distributed) -> None:
    world = story.world
    story.given(rep=RITA)
    world.at(hours=40)
    distribution_acts.extend(story.project, story.lead["id"], datetime(2026, 3, 6, 9, tzinfo=UTC), DANA)
    assert story.assignment()["accept_by"] == datetime(2026, 3, 6, 9, tzinfo=UTC)
    (entry,) = world.prm("audit_log", entity="lead_assignment", field="accept_by", actor=DANA)
    assert entry["new"].startswith("2026-03-06T09:00")
    world.at(days=3, hours=23)
    assert tick(story.project).ended == 0
    world.at(days=4, minutes=1)
    assert tick(story.project).ended == 1
    assert (story.assignment()["state"], story.lead["state"]) == ("expired", "recycled")
    world.sync()
    assert story.crm_lead["distribution_status"] == "expired"

    distribution_acts.give(story.project, story.lead["id"], DANA, partner="Bavaria IT AG")
    assert (story.assignment(1)["state"], story.assignment(2)["state"]) == ("expired", "offered")
    world.sync()
    assert (story.crm_lead["partner"], story.crm_lead["distribution_status"]) == (world.crm.ids["P2"], "offered")
    assert [len(list_leads(story.project, who)) for who in (RITA, ROB, BERND)] == [0, 0, 1]
    world.rests()
