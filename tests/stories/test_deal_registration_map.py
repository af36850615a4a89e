"""The map of deal registration, box by box, from the programme to the credit, and every way that leads off it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert
from story_deals import BERND, CELINE, CLARA, DANA, DEAL, DREW, INITECH, Map
from story_world import T0, World

from centri.engine import deal_acts, partner_acts
from centri.errors import Rejected
from centri.store.database import write
from centri.store.prm_tables import named_account


@pytest.fixture
def map(world: World) -> Map:
    return Map(world)


def refused(words: str, act: Any, *given: Any, **named: Any) -> None:
    with pytest.raises(Rejected, match=words):
        act(*given, **named)


def test_from_registration_to_credit(map):
    world, project = map.world, map.project
    lead = partner_acts.create_lead(
        project, CELINE,
        {"first_name": "Ada", "last_name": "Stone", "company": "Globex Corp.", "email": "ada.stone@globex.example",
         "product_interest": "ZT", "current_situation": "legacy VPN", "timeframe": "Q2"},
    )  # fmt: skip
    worth = {name: DEAL[name] for name in ("amount", "currency", "close_date")}
    number = deal_acts.submit_deal(project, deal_acts.create_deal(project, CELINE, worth, lead=lead), CELINE)
    deal = map.deal(number)
    submitted = {"number": "DR-0001", "state": "submitted", "submitted_at": T0, "account_id": map.account("Globex Corporation")}
    submitted |= {"response_due_at": datetime(2026, 3, 4, 9, tzinfo=UTC), "revision_no": 1}
    assert submitted.items() <= deal.items()
    assert (map.told("deal_received"), map.told("deal_submitted")) == ([CELINE], [DANA])

    world.at(hours=6)
    review = deal_acts.review_deal(project, number, DANA)
    assert [c["other_type"] for c in review.candidates if c["system"] in ("prm", world.crm.name)] == ["account"]
    assert (review.candidates[0]["score"] >= 0.85, review.missing, review.required) == (True, (), 7)
    assert map.deal(number)["state"] == "under_review"

    world.at(days=1)
    deal_acts.approve_deal(project, number, DANA)
    deal = map.deal(number)
    until = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert (deal["state"], deal["approved_at"], deal["expires_at"]) == ("approved", datetime(2026, 3, 3, 9, tzinfo=UTC), until)
    assert map.told("deal_approved") == [CELINE, DREW]
    castell = world.prm_row("partner_account", name="Castell Systems SARL")["id"]
    opportunity = world.prm_row("opportunity")
    made = {
        "account_id": deal["account_id"],
        "partner_account_id": castell,
        "registered_partner_id": castell,
        "motion": "indirect",
    }
    assert (
        made | {"amount": Decimal(60000), "motion": "indirect", "registration_expires_at": until}
    ).items() <= opportunity.items()
    world.sync()
    (in_crm,) = world.in_crm("lead")  # a partner's opportunity travels as a lead until the vendor converts it
    assert (in_crm["opportunity_name"], Decimal(str(in_crm["amount"]))) == (opportunity["name"], Decimal(60000))
    assert in_crm["our_opportunity"] == opportunity["id"]

    world.at(days=30)
    partner_acts.update_opportunity(project, opportunity["id"], CELINE, {"stage": "negotiation"})
    world.sync()
    assert world.in_crm("lead")[0]["stage"] == "negotiation"

    world.at(days=79)
    deal_acts.add_proof(project, number, CELINE, "po", file_name="po.pdf")
    deal_acts.close_deal(project, number, CELINE, "won")
    assert (map.deal(number)["state"], world.prm_row("opportunity")["stage_category"]) == ("won", "won")
    assert world.prm_row("proof_of_performance")["kind"] == "po"
    credit = world.prm_row("margin_credit")
    assert (credit["pct"], credit["amount"], credit["currency"], credit["state"]) == (5.0, Decimal(3000), "USD", "due")


def test_what_only_the_crm_knows_is_found_there(map):
    """Neither the lead, which is not handed out, nor a new opportunity has come to the PRM when the deal is reviewed."""
    world, account = map.world, next(row["id"] for row in map.world.in_crm("account") if row["name"] == "Globex Corporation")
    person = {"first_name": "Ada", "last_name": "Stone", "company": "Globex", "email": DEAL["contact_email"]}
    lead = world.dana_creates("lead", **person, status="new")
    worth = {"name": "Globex renewal", "account": account, "amount": 5000, "close_date": "2026-09-30", "stage": "prospecting"}
    direct = world.dana_creates("opportunity", **worth)
    over = world.dana_creates("opportunity", **worth | {"stage": "won"})
    number = map.submit(CELINE, DEAL)
    found = {
        c["other_ref"]: c for c in deal_acts.review_deal(map.project, number, DANA).candidates if c["system"] == world.crm.name
    }
    assert (set(found), over in found) == ({lead, direct}, False)
    assert found[lead]["reasons"] == ["the same person, a lead of the CRM"]
    assert (found[direct]["label"], found[direct]["score"] > 0.5) == ("Globex renewal", True)


def test_a_partner_that_is_not_enrolled_registers_nothing(map):
    deal_acts.enroll(map.project, DANA, "DR-STD", "Bavaria IT AG", "ended")
    refused("enrolled as ended", deal_acts.create_deal, map.project, BERND, DEAL, program="DR-STD")
    assert map.world.prm("deal_registration") == []


def test_rejected_and_submitted_again(map):
    map.approved()
    map.world.at(days=2)
    number = map.submit(CLARA, {**DEAL, "account_name": "Globex"})
    review = deal_acts.review_deal(map.project, number, DANA)
    (twin,) = [c for c in review.candidates if c["other_type"] == "deal"]
    assert (twin["label"], twin["score"] >= 0.9, twin["reasons"][0]) == ("DR-0001", True, "same account and product")
    refused("say why", deal_acts.reject_deal, map.project, number, DANA, "duplicate", "")
    deal_acts.reject_deal(map.project, number, DANA, "duplicate", "Registered by another partner until 2026-06-01")
    rejected = map.deal(number)
    assert (rejected["state"], rejected["duplicate_of_id"]) == ("rejected", map.deal("DR-0001")["id"])
    (notice,) = map.world.prm("notification", kind="deal_rejected")
    assert "until 2026-06-01" in notice["data"]["decision_text"]
    assert "Castell" not in str(notice["data"])

    map.world.at(days=4)
    deal_acts.resubmit_deal(map.project, number, CLARA, {"product_family": "EDR"})
    again = map.deal(number)
    found = {"revision_no": 2, "state": "submitted", "previous_id": rejected["id"], "conflict": False}
    assert found.items() <= again.items()
    assert [row["state"] for row in map.world.prm("deal_registration", id=rejected["id"])] == ["rejected"]


def test_incomplete_returned_and_completed(map):
    number = map.submit(BERND, {**INITECH, "close_date": None})
    refused("incomplete: close_date", deal_acts.approve_deal, map.project, number, DANA)
    deal_acts.return_deal(map.project, number, DANA, "close date missing")
    deal_acts.resubmit_deal(map.project, number, BERND, {"close_date": "2026-07-01"})
    assert (map.deal(number)["revision_no"], map.deal(number)["state"]) == (2, "submitted")
    deal_acts.approve_deal(map.project, number, DANA)


def test_the_time_frame_expires(map):
    number = map.submit(BERND, INITECH)
    deal_acts.approve_deal(map.project, number, DANA)
    assert map.deal(number)["expires_at"] == datetime(2026, 5, 31, 9, tzinfo=UTC)
    map.world.at(days=90, minutes=1)
    assert deal_acts.expire_deals(map.project) == 1
    opportunity = map.world.prm_row("opportunity")
    assert (opportunity["registered_partner_id"], opportunity["registration_expires_at"]) == (None, None)
    assert (map.deal(number)["state"], map.told("deal_expired")) == ("expired", [BERND, DANA])


def test_the_time_frame_is_extended_once(map):
    number = map.submit(BERND, INITECH)
    deal_acts.approve_deal(map.project, number, DANA)
    map.world.at(days=84)
    deal_acts.request_extension(map.project, number, BERND, 30)
    refused("asked for already", deal_acts.request_extension, map.project, number, BERND, 30)
    deal_acts.decide_extension(map.project, number, DANA, approve=True)
    assert (map.deal(number)["state"], map.deal(number)["expires_at"]) == ("approved", datetime(2026, 6, 30, 9, tzinfo=UTC))
    refused("gives one extension", deal_acts.request_extension, map.project, number, BERND, 30)


def test_an_overdue_answer(map):
    number = map.submit(BERND, INITECH)
    map.world.at(hours=48, minutes=1)
    deal_acts.expire_deals(map.project)
    assert (map.deal(number)["state"], map.told("deal_overdue")) == ("submitted", [DANA])


def test_a_protected_account_needs_an_override(map):
    alpine = map.world.prm_row("partner_account", name="Alpine Resellers GmbH")["id"]
    reserved = {"account_id": map.account("Globex Corporation"), "partner_account_id": alpine, "valid_from": T0}
    with write(map.project.engine) as conn:
        conn.execute(insert(named_account).values(protection="exclusive", reason="contract", **reserved))
    number = map.submit(CELINE, DEAL)
    assert deal_acts.review_deal(map.project, number, DANA).protected_for == "Alpine Resellers GmbH"
    refused("reserved for Alpine", deal_acts.approve_deal, map.project, number, DANA)
    deal_acts.approve_deal(map.project, number, DANA, override="agreed with Alpine")
    assert map.deal(number)["state"] == "approved"


def test_the_crm_hears_of_a_deal_when_it_is_submitted_and_what_becomes_of_it(map):
    """The lead that it was made of enters the CRM with its number; the opportunity then goes onto the same lead."""
    world, project = map.world, map.project
    entered = {"first_name": "Ada", "last_name": "Stone", "company": "Globex Corp.", "email": "ada.stone@globex.example"}
    lead = partner_acts.create_lead(project, CELINE, entered)
    world.sync()
    assert world.in_crm("lead") == [], "a partner's lead is the partner's business until it registers it"
    draft = deal_acts.create_deal(project, CELINE, {k: v for k, v in DEAL.items() if k != "account_name"}, lead=lead)
    world.sync()
    assert world.in_crm("lead") == [], "nor is a draft anybody else's"
    number = deal_acts.submit_deal(project, draft, CELINE)
    world.sync()
    (told,) = world.in_crm("lead")
    assert (told["last_name"], told["company"], told["deal_no"], told["deal_state"]) == (
        "Stone",
        "Globex Corp.",
        number,
        "submitted",
    )
    assert told["our_id"] == lead
    world.rests()

    world.at(days=1)
    deal_acts.return_deal(project, number, DANA, "the timeframe, please")
    world.sync()
    assert world.crm_row("lead", told["id"])["deal_state"] == "returned"
    deal_acts.resubmit_deal(project, number, CELINE, {"timeframe": "Q3"})
    deal_acts.approve_deal(project, number, DANA)
    world.sync()
    world.sync()
    (after,) = world.in_crm("lead")
    opportunity = world.prm_row("opportunity")
    assert (after["id"], after["deal_state"], after["our_opportunity"]) == (told["id"], "approved", opportunity["id"])
    assert after["opportunity_name"] == opportunity["name"]
    assert (len(world.in_crm("lead")), len(world.prm("lead"))) == (1, 1)
    world.rests()


def test_an_opportunity_waits_for_its_lead_that_the_crm_was_not_there_for(map):
    """The deal is approved before the CRM has heard of the lead: the lead comes first, and the opportunity goes onto it."""
    world, project = map.world, map.project
    entered = {"first_name": "Ada", "last_name": "Stone", "company": "Globex Corp.", "email": "ada.stone@globex.example"}
    lead = partner_acts.create_lead(project, CELINE, entered)
    draft = deal_acts.create_deal(project, CELINE, {k: v for k, v in DEAL.items() if k != "account_name"}, lead=lead)
    number = deal_acts.submit_deal(project, draft, CELINE)
    world.fault(path=world.crm.writes, status=503, every=True, times=100)
    world.sync()
    assert world.in_crm("lead") == []
    deal_acts.approve_deal(project, number, DANA)
    world.sync()
    world.mend()
    for hours in (1, 2, 3):
        world.at(hours=hours)
        world.sync()
    (told,) = world.in_crm("lead")
    assert (told["our_id"], told["our_opportunity"]) == (lead, world.prm_row("opportunity")["id"])
    assert (told["deal_no"], told["deal_state"]) == (number, "approved")
    world.rests()
