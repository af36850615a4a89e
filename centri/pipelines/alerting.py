"""Alerts in Dagster: a sensor that looks every minute, and an asset that tells of what changed."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import dagster as dg

from centri.engine.alerts import RUN, evaluate, look, on, unread
from centri.engine.notify_send import send
from centri.engine.page import markdown_table
from centri.engine.project import Project, open_project
from centri.pipelines import checks
from centri.pipelines.automation import sensors_are
from centri.pipelines.resources import Watch
from centri.pipelines.translator import CONNECTION_TAG, OWNER, pulled_key
from centri.settings import Settings
from centri.store import runs, steps
from centri.store.database import read, write
from centri.sync.alerts import Move, remedy

JOB = "alerts"
EVERY = 60
"""Seconds between two looks of the sensor."""

_ALERTS = dg.AssetSpec(
    "alerts",
    group_name="operations",
    owners=[OWNER],
    kinds={"python"},
    description="What is wrong now, and since when. Of each change of state people are told once.",
)


@dg.multi_asset(specs=[_ALERTS], name="evaluate_alerts")
def _evaluated(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> dg.MaterializeResult[None]:
    with watch.step("alerts", "evaluate"):
        changes = evaluate(project)
        sent = send(project)
        firing = on(project)
    rows = [(*which, f"{known.since:%Y-%m-%d %H:%M}", known.why, remedy(which)) for which, known in firing.items()]
    shown = markdown_table(("alert", "connection", "since (UTC)", "why", "what to do"), rows) if rows else "No alert is on."
    return dg.MaterializeResult(
        metadata={
            "on": len(firing),
            "begun": sum(c.move is Move.BEGINS for c in changes),
            "over": sum(c.move is Move.ENDS for c in changes),
            "sent": sent.sent,
            "alerts": dg.MetadataValue.md(shown),
        }
    )


def alert_assets() -> list[dg.AssetsDefinition]:
    return [_evaluated]


def alert_job() -> Any:
    return dg.define_asset_job(
        JOB, selection=dg.AssetSelection.assets(*alert_assets()), description="Decide on every alert, and tell of what changed."
    )


def alert_sensor(settings: Settings) -> dg.SensorDefinition:
    """Looks whether the state of any alert is to change, and starts the job once for it.

    An object that was not read for too long fails its check at once, whether its connection's alert is on already or not. The
    cursor holds those of which that is said.
    """

    @dg.sensor(name="alerts_due", job_name=JOB, minimum_interval_seconds=EVERY, default_status=sensors_are(settings))
    def due(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        project = open_project(settings)
        try:
            context.update_cursor(_say_stale(context, project))
            moves = [c for c in look(project) if c.move is not Move.STAYS]
            at = f"{project.now():%Y-%m-%dT%H:%M}"
        finally:
            project.close()
        if not moves:
            yield dg.SkipReason("the state of no alert changes")
            return
        told = "\n".join(f"{c.which} {c.move}" for c in moves)
        yield dg.RunRequest(run_key=sha256(f"{told} {at}".encode()).hexdigest())

    return due


def _say_stale(context: dg.SensorEvaluationContext, project: Project) -> str:
    """Fail the checks of what became stale since the last look; answers what is stale now."""
    late = {
        f"{connection} {object} {at:%Y-%m-%dT%H:%M:%S}": (connection, object, at)
        for (connection, object), at in unread(project).items()
    }
    for name in late.keys() - set((context.cursor or "").splitlines()):
        connection, object, at = late[name]
        after = project.mapping.alerts.limits(connection).stale_after
        context.instance.report_runless_asset_event(checks.stale(pulled_key(connection, object), at, after))
    return "\n".join(sorted(late))


def run_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Count the runs that failed before the engine had its turn, until one succeeds."""

    @dg.run_failure_sensor(
        name="runs_that_never_began",
        monitor_all_code_locations=False,
        minimum_interval_seconds=30,
        default_status=sensors_are(settings),
    )
    def failed(context: dg.RunFailureSensorContext) -> None:
        _ended(settings, context.dagster_run, context.failure_event.message or "the run failed")

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name="runs_that_began_again",
        monitor_all_code_locations=False,
        minimum_interval_seconds=30,
        default_status=sensors_are(settings),
    )
    def succeeded(context: dg.RunStatusSensorContext) -> None:
        _ended(settings, context.dagster_run, "")

    return [failed, succeeded]


def _ended(settings: Settings, run: dg.DagsterRun, error: str) -> None:
    connection = run.tags.get(CONNECTION_TAG)
    if connection is None:
        return
    project = open_project(settings)
    try:
        with read(project.engine) as conn:
            known = any(r["status"] == "failed" for r in runs.named(conn, run.run_id))
            counted = any(s["connection"] == connection and s["name"] == RUN and s["failures"] for s in steps.all_(conn))
        with write(project.engine) as conn:
            if error and not known:
                steps.failed(conn, connection, RUN, error, run_id=run.run_id, now=project.now())
            elif not error and counted:
                steps.succeeded(conn, connection, RUN, run_id=run.run_id, now=project.now())
    finally:
        project.close()
