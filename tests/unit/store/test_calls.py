"""Calls are counted by day and purpose, whoever counts at the same time."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

from centri.store import calls
from centri.store.database import read, write
from centri.sync.budget import Purpose

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

COUNTING = """
import sys
from datetime import datetime
from centri.store import calls
from centri.store.database import open_engine, write
from centri.sync.budget import Purpose
engine, now = open_engine(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for n in range(100):
    with write(engine) as conn:
        calls.add(conn, "crm", Purpose.INCREMENTAL_PULL if n % 2 else Purpose.BACKFILL, n, now=now)
"""


def counted(engine, now=NOON):
    with read(engine) as conn:
        return calls.used(conn, now=now)


def test_calls_add_up_by_connection_and_purpose_the_most_urgent_first(store_engine):
    entries = [("a", Purpose.RETRIES, 2), ("a", Purpose.PARTNER_PUSH, 3), ("b", Purpose.RETRIES, 1), ("a", Purpose.RETRIES, 5)]
    for connection, purpose, number in entries:
        with write(store_engine) as conn:
            calls.add(conn, connection, purpose, number, now=NOON)
    found = counted(store_engine)
    assert found == {"a": {Purpose.PARTNER_PUSH: 3, Purpose.RETRIES: 7}, "b": {Purpose.RETRIES: 1}}
    assert list(found["a"]) == [Purpose.PARTNER_PUSH, Purpose.RETRIES]


def test_a_day_ends_at_midnight_utc_wherever_one_is(store_engine):
    evening = datetime(2026, 3, 2, 20, tzinfo=timezone(timedelta(hours=-5)))
    with write(store_engine) as conn:
        calls.add(conn, "a", Purpose.RETRIES, 1, now=evening)
    assert counted(store_engine) == {}
    assert counted(store_engine, NOON + timedelta(days=1)) == {"a": {Purpose.RETRIES: 1}}


def test_two_processes_that_count_at_once_lose_nothing(store_engine, store_url):
    command = [sys.executable, "-c", COUNTING, store_url, NOON.isoformat()]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        process.communicate()
        assert process.returncode == 0
    assert counted(store_engine) == {"crm": {Purpose.INCREMENTAL_PULL: 2 * 2500, Purpose.BACKFILL: 2 * 2450}}
