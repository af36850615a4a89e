"""When a partner that somebody named cannot be given a lead."""

from __future__ import annotations

import pytest

from centri.partners.distribution import refusal
from centri.partners.facts import PartnerFacts
from centri.records import Record, Ref


def lead(**values):
    return Record(Ref("prm", "lead", "L1"), {"state": "ready", **values})


def partner(**values):
    return PartnerFacts("P1", "Alpine Resellers GmbH", **values)


REFUSALS = [
    (lead(), partner(status="inactive"), (), "Alpine Resellers GmbH is inactive"),
    (lead(), partner(status="terminated"), (), "Alpine Resellers GmbH is terminated"),
    (lead(), partner(accepts_leads=False), (), "Alpine Resellers GmbH does not accept leads"),
    (lead(), partner(), {"P1"}, "Alpine Resellers GmbH is excluded from this lead"),
    (lead(state="converted"), partner(), (), "the lead is converted"),
    (lead(), partner(), {"P2"}, None),
    (lead(state="new"), partner(), (), None),
]


@pytest.mark.parametrize(("lead", "partner", "excluded", "reason"), REFUSALS)
def test_refusals(lead, partner, excluded, reason):
    assert reason == refusal(lead, partner, excluded)
