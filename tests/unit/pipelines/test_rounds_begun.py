"""Rounds begin by the clock and by news, never beside another one, and not where a worker or a person says no."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from csv_business import Business
from sqlalchemy import insert

from centri.engine import connections
from centri.engine.project import Project, open_project, utc_now
from centri.pipelines.definitions import build_definitions
from centri.pipelines.instance import instance_of
from centri.pipelines.stuck import PROCESS_TAG, SILENT, end_dead, is_gone, this_process
from centri.store import hints, workers
from centri.store.database import write
from centri.store.journal_tables import sync_lease

AT = datetime(2026, 3, 2, 9, 7, tzinfo=UTC)


@pytest.fixture
def instance(open_shop: Business) -> dg.DagsterInstance:
    with instance_of(open_shop.settings) as made:
        yield made


@pytest.fixture
def project(open_shop: Business) -> Project:
    made = open_project(open_shop.settings)
    yield made
    made.close()


@pytest.fixture
def defs(project: Project) -> dg.Definitions:
    return build_definitions(project.mapping, project.settings)


def by_the_clock(defs, instance, at=AT):
    schedule = defs.get_schedule_def("sync_north_by_the_clock")
    return schedule(dg.build_schedule_context(instance, scheduled_execution_time=at))


def by_news(defs, instance):
    sensor = defs.get_sensor_def("news")
    return list(sensor(dg.build_sensor_context(instance=instance, definitions=defs)))


def under_way(instance, process, connection="north"):
    tags = {"centri/connection": connection, PROCESS_TAG: process}
    return instance.create_run_for_job(_nothing, tags=tags, status=dg.DagsterRunStatus.STARTED)


@dg.job
def _nothing():
    pass


def test_the_clock_starts_a_round_that_says_so(defs, instance):
    assert by_the_clock(defs, instance).tags == {"centri/connection": "north", "centri/trigger": "the clock"}


def test_none_begins_while_another_is_under_way_on_that_connection_alone(defs, instance):
    under_way(instance, this_process(), "south")
    assert isinstance(by_the_clock(defs, instance), dg.RunRequest)
    run = under_way(instance, this_process())
    assert run.run_id in by_the_clock(defs, instance).skip_message


def test_a_run_whose_process_is_gone_is_ended_and_hinders_nobody(defs, instance, project):
    host, pid, began = this_process().rsplit(" ", 2)
    run = under_way(instance, f"{host} {pid} {float(began) - 100:.2f}")
    assert isinstance(by_the_clock(defs, instance), dg.RunRequest)
    assert instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.FAILURE
    assert end_dead(instance, project) == []


def test_of_other_machines_nothing_is_known():
    assert not is_gone("elsewhere 1 0.00")
    assert not is_gone(this_process())


def test_a_machine_that_nobody_has_heard_of_for_a_while_is_gone_unless_it_prolongs_a_lease(instance, project):
    run = under_way(instance, "elsewhere 17 0.00")
    instance.report_engine_event("it works", run)
    assert end_dead(instance, project) == []
    later = replace(project, clock=lambda: utc_now() + SILENT)
    with write(project.engine) as conn:
        held = {"name": "north/Lead", "holder": "elsewhere:17:x:y", "until": later.now() + timedelta(minutes=1)}
        conn.execute(insert(sync_lease).values(**held))
    assert end_dead(instance, later) == []
    with write(project.engine) as conn:
        conn.execute(sync_lease.update().values(until=later.now() - timedelta(minutes=1)))
    assert end_dead(instance, later) == [run.run_id]


def test_a_paused_connection_waits(defs, instance, project):
    connections.pause(project, "north", "dana@vantage.example")
    assert "centri resume north" in by_the_clock(defs, instance).skip_message


def test_a_worker_is_left_to_it_and_every_ten_minutes_the_net_is_there(defs, instance, project):
    with write(project.engine) as conn:
        workers.beat(conn, "north", "x", runs=0, doing="looks", now=project.now())
    assert "worker" in by_the_clock(defs, instance).skip_message
    assert isinstance(by_the_clock(defs, instance, AT.replace(minute=10)), dg.RunRequest)


def test_a_hint_starts_one_round_of_its_connection(defs, instance, project):
    assert isinstance(by_news(defs, instance)[0], dg.SkipReason)
    with write(project.engine) as conn:
        hints.give(conn, "north", "Lead", project.now())
    (request,) = by_news(defs, instance)
    assert (request.job_name, request.tags["centri/trigger"]) == ("sync_north", "news")
    assert isinstance(by_news(defs, instance)[0], dg.SkipReason)


def test_what_runs_by_itself_is_on_unless_the_settings_say_no(project):
    from dataclasses import replace

    for automation, status in ((True, "RUNNING"), (False, "STOPPED")):
        made = build_definitions(project.mapping, replace(project.settings, automation=automation))
        found = {s.default_status.value for s in [*made.schedules, *made.sensors]}
        assert found == {status}
