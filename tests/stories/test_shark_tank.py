"""Scenario 3: a lead goes into the tank, the first to accept has it, and whoever does nothing about it loses it."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from partner_business import BERND, CELINE, CLARA, DANA, FRIDA, Business, changed

from centri.engine import distribution_acts, partner_acts
from centri.engine.lead_views import list_leads, show_lead
from centri.engine.routing import route_leads
from centri.engine.tick import tick
from centri.errors import Rejected


@pytest.fixture(params=["sqlite", "postgresql"])
def business(request, tmp_path):
    made = Business(request.getfixturevalue(f"fresh_{request.param}")(), tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def tank(business):
    """Jung Praxis in the tank of German partners who know security."""
    business.lead("L40", first_name="Tom", last_name="Jung", company="Jung Praxis GmbH", country_code="DE", segment_code="SMB")
    route_leads(business.project)
    return business


def test_the_four_best_of_those_who_may_are_asked_and_nobody_else(tank):
    assert tank.offers("L40") == dict.fromkeys(("P1", "P2", "P6", "P7"), "offered")
    assert tank.row("lead", id="L40")["state"] == "assigned"
    assignment = tank.row("lead_assignment", lead_id="L40")
    assert (assignment["kind"], assignment["pool"], assignment["partner_account_id"]) == ("shark_tank", "de_smb", None)
    assert assignment["accept_by"].isoformat() == "2026-03-03T09:00:00+00:00"
    told = tank.row("routing_decision", lead_id="L40")["outcome"]["tried"][0]
    assert [one["partner"] for one in told["cut_by_max_offers"]] == ["P8"]
    assert tank.told("lead_offered") == ["bernd", "clara", "frida", "gero"]


def test_each_sees_its_own_offer_and_no_contact_data(tank):
    for email in (CLARA, BERND):
        (seen,) = list_leads(tank.project, email)
        assert (seen.lead["company"], seen.lead["email"], seen.lead["last_name"]) == ("Jung Praxis GmbH", "***", "***")
        assert "P2" not in str(seen.assignment)
    assert list_leads(tank.project, CELINE) == []
    with pytest.raises(Rejected, match="there is no lead L40"):
        show_lead(tank.project, "L40", CELINE)


def test_the_first_has_it_and_the_others_learn_no_name(tank):
    tank.forward(minutes=35)
    partner_acts.accept(tank.project, "L40", BERND)
    assert tank.offers("L40") == {"P1": "lost_race", "P2": "accepted", "P6": "lost_race", "P7": "lost_race"}
    assert tank.row("lead_assignment", lead_id="L40")["qualify_by"].isoformat() == "2026-03-07T09:35:00+00:00"
    assert tank.told("lead_lost_race") == ["clara", "frida", "gero"]
    assert not any("Bavaria" in str(row["data"]) for row in tank.rows("notification", kind="lead_lost_race"))
    assert list_leads(tank.project, CLARA) == []
    assert show_lead(tank.project, "L40", BERND).lead["email"] == "L40@x.example"
    with pytest.raises(Rejected, match="already taken"):
        partner_acts.accept(tank.project, "L40", CLARA)


def test_of_many_at_once_one_has_it(tank):
    """64 claims at the same moment, 16 of each partner."""
    came: list[str] = []
    start = threading.Barrier(64)

    def claim(email):
        start.wait()
        try:
            partner_acts.accept(tank.project, "L40", email)
            came.append("accepted")
        except Rejected as refusal:
            came.append(str(refusal))

    people = (CLARA, BERND, FRIDA, "gero@gamma.example") * 16
    claims = [threading.Thread(target=claim, args=(email,)) for email in people]
    for one in claims:
        one.start()
    for one in claims:
        one.join()
    assert Counter(came)["accepted"] == 1, Counter(came)
    assert len(came) == 64
    assert Counter(tank.offers("L40").values()) == {"accepted": 1, "lost_race": 3}


def test_whoever_does_nothing_is_reminded_and_then_loses_it_for_good(tank):
    tank.forward(minutes=35)
    partner_acts.accept(tank.project, "L40", BERND)
    reminded = []
    for hours in (96, 0, 20, 0):
        tank.forward(hours=hours)
        tick(tank.project)
        reminded.append(len(tank.told("lead_reminder")))
    assert reminded == [1, 1, 2, 2]
    tank.forward(hours=4, minutes=1)
    done = tick(tank.project)
    assert (done.pulled_back, done.routed) == (1, 1)
    first = tank.row("lead_assignment", lead_id="L40", seq=1)
    assert (first["state"], first["end_reason"]) == ("pulled_back", "not worked on in time")
    assert tank.row("lead_exclusion", lead_id="L40")["partner_account_id"] == "P2"
    assert tank.offers("L40", seq=2) == dict.fromkeys(("P1", "P6", "P7", "P8"), "offered")
    assert tank.told("lead_pulled_back") == ["bernd", "dana"]
    assert list_leads(tank.project, BERND) == []
    with pytest.raises(Rejected, match="there is no lead L40"):
        partner_acts.log_activity(tank.project, "L40", BERND, "contact_established")


@pytest.mark.parametrize("act", ["contact_established", "tactic_executed"])
def test_whoever_works_on_it_keeps_it(tank, act):
    partner_acts.accept(tank.project, "L40", FRIDA)
    partner_acts.log_activity(tank.project, "L40", FRIDA, act)
    tank.forward(days=400)
    assert tick(tank.project).ended == 0
    assert tank.row("lead_assignment", lead_id="L40")["state"] == "retained"


def test_a_conversion_alone_keeps_it_too(tank):
    partner_acts.accept(tank.project, "L40", FRIDA)
    partner_acts.log_activity(tank.project, "L40", FRIDA, "call")
    partner_acts.convert_lead(tank.project, "L40", FRIDA, {"name": "Jung", "amount": "7500", "currency": "EUR"})
    tank.forward(days=400)
    assert tick(tank.project).ended == 0
    assert tank.row("lead_assignment", lead_id="L40")["state"] == "completed"


def test_a_lead_that_all_decline_goes_on_and_is_never_lost(tank):
    for email in (CLARA, BERND, FRIDA, "gero@gamma.example"):
        partner_acts.decline(tank.project, "L40", email, "no capacity")
    assert tank.row("lead", id="L40")["state"] == "recycled"
    tank.forward(minutes=1)
    route_leads(tank.project)
    assert tank.offers("L40", seq=2) == {"P4": "offered"}, "the pool behind it, without those who declined"
    partner_acts.decline(tank.project, "L40", "doris@danube.example")
    tank.forward(minutes=1)
    done = route_leads(tank.project)
    assert done.outcomes == {"queue": 1}
    assert tank.told("lead_unrouted") == ["dana"]
    assert len(tank.told("lead_declined")) == 5


def test_a_deadline_is_moved_by_the_vendor_alone_and_before_it_is_over(tank):
    partner_acts.accept(tank.project, "L40", BERND)
    until = tank.now.replace(day=20)
    with pytest.raises(Rejected, match="only a channel manager or an admin"):
        distribution_acts.extend(tank.project, "L40", until, BERND)
    distribution_acts.extend(tank.project, "L40", until, DANA)
    tank.forward(days=10)
    assert tick(tank.project).ended == 0
    tank.forward(days=10)
    assert tick(tank.project).pulled_back == 1
    by = [row["actor"] for row in tank.rows("audit_log", entity="lead_assignment", field="extended_until")]
    assert by == [DANA]


def test_only_the_vendor_lets_an_excluded_partner_in_again(tank):
    partner_acts.decline(tank.project, "L40", BERND)
    with pytest.raises(Rejected, match="only a channel manager"):
        distribution_acts.clear_exclusion(tank.project, "L40", "Bavaria IT AG", BERND)
    distribution_acts.withdraw(tank.project, "L40", "again", DANA)
    distribution_acts.clear_exclusion(tank.project, "L40", "Bavaria IT AG", DANA)
    tank.forward(minutes=1)
    route_leads(tank.project)
    assert "P2" in tank.offers("L40", seq=2)


def test_a_partner_that_promised_an_answer_is_told_once_that_it_is_late(tank):
    changed(tank, "partner_account", "P2", response_sla_hours=8)
    partner_acts.accept(tank.project, "L40", BERND)
    told = []
    for hours in (8, 1, 1):
        tank.forward(hours=hours)
        tick(tank.project)
        told.append(len(tank.told("lead_reminder")))
    assert told == [0, 1, 1]
    partner_acts.log_activity(tank.project, "L40", BERND, "contact_established")
    tank.forward(days=3)
    tick(tank.project)
    assert len(tank.told("lead_reminder")) == 1
