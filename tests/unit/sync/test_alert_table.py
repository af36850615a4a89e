"""From when on something is wrong, and what becomes of an alert: the tables that a person would agree on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri.sync.alerts import MEANINGS, Change, Failure, Known, Limits, Move, Seen, Trouble, decide, troubles

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMITS = Limits(failures=3, anomalies=100)
WHICH = (Trouble.STALE, "salesforce")


def ago(**by: float) -> datetime:
    return NOW - timedelta(**by)


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        (Seen(), []),
        (Seen(failures=[Failure("pull Lead", 2)]), []),
        (Seen(failures=[Failure("pull Lead", 2), Failure("push Lead", 3)]), [Trouble.FAILING]),
        (Seen(read_at={"Lead": ago(minutes=30), "Account": ago(minutes=1)}), []),
        (Seen(read_at={"Lead": ago(minutes=31), "Account": ago(minutes=1)}), [Trouble.STALE]),
        (Seen(anomalies=100), []),
        (Seen(anomalies=101), [Trouble.ANOMALIES]),
        (Seen(used=0.89), []),
        (Seen(used=0.9), [Trouble.BUDGET]),
        (Seen(refused="401"), [Trouble.CREDENTIALS]),
        (Seen(changed=1), [Trouble.DRIFT]),
        (Seen(owed_since=ago(minutes=60)), []),
        (Seen(owed_since=ago(minutes=61)), [Trouble.STUCK]),
        (Seen(undelivered=1), [Trouble.UNTOLD]),
        (Seen(due_since=ago(minutes=60)), []),
        (Seen(due_since=ago(minutes=61)), [Trouble.UNTOLD]),
        (
            Seen(used=1.0, refused="401", failures=[Failure("pull Lead", 9)]),
            [Trouble.FAILING, Trouble.BUDGET, Trouble.CREDENTIALS],
        ),
    ],
)
def test_what_is_wrong(seen: Seen, wrong: list[Trouble]):
    assert list(troubles(seen, LIMITS, NOW)) == wrong


@pytest.mark.parametrize(
    ("on", "calm_since", "wrong", "move"),
    [
        # on now?  well since  wrong now?  what becomes of it
        (False, None, True, Move.BEGINS),
        (True, None, True, Move.STAYS),
        (True, None, False, Move.CALMS),
        (True, ago(minutes=4), False, Move.STAYS),
        (True, ago(minutes=4), True, Move.RETURNS),
        (True, ago(minutes=5), False, Move.ENDS),
    ],
)
def test_what_becomes_of_an_alert(on: bool, calm_since: datetime | None, wrong: bool, move: Move):
    known = {WHICH: Known(ago(hours=1), "it was so", calm_since)} if on else {}
    (change,) = decide({WHICH: "it is so"} if wrong else {}, known, LIMITS.calm, NOW)
    assert change == Change(WHICH, move, "it is so" if wrong else "it was so", ago(hours=1) if on else NOW)


def test_without_a_time_of_calm_it_is_over_at_once():
    (change,) = decide({}, {WHICH: Known(ago(hours=1), "it was so")}, timedelta(0), NOW)
    assert change.move is Move.ENDS


def test_why_is_told_in_words():
    told = troubles(Seen(failures=[Failure("pull Lead", 3, "the CRM is down")], used=0.9, changed=2), LIMITS, NOW)
    assert list(told.values()) == [
        "pull Lead failed 3 times in a row: the CRM is down",
        "90% of the day's API calls are used",
        "2 of what the mapping names changed in the CRM",
    ]


def test_every_trouble_has_its_words():
    assert set(MEANINGS) == set(Trouble)


@given(st.lists(st.booleans(), max_size=60))
def test_people_are_told_in_turns_and_never_twice(well: list[bool]):
    """Minute by minute, well or not: of each beginning and each end once, whatever comes and goes between."""
    on: dict[tuple[Trouble, str], Known] = {}
    told = []
    for minute, fine in enumerate(well):
        now = NOW + timedelta(minutes=minute)
        for change in decide({} if fine else {WHICH: "so"}, on, LIMITS.calm, now):
            if change.move in (Move.BEGINS, Move.ENDS):
                told.append(change.move)
            if change.move in (Move.BEGINS, Move.RETURNS):
                on[WHICH] = Known(change.since, change.why)
            elif change.move is Move.CALMS:
                on[WHICH] = Known(change.since, change.why, now)
            elif change.move is Move.ENDS:
                del on[WHICH]
    assert told == [Move.BEGINS, Move.ENDS] * (len(told) // 2) + [Move.BEGINS] * (len(told) % 2)
