"""The trail of a record, from the lead to the deal, and what a partner may read of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from staff import Staff

from centri.engine import partner_acts
from centri.engine.acts import acting
from centri.engine.audit_trail import Trail, trail
from centri.errors import ConfigError, Rejected
from centri.store import access
from centri.store.access import Grant
from centri.store.database import write

CLARA, RITA, BERND = (f"{name}@partner.example" for name in ("clara", "rita", "bernd"))
LEAD = {"first_name": "Mia", "last_name": "Wong", "company": "Umbrella", "email": "mia@umbrella.example", "state": "ready"}
DEAL = {"name": "Zero Trust", "amount": "48000", "currency": "EUR", "close_date": "2026-06-30", "stage": "qualification"}


class Life:
    """Bernd's partner lost the race for a lead to Clara's; Rita converted it, and the deal was registered and extended."""

    def __init__(self, staff: Staff, clock: Any) -> None:
        self.staff, self.project, self.clock = staff, staff.project, clock
        self.lead = self._offered()
        self._later(partner_acts.accept, self.lead, CLARA)
        self._later(partner_acts.assign_rep, self.lead, CLARA, RITA)
        self._later(partner_acts.log_activity, self.lead, RITA, "contact_established", "Mia is keen")
        self.made = self._later(partner_acts.convert_lead, self.lead, RITA, DEAL)
        self.deal = self._registered()
        self._granted()

    def _later(self, act: Any, *given: Any) -> Any:
        self.clock.forward(hours=1)
        return act(self.project, *given)

    def _offered(self) -> str:
        with acting(self.project, "lead route", None, cause="rule") as act:
            lead = act.add("lead", LEAD)
            times = {"offered_at": act.now, "accept_by": act.now + timedelta(hours=48)}
            assignment = act.add(
                "lead_assignment", {"lead_id": lead, "seq": 1, "kind": "shark_tank", "state": "offered", **times}
            )
            for partner in (self.staff.alpine, self.staff.bavaria):
                act.add("lead_offer", {"assignment_id": assignment, "partner_account_id": partner})
            act.change("lead", lead, {"state": "assigned", "requested_partner_id": self.staff.bavaria})
            return lead

    def _registered(self) -> str:
        self.clock.forward(hours=1)
        program = self.staff.put("program", code="DR-STD")
        with acting(self.project, "deal submit", RITA) as act:
            about = {"lead_id": self.lead, "opportunity_id": self.made.opportunity_id, "partner_account_id": self.staff.alpine}
            deal = act.add("deal_registration", {"number": "DR-0001", "program_id": program, "contact_name": "Mia Wong", **about})
            act.change("deal_registration", deal, {"state": "submitted"})
            act.add("deal_extension", {"deal_id": deal, "reason": "She is away"})
            return deal

    def _granted(self) -> None:
        """As the acts of distribution do it."""
        ours = [("lead", self.lead), ("contact", self.made.contact_id), ("opportunity", self.made.opportunity_id)]
        grants = [Grant(word, id, "partner_account", self.staff.alpine, "write", "owner") for word, id in ours]
        grants.append(Grant("lead", self.lead, "partner_user", self.staff.bernd, "read", "grant"))
        with write(self.project.engine) as conn:
            access.grant(conn, grants, now=self.project.now(), by="test")

    def trail(self, *given: Any, **how: Any) -> Trail:
        return trail(self.project, *(given or ("lead", self.lead)), **how)


@pytest.fixture
def life(world) -> Life:
    return Life(Staff(world.project), world.clock)


def told(found: Trail, entity: str, field: str) -> list[tuple[Any, Any, str, str]]:
    return [(c.old, c.new, c.actor, c.cause) for c in found.changes if (c.entity, c.field) == (entity, field)]


def test_the_whole_life_is_one_line_of_time(life):
    found = life.trail(follow=True)
    words = [(s.word, s.id) for s in found.subjects]
    assert words[0] == ("lead", life.lead)
    made = life.made
    assert set(words[1:]) == {
        ("contact", made.contact_id),
        ("account", made.account_id),
        ("opportunity", made.opportunity_id),
        ("deal", life.deal),
    }
    assert [c.at for c in found.changes] == sorted(c.at for c in found.changes)
    assert told(found, "lead", "state") == [
        (None, "ready", "centri", "rule lead route"),
        ("ready", "assigned", "centri", "rule lead route"),
        ("assigned", "working", RITA, "command lead activity"),
        ("working", "converted", RITA, "command lead convert"),
    ]
    assert told(found, "lead_assignment", "partner_user_id") == [(None, life.staff.rita, CLARA, "command lead assign")]
    assert told(found, "opportunity", "amount") == [(None, "48000.00", RITA, "command lead convert")]
    assert told(found, "deal_registration", "state")[-1] == ("draft", "submitted", RITA, "command deal submit")
    assert told(found, "deal_extension", "reason") == [(None, "She is away", RITA, "command deal submit")]


def test_without_following_it_is_the_record_alone(life):
    found = life.trail()
    assert [s.word for s in found.subjects] == ["lead"]
    assert {c.entity for c in found.changes} == {"lead", "lead_assignment", "lead_offer", "activity"}
    assert {c.entity for c in life.trail("opportunity", life.made.opportunity_id).changes} == {"opportunity"}
    assert [s.word for s in life.trail("opportunity", life.made.opportunity_id, follow=True).subjects] == ["opportunity", "deal"]


def test_a_deal_is_found_by_its_number(life):
    assert life.trail("deal", "DR-0001").subjects[0].id == life.deal


def test_what_is_not_there_is_not_there(life):
    with pytest.raises(Rejected, match="there is no deal DR-9"):
        life.trail("deal", "DR-9")
    with pytest.raises(ConfigError, match="did you mean 'lead'"):
        life.trail("leads", life.lead)


def test_a_partner_reads_what_it_was_granted_and_no_personal_data(life):
    found = life.trail(follow=True, actor=CLARA)
    assert {s.word for s in found.subjects} == {"lead", "account", "contact", "opportunity"}  # the deal was not granted
    assert told(found, "lead", "email") == [(None, "***", "centri", "rule lead route")]
    assert told(found, "lead", "company")[0][1] == "Umbrella"
    assert told(found, "activity", "outcome")[0][1] == "***"
    shown = str(found.changes)
    assert not [word for word in ("Mia", "Wong", "mia@", life.staff.bavaria) if word in shown]
    assert told(found, "lead", "requested_partner_id") == [(None, "***", "centri", "rule lead route")]


def test_another_partner_learns_nothing_of_who_has_it(life):
    found = life.trail(follow=True, actor=BERND)
    shown = str(found.changes)
    staff = life.staff
    assert not [word for word in (CLARA, RITA, staff.alpine, staff.clara, staff.rita, "Mia") if word in shown]
    assert {actor for *_, actor, _ in told(found, "lead", "state")} == {"centri", "(another partner)"}
    assert {c.entity for c in found.changes} == {"lead", "lead_offer"}
    with write(life.project.engine) as conn:
        access.revoke(conn, ("lead", life.lead), now=life.project.now(), by="test")
    with pytest.raises(Rejected, match="there is no lead"):
        life.trail(actor=BERND)
