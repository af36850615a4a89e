"""What counts as a change taken back, and when the breaker opens, lets one write through, and closes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from centri.records import PRM, Record, Ref
from centri.sync import breaker
from centri.sync.link import Link
from centri.sync.memory import received, remember
from centri.sync.merge import FieldDecision
from centri.sync.policies import Take

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MOST = 3


def in_prm(crm: Any, value: Any, name: str = "City") -> FieldDecision:
    """The CRM's value is taken."""
    return FieldDecision(name.lower(), name, Take.CRM, crm, "old", "", value=value)


def in_crm(crm: Any, told: Any, name: str = "City") -> FieldDecision:
    """The PRM's value is told."""
    return FieldDecision(name.lower(), name, Take.PRM, crm, told, "", told={name: told})


class Pair:
    """A link that is decided on every five minutes, and whose deliveries arrive."""

    def __init__(self, **seen: Any) -> None:
        self.link = Link(Ref("east", "Account", "1"), Ref(PRM, "account", "1"), crm_seen=seen, prm_seen=dict(seen))
        self.now = NOW
        self.told = 0

    def decide(self, *fields: FieldDecision, minutes: float = 5) -> bool:
        """Answers whether the record waits."""
        self.now += timedelta(minutes=minutes)
        self.link = breaker.counted(self.link, fields, MOST, self.now)
        writes: Mapping[str, Any] = {name: value for f in fields if f.to_crm for name, value in f.told.items()}
        if breaker.is_open(self.link, MOST) and writes:
            return True
        crm = Record(self.link.crm, {f.crm_field: f.crm for f in fields}, str(self.now), self.now)
        self.link = received(remember(self.link, fields, crm), writes, {})
        self.told += bool(writes)
        return False


def test_a_rewrite_after_each_of_our_writes_opens_it_at_the_bound():
    pair = Pair(City="Ulm")
    waits = [pair.decide(in_crm("Ulm" if n == 0 else f"ULM {n}", "Ulm"), minutes=2) for n in range(8)]
    assert waits == [False] * (MOST + 1) + [True] * 4, "the first write, as many again as are borne, and no more"
    assert pair.told == MOST + 1
    assert breaker.until(pair.link) == NOW + timedelta(minutes=2 * (MOST + 2)) + breaker.WINDOW


def test_two_crms_that_answer_each_other_open_it_too():
    pair, waits = Pair(City="Ulm"), []
    for n in range(8):
        waits.append(pair.decide(in_crm(pair.link.crm_seen["City"], f"told {n}"), minutes=1))
        pair.decide(in_prm(f"made {n}", f"made {n}"), minutes=1)
    assert waits == [False] * (MOST + 1) + [True] * 4


@pytest.mark.parametrize(
    "work",
    [
        [in_crm(f"v{n}" if n else "Ulm", f"v{n + 1}") for n in range(30)],
        [in_prm(f"v{n}", f"v{n}") for n in range(30)],
        [f for n in range(15) for f in (in_prm(f"c{n}", f"c{n}"), in_crm("x" if n == 0 else f"s{n}", f"s{n + 1}", "Street"))],
    ],
    ids=["a person in the PRM", "a person in the CRM", "two people at two fields"],
)
def test_people_never_open_it(work: Sequence[FieldDecision]):
    pair = Pair(City="Ulm", Street="x")
    assert not any(pair.decide(field, minutes=0.1) for field in work)
    assert pair.link.changes == 0


def test_the_same_staged_change_decided_on_again_counts_once():
    link = Link(Ref("east", "Account", "1"), Ref(PRM, "account", "1"), crm_seen={"City": "Ulm"})
    first, again = in_crm("Ulm", "Bonn"), in_crm("BONN", "Bonn")
    link = received(remember(breaker.counted(link, [first], MOST, NOW), [first], None), {"City": "Bonn"}, {})
    for _ in range(5):  # the CRM cannot be written to, and its record is read again at each round
        link = remember(breaker.counted(link, [again], MOST, NOW), [again], None)
    assert link.changes == 1


def test_the_window_forgets():
    pair = Pair(City="Ulm")
    for n in range(20):
        assert not pair.decide(in_crm(f"v{n}", "Ulm"), minutes=25)
    assert pair.told == 20


def test_after_the_window_one_write_is_let_through():
    pair = Pair(City="Ulm")
    while not pair.decide(in_crm(f"ULM {pair.told}", "Ulm"), minutes=1):
        pass
    assert pair.decide(in_crm("again", "Ulm"), minutes=58)
    assert not pair.decide(in_crm("again", "Ulm"), minutes=3), "half open"
    assert pair.decide(in_crm("and again", "Ulm"), minutes=1), "it opens again at once"
    assert not pair.decide(in_crm("and again", "Ulm"), minutes=61)
    assert not pair.decide(in_crm("Ulm", "Bonn"), minutes=1), "the CRM has left it alone: a person's edit goes through"
    pair.decide(minutes=61)
    assert (pair.link.changes, pair.link.changes_since, pair.link.changes_of) == (0, None, {}), "closed"


def test_an_open_breaker_lets_the_crm_speak():
    pair = Pair(City="Ulm", Industry="Steel")
    while not pair.decide(in_crm(f"ULM {pair.told}", "Ulm"), minutes=1):
        pass
    assert not pair.decide(in_prm("Paper", "Paper", "Industry"))
    assert breaker.is_open(pair.link, MOST)


def test_several_fields_taken_back_at_once_are_one_change():
    pair = Pair(City="Ulm", Street="x")
    pair.decide(in_crm("Ulm", "Bonn"), in_crm("x", "y", "Street"))
    pair.decide(in_crm("BONN", "Bonn"), in_crm("Y", "y", "Street"))
    assert pair.link.changes == 1


def test_it_is_as_open_as_the_mapping_says():
    link = replace(Pair(City="Ulm").link, changes=5)
    assert [breaker.is_open(link, most) for most in (4, 5)] == [True, False]


LINK = Pair().link


def test_what_was_written_is_noted_until_the_crm_changes_it():
    told = breaker.counted(LINK, [in_crm("Ulm", "Bonn")], MOST, NOW)
    assert (told.changes_of, told.changes_since, told.changes) == ({"City": "told"}, NOW, 0)


def test_a_blank_where_nothing_was_known_is_a_change_of_the_crm():
    link = replace(LINK, changes_of={"City": "told"}, changes_since=NOW)
    assert breaker.counted(link, [in_prm(None, None)], MOST, NOW).changes_of == {"City": "changed"}


def test_the_window_begins_with_the_first_write_until_there_are_too_many():
    later = NOW + timedelta(minutes=5)
    for changes, since in ((MOST - 1, NOW), (MOST, later)):
        link = replace(LINK, changes=changes, changes_since=NOW, changes_of={"City": "changed"})
        assert breaker.counted(link, [in_crm("Ulm", "Bonn")], MOST, later).changes_since == since


def test_the_window_is_over_to_the_second():
    link = replace(LINK, changes=1, changes_since=NOW, changes_of={"City": "told"})
    assert breaker.counted(link, [], MOST, NOW + breaker.WINDOW - timedelta(seconds=1)).changes == 1
    assert breaker.counted(link, [], MOST, NOW + breaker.WINDOW).changes == 0


def test_a_half_open_breaker_begins_a_new_window():
    link = replace(LINK, changes=MOST + 1, changes_since=NOW, changes_of={"City": "changed"})
    half = breaker.counted(link, [], MOST, NOW + breaker.WINDOW)
    assert (half.changes, half.changes_since) == (MOST - 1, NOW + breaker.WINDOW)


def test_nobody_waits_for_a_breaker_that_counts_nothing():
    assert breaker.until(LINK) is None
