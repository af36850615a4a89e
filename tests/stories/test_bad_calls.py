"""The CRM refuses, locks, throttles or does not know us: the rest goes on, nothing is lost, and somebody is told once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update
from story_crms import SALESFORCE, Crm
from story_world import PARTNERS, World

from centri.engine import partner_acts
from centri.errors import LoginRefused, RetryLater
from centri.store.database import write
from centri.store.prm_tables import contact

CELINE = "celine@castell.example"
LEAD = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "jean.petit@nouvellebanque.example"}
DEAL = {"name": "Nouvelle Banque", "amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "proposal"}
LONG = {"Retry-After": "120"}
"""Longer than a call waits."""


def edit(world: World, last_name: str | None = None, **values: Any) -> None:
    """Somebody edits contacts in the store: all, or those of one name."""
    with write(world.project.engine) as conn:
        chosen = update(contact).where(contact.c.last_name == last_name) if last_name else update(contact)
        conn.execute(chosen.values(values))


def people(world: World, many: int) -> None:
    """So many contacts, in both systems."""
    rows = [{"first_name": "Ann", "last_name": f"Person {n:03}", "title": "Buyer"} for n in range(many)]
    world.dana_creates_many("contact", rows)
    world.sync()
    assert len(world.links(entity="contact")) == many
    world.at(minutes=10)


def titles(world: World) -> dict[str, int]:
    """How many of the CRM's contacts have which title."""
    found = [row["title"] for row in world.in_crm("contact")]
    return {title: found.count(title) for title in set(found)}


def refuse(world: World, message: str) -> dict[str, Any]:
    """The CRM refuses a contact of this first name; answers what to call one so."""
    if world.crm is SALESFORCE:
        rule = {"object": "Contact", "when": "FirstName = 'Nobody'", "message": message, "field": "FirstName"}
        world.rule(validation_rules=[rule])
        return {"first_name": "Nobody"}
    world.require("contact", "first_name")
    return {"first_name": None}


def test_one_of_ten_is_refused_and_nine_are_done(world: World) -> None:
    people(world, 10)
    values = refuse(world, "nobody is somebody")
    edit(world, title="Director")
    edit(world, "Person 004", **values)
    world.sync()
    assert titles(world) == {"Director": 9, "Buyer": 1}
    pushes = [run["status"] for run in world.prm("sync_run") if run["name"] == f"push {world.crm.objects['contact']}"]
    assert pushes[-1] == "partial"
    (anomaly,) = world.prm("sync_anomaly", state="open", severity="error")
    kind, told = {
        "salesforce": ("automation_error", "FIELD_CUSTOM_VALIDATION_EXCEPTION: nobody is somebody"),
        "sugarcrm": ("missing_required", "missing_parameter"),
    }[world.crm.name]
    assert anomaly["kind"] == kind
    assert told in anomaly["note"]
    assert anomaly["prm_id"] == world.prm_row("contact", last_name="Person 004")["id"]
    world.forget_calls()
    world.at(minutes=11)
    world.sync()
    world.at(minutes=12)
    world.sync()
    assert world.written() == [], "what was refused is not tried again"
    edit(world, "Person 004", first_name="Bob")
    world.at(minutes=13)
    world.sync()
    assert titles(world) == {"Director": 10}
    world.rests()


@pytest.mark.parametrize("crm", [SALESFORCE], ids=["salesforce"])
def test_a_duplicate_rule_names_the_record_that_is_there(world: World) -> None:
    world.dana_creates("account", world.crm.ids["P3"], **PARTNERS["P3"])
    theirs = world.dana_creates("lead", **LEAD)
    world.sync()
    world.employ("P3")
    world.rule(duplicate_rules=[{"object": "Lead", "fields": ["Email"], "action": "alert"}])
    lead = partner_acts.create_lead(world.project, CELINE, LEAD)
    partner_acts.convert_lead(world.project, lead, CELINE, DEAL)
    world.at(minutes=10)
    world.sync()
    assert [row["id"] for row in world.in_crm("lead")] == [theirs], "nothing was saved all the same"
    (anomaly,) = world.prm("sync_anomaly", state="open", kind="duplicate_in_crm")
    assert anomaly["detail"]["candidates"] == [theirs]
    assert "DUPLICATES_DETECTED" in anomaly["note"]
    world.rests(open=("duplicate_in_crm",))


@pytest.mark.parametrize("tries", [1, None], ids=["for a moment", "for longer than a call waits"])
def test_a_locked_row_holds_nobody_up(world: World, tries: int | None) -> None:
    people(world, 100)
    world.restarted(allow=1.0)
    edit(world, title="Director")
    world.forget_calls()
    world.fault(path=world.crm.writes, kind="row_lock", rows=[99], times=1)
    if not tries:
        world.fault(path=world.crm.writes, kind="row_lock", nth=2, every=True)
    world.sync()
    calls = [call.count("Director") for call in world.written()]
    assert calls[0] > 10, "the log keeps the beginning of a body"
    assert set(calls[1:]) == {1}, "the other 99 are not written again"
    if tries:
        assert titles(world) == {"Director": 100}
    else:
        assert titles(world) == {"Director": 99, "Buyer": 1}
        world.mend()
        world.at(minutes=12)
        world.forget_calls()
        world.sync()
        assert [call.count("Director") for call in world.written()] == [1]
    world.rests()


THROTTLES = {
    "429": {"status": 429, "headers": LONG},
    "503": {"status": 503, "headers": LONG},
    "busy for a moment": {"status": 429, "headers": {"Retry-After": "1"}},
}


@pytest.mark.parametrize("how", THROTTLES)
def test_a_throttle_is_waited_out_and_told_once(world: World, how: str) -> None:
    people(world, 10)
    edit(world, title="Director")
    brief = how == "busy for a moment"
    world.fault(path=world.crm.writes, **THROTTLES[how], **({"times": 2} if brief else {"every": True}))
    done = world.sync()
    if brief:
        assert (titles(world), done.unreachable) == ({"Director": 10}, "")
        world.rests()
        return
    assert titles(world) == {"Buyer": 10}
    assert done.unreachable, "whoever called tries later"
    assert world.anomalies() == ["rate_limited"]
    (anomaly,) = world.prm("sync_anomaly", state="open")
    assert (anomaly["connection"], anomaly["severity"], anomaly["entity"]) == (world.crm.name, "warning", "")
    world.mend()
    world.forget_calls()
    world.at(minutes=11)
    world.sync()
    assert world.written() == [], "it asked for two minutes"
    assert world.anomalies() == [], "a pull has passed"
    world.at(minutes=13)
    world.sync()
    assert titles(world) == {"Director": 10}
    world.rests()


def test_a_pull_that_is_throttled_loses_nothing(world: World) -> None:
    people(world, 10)
    world.dana_creates("contact", first_name="Ann", last_name="Late")
    world.fault(path=r"/query|/filter", **THROTTLES["429"], every=True)
    with pytest.raises(RetryLater, match="slow down"):
        world.sync()
    assert world.anomalies() == ["rate_limited"]
    world.mend()
    world.at(minutes=12)
    world.sync()
    assert len(world.prm("contact")) == 11
    world.rests()


@pytest.mark.parametrize("crm", [SALESFORCE], ids=["salesforce"])
def test_too_many_calls_at_once_are_a_throttle_too(world: World, crm: Crm) -> None:
    people(world, 10)
    edit(world, title="Director")
    busy = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentPerOrgLongTxn Limit exceeded."}]
    world.fault(path=crm.writes, status=403, body=busy, every=True)
    world.sync()
    assert world.anomalies() == ["rate_limited"]
    world.mend()
    world.at(minutes=12)
    world.sync()
    assert titles(world) == {"Director": 10}
    world.rests()


def test_a_refused_login_is_told_once_and_is_over_by_itself(world: World) -> None:
    people(world, 10)
    edit(world, title="Director")
    world.restarted()
    world.fault(path=r"/oauth2/token", status=400, body={"error": "invalid_grant", "error_description": "expired"}, every=True)
    for minutes in (11, 12):
        world.at(minutes=minutes)
        with pytest.raises(LoginRefused):
            world.sync()
    (anomaly,) = world.prm("sync_anomaly", state="open")
    assert (anomaly["kind"], anomaly["connection"], anomaly["crm_id"]) == ("auth", world.crm.name, "")
    world.mend()
    world.at(minutes=13)
    world.sync()
    assert (titles(world), world.anomalies()) == ({"Director": 10}, [])
    world.rests()
