"""X19: Mia Wong asks to be forgotten. She is, and stays so although the CRM, which nobody touched, goes on telling of her."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select
from story_world import PARTNERS, World
from test_use_case_1 import LEAD as VENDORS_LEAD

from centri.engine import partner_acts
from centri.engine.audit_trail import trail
from centri.engine.erase import erase
from centri.engine.notices import Notice, queue
from centri.errors import Rejected, RetryLater
from centri.store.database import read, write
from centri.store.leases import leased
from centri.store.partner_tables import routing_decision
from centri.store.prm_tables import vendor_user
from centri.store.tables import metadata

BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)

CLARA, RITA = "clara@alpine.example", "rita@alpine.example"
LEAD = VENDORS_LEAD | {"distribute": True}
DEAL = {
    "name": "Umbrella - Zero Trust",
    "amount": "48000",
    "currency": "EUR",
    "close_date": "2026-06-30",
    "stage": "qualification",
}

HER = ("mia", "wong", "5550101", "info. security")
"""What nobody may find any more, in small letters."""

_NAMED = ("id", "prm_id", "entity_id")


class Story:
    """Mia's lead went to a rep, who wrote about her, converted her, and brought an opportunity forward."""

    def __init__(self, world: World) -> None:
        self.world, self.id = world, world.crm.ids["L1"]
        partner = world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
        world.sync()
        world.employ("P1")
        world.at(minutes=10)
        world.dana_creates("lead", self.id, **LEAD, partner=partner)
        world.sync()
        self.lead = world.prm_row("lead")["id"]
        self._what_the_partner_did()
        self._what_else_is_written_down()

    def _what_the_partner_did(self) -> None:
        world, project = self.world, self.world.project
        world.at(hours=2)
        partner_acts.accept(project, self.lead, CLARA)
        partner_acts.assign_rep(project, self.lead, CLARA, RITA)
        partner_acts.log_activity(project, self.lead, RITA, "contact_established", "Mia will call back")
        partner_acts.add_note(project, f"lead/{self.lead}", RITA, "Mia asked for a demo", "Wong, at +49 89 5550101")
        world.sync()
        world.at(hours=3)
        self.made = partner_acts.convert_lead(project, self.lead, RITA, DEAL)
        about = f"account/{self.made.account_id}"
        self.mention = partner_acts.add_note(project, about, RITA, "Mia Wong decides here", visibility="partner")
        world.sync()

    def _what_else_is_written_down(self) -> None:
        """By parts of the engine that this story does not go through."""
        lead = {str(name): value for name, value in self.world.prm_row("lead").items() if isinstance(value, str)}
        project = self.world.project
        with write(project.engine) as conn:
            given = {"lead_id": self.lead, "inputs": {"lead": lead}, "trace": [f"{lead['email']}: no rule"], "outcome": {}}
            conn.execute(insert(routing_decision).values(given))
            told = Notice(
                "lead_unrouted", "L1", [("address", "ops@vantage.example")], {"reason": "Mia Wong?"}, ("lead", self.lead)
            )
            queue(conn, [told], now=project.now(), channel="log")

    def forget(self, **how: Any) -> Any:
        return erase(self.world.project, "lead", self.lead, "request of 2 March", **how)

    def found(self) -> list[str]:
        """Wherever the store still knows her: table, column, value."""
        with read(self.world.project.engine) as conn:
            tables = {t.name: conn.execute(select(t)).mappings().all() for t in metadata.sorted_tables}
        known = {self.mention, self.made.account_id}  # these are about something else too, which the command says
        mine = {n: [row for row in rows if not known & {row.get(c) for c in _NAMED}] for n, rows in tables.items()}
        held = [
            (f"{n}.{c}", str(v))
            for n, rows in mine.items()
            for row in rows
            if row.get("entity") != "account"
            for c, v in row.items()
        ]
        return [f"{where}: {value}" for where, value in held if any(word in value.lower() for word in HER)]

    def crm(self) -> dict[str, Any]:
        return {object: self.world._raw(object) for object in self.world.crm.objects}


@BOTH
def test_she_is_forgotten_and_the_sync_does_not_bring_her_back(world: World) -> None:
    story = Story(world)
    places = {found.partition(".")[0] for found in story.found()}
    assert {"lead", "contact", "note", "activity", "audit_log", "sync_link", "sync_staging", "sync_delivery"} <= places
    assert {"routing_decision", "notification"} <= places
    before = story.crm()
    world.forget_calls()
    done = story.forget()
    assert not (left := story.found()), "\n".join(left)
    assert story.crm() == before
    assert world.calls() == []
    assert (world.crm.name, world.crm.objects["lead"], story.id) in done.crm
    assert list(done.mentions) == [("account", story.made.account_id), ("note", story.mention)]

    # the row stays, without her: reports still count it
    lead, contact = world.prm_row("lead"), world.prm_row("contact", id=story.made.contact_id)
    kept = {"company": "Umbrella Health Sys.", "country_code": "DE", "state": "converted", "last_name": "(erased)"}
    assert kept.items() <= lead.items()
    assert (lead["email"], lead["email_norm"], contact["email"], contact["last_name"]) == (None, None, None, "(erased)")

    # the CRM goes on telling of her
    world.at(hours=4)
    world.dana_sets("lead", story.id, title="Chief of Info. Security", phone="089 5550101 9")
    world.sync()
    assert story.found() == []
    assert world.prm_row("lead") == lead
    assert {link["state"] for link in world.links(entity="lead")} == {"unlinked"}

    # and what the deal says goes on in both directions
    world.at(hours=5)
    partner_acts.update_opportunity(world.project, str(story.made.opportunity_id), RITA, {"amount": "50000"})
    world.sync()
    assert world.crm_row("lead", story.id)["last_name"] == "Wong"
    assert float(world.crm_row("lead", story.id)["amount"]) == 50000
    assert story.found() == []
    world.rests()


def test_a_plan_shows_it_and_does_nothing(world: World) -> None:
    story = Story(world)
    before = story.found()
    shown = story.forget(plan=True)
    assert not shown.done
    assert (shown.places["lead"], shown.places["contact"], shown.places["note"]) == (1, 1, 1)
    assert shown.places["sync_link"] >= 2
    assert story.found() == before
    done = story.forget()
    assert done.places == shown.places


def test_a_value_can_be_recognised_and_not_read(world: World) -> None:
    story = Story(world)
    told = [c for c in trail(world.project, "lead", story.lead).changes if c.entity == "lead" and c.field is None]
    assert told[0].new["email"] == LEAD["email"]
    story.forget()
    hers = [
        change.new["email"]
        for word, id in (("lead", story.lead), ("contact", story.made.contact_id))
        for change in trail(world.project, word, id).changes
        if change.entity == word and change.field is None
    ] + [c.new for c in trail(world.project, "contact", story.made.contact_id).changes if c.field == "email"]
    assert len(set(hers)) == 1
    assert hers[0].startswith("erased:")
    erased = [c for c in trail(world.project, "lead", story.lead).changes if c.field == "erased"]
    assert {(c.entity, c.new) for c in erased} == {("lead", "request of 2 March"), ("note", "request of 2 March")}


def test_only_the_vendors_administrator_may_and_not_in_the_midst_of_a_sync(world: World) -> None:
    story = Story(world)
    before = story.found()
    with write(world.project.engine) as conn:
        conn.execute(insert(vendor_user).values(email="ann@vantage.example", role="channel_manager"))
    for who in (RITA, "ann@vantage.example"):
        with pytest.raises(Rejected, match="only an admin"):
            story.forget(actor=who)
    with pytest.raises(Rejected, match="say why"):
        erase(world.project, "lead", story.lead, " ")
    with pytest.raises(Rejected, match="there is no contact"):
        erase(world.project, "contact", story.lead, "because")
    with leased(world.project.engine, f"{world.crm.name}/lead", now=world.now), pytest.raises(RetryLater):
        story.forget()
    assert story.found() == before


def test_a_lead_on_offer_is_taken_back(world: World) -> None:
    partner = world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
    world.sync()
    world.at(minutes=10)
    world.dana_creates("lead", world.crm.ids["L1"], **LEAD, partner=partner)
    world.sync()
    lead = world.prm_row("lead")
    assert lead["state"] == "assigned"
    erase(world.project, "lead", lead["id"], "because")
    assert world.prm_row("lead_assignment")["state"] == "withdrawn"
    assert world.prm_row("lead_offer")["state"] == "withdrawn"
    assert world.prm_row("lead")["state"] == "disqualified"
    world.rests()
    assert world.crm_row("lead", world.crm.ids["L1"])["status"] == world.crm.choice("assigned")


def test_whoever_was_never_in_a_crm_is_not_born_there_without_a_name(world: World) -> None:
    world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
    world.sync()
    world.employ("P1")
    lead = partner_acts.create_lead(world.project, RITA, {"last_name": "Wong", "company": "Umbrella", "email": LEAD["email"]})
    erase(world.project, "lead", lead, "because")
    world.sync()
    assert world.in_crm("lead") == []


def test_an_opportunity_whose_own_words_name_her_is_shown_to_whoever_erases(world: World) -> None:
    """It tells of the deal, and stays; a person has to look at it."""
    story = Story(world)
    opportunity = world.prm_row("opportunity")["id"]
    partner_acts.update_opportunity(world.project, opportunity, RITA, {"next_step": "call MIA WONG again"})
    done = story.forget(plan=True)
    assert ("opportunity", opportunity) in done.mentions
