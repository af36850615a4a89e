"""Offers that nobody answers lapse when their time is over, not before."""

from __future__ import annotations

from sqlalchemy import event
from test_partner_acts import CLARA, Desk

from centri.engine import partner_acts
from centri.engine.tick import due_now, tick


def test_an_offer_lapses_once_and_its_lead_is_free_again(world):
    desk = Desk(world.project)
    desk.offered(desk.alpine, desk.bavaria)
    world.clock.forward(hours=48)
    assert tick(world.project).ended == 0
    world.clock.forward(seconds=1)
    assert tick(world.project).ended == 1
    assert (desk.row("lead_assignment")["state"], desk.row("lead")["state"]) == ("expired", "recycled")
    assert {"expired"} == {offer["state"] for offer in desk.rows("lead_offer")}
    assert {desk.alpine, desk.bavaria} == {e["partner_account_id"] for e in desk.rows("lead_exclusion", reason="accept_timeout")}
    assert {"timer"} == {e["cause_type"] for e in desk.rows("audit_log", entity="lead")}
    assert tick(world.project).ended == 0


def test_what_nobody_works_on_is_pulled_back_and_its_partner_not_asked_again(world):
    desk = Desk(world.project)
    lead = desk.offered(desk.alpine)
    partner_acts.accept(world.project, lead, CLARA)
    world.clock.forward(days=5)
    assert tick(world.project).pulled_back == 0
    world.clock.forward(seconds=1)
    assert tick(world.project).pulled_back == 1
    assert (desk.row("lead_assignment")["state"], desk.row("lead")["state"]) == ("pulled_back", "recycled")
    assert [e["reason"] for e in desk.rows("lead_exclusion")] == ["retain_timeout"]
    assert {a["revoked_at"] is None for a in desk.rows("record_access")} == {False}


def test_what_is_worked_on_stays(world):
    desk = Desk(world.project)
    desk.working()
    world.clock.forward(days=300)
    assert tick(world.project).ended == 0
    assert desk.row("lead_assignment")["state"] == "retained"


def test_each_deadline_is_reminded_of_once(world):
    desk = Desk(world.project)
    desk.offered(desk.alpine)
    told = []
    for hours in (23, 1, 1, 19, 0, 1):
        world.clock.forward(hours=hours)
        tick(world.project)
        told.append(len(desk.rows("notification", kind="lead_reminder")))
    assert told == [0, 1, 1, 2, 2, 2]  # a day before the deadline, and four hours before it, to the administrator


def test_looking_costs_the_same_few_statements_however_many_are_running(world):
    desk, statements, counts = Desk(world.project), [], []
    event.listen(world.project.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for many in (1, 20):
        for _ in range(many):
            desk.offered(desk.alpine)
        statements.clear()
        assert due_now(world.project) == []
        counts.append(len(statements))
    assert counts[0] == counts[1], statements
    world.clock.forward(hours=49)
    assert len(due_now(world.project)) == 21
