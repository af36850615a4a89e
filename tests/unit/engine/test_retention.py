"""What the journals let go, and that what anybody may still need stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest
from csv_business import Business
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy import func, insert, select

from centri.engine.backfill import Wish, backfill
from centri.engine.project import open_project, utc_now
from centri.engine.retention import prune
from centri.engine.sync import sync
from centri.pipelines import checks
from centri.pipelines.instance import instance_of
from centri.pipelines.run import sync_project
from centri.pipelines.runs_kept import let_go
from centri.pipelines.translator import pulled_key
from centri.store import retention
from centri.store.database import read, write
from centri.store.journal_tables import sync_anomaly, sync_backfill, sync_delivery, sync_link, sync_run, sync_staging

LONG_AGO = timedelta(days=91)
TABLES = (sync_staging, sync_delivery, sync_anomaly, sync_run, sync_backfill, sync_link)


def counts(project):
    with read(project.engine) as conn:
        return {t.name: conn.execute(select(func.count()).select_from(t)).scalar_one() for t in TABLES}


@pytest.fixture
def project(open_shop: Business):
    made = open_project(open_shop.settings)
    yield made
    made.close()


def test_what_is_done_with_goes_after_its_time_and_not_before(project):
    sync(project, "north")
    backfill(project, Wish("north", "lead"))
    assert set(prune(project).values()) == {0}
    before = counts(project)
    later = replace(project, clock=lambda: utc_now() + LONG_AGO)
    gone = prune(later)
    after = counts(project)
    assert gone["sync_run"] == before["sync_run"] > 0
    assert gone["sync_backfill"] == before["sync_backfill"] == 1
    assert gone["sync_staging"] == before["sync_staging"] > 0
    assert after["sync_link"] == before["sync_link"] > 0


def test_what_is_open_stays_however_old(project):
    old = utc_now() - 10 * LONG_AGO
    odd = {"subject": "s", "kind": "invalid", "severity": "error"}
    sent = {
        "connection": "north",
        "object": "Lead",
        "entity": "lead",
        "prm_id": "P",
        "role": "origin",
        "op": "update",
        "values": {},
    }
    staged = {"connection": "north", "object": "Lead", "entity": "lead", "crm_id": "L", "values": {}, "staged_at": old}
    with write(project.engine) as conn:
        for state in ("open", "ignored"):
            conn.execute(insert(sync_anomaly).values(**odd, state=state, first_seen=old, last_seen=old, resolved_at=old))
        for n, state in enumerate(("queued", "rejected")):
            conn.execute(insert(sync_delivery).values(**{**sent, "prm_id": f"P{n}"}, state=state, updated_at=old))
        for n, state in enumerate(("open", "waiting")):
            conn.execute(insert(sync_staging).values(**{**staged, "crm_id": f"L{n}"}, state=state, settled_at=old))
        conn.execute(insert(sync_run).values(connection="north", name="pull Lead", status="running", started_at=old))
        conn.execute(insert(sync_backfill).values(connection="north", object="Lead", entity="lead", began_at=old))
    before = counts(project)
    assert set(prune(project).values()) == {0}
    assert counts(project) == before


def test_however_many_they_are_they_go_in_chunks(project, monkeypatch):
    monkeypatch.setattr(retention, "MOST", 3)
    old, told = utc_now() - LONG_AGO, []
    with write(project.engine) as conn:
        for _ in range(7):
            conn.execute(insert(sync_run).values(connection="north", name="pull", status="ok", started_at=old, ended_at=old))
    assert prune(project, told=told.append)["sync_run"] == 7
    assert [n for n in told if n] == [3, 3, 1]


def test_a_settled_record_syncs_on_after_its_journal_went(project):
    sync(project, "north")
    prune(replace(project, clock=lambda: utc_now() + LONG_AGO))
    again = sync(project, "north")
    assert sum(t.to_prm + t.to_crm + t.created for t in again.tallies.values()) == 0


def test_runs_of_dagster_go_when_they_ended_long_ago():
    @dg.job
    def nothing():
        pass

    with dg.DagsterInstance.ephemeral() as instance:
        ended = [nothing.execute_in_process(instance=instance).run_id for _ in range(2)]
        at_work = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED).run_id
        assert let_go(instance, before=utc_now() - timedelta(days=1)) == 0
        assert let_go(instance, before=utc_now() + timedelta(seconds=5)) == len(ended)
        assert [run.run_id for run in instance.get_runs()] == [at_work]


def test_with_its_runs_everything_goes_that_dagster_would_keep_for_ever(project):
    """Files of events and output, and all that checks ever said but the last of each: so what is kept does not grow."""
    runs = [sync_project(project, "north")[0].run_id for _ in range(3)]
    with instance_of(project.settings) as instance:
        kept = project.settings.dagster_home
        output = kept / "storage" / runs[0] / "compute_logs"
        output.mkdir(parents=True)
        held = [path.name for path in kept.rglob("*.db*") if path.name.startswith(tuple(runs))]
        assert held
        assert let_go(instance, before=utc_now() + timedelta(seconds=5)) == 3
        assert [path.name for path in kept.rglob("*") if path.name.startswith(tuple(runs)) and path.suffix] == []
        storage = instance.event_log_storage
        with storage.index_connection() as conn:
            said = conn.execute(select(AssetCheckExecutionsTable.c.asset_key, AssetCheckExecutionsTable.c.check_name)).all()
        assert len(said) == len(set(said)) == 12
        key = dg.AssetCheckKey(pulled_key("north", "Lead"), checks.FRESH)
        assert storage.get_latest_asset_check_execution_by_key([key])[key].status.value == "SUCCEEDED"
