"""Whose turn it is, run after run of one lead each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from world_of_partners import T0

from centri.partners.pools import Absent, Strategy
from centri.partners.turns import Turn, give

AWAY = {"A": "does not accept leads"}


def runs(turns, leads, strategy=Strategy.ORDER, **more):
    """Single-lead runs, each from what the one before has stored: who got them, and the last states."""
    got = []
    for i in range(leads):
        given = give(strategy, turns, T0 + timedelta(minutes=i), **more)
        got.append(given.partner)
        turns = given.turns
    return got, turns


def members(**weights):
    return tuple(Turn(partner, weight) for partner, weight in weights.items())


ABC = members(A=1, B=1, C=1)


def test_thirty_runs_over_three_equal_members():
    got, turns = runs(ABC, 30, Strategy.WEIGHTED)
    assert Counter(got) == {"A": 10, "B": 10, "C": 10}
    assert [t.given for t in turns] == [10, 10, 10]


def test_twenty_runs_over_weights_of_three_and_one_never_in_a_row():
    got, _ = runs(members(A=3, B=1), 20, Strategy.WEIGHTED)
    assert Counter(got) == {"A": 15, "B": 5}
    assert "".join(got[:8]) == "AABAAABA"


def test_ten_leads_over_three_and_the_next_run_goes_on_at_the_second():
    got, turns = runs(ABC, 10)
    assert ("".join(got), Counter(got)) == ("ABCABCABCA", {"A": 4, "B": 3, "C": 3})
    assert give(Strategy.ORDER, turns, T0).partner == "B"


def test_order_does_not_look_at_weights():
    assert "".join(runs(members(A=5, B=1), 4)[0]) == "ABAB"


def test_fewest_open_leads():
    got, turns = runs((Turn("A", open_leads=2), Turn("B"), Turn("C", open_leads=1)), 4, Strategy.LEAST_OPEN)
    assert "".join(got) == "BCBA"  # of equals the one that never had one, else that waited longest
    assert [t.open_leads for t in turns] == [3, 2, 2]


def test_longest_idle():
    waited = (Turn("A", last_given_at=T0 - timedelta(days=1)), Turn("B", last_given_at=T0 - timedelta(days=3)), Turn("C"))
    assert "".join(runs(waited, 4, Strategy.LONGEST_IDLE)[0]) == "CBAC"


def test_the_turn_of_one_that_is_away_is_lost():
    got, turns = runs(ABC, 10, absent=Absent.SKIP, away=AWAY)
    assert Counter(got) == {"B": 5, "C": 5}
    back, _ = runs(turns, 6, absent=Absent.SKIP)
    assert Counter(back) == {"A": 2, "B": 2, "C": 2}


@pytest.mark.parametrize("strategy", [Strategy.ORDER, Strategy.WEIGHTED])
def test_the_turns_of_one_that_is_away_are_owed_and_repaid(strategy):
    got, turns = runs(ABC, 10, strategy, absent=Absent.ACCRUE, away=AWAY)
    assert Counter(got) == {"B": 5, "C": 5}
    assert [t.owed for t in turns] == [5, 0, 0]
    back, turns = runs(turns, 5, strategy, absent=Absent.ACCRUE)
    assert (set(back), [t.owed for t in turns]) == ({"A"}, [0, 0, 0])
    assert [t.given for t in turns] == [5, 5, 5]
    assert Counter(runs(turns, 6, strategy, absent=Absent.ACCRUE)[0]) == {"A": 2, "B": 2, "C": 2}


@pytest.mark.parametrize("strategy", [s for s in Strategy if s is not Strategy.SHARK_TANK])
def test_the_turn_of_one_that_is_away_is_waited_for(strategy):
    given = give(strategy, ABC, T0, absent=Absent.HOLD, away=AWAY)
    assert (given.partner, given.waits_for, given.turns) == (None, "A", ABC)
    assert given.why == "the turn is held for a member that does not accept leads"
    assert give(strategy, ABC, T0, absent=Absent.HOLD, away={"B": "x"}).partner == "A"


@pytest.mark.parametrize("absent", Absent)
@pytest.mark.parametrize("strategy", [s for s in Strategy if s is not Strategy.SHARK_TANK])
def test_whoever_is_barred_from_this_lead_is_passed_over_and_nobody_waits(strategy, absent):
    given = give(strategy, ABC, T0, absent=absent, barred={"A": "is excluded"}, away={"A": "is away"})
    assert (given.partner, given.passed) == ("B", {"A": "is excluded"})
    assert given.turns[0] == ABC[0]


@pytest.mark.parametrize("strategy", [s for s in Strategy if s is not Strategy.SHARK_TANK])
def test_where_nobody_can_take_it_nothing_is_remembered(strategy):
    given = give(strategy, ABC, T0, absent=Absent.ACCRUE, barred={"A": "x", "B": "x"}, away={"C": "y"})
    assert (given.partner, given.turns, given.why) == (None, ABC, "no member can take it")
    assert give(strategy, (), T0).partner is None


def test_a_member_of_no_weight_gets_none():
    given = give(Strategy.WEIGHTED, members(A=0, B=1), T0)
    assert (given.partner, given.passed) == ("B", {"A": "its weight is 0"})
    assert give(Strategy.WEIGHTED, members(A=0), T0).partner is None


def test_what_is_owed_is_not_repaid_to_one_that_is_barred():
    turns = (replace(ABC[0], owed=2), *ABC[1:])
    assert give(Strategy.ORDER, turns, T0, absent=Absent.ACCRUE, barred=AWAY).partner == "B"
    assert give(Strategy.ORDER, turns, T0, absent=Absent.SKIP).turns[0].owed == 2


def test_the_reason_is_told():
    assert give(Strategy.WEIGHTED, members(A=3, B=1), T0).why == "its turn, 3 of 4"
    owed = (replace(ABC[0], owed=2),)
    assert give(Strategy.ORDER, owed, T0, absent=Absent.ACCRUE).why == "a turn that it missed is repaid; 1 are left"
    assert give(Strategy.LEAST_OPEN, ABC, T0).why == "the fewest open leads, 0"
    assert give(Strategy.LONGEST_IDLE, ABC, T0).why == "has waited longest: no lead yet"
