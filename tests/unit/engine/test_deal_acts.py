"""Programmes and registered deals on the store: who may do what when, what it brings about, and who is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from store_desk import StoreDesk

from centri.engine import deal_acts, partner_acts
from centri.engine.project import Project
from centri.errors import Rejected
from centri.store.tables import metadata

CLARA, RITA, ROB, VERA, BERND = (f"{name}@partner.example" for name in ("clara", "rita", "rob", "vera", "bernd"))
DANA, DREW, ADA = (f"{name}@vantage.example" for name in ("dana", "drew", "ada"))
PEOPLE = {
    CLARA: ("alpine", "cpa"),
    RITA: ("alpine", "rep"),
    ROB: ("alpine", "rep"),
    VERA: ("alpine", "viewer"),
    BERND: ("bavaria", "cpa"),
}
TERMS = {
    "required_fields": ["account", "contact_email", "product_family", "amount", "close_date", "current_situation", "timeframe"],
    "margin_pct": 5.0,
}
VALUES = {
    "account_name": "Globex Corporation", "contact_name": "Ada Stone", "contact_email": "ada.stone@globex.example",
    "product_family": "ZT", "amount": "60000", "currency": "USD", "close_date": "2026-06-15",
    "current_situation": "legacy VPN", "timeframe": "Q2",
}  # fmt: skip


class Bench(StoreDesk):
    """Two partners that register deals with a vendor's programme."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        roles = {DANA: "channel_manager", DREW: "ae", ADA: "admin"}
        self.vendor = {email: self.put("vendor_user", email=email, role=role) for email, role in roles.items()}
        self.partner = {name: self.put("partner_account", name=name.title()) for name in ("alpine", "bavaria", "castell")}
        for email, (partner, role) in PEOPLE.items():
            self.put("partner_user", partner_account_id=self.partner[partner], email=email, role=role)
        self.globex = self.put(
            "account", name="Globex Corporation", website="globex.example", owner_vendor_user_id=self.vendor[DREW]
        )
        deal_acts.create_program(project, DANA, "DR-STD", TERMS)
        for name in ("Alpine", "Bavaria"):
            deal_acts.enroll(project, DANA, "DR-STD", name)

    def deal(self, id: str) -> dict[str, Any]:
        return self.row("deal_registration", id=id)

    def draft(self, who: str = RITA, **values: Any) -> str:
        return deal_acts.create_deal(self.project, who, {**VALUES, **values})

    def submitted(self, who: str = RITA, **values: Any) -> str:
        id = self.draft(who, **values)
        deal_acts.submit_deal(self.project, id, who)
        return id

    def approved(self, who: str = RITA, **values: Any) -> str:
        id = self.submitted(who, **values)
        deal_acts.approve_deal(self.project, id, DANA)
        return id

    def told(self, kind: str) -> set[str]:
        """The e-mail addresses of those who were told something of this kind."""
        people = {row["id"]: row["email"] for table in ("partner_user", "vendor_user") for row in self.rows(table)}
        return {people[row["recipient_id"]] for row in self.rows("notification", kind=kind)}

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {name: self.rows(name) for name in metadata.tables if not name.startswith("sync_")}


@pytest.fixture
def bench(world) -> Bench:
    return Bench(world.project)


def refused(bench: Bench, kind: str, words: str, act: Any, *given: Any, **named: Any) -> None:
    """The act is refused with these words, and nothing at all has happened."""
    before = bench.everything()
    with pytest.raises(Rejected) as refusal:
        act(bench.project, *given, **named)
    assert (kind, True) == (refusal.value.kind, words in str(refusal.value)), refusal.value
    assert before == bench.everything()


class TestProgrammes:
    def test_only_enrolled_partners_register(self, bench):
        bench.put("partner_user", partner_account_id=bench.partner["castell"], email="celine@partner.example", role="cpa")
        words = "not enrolled"
        refused(bench, "permission", words, deal_acts.create_deal, "celine@partner.example", VALUES, program="DR-STD")
        refused(bench, "permission", words, deal_acts.create_deal, "celine@partner.example", VALUES)
        id = bench.draft()
        deal_acts.enroll(bench.project, DANA, "DR-STD", "alpine", "suspended")
        refused(bench, "permission", "enrolled as suspended", deal_acts.submit_deal, id, RITA)

    def test_terms_are_words_that_exist(self, bench):
        create = deal_acts.create_program
        refused(bench, "validation", "did you mean 'amount'", create, DANA, "X", {"required_fields": ["amuont"]})
        refused(bench, "validation", "extension_policy: no 'twice'", create, DANA, "X", {"extension_policy": "twice"})
        refused(bench, "validation", "auto_approve_when: no 'always'", create, DANA, "X", {"auto_approve_when": {"always": True}})
        refused(bench, "validation", "not a term of a programme", create, DANA, "X", {"margin": 5})
        refused(bench, "validation", "less than nothing", create, DANA, "X", {"protection_days": -1})

    def test_partners_make_none(self, bench):
        refused(bench, "permission", "of the vendor may do this", deal_acts.create_program, CLARA, "MINE", {})
        refused(bench, "permission", "of the vendor may do this", deal_acts.enroll, DREW, "DR-STD", "Castell")
        refused(bench, "validation", "there is no programme 'DR-STF'", deal_acts.enroll, DANA, "DR-STF", "Castell")
        refused(bench, "validation", "there is no partner 'Nobody'", deal_acts.enroll, DANA, "DR-STD", "Nobody")

    def test_who_takes_part_is_counted(self, bench):
        deal_acts.enroll(bench.project, DANA, "DR-STD", "Bavaria", "ended")
        (program,) = deal_acts.programs(bench.project)
        assert (program["code"], program["partners"], program["protection_days"]) == ("DR-STD", 1, 90)


class TestSubmitting:
    def test_it_gets_a_number_and_a_promise(self, bench):
        now = bench.project.now()
        id = bench.draft()
        assert not bench.deal(id)["number"].startswith("DR-")
        assert deal_acts.submit_deal(bench.project, id, RITA) == "DR-0001"
        found = {"number": "DR-0001", "state": "submitted", "submitted_at": now, "response_due_at": now + timedelta(hours=48)}
        assert (found | {"account_id": bench.globex, "submitted_by": RITA, "conflict": False}).items() <= bench.deal(id).items()
        assert ({RITA, CLARA}, {DANA}) == (bench.told("deal_received"), bench.told("deal_submitted"))
        refused(bench, "illegal_transition", "only a draft is submitted", deal_acts.submit_deal, "dr-0001", RITA)

    def test_numbers_have_no_gaps(self, bench):
        abandoned = bench.draft()
        ids = [bench.draft(account_name=f"Firm {n}") for n in range(3)]
        deal_acts.withdraw_deal(bench.project, abandoned, RITA)
        refused(bench, "illegal_transition", "withdrawn", deal_acts.submit_deal, abandoned, RITA)
        assert [deal_acts.submit_deal(bench.project, id, RITA) for id in ids] == ["DR-0001", "DR-0002", "DR-0003"]

    def test_at_once_each_gets_its_own(self, bench):
        ids = [bench.draft(account_name=f"Firm {n}") for n in range(8)]
        start = Barrier(4)

        def submit(some: list[str]) -> list[str]:
            start.wait()
            return [deal_acts.submit_deal(bench.project, id, RITA) for id in some]

        with ThreadPoolExecutor(4) as pool:
            numbers = [number for some in pool.map(submit, [ids[n::4] for n in range(4)]) for number in some]
        assert sorted(numbers) == [f"DR-000{n}" for n in range(1, 9)]

    def test_an_account_must_be_said(self, bench):
        id = bench.draft(account_name="")
        refused(bench, "missing_required", "say which account", deal_acts.submit_deal, id, RITA)
        refused(bench, "validation", "amount", deal_acts.update_deal, id, RITA, {"amount": "-1"})
        refused(bench, "validation", "margin: not a field", deal_acts.update_deal, id, RITA, {"margin": 5})

    def test_everything_an_opportunity_knows_is_carried_over(self, bench):
        lead = partner_acts.create_lead(
            bench.project, RITA,
            {"first_name": "Ada", "last_name": "Stone", "company": "Globex Corporation", "email": "ada.stone@globex.example",
             "current_situation": "legacy VPN", "timeframe": "Q2", "product_interest": "ZT"},
        )  # fmt: skip
        worth = {"name": "Globex ZT", "amount": "60000", "currency": "USD", "close_date": "2026-06-15"}
        made = partner_acts.convert_lead(bench.project, lead, RITA, worth)
        id = deal_acts.create_deal(bench.project, RITA, {}, opportunity=made.opportunity_id)
        deal = bench.deal(id)
        for name in VALUES.keys() - {"amount", "close_date"}:
            assert deal[name] == VALUES[name], name
        assert (deal["amount"], f"{deal['close_date']}") == (Decimal(60000), "2026-06-15")
        assert (deal["account_id"], deal["contact_id"], deal["lead_id"]) == (made.account_id, made.contact_id, lead)
        deal_acts.submit_deal(bench.project, id, RITA)
        deal_acts.approve_deal(bench.project, id, DANA)
        (only,) = bench.rows("opportunity")
        assert (only["id"], only["registered_partner_id"]) == (made.opportunity_id, bench.partner["alpine"])
        refused(bench, "illegal_transition", "registered already", deal_acts.create_deal, RITA, {}, opportunity=only["id"])

    def test_an_unknown_opportunity_is_nobodys(self, bench):
        opportunity = bench.put("opportunity", name="Theirs", account_id=bench.globex, partner_account_id=bench.partner["alpine"])
        words = f"there is no opportunity {opportunity}"
        refused(bench, "validation", words, deal_acts.create_deal, BERND, {}, opportunity=opportunity)


class TestReviewing:
    def test_a_first_deal_shows_its_account_only(self, bench):
        review = deal_acts.review_deal(bench.project, bench.submitted(), DANA)
        assert [(c["other_type"], c["other_ref"], c["system"]) for c in review.candidates] == [("account", bench.globex, "prm")]
        assert (review.missing, review.required, review.rivals, review.protected_for) == ((), 7, [], None)
        assert (review.candidates[0]["score"] >= 0.85, review.deal["state"]) == (True, "under_review")
        assert review.deal["reviewer_id"] == bench.vendor[DANA]

    def test_a_second_one_shows_the_first(self, bench):
        first = bench.approved()
        second = bench.submitted(BERND, account_name="Globex Corp.")
        assert bench.deal(second)["conflict"]
        assert bench.told("deal_conflict") == {DANA}
        review = deal_acts.review_deal(bench.project, "DR-0002", DANA)
        (twin,) = [c for c in review.candidates if c["other_type"] == "deal"]
        assert (twin["other_ref"], twin["label"]) == (first, "DR-0001")
        assert twin["score"] >= 0.9
        assert twin["reasons"] == ["same account and product", "approved until 2026-05-31"]
        assert review.rivals == ["DR-0001"]

    def test_what_else_speaks_of_the_deal(self, bench):
        bench.put("opportunity", name="Direct", account_id=bench.globex, product_family="ZT", motion="direct")
        bench.put("opportunity", name="Over", account_id=bench.globex, product_family="ZT", stage_category="lost")
        bench.put("lead", last_name="Stone", email="Ada.Stone@globex.example")
        found = {c["other_type"]: c for c in deal_acts.review_deal(bench.project, bench.submitted(), DANA).candidates}
        assert (found["opportunity"]["label"], found["lead"]["reasons"]) == ("Direct", ["the same person"])
        assert found["opportunity"]["reasons"] == ["same account and product", "an open direct opportunity"]

    def test_only_the_vendor_reviews(self, bench):
        id = bench.submitted()
        for who in (RITA, CLARA, BERND, DREW):
            refused(bench, "permission", "of the vendor may do this", deal_acts.approve_deal, id, who)
            refused(bench, "permission", "of the vendor may do this", deal_acts.review_deal, id, who)

    def test_an_incomplete_one_is_returned_completed_and_approved(self, bench):
        id = bench.submitted(close_date=None, timeframe="")
        refused(bench, "missing_required", "close_date, timeframe", deal_acts.approve_deal, id, DANA, override="I say so")
        refused(bench, "missing_required", "say why", deal_acts.return_deal, id, DANA, " ")
        deal_acts.return_deal(bench.project, id, DANA, "close date missing")
        assert bench.told("deal_returned") == {RITA, CLARA}
        refused(bench, "illegal_transition", "account_name cannot change", deal_acts.update_deal, id, RITA, {"account_name": "X"})
        again = deal_acts.resubmit_deal(bench.project, id, RITA, {"close_date": "2026-07-01", "timeframe": "Q3"})
        found = {"revision_no": 2, "state": "submitted", "number": "DR-0001", "decision_text": None}
        assert (again, True) == (id, found.items() <= bench.deal(id).items())
        assert len(bench.rows("notification", kind="deal_received")) == 4  # each of two people, for each revision
        deal_acts.approve_deal(bench.project, "DR-0001", DANA)

    def test_a_rejection_is_explained_and_names_nobody(self, bench):
        bench.approved()
        bench.submitted(BERND)
        reject = deal_acts.reject_deal
        refused(bench, "missing_required", "say why", reject, "DR-0002", DANA, "duplicate", "")
        refused(bench, "validation", "no reason is called 'mood'", reject, "DR-0002", DANA, "mood", "No")
        reject(bench.project, "DR-0002", DANA, "duplicate", "Registered by another partner until 2026-05-31")
        row = bench.row("deal_registration", number="DR-0002")
        assert (row["state"], row["duplicate_of_id"]) == ("rejected", bench.row("deal_registration", number="DR-0001")["id"])
        (notice,) = bench.rows("notification", kind="deal_rejected")
        assert notice["data"]["decision_text"] == "Registered by another partner until 2026-05-31"
        assert "Alpine" not in str([n["data"] for n in bench.rows("notification") if n["recipient_type"] == "partner_user"])

    def test_a_rejected_one_comes_again_as_a_new_row(self, bench):
        bench.approved()
        old = bench.submitted(BERND)
        deal_acts.reject_deal(bench.project, old, DANA, "duplicate", "Taken")
        new = deal_acts.resubmit_deal(bench.project, "DR-0002", BERND, {"product_family": "EDR"})
        found = {"number": "DR-0002", "revision_no": 2, "previous_id": old, "state": "submitted", "conflict": False}
        assert found.items() <= bench.deal(new).items()
        assert (bench.deal(old)["state"], bench.deal(old)["revision_no"]) == ("rejected", 1)
        refused(bench, "illegal_transition", "was submitted again already", deal_acts.resubmit_deal, old, BERND)
        deal_acts.approve_deal(bench.project, "DR-0002", DANA)
        assert bench.deal(new)["state"] == "approved"

    def test_as_often_as_the_programme_allows(self, bench):
        deal_acts.create_program(bench.project, DANA, "DR-STD", {"resubmissions": 1})
        bench.submitted()
        for _ in range(2):
            deal_acts.reject_deal(bench.project, "DR-0001", DANA, "other", "No")
            if len(bench.rows("deal_registration")) == 1:
                deal_acts.resubmit_deal(bench.project, "DR-0001", RITA)
        refused(bench, "illegal_transition", "allows 1 resubmissions", deal_acts.resubmit_deal, "DR-0001", RITA)


class TestApproving:
    def test_it_is_protected_and_everybody_knows(self, bench, world):
        id = bench.submitted()
        world.clock.forward(days=1)
        deal_acts.approve_deal(bench.project, "DR-0001", DANA)
        until = bench.project.now() + timedelta(days=90)
        deal = bench.deal(id)
        assert (deal["state"], deal["approved_at"], deal["expires_at"]) == ("approved", bench.project.now(), until)
        opportunity = bench.row("opportunity", id=deal["opportunity_id"])
        made = {"account_id": bench.globex, "partner_account_id": bench.partner["alpine"], "motion": "indirect"}
        made |= {"amount": Decimal(60000), "currency": "USD", "approval_state": "approved", "product_family": "ZT"}
        made |= {"registered_partner_id": bench.partner["alpine"], "registration_expires_at": until}
        assert made.items() <= opportunity.items()
        contact = bench.row("contact")
        assert (contact["first_name"], contact["last_name"], contact["account_id"]) == ("Ada", "Stone", bench.globex)
        assert bench.told("deal_approved") == {RITA, CLARA, DREW}

    def test_a_new_customer_becomes_an_account(self, bench):
        id = bench.approved(account_name="Nova GmbH", contact_email="jo@nova.example")
        assert bench.row("account", id=bench.deal(id)["account_id"])["name"] == "Nova GmbH"

    def test_one_at_a_time_for_an_account_and_product(self, bench):
        bench.approved()
        bench.submitted(BERND)
        words = "DR-0001 is approved for the same account and product until 2026-05-31"
        refused(bench, "illegal_transition", words, deal_acts.approve_deal, "DR-0002", DANA)
        refused(bench, "illegal_transition", words, deal_acts.approve_deal, "DR-0002", DANA, override="  ")

    def test_the_first_gives_way_to_a_reason(self, bench):
        first, second = bench.approved(), bench.submitted(BERND)
        deal_acts.approve_deal(bench.project, second, DANA, override="Bavaria sourced it; mail of 1 March")
        assert (bench.deal(first)["state"], bench.deal(second)["state"]) == ("cancelled", "approved")
        assert bench.row("note")["body"] == "Bavaria sourced it; mail of 1 March"
        assert "Bavaria" not in f"{bench.deal(first)['decision_text']}"
        assert bench.told("deal_cancelled") == {RITA, CLARA}
        registered = {row["partner_account_id"]: row["registered_partner_id"] for row in bench.rows("opportunity")}
        assert registered == {bench.partner["alpine"]: None, bench.partner["bavaria"]: bench.partner["bavaria"]}

    def test_a_reserved_account_takes_a_reason_too(self, bench):
        reserved = {"account_id": bench.globex, "partner_account_id": bench.partner["alpine"], "valid_from": bench.project.now()}
        bench.put("named_account", protection="exclusive", reason="contract", **reserved)
        id = bench.submitted(BERND)
        assert deal_acts.review_deal(bench.project, id, DANA).protected_for == "Alpine"
        refused(bench, "illegal_transition", "the account is reserved for Alpine", deal_acts.approve_deal, id, DANA)
        deal_acts.approve_deal(bench.project, id, DANA, override="agreed with Alpine")
        assert bench.deal(id)["state"] == "approved"

    def test_of_two_approvals_at_once_one_wins(self, bench):
        ids = [bench.submitted(who, account_name="Nova GmbH", contact_email="jo@nova.example") for who in (RITA, BERND)]
        start = Barrier(2)

        def approve(id: str) -> str:
            start.wait()
            try:
                deal_acts.approve_deal(bench.project, id, DANA)
            except Rejected as refusal:
                return str(refusal)
            return "approved"

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(approve, ids))
        assert answers.count("approved") == 1
        assert "is approved for the same account and product" in next(a for a in answers if a != "approved")
        assert [row["state"] for row in bench.rows("deal_registration")].count("approved") == 1
        assert len(bench.rows("account", name="Nova GmbH")) == 1

    def test_some_need_nobody(self, bench):
        deal_acts.create_program(
            bench.project, DANA, "DR-STD", {"auto_approve_when": {"amount_at_most": 10000, "score_below": 0.5}}
        )
        small, large = bench.submitted(amount="9000"), bench.submitted(account_name="Other AG", amount="10001")
        assert [bench.deal(id)["state"] for id in (small, large)] == ["approved", "submitted"]
        rival = bench.submitted(BERND, amount="9000")
        assert bench.deal(rival)["state"] == "submitted"
        (entry,) = [e for e in bench.rows("audit_log", field="state", entity_id=small) if e["new"] == "approved"]
        assert (entry["cause_type"], entry["actor"]) == ("rule", "centri")


class TestTime:
    def test_protection_ends(self, bench, world):
        id = bench.approved()
        world.clock.forward(days=80)
        assert deal_acts.expire_deals(bench.project) == 0
        assert bench.told("deal_expiring") == {RITA, CLARA}
        world.clock.forward(days=10)
        assert deal_acts.expire_deals(bench.project) == 0
        world.clock.forward(seconds=1)
        assert (deal_acts.expire_deals(bench.project), deal_acts.expire_deals(bench.project)) == (1, 0)
        assert bench.deal(id)["state"] == "expired"
        opportunity = bench.row("opportunity")
        assert (opportunity["registered_partner_id"], opportunity["registration_expires_at"]) == (None, None)
        assert bench.told("deal_expired") == {RITA, CLARA, DANA}
        assert len(bench.rows("notification", kind="deal_expiring")) == 2
        again = deal_acts.resubmit_deal(bench.project, "DR-0001", RITA)
        assert (bench.deal(again)["previous_id"], bench.deal(again)["revision_no"]) == (id, 2)

    def test_an_extension_moves_the_end(self, bench, world):
        id = bench.approved()
        world.clock.forward(days=84)
        deal_acts.request_extension(bench.project, "DR-0001", RITA, 30, "budget moved")
        assert bench.told("deal_extension_requested") == {DANA}
        refused(bench, "illegal_transition", "asked for already", deal_acts.request_extension, "DR-0001", RITA)
        world.clock.forward(days=7)
        assert deal_acts.expire_deals(bench.project) == 0  # it waits for the decision
        before = bench.deal(id)["expires_at"]
        deal_acts.decide_extension(bench.project, "DR-0001", DANA, approve=True)
        assert (bench.deal(id)["state"], bench.deal(id)["expires_at"] - before) == ("approved", timedelta(days=30))
        assert bench.row("opportunity")["registration_expires_at"] == bench.deal(id)["expires_at"]
        assert bench.told("deal_extension_decided") == {RITA, CLARA}
        refused(bench, "illegal_transition", "gives one extension", deal_acts.request_extension, "DR-0001", RITA)

    def test_a_refused_one_does_not(self, bench, world):
        id = bench.approved()
        deal_acts.request_extension(bench.project, id, RITA)
        refused(bench, "missing_required", "say why", deal_acts.decide_extension, id, DANA, approve=False)
        refused(bench, "permission", "of the vendor", deal_acts.decide_extension, id, CLARA, approve=True)
        deal_acts.decide_extension(bench.project, id, DANA, approve=False, text="no progress")
        world.clock.forward(days=90, seconds=1)
        assert deal_acts.expire_deals(bench.project) == 1
        refused(bench, "illegal_transition", "only an approved deal", deal_acts.request_extension, id, RITA)

    def test_a_late_answer_goes_up_once(self, bench, world):
        id = bench.submitted()
        world.clock.forward(hours=48, minutes=1)
        for _ in range(2):
            assert deal_acts.expire_deals(bench.project) == 0
        assert (bench.deal(id)["state"], bench.told("deal_overdue")) == ("submitted", {DANA, ADA})
        assert len(bench.rows("notification", kind="deal_overdue")) == 2


class TestClosing:
    def test_a_won_deal_earns_its_credit(self, bench):
        deal_acts.create_program(bench.project, DANA, "DR-STD", {"proof_required": True})
        id = bench.approved()
        refused(bench, "missing_required", "wants a proof", deal_acts.close_deal, id, RITA, "won")
        refused(bench, "validation", "no proof is called 'word'", deal_acts.add_proof, id, RITA, "word")
        deal_acts.add_proof(bench.project, id, RITA, "po", file_name="po.pdf", sha256="00ff")
        deal_acts.close_deal(bench.project, "DR-0001", RITA, "won")
        assert (bench.deal(id)["state"], bench.row("opportunity")["stage_category"]) == ("won", "won")
        credit = bench.row("margin_credit")
        assert (credit["pct"], credit["amount"], credit["currency"], credit["state"]) == (5.0, Decimal(3000), "USD", "due")
        refused(bench, "illegal_transition", "no proof was accepted", deal_acts.settle_credit, id, DANA)
        assert deal_acts.accept_proof(bench.project, id, DANA) == 1
        deal_acts.settle_credit(bench.project, id, DANA)
        assert (bench.row("margin_credit")["state"], bench.row("margin_credit")["released_at"]) == (
            "released",
            bench.project.now(),
        )
        refused(bench, "illegal_transition", "the credit is released", deal_acts.settle_credit, id, DANA, "void")

    def test_a_lost_one_makes_room(self, bench):
        id = bench.approved()
        refused(bench, "missing_required", "say why", deal_acts.close_deal, id, RITA, "lost")
        deal_acts.close_deal(bench.project, id, RITA, "lost", "price")
        opportunity = bench.row("opportunity")
        assert (opportunity["lost_reason"], opportunity["registered_partner_id"]) == ("price", None)
        assert bench.rows("margin_credit") == []
        bench.approved(BERND)
        refused(bench, "illegal_transition", "stays so", deal_acts.close_deal, id, RITA, "won")

    def test_only_an_administrator_cancels(self, bench):
        id = bench.approved()
        refused(bench, "permission", "only an admin of the vendor", deal_acts.cancel_deal, id, DANA, "fraud")
        refused(bench, "missing_required", "say why", deal_acts.cancel_deal, id, ADA, "")
        deal_acts.cancel_deal(bench.project, id, ADA, "fraud")
        assert (bench.deal(id)["state"], bench.row("opportunity")["registered_partner_id"]) == ("cancelled", None)


class TestSeeing:
    def test_a_deal_is_its_partners_alone(self, bench):
        id = bench.submitted()
        assert [len(deal_acts.deal_list(bench.project, who)) for who in (RITA, CLARA, VERA, ROB, BERND, DANA, None)] == [
            1, 1, 1, 0, 0, 1, 1,
        ]  # fmt: skip
        for act in (deal_acts.submit_deal, deal_acts.withdraw_deal, deal_acts.resubmit_deal, deal_acts.request_extension):
            for ref in (id, "DR-0001"):
                refused(bench, "validation", f"there is no deal registration {ref}", act, ref, BERND)
        refused(bench, "validation", "there is no deal registration DR-0001", deal_acts.deal_shown, "DR-0001", ROB)
        refused(bench, "permission", "may read this deal registration, but not change it", deal_acts.withdraw_deal, id, VERA)

    def test_a_partner_learns_nothing_of_others(self, bench):
        bench.approved()
        bench.submitted(BERND)
        deal_acts.review_deal(bench.project, "DR-0002", DANA)
        deal_acts.reject_deal(bench.project, "DR-0002", DANA, "duplicate", "Taken")
        shown = deal_acts.deal_shown(bench.project, "DR-0002", BERND)
        assert not {"conflict", "duplicate_of_id", "reviewer_id", "candidates"} & set(shown)
        assert "Alpine" not in str(shown)
        assert deal_acts.deal_shown(bench.project, "DR-0002", DANA)["conflict"]
        refused(bench, "permission", "of the vendor may do this", deal_acts.review_of, "DR-0002", BERND)
