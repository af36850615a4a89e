"""Leases that give way: whoever wants one says so and waits, and live work does not wait for its like."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event, Thread

import pytest

from centri.errors import RetryLater
from centri.store.database import open_engine, read
from centri.store.leases import leased

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def engine(fresh_sqlite):
    made = open_engine(fresh_sqlite())
    yield made
    made.dispose()


def test_live_work_does_not_wait_for_live_work(engine):
    with leased(engine, "north/Lead", now=NOW), pytest.raises(RetryLater, match="another run is working"):
        leased(engine, "north/Lead", now=NOW).__enter__()


def test_who_wants_one_that_gives_way_says_so_and_gets_it_once_it_is_let_go(engine):
    got = Event()

    def live() -> None:
        with leased(engine, "north/Lead", now=NOW):
            got.set()

    thread = Thread(target=live)
    with leased(engine, "north/Lead", now=NOW, gives_way=True) as held:
        with read(engine) as conn:
            assert not held.wanted(conn)
        thread.start()
        for _ in range(1000):
            with read(engine) as conn:
                if held.wanted(conn):
                    break
            got.wait(0.01)
        assert not got.is_set()
    thread.join(10)
    assert got.is_set()
    with leased(engine, "north/Lead", now=NOW, gives_way=True) as held, read(engine) as conn:
        assert not held.wanted(conn), "whoever came is not waited for any more"


@pytest.mark.parametrize("gives_way", [False, True])
def test_what_gives_way_waits_for_all_other_work(engine, gives_way):
    order = []

    def waits() -> None:
        with leased(engine, "north/Lead", now=NOW, gives_way=True):
            order.append("backfill")

    thread = Thread(target=waits)
    with leased(engine, "north/Lead", now=NOW, gives_way=gives_way):
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "backfill"]
