"""Story LA4: where a lead goes by its business case at that time, and why."""

from __future__ import annotations

import pytest
from partner_business import DANA, INES, Business, changed
from sqlalchemy import insert

from centri.engine import distribution_acts, partner_acts
from centri.engine.routing import route_leads
from centri.errors import Rejected
from centri.store.database import write
from centri.store.prm_tables import named_account


@pytest.fixture(params=["sqlite", "postgresql"])
def business(request, tmp_path):
    made = Business(request.getfixturevalue(f"fresh_{request.param}")(), tmp_path / "home")
    yield made
    made.close()


LEADS = {
    "soylent": {"matched_account_id": "AC5", "match_class": "customer", "country_code": "NL"},
    "initech": {"matched_account_id": "AC2", "match_class": "prospect", "country_code": "US"},
    "globex": {"matched_account_id": "AC1", "match_class": "named", "country_code": "US"},
    "trial": {"lead_source": "Trial request", "country_code": "DE"},
    "french": {"country_code": "FR"},
    "nowhere": {"country_code": "BR"},
    "hooli": {"match_class": "competitor", "country_code": "DE"},
}
EXPECTED = {
    "soylent": ("active_opportunity", "with its owner", "account_based_opportunity", "drew"),
    "initech": ("lost_opportunity", "win back", None, "winback"),
    "globex": ("existing_customer", "exclusive", "named_account", "P1"),
    "trial": ("trial_request", "trial", "internal", "ines"),
    "french": ("greenfield", "france", "round_robin", "P3"),
    "nowhere": ("greenfield", None, None, "unassigned"),
    "hooli": ("greenfield", "competitor", None, None),
}


def told(business, lead):
    decision = business.row("routing_decision", lead_id=lead)
    found = business.rows("lead_assignment", lead_id=lead)
    to = found[0]["partner_account_id"] or found[0]["vendor_user_id"] if found else decision["outcome"].get("queue")
    return decision["trace"]["business_case"], decision["rule"], found[0]["kind"] if found else None, to


def test_each_case_has_its_way(business):
    for lead, values in LEADS.items():
        business.lead(lead, **values)
    done = route_leads(business.project)
    assert {lead: told(business, lead) for lead in LEADS} == EXPECTED
    assert done.leads == len(LEADS)
    assert business.row("lead", id="hooli")["state"] == "disqualified"
    assert business.told("lead_competitor") == ["dana"]
    assert business.told("lead_unrouted") == ["dana", "dana"], "of the one to be won back, and of the one without a rule"
    assert business.row("note", parent_id="O5")["subject"] == "New lead: soylent"
    assert route_leads(business.project).leads == 0, "what waits is not asked again and again"


def test_a_plan_says_the_same_and_writes_nothing(business):
    for lead, values in LEADS.items():
        business.lead(lead, **values)
    before = business.rows("lead")
    planned = route_leads(business.project, plan=True)
    assert business.rows("lead") == before
    assert business.rows("routing_decision") == business.rows("lead_assignment") == business.rows("notification") == []
    done = route_leads(business.project)
    assert (planned.leads, planned.outcomes) == (done.leads, done.outcomes)


def test_a_decision_is_as_of_its_time(business):
    business.lead("first", **LEADS["soylent"])
    route_leads(business.project)
    changed(business, "opportunity", "O5", stage_category="lost", closed_at=business.now)
    business.forward(days=1)
    business.lead("second", **LEADS["soylent"])
    route_leads(business.project)
    assert told(business, "first")[0] == "active_opportunity"
    assert told(business, "second")[:2] == ("lost_opportunity", "win back")
    assert business.row("routing_decision", lead_id="first")["inputs"]["account"]["opportunities"][0]["owner"] == "drew"


def test_what_inside_sales_finds_good_goes_to_partners(business):
    business.lead("trial", **LEADS["trial"])
    route_leads(business.project)
    business.forward(hours=2)
    distribution_acts.qualify(business.project, "trial", INES)
    route_leads(business.project)
    assert business.offers("trial", seq=2) == dict.fromkeys(("P1", "P2", "P6", "P7"), "offered")


def test_a_shared_account_is_offered_to_its_partners_alone(business):
    with write(business.project.engine) as conn:
        for partner, reason in (("P2", "program"), ("P8", "territory")):
            pinned = {"account_id": "AC2", "partner_account_id": partner, "protection": "shared", "reason": reason}
            conn.execute(insert(named_account).values(valid_from=business.now, **pinned))
    changed(business, "opportunity", "O2", stage_category="won")
    business.lead("initech", **LEADS["initech"])
    route_leads(business.project)
    assert business.offers("initech") == {"P2": "offered", "P8": "offered"}


def test_turns_go_on_where_the_last_run_ended(business):
    business.ruled(
        """\
connections: {east: {type: memory}}
entities: {}
pools: {turns: {strategy: order, members: {Alpine Resellers GmbH: 1, Bavaria IT AG: 1, Fuchs Security GmbH: 1}}}
routing: [{name: all, then: {pool: turns}}]
"""
    )
    for at in range(10):
        business.lead(f"L{at:02d}")
    route_leads(business.project)
    got = [business.row("lead_assignment", lead_id=f"L{at:02d}")["partner_account_id"] for at in range(10)]
    assert got == ["P1", "P2", "P6"] * 3 + ["P1"]
    business.lead("L10")
    route_leads(business.project)
    assert business.row("lead_assignment", lead_id="L10")["partner_account_id"] == "P2"


def test_a_manager_gives_a_lead_by_hand_and_it_is_refused_for_who_cannot_have_it(business):
    business.lead("nowhere", **LEADS["nowhere"])
    with pytest.raises(Rejected, match="Elbe Networks GmbH is inactive"):
        distribution_acts.give(business.project, "nowhere", DANA, partner="P5")
    distribution_acts.give(business.project, "nowhere", DANA, rep="rita@alpine.example")
    assignment = business.row("lead_assignment", lead_id="nowhere")
    assert (assignment["kind"], assignment["partner_account_id"], assignment["partner_user_id"]) == ("manual", "P1", "rita")
    with pytest.raises(Rejected, match="somebody holds the lead"):
        distribution_acts.give(business.project, "nowhere", DANA, partner="P2")
    distribution_acts.withdraw(business.project, "nowhere", "other plans", DANA)
    distribution_acts.give(business.project, "nowhere", DANA, pool="fr")
    assert business.offers("nowhere", seq=2) == {"P3": "offered"}
    partner_acts.accept(business.project, "nowhere", "celine@castell.example")
