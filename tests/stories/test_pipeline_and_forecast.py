"""Story X27: what partners and the vendor have in the pipeline is one forecast, and a partner sees its own part of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from story_deals import BERND, CELINE, CLARA, Map
from story_world import World

from centri.engine import partner_acts
from centri.engine.reports import run

BLANK = {"close_date": "2099-12-31"}


class Pipeline:
    """Alpine is at work on 48,000 EUR, Castell has won 60,000, Bavaria has lost 9,000; of one that the vendor has given to Alpine
    nobody knows amount and date; and the vendor itself is at work on 10,000.
    """

    def __init__(self, world: World) -> None:
        world.restarted(("push_as: lead", "push_as: opportunity"))
        self.world, self.map = world, Map(world, [])
        self.open = self.worked(CLARA, "Cold Chain", "48000", "2026-05-29")
        won = self.worked(CELINE, "Zero Trust", "60000", "2026-06-15")
        lost = self.worked(BERND, "Old Firewalls", "9000", "2026-04-30")
        account = self.map.crm_account("Globex Corporation")["id"]
        unknown = BLANK | ({"amount": "0.00"} if world.crm.name == "sugarcrm" else {})
        world.dana_creates(
            "opportunity", name="Open Tender", account=account, stage="prospecting", partner=world.crm.ids["P1"], **unknown
        )
        direct = {"amount": 10000, "close_date": "2026-05-15", "stage": "qualification"}
        world.dana_creates("opportunity", name="Direct Renewal", account=account, **direct)
        world.sync()
        world.at(days=10)
        partner_acts.update_opportunity(world.project, won, CELINE, {"stage": "won"})
        partner_acts.update_opportunity(world.project, lost, BERND, {"stage": "lost", "lost_reason": "No budget"})
        world.sync()
        world.sync()

    def worked(self, who: str, name: str, amount: str, close_date: str) -> str:
        """A partner's own lead, converted; answers the opportunity's id."""
        entered = {"last_name": name, "company": f"{name} AG", "email": f"buyer@{name.lower().replace(' ', '-')}.example"}
        lead = partner_acts.create_lead(self.world.project, who, entered)
        deal = {"name": name, "amount": amount, "currency": "EUR", "close_date": close_date, "stage": "proposal"}
        return str(partner_acts.convert_lead(self.world.project, lead, who, deal).opportunity_id)

    def told(self, report: str, *columns: str, actor: str | None = None) -> list[tuple[Any, ...]]:
        return [tuple(row[c] for c in columns) for row in run(self.world.project, report, actor=actor).rows]

    def crm(self) -> Mapping[str, dict[str, Any]]:
        return {row["name"]: row for row in self.world.in_crm("opportunity")}


@pytest.fixture
def pipeline(world: World) -> Pipeline:
    return Pipeline(world)


def test_the_crm_shows_the_partners_pipeline_beside_its_own(pipeline: Pipeline) -> None:
    world, rows = pipeline.world, pipeline.crm()
    shown = {name: (Decimal(str(r["amount"] or 0)), r["close_date"], r["partner"]) for name, r in rows.items()}
    assert shown == {
        "Cold Chain": (48000, "2026-05-29", world.crm.ids["P1"]),
        "Zero Trust": (60000, rows["Zero Trust"]["close_date"], world.crm.ids["P3"]),
        "Old Firewalls": (9000, rows["Old Firewalls"]["close_date"], world.crm.ids["P2"]),
        "Open Tender": (0, "2099-12-31", world.crm.ids["P1"]),
        "Direct Renewal": (10000, "2026-05-15", None),
    }
    if world.crm.name == "salesforce":
        told = {row["Name"]: row["ForecastCategoryName"] for row in world.dana.rows("Opportunity")}
        assert told["Cold Chain"] == told["Direct Renewal"] == "Pipeline"
        assert (told["Zero Trust"], told["Old Firewalls"]) == ("Closed", "Omitted")
    world.rests()


def test_one_forecast_and_each_partners_part_of_it(pipeline: Pipeline) -> None:
    world, told = pipeline.world, pipeline.told
    funnel = ("stage", "opportunities", "without_amount", "amount")
    assert told("pipeline_funnel", *funnel) == [
        ("open", 1, 1, 0),
        ("qualification", 1, 0, 10000),
        ("proposal", 1, 0, 48000),
        ("won", 1, 0, 60000),
    ], "the opportunity of which nobody knows the amount counts, and adds none"
    assert set(told("forecast", "month", "motion", "opportunities", "amount")) == {
        ("(none)", "indirect", 1, 0),
        ("2026-05", "indirect", 1, 48000),
        ("2026-05", "direct", 1, 10000),
    }
    if world.crm.name == "salesforce":
        weighted = {row[0]: row[1] for row in told("forecast", "motion", "weighted") if row[1]}
        assert weighted == {"indirect": 48000 * 75 / 100, "direct": 1000}, "as probable as the CRM holds each"
    assert told("pipeline_funnel", "stage", "amount", actor=CLARA) == [("open", 0), ("proposal", 48000)]
    assert told("pipeline_funnel", "stage", "amount", actor=BERND) == []
    assert told("dead_opportunities", "name", "partner", "lost_reason") == [("Old Firewalls", "Bavaria IT AG", "No budget")]
    assert [told("dead_opportunities", "name", actor=who) for who in (CLARA, BERND)] == [[], [("Old Firewalls",)]]
    assert told("closed_by_month", "month", "won", "amount", "lost") == [("2026-03", 1, 60000, 1)]
    durations = told("stage_durations", "subject", "stage", "entered", "moved_on", "still_there", "dropped", "average_hours")
    assert ("opportunity", "proposal", 3, 2, 1, 1, 240) in durations, "two of three moved on after ten days"


def test_what_the_vendor_wins_itself_stands_beside_what_partners_win(pipeline: Pipeline) -> None:
    world = pipeline.world
    world.at(days=12)
    world.dana_sets("opportunity", pipeline.crm()["Direct Renewal"]["id"], stage="won")
    world.sync()
    sold = {row[:2]: row[2] for row in pipeline.told("indirect_vs_direct_sales", "motion", "won", "amount")}
    assert sold == {("direct", 1): 10000, ("indirect", 1): 60000}
    assert sum(row[0] for row in pipeline.told("closed_by_month", "won")) == 2
    world.rests()


def test_both_views_of_a_stage_follow_where_it_is_moved(pipeline: Pipeline) -> None:
    """The partner moves it, then the vendor does: each sees the other's word beside its own, and nobody is corrected."""
    world, name = pipeline.world, "Cold Chain"

    def stages() -> tuple[str, str, str]:
        row = world.prm_row("opportunity", name=name)
        return row["partner_stage"], row["vendor_stage"], pipeline.crm()[name]["stage"]

    assert stages() == ("proposal", "proposal", "Proposal/Price Quote")
    world.at(days=11)
    partner_acts.update_opportunity(world.project, pipeline.open, CLARA, {"stage": "negotiation"})
    world.sync()
    world.sync()
    assert stages() == ("negotiation", "negotiation", "Negotiation/Review")
    world.at(days=12)
    world.dana_sets("opportunity", pipeline.crm()[name]["id"], stage="qualification")
    world.sync()
    world.sync()
    assert stages() == ("negotiation", "qualification", world.crm.choice("qualification"))
    world.rests()
