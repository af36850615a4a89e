"""The state machines, against the tables they were taken from."""

from __future__ import annotations

import itertools

import pytest

from centri.errors import Rejected
from centri.partners.lifecycle import APPROVAL, ASSIGNMENT, LEAD, check

MACHINES = [LEAD, ASSIGNMENT, APPROVAL]

ALLOWED = [
    (LEAD, None, "working"),
    (LEAD, "new", "ready"),
    (LEAD, "ready", "assigned"),
    (LEAD, "assigned", "working"),
    (LEAD, "working", "converted"),
    (LEAD, "qualified", "converted"),
    (LEAD, "assigned", "recycled"),
    (LEAD, "recycled", "ready"),
    (ASSIGNMENT, None, "offered"),
    (ASSIGNMENT, None, "accepted"),
    (ASSIGNMENT, "offered", "accepted"),
    (ASSIGNMENT, "offered", "withdrawn"),
    (ASSIGNMENT, "accepted", "retained"),
    (ASSIGNMENT, "retained", "completed"),
    (ASSIGNMENT, "accepted", "pulled_back"),
    (APPROVAL, "submitted", "in_review"),
    (APPROVAL, "returned", "submitted"),
    (APPROVAL, "in_review", "approved"),
]


@pytest.mark.parametrize(("machine", "old", "new"), ALLOWED)
def test_allowed(machine, old, new):
    check(machine, old, new)


REFUSED = [
    (
        LEAD,
        "new",
        "converted",
        "a lead that is 'new' cannot become 'converted'; it can become disqualified or merged or on_hold or ready",
    ),
    (LEAD, "converted", "working", "a lead that is 'converted' stays so; it cannot become 'working'"),
    (LEAD, "new", "cold", "no lead state is called 'cold'; there are new, on_hold, ready"),
    (ASSIGNMENT, None, "retained", "no assignment begins as 'retained'; it begins as accepted or offered"),
    (ASSIGNMENT, "retained", "pulled_back", "an assignment that is 'retained' cannot become 'pulled_back'"),
    (ASSIGNMENT, "offered", "retained", "an assignment that is 'offered' cannot become 'retained'"),
    (APPROVAL, "approved", "revoked", "an approval that is 'approved' stays so"),
    (
        APPROVAL,
        "not_submitted",
        "approved",
        "an approval that is 'not_submitted' cannot become 'approved'; it can become submitted",
    ),
]


@pytest.mark.parametrize(("machine", "old", "new", "message"), REFUSED)
def test_refused_with_a_plain_reason(machine, old, new, message):
    with pytest.raises(Rejected) as refused:
        check(machine, old, new)
    assert refused.value.kind == "illegal_transition"
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_staying_is_no_transition_and_tables_name_only_their_own_states(machine):
    for state in machine.follows:
        check(machine, state, state)
    named = set(itertools.chain(machine.begins, *machine.follows.values(), machine.reopened, *machine.reopened.values()))
    assert named <= set(machine.follows)


def test_an_administrator_reopens_what_has_ended():
    assert {"converted", "merged", "disqualified", "expired"} == LEAD.terminal
    for state in LEAD.terminal:
        check(LEAD, state, "ready", admin=True)
    check(APPROVAL, "approved", "revoked", admin=True)
    with pytest.raises(Rejected):
        check(ASSIGNMENT, "completed", "offered", admin=True)
