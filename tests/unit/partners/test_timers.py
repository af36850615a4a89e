"""What is due when, and the deadlines that acts bring."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from world_of_partners import DE_SMB, T0

from centri.errors import Rejected
from centri.partners.terms import Terms, duration, in_words
from centri.partners.timers import Timer, Times, due, on_accept, on_extend, on_offer, retains

TERMS = DE_SMB.terms
"""Accept within 24 hours, qualify within 5 days, reminders 24 and 4 hours before."""
H, M, S = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
OFFERED = Times("offered", **on_offer(TERMS, T0))
WON = T0 + 35 * M
ACCEPTED = replace(OFFERED, state="accepted", **on_accept(OFFERED, TERMS, WON))


def told(times, now, terms=TERMS):
    return [(d.timer.value, d.before and in_words(d.before)) for d in due(times, terms, now)]


SC3 = [
    ("just offered", OFFERED, T0, []),
    ("an hour before the reminder", OFFERED, T0 + 19 * H, []),
    ("four hours before the end", OFFERED, T0 + 20 * H, [("reminder", "4h")]),
    ("at the very end one can still accept", OFFERED, T0 + 24 * H, [("reminder", "4h")]),
    ("a second later", OFFERED, T0 + 24 * H + S, [("accept", None)]),
    ("just accepted", ACCEPTED, WON, []),
    ("2026-03-06T09:35, a day before", ACCEPTED, T0 + 4 * 24 * H + 35 * M, [("reminder", "24h")]),
    ("2026-03-07T05:35, four hours before", ACCEPTED, T0 + 5 * 24 * H + 35 * M - 4 * H, [("reminder", "4h")]),
    ("after a pause of the engine only the latest", ACCEPTED, T0 + 5 * 24 * H, [("reminder", "4h")]),
    ("2026-03-07T09:36", ACCEPTED, T0 + 5 * 24 * H + 36 * M, [("retain", None)]),
    ("retained", replace(ACCEPTED, state="retained"), T0 + 99 * 24 * H, []),
    ("ended", replace(ACCEPTED, state="pulled_back"), T0 + 99 * 24 * H, []),
]


@pytest.mark.parametrize(("what", "times", "now", "expected"), SC3, ids=[row[0] for row in SC3])
def test_what_is_due(what, times, now, expected):
    assert told(times, now) == expected


def test_terms_without_a_time_to_qualify_never_pull_back():
    terms = replace(TERMS, qualify_within=None)
    times = replace(OFFERED, state="accepted", **on_accept(OFFERED, terms, WON))
    assert (times.qualify_by, told(times, T0 + 999 * H, terms)) == (None, [])


def test_a_promised_response_is_overdue_until_there_is_one():
    times = replace(ACCEPTED, response_within=8 * H)
    assert told(times, WON + 8 * H) == []
    assert told(times, WON + 8 * H + S) == [("response", None)]
    assert told(replace(times, first_response_at=WON + 9 * H), WON + 10 * H) == []
    assert told(replace(times, state="offered"), WON + 9 * H) == []


def test_each_thing_has_a_key_of_its_own_that_stays():
    moments = [T0 + 20 * H, T0 + 24 * H, T0 + 24 * H + S, T0 + 48 * H]
    keys = [d.key for now in moments for d in due(OFFERED, TERMS, now)]
    assert keys == [
        "reminder:accept-4h:2026-03-03T09:00:00", "reminder:accept-4h:2026-03-03T09:00:00",
        "accept:2026-03-03T09:00:00", "accept:2026-03-03T09:00:00",
    ]  # fmt: skip


def test_accepting_brings_the_time_to_qualify():
    assert on_accept(OFFERED, TERMS, WON) == {"accepted_at": WON, "qualify_by": T0 + 5 * 24 * H + 35 * M}
    assert on_accept(OFFERED, TERMS, T0 + 24 * H)["accepted_at"] == T0 + 24 * H
    with pytest.raises(Rejected, match="ended at 2026-03-03 09:00 UTC"):
        on_accept(OFFERED, TERMS, T0 + 24 * H + S)
    with pytest.raises(Rejected, match="not on offer: it was pulled back"):
        on_accept(replace(ACCEPTED, state="pulled_back"), TERMS, WON)


def test_an_extension_moves_the_deadline_that_is_running():
    until = T0 + 30 * H
    assert on_extend(OFFERED, until, T0 + H) == {"accept_by": until, "extended_until": until}
    later = T0 + 9 * 24 * H
    extended = replace(ACCEPTED, qualify_by=on_extend(ACCEPTED, later, WON)["qualify_by"])
    assert told(extended, T0 + 5 * 24 * H + 36 * M) == []
    assert told(extended, later - 3 * H) == [("reminder", "4h")]
    assert told(extended, later + S) == [("retain", None)]


NOT_EXTENDED = [
    ("not longer", ACCEPTED, ACCEPTED.qualify_by, WON, "ends after 2026-03-07 09:35 UTC"),
    ("over", ACCEPTED, T0 + 999 * H, T0 + 200 * H, "the time was over at"),
    ("nothing is running", replace(ACCEPTED, state="retained"), T0 + 999 * H, WON, "no deadline is running"),
    ("none was set", replace(ACCEPTED, qualify_by=None), T0 + 999 * H, WON, "no deadline is running"),
]


@pytest.mark.parametrize(("what", "times", "until", "now", "said"), NOT_EXTENDED, ids=[row[0] for row in NOT_EXTENDED])
def test_extensions_that_are_refused(what, times, until, now, said):
    with pytest.raises(Rejected, match=said):
        on_extend(times, until, now)


def test_what_lets_a_partner_keep_a_lead():
    kinds = {
        kind for kind in ("tactic_executed", "converted", "contact_established", "call") if retains(ACCEPTED, TERMS, kind, WON)
    }
    assert kinds == {"tactic_executed", "converted", "contact_established"}
    assert retains(ACCEPTED, TERMS, "converted", ACCEPTED.qualify_by)
    assert not retains(ACCEPTED, TERMS, "converted", ACCEPTED.qualify_by + S)
    assert not retains(OFFERED, TERMS, "converted", T0)
    assert retains(replace(ACCEPTED, qualify_by=None), TERMS, "converted", T0 + 999 * H)


@pytest.mark.parametrize(
    ("text", "span"), [("30m", 30 * M), ("48h", 48 * H), ("5d", 120 * H), ("2w", 14 * 24 * H), ("0h", 0 * H)]
)
def test_time_spans(text, span):
    assert duration(text) == span
    assert duration(in_words(span)) == span


@pytest.mark.parametrize("text", ["", "h", "5", "5 d", "-4h", "1.5h", "5y", "²h"])
def test_what_is_no_time_span(text):
    with pytest.raises(ValueError, match="is not a time span; write it like"):
        duration(text)


def test_terms_read_back_as_they_were_told():
    for terms in (TERMS, Terms(qualify_within=None, reminders=(), retain_if=frozenset({"call"}))):
        assert Terms.of_json(terms.as_json()) == terms
    assert Timer("accept") is Timer.ACCEPT
