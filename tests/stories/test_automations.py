"""The CRM's own rules write too: what they change is seen, and a rule that undoes what we write is not fought for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from story_world import PARTNERS, World

from centri.engine import partner_acts
from centri.engine.retry import retry
from centri.store.database import write
from centri.store.prm_tables import contact
from centri.sync.breaker import USUAL

CELINE = "celine@castell.example"
TITLES = {
    "salesforce": (
        "title: {crm: Title, policy: newest}\n        account_id",
        "title: {crm: Title, direction: out}\n        account_id",
    ),
    "sugarcrm": (
        "title: {crm: title, transform: {truncate: 100}, policy: newest}\n        account_id",
        "title: {crm: title, transform: {truncate: 100}, direction: out}\n        account_id",
    ),
}
"""The contact's title belongs to the PRM alone."""


def edit(world: World, id: str, **values: str) -> None:
    with write(world.project.engine) as conn:
        conn.execute(update(contact).where(contact.c.id == id).values(values))


@pytest.fixture
def ann(world: World) -> tuple[str, str]:
    """A contact of both systems: its id in the CRM and in the PRM."""
    crm_id = world.dana_creates("contact", first_name="Ann", last_name="Person", title="Buyer", phone="+493012345678")
    world.sync()
    return crm_id, world.prm_row("contact")["id"]


@pytest.mark.parametrize("field", ["first_name", "title", "email"])
def test_another_field_changed_within_the_second_of_our_write_is_a_change(world: World, ann: tuple[str, str], field: str) -> None:
    crm_id, prm_id = ann
    world.at(minutes=10)
    edit(world, prm_id, last_name="Personne")
    world.sync()
    changed = {field: "rule@made.example" if field == "email" else "Rule"}
    world.dana_sets("contact", crm_id, **changed)  # the clock stands still: one stamp for both writes
    world.at(minutes=10, seconds=20)
    world.sync()
    row = world.prm_row("contact")
    assert (row[field], row["last_name"]) == (changed[field], "Personne")
    assert (world.crm_row("contact", crm_id)["last_name"], world.anomalies()) == ("Personne", [])
    world.rests()


def test_a_rule_that_rewrites_our_field_each_time_is_given_up_on(world: World, ann: tuple[str, str]) -> None:
    world.restarted(TITLES[world.crm.name])
    crm_id, prm_id = ann
    other = world.dana_creates("contact", first_name="Bob", last_name="Other", title="Buyer")
    world.sync()
    edit(world, prm_id, title="Director")
    told = 0
    for minute in range(1, USUAL + 5):
        world.at(minutes=10 + minute)
        world.sync()
        if world.crm_row("contact", crm_id)["title"] == "Director":
            told += 1
            world.dana_sets("contact", crm_id, title=f"director {minute}")
    assert told == USUAL + 1
    (anomaly,) = world.prm("sync_anomaly", state="open", kind="ping_pong")
    assert (anomaly["crm_id"], anomaly["prm_id"]) == (crm_id, prm_id)
    (field,) = anomaly["detail"]["alternating"].values()
    assert field["crm"].startswith("director ")
    assert list(field["told"].values()) == ["Director"]
    (second,) = [row for row in world.prm("contact") if row["last_name"] == "Other"]
    edit(world, second["id"], title="Owner")
    world.at(minutes=40)
    world.sync()
    assert world.crm_row("contact", other)["title"] == "Owner", "its neighbours go on"
    assert world.anomalies() == ["ping_pong"]
    retry(world.project, kind="ping_pong")  # the rule is gone by now
    world.at(minutes=41)
    world.sync()
    assert world.crm_row("contact", crm_id)["title"] == "Director"
    world.rests()


def test_a_second_note_of_the_same_words_does_not_take_the_first_ones_record(world: World) -> None:
    world.dana_creates("account", world.crm.ids["P3"], **PARTNERS["P3"])
    world.sync()
    world.employ("P3")
    known = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "jean.petit@nouvellebanque.example"}
    deal = {"name": "Nouvelle Banque", "amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "proposal"}
    lead = partner_acts.create_lead(world.project, CELINE, known)
    partner_acts.convert_lead(world.project, lead, CELINE, deal)
    world.at(minutes=10)
    world.sync()
    partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Call in May")
    world.at(minutes=11)
    world.fault(method="POST", path=world.crm.writes, times=3, kind="after", status=504)
    world.sync()  # it is made, and the answer is lost
    assert (len(world.in_crm("note")), world.links(entity="note")) == (1, [])
    partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Call in May")
    world.mend()
    world.at(minutes=11, seconds=10)
    world.fault(method="POST", path=world.crm.writes, every=True, status=504)
    world.sync()  # the first is recognised; the second does not get through
    assert len(world.links(entity="note")) == 1
    world.mend()
    world.at(minutes=30)
    world.sync()
    assert (len(world.in_crm("note")), len(world.links(entity="note"))) == (2, 2)
    world.rests()
