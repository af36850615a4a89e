"""When a resident worker begins a round, and that each round is an ordinary run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from csv_business import Business
from sqlalchemy import insert, select, update

from centri.engine.project import open_project
from centri.errors import ConfigError
from centri.pipelines.instance import instance_of
from centri.pipelines.stuck import PROCESS_TAG
from centri.pipelines.worker import EVERY, Seen, Worker, pause, reason
from centri.store import hints, workers
from centri.store.database import read, write
from centri.store.journal_tables import sync_worker
from centri.store.news import News
from centri.store.prm_tables import account

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATELY = NOW - timedelta(seconds=5)


@pytest.mark.parametrize(
    ("told", "seen", "why"),
    [
        (News(), Seen(), "the clock"),
        (News(), Seen(read_at=LATELY), ""),
        (News(), Seen(read_at=NOW - EVERY), "the clock"),
        (News(hinted=NOW), Seen(read_at=LATELY), "a hint of the CRM"),
        (News(changed=(7, 1)), Seen(read_at=LATELY), "a change in the PRM"),
        (News(changed=(7, 1)), Seen(read_at=LATELY, settled=News(changed=(7, 1))), ""),
        (News(changed=(8, 1)), Seen(read_at=LATELY, settled=News(changed=(7, 1))), "a change in the PRM"),
        (News(due=2), Seen(read_at=LATELY), "a write that is due"),
        (News(due=2), Seen(read_at=LATELY, settled=News(due=2)), ""),
        (News(hinted=NOW), Seen(failures=3, failed_at=NOW - timedelta(seconds=3)), ""),
        (News(hinted=NOW), Seen(failures=3, failed_at=NOW - timedelta(seconds=4)), "a hint of the CRM"),
    ],
)
def test_a_round_begins_for_news_once_and_by_the_clock(told, seen, why):
    assert reason(told, seen, EVERY, NOW) == why


def test_pauses_double_up_to_a_minute():
    assert [pause(n).total_seconds() for n in (1, 2, 3, 6, 7, 5000)] == [1, 2, 4, 32, 60, 60]


class Looks:
    """Ends the worker after so many looks, and does something before each of the later ones."""

    def __init__(self, *acts):
        self.ended, self._acts = Event(), list(acts)
        self.ended.wait = lambda _: self.ended.is_set()  # the next look comes at once

    def __call__(self):
        if self._acts:
            self._acts.pop(0)()
        else:
            self.ended.set()


def work(shop: Business, *acts) -> Worker:
    worker, looks = Worker(shop.settings, "north"), Looks(*acts)
    worker.work(looks.ended, looked=looks)
    return worker


def triggers(shop: Business) -> list[str]:
    with instance_of(shop.settings) as instance:
        return [run.tags["centri/trigger"] for run in reversed(instance.get_runs()) if run.is_success and PROCESS_TAG in run.tags]


def test_each_round_is_a_run_that_says_why_and_nothing_new_starts_none(open_shop):
    def person():
        with write(engine := open_project(open_shop.settings).engine) as conn:
            conn.execute(update(account).where(account.c.name == "Acme").values(city="Ulm"))
        engine.dispose()

    def crm():
        with write(engine := open_project(open_shop.settings).engine) as conn:
            hints.give(conn, "north", "Account", NOW)
        engine.dispose()

    assert work(open_shop, person, crm, lambda: None).runs == 3
    assert triggers(open_shop) == ["worker: the clock", "worker: a change in the PRM", "worker: a hint of the CRM"]
    assert "Ulm" in (open_shop.folder / "north" / "Account.csv").read_text()


def test_who_leaves_is_not_waited_for(open_shop):
    seen = []

    def ask():
        project = open_project(open_shop.settings)
        with read(project.engine) as conn:
            seen.append(workers.alive(conn, "north", now=project.now()))
        project.close()

    work(open_shop, ask)
    ask()
    assert seen == [True, False]


def test_a_silent_worker_counts_as_dead(open_shop):
    project = open_project(open_shop.settings)
    with write(project.engine) as conn:
        conn.execute(insert(sync_worker).values(connection="north", holder="x", beat_at=NOW, started_at=NOW))
        assert workers.alive(conn, "north", now=NOW + workers.SILENT - timedelta(seconds=1))
        assert not workers.alive(conn, "north", now=NOW + workers.SILENT)
        workers.beat(conn, "north", "x", runs=1, doing="looks", now=NOW + timedelta(hours=1))
        row = conn.execute(select(sync_worker)).mappings().one()
    assert (row["started_at"], row["runs"]) == (NOW, 1)
    project.close()


def test_an_edited_mapping_is_taken_up_and_a_faulty_one_is_not(open_shop, caplog):
    whole = open_shop.mapping.read_text()

    def breaks():
        open_shop.mapping.write_text(whole.replace("website: Website", "websight: Website"))

    def mends():
        open_shop.mapping.write_text(whole + "\n")

    work(open_shop, breaks, mends, lambda: None)
    assert ["websight" in r.message for r in caplog.records if r.levelname == "ERROR"] == [True]


def test_a_connection_that_the_mapping_does_not_know_is_an_error_at_once(open_shop):
    with pytest.raises(ConfigError, match="nort"):
        Worker(open_shop.settings, "nort").work(Event())
