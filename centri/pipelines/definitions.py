"""What Dagster is shown: the assets and jobs of a mapping. Reading them opens no connection and needs no secret."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from centri.engine.logs import configure
from centri.engine.project import mapping_of
from centri.mappings.schema import MappingFile
from centri.pipelines import assets
from centri.pipelines.alerting import alert_assets, alert_job, alert_sensor, run_sensors
from centri.pipelines.history import history_assets, history_job
from centri.pipelines.nightly import nightly_schedules, reconcile_job, reconciled, retention_asset, retention_job
from centri.pipelines.partner_timers import partner_assets, partner_job, partner_sensor
from centri.pipelines.report_assets import report_assets, report_job
from centri.pipelines.reported import MATCH_REPORT
from centri.pipelines.resources import fresh_watch, project_of
from centri.pipelines.reviews import review_assets, review_job, review_schedule
from centri.pipelines.translator import CONNECTION_TAG, Translator, job_name
from centri.pipelines.triggers import clock_schedules, news_sensor
from centri.settings import Settings, from_environment


def build_definitions(mapping: MappingFile, settings: Settings, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The assets and one job for each connection; the reports and their job.

    ``resources`` take the place of those that open the project for each run.
    """
    database = settings.database.partition(":")[0].partition("+")[0]
    translator = Translator(mapping, database)
    reports = report_assets(mapping, database)
    steps = {connection: list(assets.of_connection(translator, connection)) for connection in mapping.connections}
    syncs = {connection: _job(connection, made) for connection, made in steps.items() if made}
    sweeps = {connection: reconciled(connection) for connection in syncs}
    sweeping = {connection: reconcile_job(connection, asset) for connection, asset in sweeps.items()}
    histories = {connection: list(history_assets(translator, connection, settings)) for connection in syncs}
    retention, reviews = retention_job(), review_job()
    return dg.Definitions(
        assets=[
            *map(translator.source, steps),
            *(step for made in steps.values() for step in made),
            *reports,
            *partner_assets(),
            *alert_assets(),
            *review_assets(),
            *sweeps.values(),
            *(asset for some in histories.values() for asset in some),
            retention_asset,
            MATCH_REPORT,
        ],
        jobs=[
            *syncs.values(),
            *sweeping.values(),
            *(history_job(connection, made) for connection, made in histories.items()),
            retention,
            reviews,
            report_job(reports),
            partner_job(),
            alert_job(),
        ],
        schedules=[
            *clock_schedules(syncs, settings),
            *nightly_schedules(sweeping, retention, settings),
            review_schedule(reviews, settings),
        ],
        sensors=[
            *([news_sensor(list(syncs.values()), settings)] if syncs else []),
            partner_sensor(settings),
            alert_sensor(settings),
            *run_sensors(settings),
        ],
        executor=dg.in_process_executor,
        resources=resources or {"project": project_of(settings), "watch": fresh_watch},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``workspace.yaml`` points at. Raises ConfigError with file and line of every fault in the mapping."""
    settings = from_environment()
    configure(settings)
    return build_definitions(mapping_of(settings), settings)


def _job(connection: str, steps: list[dg.AssetsDefinition]) -> Any:
    return dg.define_asset_job(
        job_name(connection),
        selection=dg.AssetSelection.assets(*steps),
        description=f"One round of {connection}: pull what changed, settle it with the PRM, push what the CRM must learn.",
        tags={CONNECTION_TAG: connection},
    )
