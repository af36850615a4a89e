"""What partners do in the PRM: each act whole or not at all, checked, and written down field by field."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from store_desk import StoreDesk

from centri.engine import partner_acts
from centri.engine.project import Project
from centri.errors import Rejected
from centri.store.tables import metadata


class Desk(StoreDesk):
    """Two partners with their people, and leads on offer."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.alpine, self.bavaria = (self.put("partner_account", name=name) for name in ("Alpine", "Bavaria"))
        for partner, names in ((self.alpine, ("clara", "rita")), (self.bavaria, ("bernd",))):
            for name in names:
                role = "rep" if name == "rita" else "cpa"
                self.put("partner_user", partner_account_id=partner, email=f"{name}@partner.example", role=role)
        self.put("partner_user", partner_account_id=self.alpine, email="gone@partner.example", status="inactive")

    def offered(self, *partners: str, **lead: Any) -> str:
        """A lead that is on offer to these partners."""
        now = self.project.now()
        values = {"last_name": "Wong", "company": "Umbrella", "email": "mia@umbrella.example", "state": "assigned"}
        id = self.put("lead", **(values | lead))
        to = {"partner_account_id": partners[0]} if len(partners) == 1 else {}
        kind = "manual" if to else "shark_tank"
        times = {"offered_at": now, "accept_by": now + timedelta(hours=48)}
        assignment = self.put("lead_assignment", lead_id=id, seq=1, kind=kind, state="offered", **times, **to)
        for partner in partners:
            self.put("lead_offer", assignment_id=assignment, partner_account_id=partner)
            given = {"subject_type": "lead", "subject_id": id, "principal_type": "partner_account", "principal_id": partner}
            self.put("record_access", level="offer", reason="offer", **given)
        return id

    def working(self, **lead: Any) -> str:
        """A lead that Rita of Alpine works on."""
        id = self.offered(self.alpine, **lead)
        partner_acts.accept(self.project, id, CLARA)
        partner_acts.assign_rep(self.project, id, CLARA, RITA)
        partner_acts.log_activity(self.project, id, RITA, "contact_established")
        return id

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {name: self.rows(name) for name in metadata.tables if not name.startswith("sync_")}


CLARA, RITA, BERND, GONE = (f"{name}@partner.example" for name in ("clara", "rita", "bernd", "gone"))


@pytest.fixture
def desk(world) -> Desk:
    return Desk(world.project)


def refused(desk: Desk, kind: str, words: str, act: Any, *given: Any, **named: Any) -> None:
    """The act is refused with these words, and nothing at all has happened."""
    before = desk.everything()
    with pytest.raises(Rejected) as refusal:
        act(desk.project, *given, **named)
    assert kind == refusal.value.kind
    assert words in str(refusal.value)
    assert before == desk.everything()


class TestAccepting:
    def test_the_first_of_several_partners_wins(self, desk):
        lead = desk.offered(desk.alpine, desk.bavaria)
        partner_acts.accept(desk.project, lead, BERND)
        assert desk.bavaria == desk.row("lead_assignment")["partner_account_id"]
        assert desk.row("lead_offer", partner_account_id=desk.bavaria)["state"] == "accepted"
        assert desk.row("lead_offer", partner_account_id=desk.alpine)["state"] == "lost_race"
        refused(desk, "illegal_transition", "the lead is already taken", partner_acts.accept, lead, CLARA)

    def test_only_those_who_were_asked_may_answer(self, desk):
        lead = desk.offered(desk.alpine)
        refused(desk, "validation", f"there is no lead {lead}", partner_acts.accept, lead, BERND)
        refused(
            desk,
            "permission",
            "gone@partner.example is no active user of a partner or of the vendor",
            partner_acts.accept,
            lead,
            GONE,
        )
        refused(desk, "validation", "there is no lead nowhere", partner_acts.accept, "nowhere", CLARA)

    def test_an_administrator_must_say_for_whom(self, desk):
        refused(desk, "permission", "say who answers", partner_acts.accept, desk.offered(desk.alpine, desk.bavaria), None)
        lead = desk.offered(desk.alpine)
        partner_acts.accept(desk.project, lead)
        assert desk.row("lead_assignment", lead_id=lead)["state"] == "accepted"

    def test_not_after_the_time_is_over(self, desk, world):
        lead = desk.offered(desk.alpine)
        world.clock.forward(hours=48, seconds=1)
        refused(desk, "illegal_transition", "the offer ended at 2026-03-04 09:00 UTC", partner_acts.accept, lead, CLARA)

    def test_the_lead_is_to_be_looked_at_again_by_its_crm(self, desk, world):
        lead = desk.offered(desk.alpine)
        revision = desk.row("lead")["revision"]
        partner_acts.accept(desk.project, lead, CLARA)
        assert desk.row("lead")["revision"] > revision

    def test_it_is_written_down_field_by_field(self, desk):
        partner_acts.accept(desk.project, desk.offered(desk.alpine), CLARA)
        entry = desk.row("audit_log", entity="lead_assignment", field="state")
        told = {"old": "offered", "new": "accepted", "actor": CLARA, "actor_type": "partner_user", "cause_type": "command"}
        assert told.items() <= entry.items()
        assert ("lead accept", desk.project.now()) == (entry["cause_ref"], entry["at"])
        assert {"state", "accepted_at", "qualify_by"} == {e["field"] for e in desk.rows("audit_log", entity="lead_assignment")}


class TestDeclining:
    def test_others_are_still_asked(self, desk):
        lead = desk.offered(desk.alpine, desk.bavaria)
        partner_acts.decline(desk.project, lead, CLARA, "no capacity")
        assert (desk.row("lead_assignment")["state"], desk.row("lead")["state"]) == ("offered", "assigned")
        assert desk.row("lead_offer", partner_account_id=desk.alpine)["reason"] == "no capacity"
        partner_acts.decline(desk.project, lead, BERND)
        assert (desk.row("lead_assignment")["state"], desk.row("lead")["state"]) == ("declined", "recycled")
        assert {desk.alpine, desk.bavaria} == {
            row["partner_account_id"] for row in desk.rows("lead_exclusion", reason="declined")
        }

    def test_a_lead_that_was_disqualified_meanwhile_stays_so(self, desk):
        lead = desk.offered(desk.alpine, state="disqualified")
        partner_acts.decline(desk.project, lead, CLARA)
        assert desk.row("lead")["state"] == "disqualified"


class TestWorking:
    def test_a_qualifying_activity_keeps_the_lead(self, desk, world):
        lead = desk.offered(desk.alpine)
        partner_acts.accept(desk.project, lead, CLARA)
        partner_acts.assign_rep(desk.project, lead, CLARA, RITA)
        partner_acts.log_activity(desk.project, lead, RITA, "email")
        assert (desk.row("lead_assignment")["state"], desk.row("lead")["state"]) == ("accepted", "working")
        first = desk.project.now()
        world.clock.forward(hours=1)
        partner_acts.log_activity(desk.project, lead, RITA, "contact_established")
        assert desk.row("lead_assignment")["state"] == "retained"
        assert (first, desk.project.now()) == (desk.row("lead")["first_response_at"], desk.row("lead")["last_activity_at"])

    def test_a_rep_works_on_what_is_given_to_it_by_name_and_a_viewer_on_nothing(self, desk):
        lead = desk.offered(desk.alpine)
        viewer, other = "vera@partner.example", "rob@partner.example"
        for email, role in ((viewer, "viewer"), (other, "rep")):
            desk.put("partner_user", partner_account_id=desk.alpine, email=email, role=role)
        refused(desk, "validation", f"there is no lead {lead}", partner_acts.accept, lead, other)
        refused(desk, "permission", "may look at the partner's leads", partner_acts.accept, lead, viewer)
        partner_acts.accept(desk.project, lead, CLARA)
        partner_acts.assign_rep(desk.project, lead, CLARA, RITA)
        refused(desk, "validation", f"there is no lead {lead}", partner_acts.log_activity, lead, other, "call")
        refused(desk, "permission", "may read this lead, but not change it", partner_acts.log_activity, lead, viewer, "call")
        partner_acts.assign_rep(desk.project, lead, CLARA, other)
        refused(desk, "permission", "may read this lead, but not change it", partner_acts.log_activity, lead, RITA, "call")
        partner_acts.log_activity(desk.project, lead, other, "call")

    def test_what_is_only_on_offer_is_not_worked_on(self, desk):
        lead = desk.offered(desk.alpine)
        for act, given in ((partner_acts.log_activity, ("call",)), (partner_acts.assign_rep, (RITA,))):
            refused(desk, "illegal_transition", "accept it first", act, lead, CLARA, *given)

    def test_others_stay_out(self, desk):
        lead = desk.working()
        words = f"there is no lead {lead}"
        refused(desk, "validation", words, partner_acts.assign_rep, lead, BERND, RITA)
        refused(desk, "validation", words, partner_acts.log_activity, lead, BERND, "call")
        refused(desk, "validation", words, partner_acts.add_note, f"lead/{lead}", BERND, "Hello")
        refused(desk, "validation", words, partner_acts.convert_lead, lead, BERND)
        refused(desk, "validation", "no active user of the partner", partner_acts.assign_rep, lead, CLARA, BERND)

    def test_unknown_words_are_refused(self, desk):
        lead = desk.working()
        refused(desk, "validation", "no activity is called 'lunch'", partner_acts.log_activity, lead, RITA, "lunch")
        refused(desk, "validation", "names no record", partner_acts.add_note, "deal/7", RITA, "Hello")

    def test_a_note_has_its_author(self, desk):
        lead = desk.working()
        partner_acts.add_note(desk.project, f"lead/{lead}", RITA, "Demo", visibility="partner")
        rita = desk.row("partner_user", email=RITA)["id"]
        about = {"parent_type": "lead", "parent_id": lead, "subject": "Demo", "visibility": "partner", "author_id": rita}
        assert about.items() <= desk.row("note").items()


DEAL = {"name": "Zero Trust", "amount": "48000", "currency": "eur", "close_date": "2026-06-30", "stage": "qualification"}


class TestConverting:
    def test_everything_the_lead_says_is_carried_over(self, desk):
        where = {"street": "Allee 1", "city": "Ulm", "state_code": "BW", "postal_code": "89073", "country_code": "DE"}
        who = {"first_name": "Mia", "title": "VP, Info. Security", "phone_e164": "+49895550101", "employees_raw": "500"}
        lead = desk.working(**where, **who, industry_raw="Health")
        made = partner_acts.convert_lead(desk.project, lead, RITA, DEAL)
        firm = {**where, "phone_e164": "+49895550101", "industry_raw": "Health", "employees_raw": "500"}
        firm |= {"name": "Umbrella", "account_class": "prospect", "website": "umbrella.example", "domain": "umbrella.example"}
        assert firm.items() <= desk.row("account", id=made.account_id).items()
        person = {"first_name": "Mia", "last_name": "Wong", "email": "mia@umbrella.example", "phone_e164": "+49895550101"}
        person |= {"title": "VP, Info. Security", "title_level_code": "VP", "account_id": made.account_id}
        assert person.items() <= desk.row("contact").items()
        rita = desk.row("partner_user", email=RITA)["id"]
        deal = {"amount": Decimal("48000.00"), "currency": "EUR", "partner_stage": "qualification", "partner_user_id": rita}
        deal |= {"motion": "indirect", "sourced_by": "vendor", "approval_state": "not_submitted", "originating_lead_id": lead}
        assert deal.items() <= desk.row("opportunity").items()
        assert (made.new_account, made.new_contact) == (True, True)
        assert desk.row("lead_assignment")["state"] == "completed"

    def test_the_matched_account_is_taken(self, desk):
        account = desk.put("account", name="Umbrella Holding")
        lead = desk.working(matched_account_id=account, match_class="customer")
        assert account == partner_acts.convert_lead(desk.project, lead, RITA).account_id

    @pytest.mark.parametrize("why", [{"match_class": "review"}, {"deleted": True}], ids=["a person must decide", "it is gone"])
    def test_unless_it_is_in_doubt(self, desk, why):
        gone = {"deleted_at": desk.project.now()} if "deleted" in why else {}
        account = desk.put("account", name="Umbrella Holding", **gone)
        lead = desk.working(matched_account_id=account, match_class=why.get("match_class", "prospect"))
        assert account != partner_acts.convert_lead(desk.project, lead, RITA).account_id

    @pytest.mark.parametrize(
        ("known", "company"),
        [
            ({"name": "UMBRELLA GmbH", "website": "www.umbrella.example"}, "Umbrella"),
            ({"name": "Umber Paper Mill"}, "umbrella"),
        ],
        ids=["by domain and name", "one of another name stays apart"],
    )
    def test_an_account_that_matches_now_is_taken(self, desk, known, company):
        account = desk.put("account", **known)
        lead = desk.working(company=company)
        made = partner_acts.convert_lead(desk.project, lead, RITA)
        assert ("website" in known) == (made.account_id == account)

    def test_the_contact_with_the_same_address_is_taken_and_completed(self, desk):
        account = desk.put("account", name="Umbrella", website="umbrella.example")
        known = {"last_name": "Wong", "email": "Mia@Umbrella.example", "title": "CISO", "account_id": account}
        contact = desk.put("contact", **known)
        lead = desk.working(first_name="Mia", title="VP", matched_account_id=account, match_class="prospect")
        made = partner_acts.convert_lead(desk.project, lead, RITA)
        assert (contact, False) == (made.contact_id, made.new_contact)
        assert (desk.row("contact")["first_name"], desk.row("contact")["title"]) == ("Mia", "CISO")

    def test_a_stranger_at_another_account_is_not(self, desk):
        elsewhere = desk.put("account", name="Elsewhere")
        desk.put("contact", last_name="Wong", email="mia@umbrella.example", account_id=elsewhere)
        assert partner_acts.convert_lead(desk.project, desk.working(), RITA).new_contact

    def test_all_or_nothing(self, desk):
        lead = desk.working()
        refused(desk, "validation", "amount", partner_acts.convert_lead, lead, RITA, {**DEAL, "amount": "-1"})
        refused(desk, "validation", "currency", partner_acts.convert_lead, lead, RITA, {**DEAL, "currency": "Euro"})
        refused(desk, "validation", "close_date", partner_acts.convert_lead, lead, RITA, {**DEAL, "close_date": "soon"})
        refused(desk, "validation", "margin: not a field", partner_acts.convert_lead, lead, RITA, {**DEAL, "margin": 5})
        refused(desk, "missing_required", "needs a name", partner_acts.convert_lead, lead, RITA, {"amount": 1})

    def test_a_contact_needs_a_last_name(self, desk):
        lead = desk.working(last_name=None)
        refused(desk, "missing_required", "a contact needs a last name", partner_acts.convert_lead, lead, RITA)

    def test_only_a_lead_that_is_worked_on_and_only_once(self, desk):
        lead = desk.offered(desk.alpine)
        partner_acts.accept(desk.project, lead, CLARA)
        refused(desk, "illegal_transition", "'assigned' cannot become 'converted'", partner_acts.convert_lead, lead, CLARA)
        partner_acts.log_activity(desk.project, lead, CLARA, "call")
        partner_acts.convert_lead(desk.project, lead, CLARA)
        refused(desk, "illegal_transition", "no partner holds this lead", partner_acts.convert_lead, lead, CLARA)


OWN = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "Jean@Banque.example", "country_code": "France"}


class TestOwnLeads:
    def test_a_partners_lead_is_its_own_from_the_start(self, desk):
        lead = partner_acts.create_lead(desk.project, RITA, {**OWN, "phone_e164": "01 55 50 10 10", "title": "CEO"})
        found = desk.row("lead", id=lead)
        clean = {
            "email": "jean@banque.example",
            "country_code": "FR",
            "phone_e164": "+33155501010",
            "company_norm": "nouvelle banque",
        }
        life = {"state": "working", "source_kind": "partner", "sourced_by_partner_id": desk.alpine, "lead_source": "Partner"}
        assert (clean | life).items() <= found.items()
        mine = {"kind": "internal", "state": "retained", "partner_account_id": desk.alpine}
        assert mine.items() <= desk.row("lead_assignment").items()
        assert desk.rows("lead_offer") == []

    @pytest.mark.parametrize(
        ("kind", "words", "values"),
        [
            ("keyless", "a lead needs", {"first_name": "Jean"}),
            ("validation", "state: not a field", {**OWN, "state": "converted"}),
            ("validation", "phone_e164", {**OWN, "phone_e164": "ask reception"}),
            ("validation", "country_code", {**OWN, "country_code": "Atlantis"}),
            ("validation", "neither a text nor a list", {**OWN, "product_interest": [7]}),
        ],
    )
    def test_what_cannot_be_is_refused(self, desk, kind, words, values):
        refused(desk, kind, words, partner_acts.create_lead, RITA, values)

    def test_its_opportunity_comes_after_and_needs_approval(self, desk):
        lead = partner_acts.create_lead(desk.project, RITA, {**OWN, "product_interest": "security"})
        refused(desk, "illegal_transition", "convert it first", partner_acts.create_opportunity, RITA, lead, DEAL)
        made = partner_acts.convert_lead(desk.project, lead, RITA)
        opportunity = partner_acts.create_opportunity(desk.project, RITA, lead, DEAL)
        found = {"sourced_by": "partner", "approval_state": "submitted", "partner_account_id": desk.alpine}
        found |= {"account_id": made.account_id, "primary_contact_id": made.contact_id, "product_family": "security"}
        assert found.items() <= desk.row("opportunity", id=opportunity).items()
        assert opportunity == desk.row("lead", id=lead)["converted_opportunity_id"]
        refused(desk, "validation", "already", partner_acts.create_opportunity, RITA, lead, DEAL)
        refused(
            desk, "validation", "there is no opportunity", partner_acts.update_opportunity, opportunity, BERND, {"stage": "won"}
        )

    @pytest.mark.parametrize(
        ("entered", "held", "family"),
        [
            (" security ", ["security"], "security"),
            (["security"], ["security"], "security"),
            (["security", "backup", "security"], ["backup", "security"], None),
            ([], None, None),
            (" ", None, None),
        ],
    )
    def test_one_product_of_interest_becomes_the_family_of_the_opportunity(self, desk, entered, held, family):
        lead = partner_acts.create_lead(desk.project, RITA, {**OWN, "product_interest": entered})
        assert desk.row("lead", id=lead)["product_interest"] == held
        made = partner_acts.convert_lead(desk.project, lead, RITA, DEAL)
        assert desk.row("opportunity", id=made.opportunity_id)["product_family"] == family


class TestUpdatingAnOpportunity:
    def test_the_vendors_review_freezes_what_it_is_about(self, desk):
        lead = partner_acts.create_lead(desk.project, RITA, OWN)
        opportunity = partner_acts.convert_lead(desk.project, lead, RITA, DEAL).opportunity_id
        words = "amount, close_date cannot change while the opportunity is submitted"
        late = {"amount": "1", "close_date": "2026-12-31"}
        refused(desk, "illegal_transition", words, partner_acts.update_opportunity, opportunity, RITA, late)
        partner_acts.update_opportunity(desk.project, opportunity, RITA, {"next_step": "Call", "stage": "proposal"})
        assert {"next_step": "Call", "partner_stage": "proposal", "stage_category": "open"}.items() <= desk.row(
            "opportunity"
        ).items()

    def test_what_is_closed_stays_closed(self, desk):
        opportunity = partner_acts.convert_lead(desk.project, desk.working(), RITA, DEAL).opportunity_id
        partner_acts.update_opportunity(desk.project, opportunity, RITA, {"amount": "50000", "stage": "won"})
        row = desk.row("opportunity")
        assert (Decimal("50000.00"), "won", desk.project.now()) == (row["amount"], row["stage_category"], row["closed_at"])
        refused(
            desk,
            "illegal_transition",
            "the opportunity is won",
            partner_acts.update_opportunity,
            opportunity,
            RITA,
            {"amount": 1},
        )
        assert Decimal("48000.00") == Decimal(desk.row("audit_log", field="amount", entity="opportunity", new="50000.00")["old"])

    def test_the_same_again_changes_nothing(self, desk):
        opportunity = partner_acts.convert_lead(desk.project, desk.working(), RITA, DEAL).opportunity_id
        before = desk.everything()
        partner_acts.update_opportunity(desk.project, opportunity, RITA, DEAL)
        assert before == desk.everything()
