"""Alerts in Dagster: the sensor starts the job where a state changes, and runs that never reached the engine are counted."""

from dataclasses import replace
from typing import Any

import dagster as dg
import pytest
from csv_business import Business

from centri.engine.alerts import evaluate
from centri.engine.project import Project, open_project, utc_now
from centri.pipelines.alerting import JOB, alert_sensor, run_sensors
from centri.pipelines.definitions import build_definitions
from centri.pipelines.resources import Watch
from centri.pipelines.translator import CONNECTION_TAG
from centri.store import steps
from centri.store.database import read, write
from centri.sync.alerts import Trouble


@pytest.fixture
def project(open_shop: Business) -> Project:
    made = open_project(open_shop.settings)
    yield made
    made.close()


def asked(project: Project) -> list[dg.RunRequest | dg.SkipReason]:
    with dg.build_sensor_context() as context:
        return list(alert_sensor(project.settings)(context))


def failed_thrice(project: Project) -> None:
    for _ in range(3):
        with write(project.engine) as conn:
            steps.failed(conn, "north", "pull Lead", "the CRM is down", run_id="r", now=utc_now())


def done(project: Project) -> Any:
    resources = {"project": replace(project), "watch": Watch()}
    job = build_definitions(project.mapping, project.settings, resources).resolve_job_def(JOB)
    result = job.execute_in_process(instance=dg.DagsterInstance.ephemeral())
    (event,) = result.get_asset_materialization_events()
    return event.step_materialization_data.materialization.metadata


def test_nothing_is_started_where_no_state_changes(project):
    assert [type(one) for one in asked(project)] == [dg.SkipReason]


def test_an_alert_that_begins_starts_the_job_once_and_shows_in_a_table(project):
    failed_thrice(project)
    assert [type(one) for one in asked(project)] == [dg.RunRequest]
    shown = done(project)
    assert (shown["on"].value, shown["begun"].value) == (1, 1)
    assert "| failing | north |" in shown["alerts"].value
    assert [type(one) for one in asked(project)] == [dg.SkipReason]


def test_runs_that_failed_before_the_engine_began_are_counted_until_one_succeeds(project):
    @dg.op
    def ends(context: dg.OpExecutionContext) -> None:
        if "fails" in context.run_tags:
            raise ValueError("the password's variable is not set")

    @dg.job(tags={CONNECTION_TAG: "north"}, executor_def=dg.in_process_executor)
    def sync_north() -> None:
        ends()

    def told(*, fails: bool) -> None:
        instance = dg.DagsterInstance.ephemeral()
        tags = {"fails": "yes"} if fails else {}
        result = sync_north.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        last = [e for e in result.all_events if e.is_job_event][-1]
        sensor = run_sensors(project.settings)[0 if fails else 1]
        context = dg.build_run_status_sensor_context(
            sensor.name, dagster_event=last, dagster_instance=instance, dagster_run=result.dagster_run
        )
        sensor(context.for_run_failure() if fails else context)

    for _ in range(3):
        told(fails=True)
    assert [c.which for c in evaluate(project)] == [(Trouble.FAILING, "north")]
    told(fails=False)
    with read(project.engine) as conn:
        assert [(s["name"], s["failures"]) for s in steps.all_(conn)] == [("run", 0)]
