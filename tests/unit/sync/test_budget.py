"""Who may still spend an API call: the table, and what holds for every budget."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri.sync.budget import SHARES, Allowance, Purpose, ceiling, tightest, used_up

STOPS = """
limit  reserve | partner_push incremental_pull retries backfill reconciliation
20000  0.1     | 20000        18000            16200   13500    9000
5000   0.1     | 5000         4500             4050    3375     2250
1000   0.25    | 1000         750              675     562      375
1000   0       | 1000         1000             900     750      500
1000   1       | 1000         0                0       0        0
10     0.1     | 10           9                8       7        4
"""

ROWS = [line.replace("|", " ").split() for line in STOPS.strip().splitlines()[1:]]
PURPOSES = STOPS.strip().splitlines()[0].partition("|")[2].split()

limits = st.integers(1, 1_000_000)
reserves = st.floats(0, 1)
purposes = st.sampled_from(Purpose)
allowed = st.builds(Allowance, limits, st.integers(0, 1_000_000))


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_the_used_calls_at_which_each_purpose_stops(row):
    limit, reserve, *stops = row
    found = {p.value: str(ceiling(p, int(limit), float(reserve))) for p in Purpose}
    assert found == dict(zip(PURPOSES, stops, strict=True))


def test_a_purpose_stops_at_its_ceiling_and_not_before():
    assert used_up(Purpose.INCREMENTAL_PULL, [Allowance(100, 89)], 0.1) is None
    assert used_up(Purpose.INCREMENTAL_PULL, [Allowance(100, 90)], 0.1) == Allowance(100, 90)
    assert used_up(Purpose.PARTNER_PUSH, [Allowance(100, 99)], 0.1) is None
    assert used_up(Purpose.PARTNER_PUSH, [Allowance(100, 100)], 0.1) == Allowance(100, 100)


def test_every_purpose_but_the_one_that_has_the_reserve_has_a_share_of_the_rest():
    assert list(SHARES) == list(Purpose)[1:]


@given(purposes, reserves)
def test_without_a_limit_nothing_is_refused(purpose, reserve):
    assert used_up(purpose, [], reserve) is None


@given(st.lists(allowed, max_size=2), reserves)
def test_what_a_lower_purpose_may_do_a_higher_may_too(allowances, reserve):
    stopped = [used_up(purpose, allowances, reserve) is not None for purpose in Purpose]
    assert stopped == sorted(stopped)


@given(purposes, st.lists(allowed, min_size=1, max_size=2), reserves, st.integers(0, 1000))
def test_who_must_stop_may_not_go_on_when_more_is_used(purpose, allowances, reserve, more):
    if used_up(purpose, allowances, reserve):
        assert used_up(purpose, [Allowance(a.limit, a.used + more) for a in allowances], reserve)


@given(purposes, allowed, allowed, reserves)
def test_two_limits_are_no_wider_than_each_of_them(purpose, one, other, reserve):
    alone = [used_up(purpose, [a], reserve) for a in (one, other)]
    assert (used_up(purpose, [one, other], reserve) is not None) == any(alone)


@given(st.lists(allowed, min_size=1))
def test_the_tightest_limit_has_the_fewest_calls_left(allowances):
    found = tightest(allowances)
    assert found in allowances
    assert all(found.left <= a.left for a in allowances)


def test_there_may_be_no_limit():
    assert tightest([]) is None


def test_the_documentation_tells_the_same_figures():
    page = (Path(__file__).parents[3] / "docs/connections.md").read_text(encoding="utf-8")
    for purpose in Purpose:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {purpose.words}: ")]
        assert row.split("|")[3].strip() == f"{ceiling(purpose, 20_000, 0.1):,}"
