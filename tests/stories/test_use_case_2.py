"""Use Case 2: a partner's own lead becomes an opportunity, which the vendor converts and approves in the CRM."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from story_world import PARTNERS, T0, World

from centri.engine import partner_acts
from centri.engine.deal_views import opportunity_list
from centri.engine.lead_views import list_leads

CELINE, BERND = "celine@castell.example", "bernd@bavaria.example"
LEAD = {
    "first_name": "Jean",
    "last_name": "Petit",
    "company": "Nouvelle Banque SA",
    "email": "jean.petit@nouvellebanque.example",
    "phone_e164": "+33 1 55 50 10 10",
    "country_code": "FR",
    "product_interest": "security",
}
DEAL = {
    "name": "Nouvelle Banque - Security",
    "amount": "120000",
    "currency": "EUR",
    "close_date": "2026-09-15",
    "stage": "proposal",
}
CRM_DEAL = {"name": DEAL["name"], "amount": 120000, "close_date": "2026-09-15", "stage": "prospecting"}


class PartnerLead:
    """The eight steps, one method each."""

    def __init__(self, world: World) -> None:
        self.world = world
        for key in ("P2", "P3"):
            world.dana_creates("account", world.crm.ids[key], **PARTNERS[key])

    @property
    def lead(self) -> dict[str, Any]:
        return self.world.prm_row("lead")

    @property
    def opportunity(self) -> dict[str, Any]:
        return self.world.prm_row("opportunity")

    @property
    def crm_lead(self) -> dict[str, Any]:
        (found,) = self.world.in_crm("lead")
        return found

    @property
    def crm_opportunity(self) -> dict[str, Any]:
        (found,) = self.world.in_crm("opportunity")
        return found

    def link(self, entity: str, **where: Any) -> dict[str, Any]:
        (found,) = self.world.links(entity=entity, **where)
        return found

    def bank(self) -> dict[str, Any]:
        """The customer's account in the CRM."""
        (found,) = [row for row in self.world.in_crm("account") if row["name"].startswith("Nouvelle Banque")]
        return found

    def step_1_the_partner_is_synced(self) -> None:
        self.world.sync()
        linked = {link["crm_id"] for link in self.world.links(entity="partner_account")}
        assert linked == {self.world.crm.ids[key] for key in ("P2", "P3")}
        self.world.employ("P2", "P3")

    def step_2_the_partner_enters_a_lead(self) -> None:
        world = self.world
        lead = partner_acts.create_lead(world.project, CELINE, LEAD)
        world.sync()
        castell = world.prm_row("partner_account", name="Castell Systems SARL")["id"]
        found = {
            "id": lead,
            "source_kind": "partner",
            "sourced_by_partner_id": castell,
            "state": "working",
            "match_class": "none",
        }
        entered = {"phone_e164": "+33155501010", "product_interest": ["security"]}
        assert (found | entered).items() <= self.lead.items()
        internal = {"lead_id": lead, "kind": "internal", "partner_account_id": castell, "state": "retained"}
        assert internal.items() <= world.prm_row("lead_assignment").items()
        assert world.prm("lead_offer") == []
        assert [[seen.lead["id"] for seen in list_leads(world.project, who)] for who in (CELINE, BERND)] == [[lead], []]
        assert world.prm("notification") == [], "nobody has to be told of what the partner did itself"
        assert world.in_crm("lead") == []

    def step_3_it_is_nurtured_and_converted(self) -> None:
        world = self.world
        world.at(days=2)
        lead = self.lead["id"]
        partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Budget confirmed Q3")
        made = partner_acts.convert_lead(world.project, lead, CELINE)
        account, contact = world.prm_row("account", id=made.account_id), world.prm_row("contact", id=made.contact_id)
        assert (account["account_class"], account["country_code"]) == ("prospect", "FR")
        assert (contact["last_name"], contact["account_id"]) == ("Petit", account["id"])
        assert (self.lead["state"], self.lead["converted_opportunity_id"]) == ("converted", None)

    def step_4_an_opportunity_is_added(self) -> None:
        world = self.world
        partner_acts.create_opportunity(world.project, CELINE, self.lead["id"], DEAL)
        lead, castell = self.lead, world.prm_row("partner_account", name="Castell Systems SARL")["id"]
        whose = {"account_id": lead["converted_account_id"], "primary_contact_id": lead["converted_contact_id"]}
        whose |= {"partner_account_id": castell, "originating_lead_id": lead["id"], "sourced_by": "partner"}
        deal = {"amount": Decimal("120000.00"), "currency": "EUR", "close_date": date(2026, 9, 15)}
        deal |= {"partner_stage": "proposal", "approval_state": "submitted", "product_family": "security"}
        assert (whose | deal).items() <= self.opportunity.items()

    def step_5_it_goes_to_the_crm_as_a_lead_with_its_family(self) -> None:
        world = self.world
        world.at(days=2, minutes=15)
        world.forget_calls()
        world.sync()
        assert world.order_of_writes("lead", "note", "contact", "account") == ["account", "contact", "lead", "note"]
        bank, seen = self.bank(), self.crm_lead
        assert (bank["name"], bank["type"]) == ("Nouvelle Banque SA", world.crm.choice("prospect"))
        assert bank["website"].endswith("nouvellebanque.example")
        (contact,) = world.in_crm("contact")
        assert (contact["last_name"], contact["account"]) == ("Petit", bank["id"])
        assert (seen["last_name"], seen["company"], seen["status"]) == ("Petit", bank["name"], world.crm.choice("new"))
        assert (seen["source"], seen["partner"]) == (world.crm.choice("from a partner"), world.crm.ids["P3"])
        assert (seen["opportunity_name"], Decimal(str(seen["amount"]))) == (DEAL["name"], Decimal(120000))
        assert seen["our_opportunity"] == self.opportunity["id"]
        if world.crm.lead_needs_contact:
            assert (seen["account"], seen["contact"]) == (bank["id"], contact["id"])
        (note,) = world.in_crm("note")
        assert (note["subject"], note["parent"]) == ("Budget confirmed Q3", seen["id"])
        assert (len(world.in_crm("account")), world.in_crm("opportunity")) == (3, [])
        lead = self.lead
        roles = [
            self.link(e, prm_id=i)["role"] for e, i in (("account", lead["converted_account_id"]), ("contact", contact["our_id"]))
        ]
        assert roles == ["mirror", "mirror"]
        pushed = self.link("opportunity")
        assert (pushed["crm_id"], pushed["role"], pushed["prm_id"]) == (seen["id"], "push_lead", self.opportunity["id"])
        assert len(world.links(entity="note")) == 1

    def step_6_the_vendor_converts_it(self, opportunity: dict[str, Any] | None = None) -> dict[str, str]:
        world = self.world
        world.at(days=3)
        (contact,) = world.in_crm("contact")
        made = world.dana_converts(
            self.crm_lead["id"], opportunity=opportunity, account_id=self.bank()["id"], contact_id=contact["id"]
        )
        world.at(days=3, minutes=15)
        world.sync()
        assert self.crm_lead["converted"] is True
        assert self.crm_lead["status"] == world.crm.choice("converted")
        assert (self.crm_lead["account"], self.crm_lead["contact"]) == (self.bank()["id"], contact["id"])
        assert len(world.prm("opportunity")) == 1
        return made

    def step_6_with_an_opportunity(self) -> None:
        made = self.step_6_the_vendor_converts_it(CRM_DEAL)
        assert self.crm_lead["opportunity"] == made["opportunity_id"]
        self.it_is_linked_to(made["opportunity_id"], "converted_to")

    def it_is_linked_to(self, crm_id: str, role: str) -> None:
        """The opportunity's link to the lead stays, and one to what became of it is added."""
        links = {(link["role"], link["state"]): link for link in self.world.links(entity="opportunity")}
        assert links.keys() == {("push_lead", "active"), (role, "active")}
        assert links["push_lead", "active"]["crm_id"] == self.crm_lead["id"]
        became = links[role, "active"]
        assert (became["crm_id"], became["prm_id"]) == (crm_id, self.opportunity["id"])
        assert became["object"] == self.world.crm.objects["opportunity"]

    def step_7_the_vendor_decides(self, **decision: str) -> None:
        self.world.at(days=4)
        self.world.dana_sets("opportunity", self.crm_opportunity["id"], **decision)

    def step_8_the_partner_sees_it(self, approval: str, text: str | None = None, stage: str = "qualification") -> None:
        world, before = self.world, self.crm_opportunity
        world.at(days=4, minutes=15)
        world.forget_calls()
        world.sync()
        found = self.opportunity
        assert (found["approval_state"], found["approval_text"]) == (approval, text)
        assert (found["vendor_stage"], found["partner_stage"]) == (stage, "proposal")
        assert self.crm_opportunity == before
        assert world.written() == []
        self.celine_is_told(approval)
        self.the_run_stands_in_the_audit(approval)

    def celine_is_told(self, approval: str) -> None:
        (told,) = self.world.prm("notification", kind=f"opportunity_{approval}")
        assert told["recipient_id"] == self.world.prm_row("partner_user", email=CELINE)["id"]

    def the_run_stands_in_the_audit(self, approval: str) -> None:
        """What the vendor decided in the CRM came by a run, whose number is kept with the change."""
        found = {"entity": "opportunity", "entity_id": self.opportunity["id"], "field": "approval_state", "new": approval}
        (entry,) = self.world.prm("audit_log", **found)
        assert entry["cause_type"] == "run"
        assert entry["cause_ref"] in {run["id"] for run in self.world.prm("sync_run")}
        seen = [row["id"] for row in opportunity_list(self.world.project, CELINE)]
        assert (seen, opportunity_list(self.world.project, BERND)) == ([self.opportunity["id"]], [])

    def until_converted_here(self) -> None:
        self.step_1_the_partner_is_synced()
        self.step_2_the_partner_enters_a_lead()
        self.step_3_it_is_nurtured_and_converted()
        self.step_4_an_opportunity_is_added()


@pytest.fixture
def story(world: World) -> PartnerLead:
    return PartnerLead(world)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_from_the_partners_lead_to_the_vendors_approval(story: PartnerLead) -> None:
    story.until_converted_here()
    story.step_5_it_goes_to_the_crm_as_a_lead_with_its_family()
    story.step_6_with_an_opportunity()
    story.step_7_the_vendor_decides(approval="approved", stage="qualification")
    story.step_8_the_partner_sees_it("approved")
    story.world.rests()


def test_a_the_vendor_converts_without_an_opportunity_and_links_one_later(story: PartnerLead) -> None:
    world = story.world
    story.until_converted_here()
    story.step_5_it_goes_to_the_crm_as_a_lead_with_its_family()
    before = story.opportunity
    story.step_6_the_vendor_converts_it(None)
    assert story.link("opportunity")["state"] == "disconnected"
    assert world.anomalies() == ["disconnected_conversion"]
    assert world.prm_row("sync_anomaly")["note"] == "convert with an opportunity or link one"
    touched = ("revision", "updated_at")  # the account has its owner from the CRM by now, and an opportunity is told through it
    assert {k: v for k, v in story.opportunity.items() if k not in touched} == {
        k: v for k, v in before.items() if k not in touched
    }
    world.at(days=3, hours=1)
    made = world.dana_creates("opportunity", account=story.bank()["id"], **CRM_DEAL)
    world.dana_links(story.crm_lead["id"], made, before["id"])
    world.at(days=3, hours=2)
    world.sync()
    assert len(world.prm("opportunity")) == 1
    story.it_is_linked_to(made, "converted_to" if world.crm.lead_names_opportunity else "mirror")
    world.rests()


def test_b_the_vendor_rejects(story: PartnerLead) -> None:
    story.until_converted_here()
    story.step_5_it_goes_to_the_crm_as_a_lead_with_its_family()
    story.step_6_with_an_opportunity()
    story.step_7_the_vendor_decides(approval="rejected", approval_text="Already ours since January")
    story.step_8_the_partner_sees_it("rejected", "Already ours since January", stage="open")
    story.world.rests()


@pytest.mark.parametrize("known", ["before the partner converts", "after it"])
def test_c_the_customer_is_there_already(story: PartnerLead, known: str) -> None:
    """The vendor's account is taken, whether it is heard of before the partner makes one of its own or after."""
    world = story.world
    bank = {"name": "Nouvelle Banque", "type": "customer", "website": "www.nouvellebanque.example", "country": "France"}
    story.step_1_the_partner_is_synced()
    story.step_2_the_partner_enters_a_lead()
    if known == "before the partner converts":
        world.at(days=1)
        there = world.dana_creates("account", **bank)
        world.sync()
        world.at(days=2)
        made = partner_acts.convert_lead(world.project, story.lead["id"], CELINE, DEAL)
        assert not made.new_account
    else:
        world.at(days=2)
        partner_acts.convert_lead(world.project, story.lead["id"], CELINE, DEAL)
        there = world.dana_creates("account", **bank)
    partner_acts.add_note(world.project, f"lead/{story.lead['id']}", CELINE, "Budget confirmed Q3")
    world.at(days=2, minutes=15)
    world.sync()
    assert story.bank()["id"] == there
    (contact,) = world.in_crm("contact")
    assert contact["account"] == there
    assert len(world.prm("account", domain="nouvellebanque.example")) == 1
    assert story.link("account", crm_id=there)["prm_id"] == story.lead["converted_account_id"]
    assert (len(world.in_crm("account")), len(world.in_crm("lead"))) == (3, 1)
    assert story.opportunity["account_id"] == story.lead["converted_account_id"]
    assert T0 + timedelta(days=2) == story.lead["converted_at"]
    world.rests()
