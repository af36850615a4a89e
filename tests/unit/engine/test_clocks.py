"""A CRM's clock that is far off ours is told, once, and no longer than it is."""

from datetime import timedelta

import pytest

from centri.connectors.base import Reading
from centri.engine.clocks import compare
from centri.store import findings
from centri.store.database import write


@pytest.fixture
def reads(world, monkeypatch):
    """Has the CRM's clock differ from ours by so many seconds, give or take some."""

    def set_(apart, doubt=0):
        reading = Reading(world.clock.now + timedelta(seconds=apart), timedelta(seconds=doubt))
        monkeypatch.setattr(type(world.project.meter("east").connector), "clock", property(lambda _: reading))
        compare(world.project, "east")

    return set_


@pytest.mark.parametrize(
    ("apart", "doubt", "told"),
    [
        (0, 0, False), (300, 0, False), (-300, 0, False), (301, 0, True), (-301, 0, True), (310, 20, False), (-310, 20, False),
        (3600, 150, True),
    ],
)  # fmt: skip
def test_more_than_five_minutes_beyond_doubt_are_told(world, reads, apart, doubt, told):
    reads(apart, doubt)
    assert world.anomalies() == ([("clock_skew", "")] if told else [])


def test_it_ends_when_the_clocks_agree_again_beyond_doubt(world, reads):
    reads(4000)
    reads(4000)
    (row,) = world.anomaly_rows()
    assert (row["connection"], row["occurrences"], row["note"]) == ("east", 2, "the CRM's clock is 67 minutes ahead of ours")
    reads(290, doubt=60)
    assert world.anomalies() == [("clock_skew", "")]
    reads(290)
    assert world.anomalies() == []


def test_ignored_it_stays_silent_until_it_is_over(world, reads):
    reads(-4000)
    with write(world.project.engine) as conn:
        findings.close(conn, [row["id"] for row in world.anomaly_rows()], "ignored", now=world.clock.now)
    reads(-4000)
    assert world.anomalies() == []
    reads(0)
    reads(-4000)
    assert world.anomalies() == [("clock_skew", "")]


def test_a_crm_that_tells_no_time_is_not_judged(world, monkeypatch):
    monkeypatch.setattr(type(world.project.meter("east").connector), "clock", None)
    compare(world.project, "east")
    assert world.anomalies() == []


def test_every_pull_asks(world):
    world.crms["east"].clock = lambda: world.clock.now + timedelta(minutes=6)
    world.sync("east")
    assert world.anomalies() == [("clock_skew", "")]
    world.crms["east"].clock = world.clock
    world.sync("east")
    assert world.anomalies() == []
