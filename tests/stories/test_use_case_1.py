"""Use Case 1: a lead of the vendor's goes to a partner, who works it and brings it forward as an opportunity."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from story_world import PARTNERS, T0, World

from centri.engine import partner_acts
from centri.engine.lead_views import list_leads, show_lead
from centri.engine.tick import tick
from centri.errors import Rejected

CLARA, RITA, ROB = (f"{name}@alpine.example" for name in ("clara", "rita", "rob"))
BERND = "bernd@bavaria.example"
LEAD = {
    "first_name": "Mia",
    "last_name": "Wong",
    "company": "Umbrella Health Sys.",
    "title": "VP, Info. Security",
    "email": "mia.wong@umbrella-health.example",
    "phone": "089 5550101",
    "country": "Germany",
    "source": "trade show",
    "status": "new",
    "distribute": False,
}
DEAL = {
    "name": "Umbrella - Zero Trust",
    "amount": "48000",
    "currency": "EUR",
    "close_date": "2026-06-30",
    "stage": "qualification",
}


class VendorLead:
    """The eleven steps, one method each."""

    def __init__(self, world: World) -> None:
        self.world, self.ids = world, world.crm.ids
        for key in ("P1", "P2"):
            world.dana_creates("account", self.ids[key], **PARTNERS[key])
        account = {"name": "Umbrella Health Systems", "type": "prospect", "website": "umbrella-health.example"}
        world.dana_creates("account", self.ids["AC3"], **account, country="Germany")

    @property
    def lead(self) -> dict[str, Any]:
        return self.world.prm_row("lead")

    @property
    def assignment(self) -> dict[str, Any]:
        return self.world.prm_row("lead_assignment")

    @property
    def crm_lead(self) -> dict[str, Any]:
        return self.world.crm_row("lead", self.ids["L1"])

    def account(self, name: str) -> dict[str, Any]:
        return self.world.prm_row("account", name=name)

    def step_1_partner_accounts_are_synced(self) -> None:
        world = self.world
        world.sync()
        partners = {row["name"]: row for row in world.prm("partner_account")}
        assert partners.keys() == {"Alpine Resellers GmbH", "Bavaria IT AG"}
        alpine, bavaria = partners["Alpine Resellers GmbH"], partners["Bavaria IT AG"]
        assert (alpine["country_code"], alpine["partner_type"], alpine["status"]) == ("DE", "reseller", "active")
        assert bavaria["partner_type"] == "integrator"
        assert self.account("Umbrella Health Systems")["account_class"] == "prospect"
        links = {(link["crm_id"], link["prm_id"]): link for link in world.links(entity="partner_account")}
        assert links.keys() == {(self.ids["P1"], alpine["id"]), (self.ids["P2"], bavaria["id"])}
        assert {(link["role"], link["state"]) for link in links.values()} == {("origin", "active")}
        assert world.crm_row("account", self.ids["P1"])["our_id"] == alpine["id"]
        assert world.crm_row("account", self.ids["P2"])["our_id"] == bavaria["id"]
        assert world.crm_row("account", self.ids["AC3"])["our_id"] is None
        world.employ("P1", "P2")

    def step_2_a_lead_that_is_not_for_partners_stays_in_the_crm(self) -> None:
        world = self.world
        world.at(minutes=5)
        world.dana_creates("lead", self.ids["L1"], **LEAD)
        before = self.crm_lead
        world.sync()
        assert world.prm("lead") == []
        assert self.crm_lead == before

    def step_3_an_admin_names_the_partner(self) -> None:
        self.world.at(minutes=10)
        self.world.dana_sets("lead", self.ids["L1"], distribute=True, partner=self.ids["P1"])
        assert self.world.prm("lead") == []

    def step_4_the_lead_arrives_and_is_offered(self) -> None:
        world = self.world
        world.at(minutes=15)
        world.forget_calls()
        world.sync()
        lead, account = self.lead, self.account("Umbrella Health Systems")
        assert (lead["last_name"], lead["company"]) == ("Wong", "Umbrella Health Sys.")
        assert (lead["phone_e164"], lead["country_code"]) == ("+49895550101", "DE")
        assert (lead["title_level_code"], lead["job_function_code"]) == ("VP", "IT_SECURITY")
        assert (lead["source_kind"], lead["state"]) == ("vendor", "assigned")
        assert (lead["matched_account_id"], lead["match_class"]) == (account["id"], "prospect")
        assert lead["match_confidence"] >= 0.85
        alpine = world.prm_row("partner_account", name="Alpine Resellers GmbH")["id"]
        offered = {"seq": 1, "kind": "manual", "partner_account_id": alpine, "state": "offered"}
        times = {"offered_at": T0 + timedelta(minutes=15), "accept_by": T0 + timedelta(days=2, minutes=15)}
        assert offered.items() | times.items() <= self.assignment.items()
        assert {"partner_account_id": alpine, "state": "offered"}.items() <= world.prm_row("lead_offer").items()
        access = {"principal_type": "partner_account", "principal_id": alpine, "level": "offer", "revoked_at": None}
        assert access.items() <= world.prm_row("record_access").items()
        clara = world.prm_row("partner_user", email=CLARA)["id"]
        assert [(n["kind"], n["recipient_id"]) for n in world.prm("notification")] == [("lead_assigned", clara)]
        seen = self.crm_lead
        assert (seen["status"], seen["distribution_status"]) == (world.crm.choice("assigned"), "offered")
        assert seen["our_id"] == lead["id"]
        assert len(world.in_crm("lead")) == 1
        assert len(world.written()) == 1

    def step_5_the_partner_accepts(self) -> None:
        world = self.world
        world.at(hours=2)
        masked = show_lead(world.project, self.lead["id"], CLARA).lead
        assert (masked["company"], masked["email"], masked["phone_e164"]) == ("Umbrella Health Sys.", "***", "***")
        partner_acts.accept(world.project, self.lead["id"], CLARA)
        assert show_lead(world.project, self.lead["id"], CLARA).lead["email"] == LEAD["email"]
        assert self.seen_by(BERND) == []
        now = T0 + timedelta(hours=2)
        times = {"accepted_at": now, "qualify_by": T0 + timedelta(days=5, hours=2)}
        assert {"state": "accepted", **times}.items() <= self.assignment.items()
        assert world.prm_row("lead_offer")["state"] == "accepted"
        world.sync()
        assert self.crm_lead["distribution_status"] == "accepted"
        assert moment(self.crm_lead["accepted_at"]) == now

    def step_6_a_rep_gets_it(self) -> None:
        world = self.world
        world.at(hours=3)
        before = self.crm_lead
        partner_acts.assign_rep(world.project, self.lead["id"], CLARA, RITA)
        assert self.assignment["partner_user_id"] == world.prm_row("partner_user", email=RITA)["id"]
        audit = world.prm_row("audit_log", entity="lead_assignment", field="partner_user_id")
        assert (audit["actor"], audit["at"]) == (CLARA, T0 + timedelta(hours=3))
        with pytest.raises(Rejected, match="there is no lead"):
            partner_acts.assign_rep(world.project, self.lead["id"], BERND, RITA)
        world.sync()
        assert self.crm_lead == before

    def step_7_it_is_in_the_portal(self) -> None:
        world = self.world
        assert self.seen_by(RITA) == self.seen_by(CLARA) == [self.lead["id"]]
        assert self.seen_by(ROB) == self.seen_by(BERND) == []
        (told,) = world.prm("notification", kind="lead_assigned_rep")
        assert told["recipient_id"] == world.prm_row("partner_user", email=RITA)["id"]

    def seen_by(self, email: str) -> list[str]:
        """The ids of the leads that one of the partners' people may see."""
        return [seen.lead["id"] for seen in list_leads(self.world.project, email)]

    def step_8_it_is_nurtured(self) -> None:
        world = self.world
        world.at(days=1)
        partner_acts.log_activity(world.project, self.lead["id"], RITA, "contact_established")
        partner_acts.add_note(world.project, f"lead/{self.lead['id']}", RITA, "Asked for zero-trust demo")
        assert len(world.prm("activity")) == 1
        assert self.assignment["state"] == "retained"
        assert (self.lead["state"], self.lead["first_response_at"]) == ("working", T0 + timedelta(days=1))
        world.sync()
        assert self.crm_lead["status"] == world.crm.choice("working")
        (note,) = world.in_crm("note")
        assert (note["subject"], note["parent"]) == ("Asked for zero-trust demo", self.ids["L1"])

    def step_9_it_is_converted(self) -> None:
        world = self.world
        world.at(days=3)
        accounts = len(world.prm("account"))
        partner_acts.convert_lead(world.project, self.lead["id"], RITA, DEAL)
        account, contact, opportunity = (
            self.account("Umbrella Health Systems"),
            world.prm_row("contact"),
            world.prm_row("opportunity"),
        )
        assert len(world.prm("account")) == accounts
        person = {"first_name": "Mia", "last_name": "Wong", "account_id": account["id"], "phone_e164": "+49895550101"}
        assert person.items() <= contact.items()
        alpine = world.prm_row("partner_account", name="Alpine Resellers GmbH")["id"]
        whose = {"account_id": account["id"], "primary_contact_id": contact["id"], "partner_account_id": alpine}
        whose |= {"partner_user_id": world.prm_row("partner_user", email=RITA)["id"], "originating_lead_id": self.lead["id"]}
        deal = {"motion": "indirect", "sourced_by": "vendor", "amount": Decimal("48000.00"), "currency": "EUR"}
        deal |= {"close_date": date(2026, 6, 30), "partner_stage": "qualification"}
        assert (whose | deal).items() <= opportunity.items()
        became = {"converted_contact_id": contact["id"], "converted_account_id": account["id"]}
        became |= {"state": "converted", "converted_opportunity_id": opportunity["id"]}
        assert became.items() <= self.lead.items()
        assert self.assignment["state"] == "completed"

    def step_11_the_opportunity_goes_to_the_crm_as_a_lead(self) -> None:
        world, opportunity = self.world, self.world.prm_row("opportunity")
        accounts = len(world.in_crm("account"))
        world.at(days=3, minutes=15)
        world.sync()
        self.the_crm_has_the_opportunity_on_the_lead(accounts)
        link = {"object": world.crm.objects["lead"], "crm_id": self.ids["L1"], "role": "push_lead", "state": "active"}
        assert link.items() <= self.world.links(entity="opportunity")[0].items()
        assert len(world.links(entity="opportunity", prm_id=opportunity["id"])) == 1

    def the_crm_has_the_opportunity_on_the_lead(self, accounts: int) -> None:
        world = self.world
        (contact,) = world.in_crm("contact")
        assert (contact["first_name"], contact["last_name"], contact["account"]) == ("Mia", "Wong", self.ids["AC3"])
        (lead,) = world.in_crm("lead")
        assert lead["id"] == self.ids["L1"]
        assert (lead["opportunity_name"], Decimal(str(lead["amount"]))) == ("Umbrella - Zero Trust", Decimal(48000))
        assert (lead["stage"], lead["close_date"]) == ("qualification", "2026-06-30")
        assert lead["our_opportunity"] == world.prm_row("opportunity")["id"]
        assert (lead["prm_status"], lead["status"]) == ("converted_by_partner", world.crm.choice("working"))
        assert lead["converted"] is False
        assert (len(world.in_crm("account")), world.in_crm("opportunity")) == (accounts, [])

    def until_offered(self) -> None:
        self.step_1_partner_accounts_are_synced()
        self.step_2_a_lead_that_is_not_for_partners_stays_in_the_crm()
        self.step_3_an_admin_names_the_partner()
        self.step_4_the_lead_arrives_and_is_offered()

    def until_converted(self) -> None:
        self.until_offered()
        self.step_5_the_partner_accepts()
        self.step_6_a_rep_gets_it()
        self.step_7_it_is_in_the_portal()
        self.step_8_it_is_nurtured()
        self.step_9_it_is_converted()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.fixture
def story(world: World) -> VendorLead:
    return VendorLead(world)


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_from_the_vendors_lead_to_the_partners_opportunity(story: VendorLead) -> None:
    story.until_converted()
    story.step_11_the_opportunity_goes_to_the_crm_as_a_lead()
    story.world.rests()


def test_a_the_partner_declines(story: VendorLead) -> None:
    world = story.world
    story.until_offered()
    world.at(hours=2)
    partner_acts.decline(world.project, story.lead["id"], CLARA, "no capacity")
    assert (story.assignment["state"], story.lead["state"]) == ("declined", "recycled")
    offer = world.prm_row("lead_offer")
    assert (offer["state"], offer["reason"]) == ("declined", "no capacity")
    excluded = world.prm_row("lead_exclusion")
    assert (excluded["partner_account_id"], excluded["reason"]) == (story.assignment["partner_account_id"], "declined")
    world.sync()
    assert (story.assignment["state"], story.lead["state"]) == ("declined", "recycled")
    assert (story.crm_lead["status"], story.crm_lead["distribution_status"]) == (world.crm.choice("recycled"), "declined")
    world.rests()


def test_b_nobody_accepts_in_time(story: VendorLead) -> None:
    world = story.world
    story.until_offered()
    world.at(days=2, minutes=15)
    assert tick(world.project).ended == 0
    world.at(days=2, minutes=16)
    assert tick(world.project).ended == 1
    assert (story.assignment["state"], story.lead["state"]) == ("expired", "recycled")
    assert world.prm_row("lead_offer")["state"] == "expired"
    world.sync()
    assert story.assignment["state"] == "expired"
    assert (story.crm_lead["status"], story.crm_lead["distribution_status"]) == (world.crm.choice("recycled"), "expired")
    world.rests()


def test_c_the_token_expires_during_the_push(story: VendorLead) -> None:
    world = story.world
    story.until_converted()
    world.fault(path=world.crm.writes, status=401)
    story.step_11_the_opportunity_goes_to_the_crm_as_a_lead()
    assert world.struck() == 1
    world.rests()


def test_d_the_crm_fails_on_the_contact(story: VendorLead) -> None:
    """The contact waits, and with it a lead that refers to it; Salesforce's lead does not, and goes ahead."""
    world = story.world
    story.until_converted()
    accounts = len(world.in_crm("account"))
    world.at(days=3, minutes=15)
    world.fault(path=world.crm.contact_writes, status=500, every=True, times=3)
    world.sync()
    assert world.struck() == 3
    assert world.in_crm("contact") == []
    assert (story.crm_lead["our_opportunity"] is None) == world.crm.lead_needs_contact
    assert world.anomalies() == ["unknown"]
    world.at(days=3, minutes=30)
    world.sync()
    story.the_crm_has_the_opportunity_on_the_lead(accounts)
    world.rests()
