"""Opportunities within a partner, the vendor's approval of them, and what follows when a CRM brings one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from test_deal_acts import ADA, BERND, CLARA, DANA, DREW, RITA, ROB, Bench, refused

from centri.descriptions import FieldType
from centri.engine import deal_acts, partner_acts
from centri.engine.deal_views import opportunity_list, opportunity_shown

OWN = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "jean@banque.example"}
WORTH = {"name": "Security", "amount": "48000", "currency": "EUR", "close_date": "2026-06-30"}


@pytest.fixture
def bench(world) -> Bench:
    return Bench(world.project)


def made(bench: Bench, **values: str) -> str:
    """Rita's own opportunity, submitted as partners' own ones are."""
    lead = partner_acts.create_lead(bench.project, RITA, OWN)
    return str(partner_acts.convert_lead(bench.project, lead, RITA, {"name": "Security", **values}).opportunity_id)


class TestPlaceholders:
    def test_what_is_unknown_reads_as_unknown_until_it_is_told(self, bench):
        id = made(bench)
        row = bench.row("opportunity")
        assert (row["amount"], row["amount_is_placeholder"], row["close_date_is_placeholder"]) == (None, True, True)
        partner_acts.return_opportunity(bench.project, id, DANA, "how much?")
        partner_acts.update_opportunity(bench.project, id, RITA, {"next_step": "Call"})
        assert bench.row("opportunity")["amount_is_placeholder"]
        partner_acts.update_opportunity(bench.project, id, RITA, {"amount": "32000"})
        row = bench.row("opportunity")
        assert (row["amount"], row["amount_is_placeholder"], row["close_date_is_placeholder"]) == (Decimal(32000), False, True)


class TestHandingOn:
    def test_who_had_it_goes_on_reading_it(self, bench):
        id = made(bench)
        partner_acts.assign_opportunity(bench.project, id, RITA, ROB)
        seen = [[row["id"] for row in opportunity_list(bench.project, who)] for who in (RITA, ROB, CLARA, BERND)]
        assert seen == [[id], [id], [id], []]
        words = "may read this opportunity, but not change it"
        refused(bench, "permission", words, partner_acts.update_opportunity, id, RITA, {"next_step": "x"})
        partner_acts.update_opportunity(bench.project, id, ROB, {"next_step": "Demo"})
        assert opportunity_shown(bench.project, id, RITA)["next_step"] == "Demo"
        assert bench.told("opportunity_assigned") == {ROB, CLARA}
        (entry,) = [e for e in bench.rows("audit_log", field="partner_user_id") if e["cause_ref"] == "opportunity assign"]
        assert entry["actor"] == RITA

    def test_others_do_not_learn_of_it(self, bench):
        id = made(bench)
        words = f"there is no opportunity {id}"
        for who in (BERND, ROB):
            refused(bench, "validation", words, partner_acts.update_opportunity, id, who, {"next_step": "x"})
            refused(bench, "validation", words, partner_acts.assign_opportunity, id, who, who)
            refused(bench, "validation", words, partner_acts.submit_opportunity, id, who)
            refused(bench, "validation", words, partner_acts.add_note, f"opportunity/{id}", who, "Hello")
            refused(bench, "validation", words, opportunity_shown, id, who)

    def test_the_administrator_takes_it_away_and_back(self, bench):
        id = made(bench)
        partner_acts.assign_opportunity(bench.project, id, CLARA, ROB)
        refused(bench, "permission", "only its owner", partner_acts.assign_opportunity, id, RITA, RITA)
        refused(bench, "validation", "no active user of the partner", partner_acts.assign_opportunity, id, CLARA, BERND)
        partner_acts.assign_opportunity(bench.project, id, CLARA, RITA)
        partner_acts.update_opportunity(bench.project, id, RITA, {"next_step": "Demo"})


class TestApproval:
    def test_an_approved_one_is_to_be_registered(self, bench):
        id = made(bench, **{name: value for name, value in WORTH.items() if name != "name"})
        partner_acts.review_opportunity(bench.project, id, DANA)
        refused(bench, "illegal_transition", "cannot change", partner_acts.update_opportunity, id, RITA, {"amount": "1"})
        partner_acts.approve_opportunity(bench.project, id, DANA)
        assert (bench.told("opportunity_approved"), bench.told("register_now")) == ({RITA, CLARA}, {RITA, CLARA})
        assert bench.rows("notification", kind="register_now")[0]["data"]["program"] == "DR-STD"
        deal = deal_acts.create_deal(
            bench.project, RITA, {"current_situation": "VPN", "timeframe": "Q2", "product_family": "ZT"}, opportunity=id
        )
        assert deal_acts.submit_deal(bench.project, deal, RITA) == "DR-0001"
        deal_acts.approve_deal(bench.project, deal, DANA)
        assert opportunity_shown(bench.project, id, RITA)["registered"]

    def test_each_return_is_told_and_needs_words(self, bench):
        id = made(bench)
        refused(bench, "missing_required", "say why", partner_acts.return_opportunity, id, DANA, " ")
        refused(bench, "missing_required", "say why", partner_acts.reject_opportunity, id, DANA, "")
        refused(bench, "permission", "of the vendor", partner_acts.approve_opportunity, id, CLARA)
        refused(bench, "permission", "of the vendor", partner_acts.approve_opportunity, id, DREW)
        for text in ("which product?", "and how much?"):
            partner_acts.return_opportunity(bench.project, id, DANA, text)
            partner_acts.submit_opportunity(bench.project, id, RITA)
        told = [n["data"]["approval_text"] for n in bench.rows("notification", kind="opportunity_rejected")]
        assert sorted(told) == ["and how much?"] * 2 + ["which product?"] * 2
        partner_acts.reject_opportunity(bench.project, id, DANA, "direct")
        refused(bench, "illegal_transition", "stays so", partner_acts.submit_opportunity, id, RITA)

    def test_only_an_administrator_revokes(self, bench):
        id = made(bench)
        partner_acts.approve_opportunity(bench.project, id, DANA)
        refused(bench, "permission", "only an admin", partner_acts.revoke_opportunity, id, DANA, "fraud")
        partner_acts.revoke_opportunity(bench.project, id, ADA, "fraud")
        assert bench.row("opportunity")["approval_state"] == "revoked"


class TestTheVendorRegisters:
    def test_a_deal_that_is_approved_from_the_start(self, bench):
        id = made(bench)
        refused(bench, "permission", "of the vendor", deal_acts.register_opportunity, id, CLARA)
        assert deal_acts.register_opportunity(bench.project, id, DANA) == "DR-0001"
        deal = bench.row("deal_registration")
        assert (deal["state"], deal["submitted_by"], deal["opportunity_id"]) == ("approved", "vendor", id)
        assert bench.row("opportunity")["registration_expires_at"] == deal["expires_at"]
        assert [row["number"] for row in deal_acts.deal_list(bench.project, RITA)] == ["DR-0001"]
        refused(bench, "illegal_transition", "registered already", deal_acts.register_opportunity, id, DANA)

    def test_not_for_a_partner_outside_the_programme(self, bench):
        id = made(bench)
        deal_acts.enroll(bench.project, DANA, "DR-STD", "Alpine", "ended")
        refused(bench, "permission", "not enrolled", deal_acts.register_opportunity, id, DANA)


FIELDS = (
    "partner_account_id: {crm: Partner, reference: partner_account}",
    "partner_user_email: Person",
    "registered: Registered",
)
MORE = (
    "        vendor_stage: {crm: Stage, direction: in}\n",
    "        vendor_stage: {crm: Stage, direction: in}\n        approval_state: {crm: Approval, direction: in, nulls: ignore}\n"
    + "".join(f"        {field}\n" for field in FIELDS)
    + "        registration_no: {crm: Number, direction: out}\n",
)


class TestArriving:
    @pytest.fixture
    def east(self, world_with):
        """A CRM that says whose an opportunity is, what became of it, and whether it is registered."""
        world = world_with(MORE)
        for object, fields in (("Opportunity", ("Partner", "Person", "Approval", "Number")),):
            world.crms["east"].define(object, dict.fromkeys(fields, FieldType.TEXT) | {"Registered": FieldType.BOOLEAN})
        return world

    @pytest.fixture
    def arrived(self, east):
        bench = Bench(east.project)
        partner = east.person_saves("east", "Account", Name="Alpine AG", Kind="Partner")
        account = east.person_saves("east", "Account", Name="Soylent", Website="soylent.example")
        east.sync("east")
        alpine = bench.row("partner_account", name="Alpine AG")["id"]
        bench.partner["alpine"] = alpine
        for email, role in (("cora@alpine.example", "cpa"), ("ralf@alpine.example", "rep")):
            bench.put("partner_user", partner_account_id=alpine, email=email, role=role)
        deal_acts.enroll(bench.project, DANA, "DR-STD", "Alpine AG")
        said = {"Name": "Cold Chain", "AccountId": account, "Stage": "Prospecting", "Partner": partner}
        self.crm_id = east.person_saves("east", "Opportunity", Person="Ralf@alpine.example", **said)
        east.sync("east")
        return bench

    def test_it_is_its_persons_to_write(self, arrived):
        id = arrived.row("opportunity")["id"]
        people = ("ralf@alpine.example", "cora@alpine.example", BERND)
        assert [len(opportunity_list(arrived.project, who)) for who in people] == [1, 1, 0]
        assert arrived.told("opportunity_assigned") == set(people[:2])
        partner_acts.update_opportunity(arrived.project, id, people[0], {"amount": "32000"})
        words = "may read this opportunity, but not change it"
        refused(arrived, "permission", words, partner_acts.update_opportunity, id, people[1], {"amount": "1"})

    def test_an_approval_there_is_told_here(self, east, arrived):
        east.person_saves("east", "Opportunity", self.crm_id, Approval="approved")
        east.sync("east")
        people = {"ralf@alpine.example", "cora@alpine.example"}
        assert (arrived.told("opportunity_approved"), arrived.told("register_now")) == (people, people)
        east.sync("east")
        assert len(arrived.rows("notification", kind="register_now")) == 2

    def test_a_tick_there_registers_it_here_and_the_number_goes_back(self, east, arrived):
        east.person_saves("east", "Opportunity", self.crm_id, Registered=True)
        east.sync("east")
        deal = arrived.row("deal_registration")
        assert (deal["state"], deal["number"], deal["submitted_by"]) == ("approved", "DR-0001", "vendor")
        assert arrived.row("opportunity")["registered_partner_id"] == arrived.partner["alpine"]
        east.sync("east")
        (seen,) = east.in_crm("east", "Opportunity")
        assert (seen["Number"], seen["Registered"]) == ("DR-0001", True)
        east.clock.forward(days=91)
        deal_acts.expire_deals(arrived.project)
        east.sync("east")
        (seen,) = east.in_crm("east", "Opportunity")
        assert (seen["Number"], seen["Registered"]) == (None, False)
        assert len(arrived.rows("deal_registration")) == 1

    def test_one_that_cannot_be_is_told_and_changes_nothing_else(self, east, arrived):
        deal_acts.enroll(arrived.project, DANA, "DR-STD", "Alpine AG", "ended")
        east.person_saves("east", "Opportunity", self.crm_id, Registered=True, Stage="Proposal")
        east.sync("east")
        assert arrived.rows("deal_registration") == []
        assert arrived.row("opportunity")["vendor_stage"] == "Proposal"
        assert ("permission", "") in east.anomalies()
