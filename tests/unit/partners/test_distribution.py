"""What giving a lead to a partner makes, and when it is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from centri.anomalies import KINDS
from centri.errors import Rejected
from centri.partners.distribution import direct, refusal
from centri.partners.lifecycle import ASSIGNMENT, check
from centri.records import Record, Ref

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
OFFER = {"lead_id": "L1", "seq": 1, "kind": "manual", "partner_account_id": "P1", "offered_at": "2026-03-02T09:15:00Z"}


def lead(**values):
    return Record(Ref("prm", "lead", "L1"), {"state": "ready", **values})


def partner(**values):
    return Record(Ref("prm", "partner_account", "P1"), {"name": "Alpine Resellers GmbH", "status": "active", **values})


def give(partner, *, now=NOW, excluded=()):
    return direct(lead(), partner, now=now, accept_within=timedelta(hours=48), seq=1, excluded=excluded)


def test_a_lead_is_offered_until_the_time_to_accept_is_over():
    assert give(partner(accepts_leads=True, auto_accept=False)) == {
        **OFFER,
        "state": "offered",
        "accept_by": "2026-03-04T09:15:00Z",
    }


def test_a_partner_that_accepts_automatically_has_accepted_at_once():
    assert give(partner(auto_accept=True)) == {**OFFER, "state": "accepted", "accepted_at": "2026-03-02T09:15:00Z"}


def test_times_are_utc_and_states_are_plain_text():
    made = give(partner(), now=NOW.astimezone(timezone(timedelta(hours=5))))
    assert made["offered_at"] == OFFER["offered_at"]
    assert type(made["state"]) is str
    check(ASSIGNMENT, None, made["state"])


REFUSALS = [
    (lead(), partner(status="inactive"), (), "Alpine Resellers GmbH is inactive"),
    (lead(), partner(status="terminated"), (), "Alpine Resellers GmbH is terminated"),
    (lead(), partner(accepts_leads=False), (), "Alpine Resellers GmbH does not accept leads"),
    (lead(), partner(accepts_leads=None), (), "Alpine Resellers GmbH does not accept leads"),
    (lead(), partner(), {"P1"}, "Alpine Resellers GmbH is excluded from this lead"),
    (lead(state="converted"), partner(), (), "the lead is converted"),
    (lead(), partner(), {"P2"}, None),
    (lead(state="new"), partner(), (), None),
]


@pytest.mark.parametrize(("lead", "partner", "excluded", "reason"), REFUSALS)
def test_refusals(lead, partner, excluded, reason):
    assert reason == refusal(lead, partner, excluded)


def test_what_is_refused_is_set_aside_under_a_known_kind():
    with pytest.raises(Rejected, match="inactive") as refused:
        give(partner(status="inactive"))
    assert refused.value.kind in KINDS
