"""The CRM has made a record, and its answer is lost: nobody sees the record twice, whoever hears of it first."""

from __future__ import annotations

from story_world import PARTNERS, World

from centri.engine import partner_acts

CELINE = "celine@castell.example"
LEAD = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "jean.petit@nouvellebanque.example"}
DEAL = {"name": "Nouvelle Banque", "amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "proposal"}
NOTES = {"sugarcrm": 4, "salesforce": 1}
"""Which POST that writes brings the notes: SugarCRM's writes are all POSTs, Salesforce's with a key are PATCHes."""


def test_a_note_that_is_read_before_its_create_is_sent_again_stays_one(world: World) -> None:
    world.dana_creates("account", world.crm.ids["P3"], **PARTNERS["P3"])
    world.sync()
    world.employ("P3")
    lead = partner_acts.create_lead(world.project, CELINE, LEAD)
    for subject in ("Budget confirmed", "Call in May", "Call in May"):
        partner_acts.add_note(world.project, f"lead/{lead}", CELINE, subject)
    partner_acts.convert_lead(world.project, lead, CELINE, DEAL)
    world.at(hours=1)
    world.fault(method="POST", path=world.crm.writes, nth=NOTES[world.crm.name], times=3, kind="after", status=504)
    world.sync()
    assert world.struck() > 0
    assert world.links(entity="note") == []
    for minutes in (1, 2, 30):
        world.at(hours=1, minutes=minutes)
        world.sync()
    for notes in (world.prm("note"), world.in_crm("note"), world.links(entity="note")):
        assert len(notes) == 3
    assert {row["state"] for row in world.prm("sync_delivery")} == {"done"}
    world.rests()
