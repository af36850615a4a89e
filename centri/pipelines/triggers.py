"""What starts the rounds of a connection: the clock, and news of a change. Neither starts one while another is under way."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import dagster as dg

from centri.engine.project import Project, open_project
from centri.pipelines.automation import schedules_are, sensors_are
from centri.pipelines.stuck import end_dead, underway
from centri.pipelines.translator import CONNECTION_TAG, TRIGGER_TAG, job_name
from centri.settings import Settings
from centri.store import connections as known
from centri.store import hints, news, workers
from centri.store.database import read, write

EVERY, WITH_WORKER = 1, 10
"""Minutes between two rounds of a connection, and with a resident worker, whose safety net the schedule then is."""

LOOK = 5
"""Seconds between two looks for news; Dagster looks no oftener."""


def clock_schedules(connections: Iterable[str], settings: Settings) -> list[dg.ScheduleDefinition]:
    return [_every_minute(connection, settings) for connection in connections]


def news_sensor(jobs: Sequence[Any], settings: Settings) -> dg.SensorDefinition:
    """Starts a round at once where a CRM hinted at a change, or the PRM changed. The same news starts one round only."""

    @dg.sensor(name="news", jobs=jobs, minimum_interval_seconds=LOOK, default_status=sensors_are(settings))
    def heard(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        project = open_project(settings)
        try:
            asked = [_on_news(project, context.instance, connection) for connection in project.mapping.connections]
        finally:
            project.close()
        wanted = [request for request in asked if request]
        yield from wanted
        if not wanted:
            yield dg.SkipReason("nothing has changed")

    return heard


def _every_minute(connection: str, settings: Settings) -> dg.ScheduleDefinition:
    @dg.schedule(
        cron_schedule=f"*/{EVERY} * * * *",
        job_name=job_name(connection),
        name=f"{job_name(connection)}_by_the_clock",
        description=f"Each minute; each {WITH_WORKER} minutes while a resident worker stands by {connection}.",
        default_status=schedules_are(settings),
        execution_timezone="UTC",
    )
    def due(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        project = open_project(settings)
        try:
            end_dead(context.instance, project)
            why_not = _hindered(project, context.instance, connection) or _left_to_worker(
                project, connection, context.scheduled_execution_time
            )
        finally:
            project.close()
        return dg.SkipReason(why_not) if why_not else dg.RunRequest(tags=_tags(connection, "the clock"))

    return due


def _on_news(project: Project, instance: dg.DagsterInstance, connection: str) -> dg.RunRequest | None:
    """A hint is taken with the round that it starts; should that not come about, the clock's next round sees what it meant."""
    with read(project.engine) as conn:
        told = news.of(conn, connection, now=project.now())
        working = workers.alive(conn, connection, now=project.now())
    if working or not (told.hinted or told.changed[1]) or _hindered(project, instance, connection):
        return None
    with write(project.engine) as conn:
        hints.take(conn, connection)
    key = sha256(f"{connection} {told.hinted} {told.changed}".encode()).hexdigest()
    return dg.RunRequest(run_key=key, job_name=job_name(connection), tags=_tags(connection, "news"))


def _hindered(project: Project, instance: dg.DagsterInstance, connection: str) -> str:
    """Why no round may begin; empty where one may."""
    if runs := underway(instance, CONNECTION_TAG, connection):
        return f"the run {runs[0].run_id} of {connection} is under way"
    with read(project.engine) as conn:
        paused = known.get(conn, connection)["paused_at"]
    return f"{connection} is paused: centri resume {connection}" if paused else ""


def _left_to_worker(project: Project, connection: str, at: datetime) -> str:
    with read(project.engine) as conn:
        working = workers.alive(conn, connection, now=project.now())
    return f"a resident worker stands by {connection}" if working and at.minute % WITH_WORKER else ""


def _tags(connection: str, trigger: str) -> dict[str, str]:
    return {CONNECTION_TAG: connection, TRIGGER_TAG: trigger}
