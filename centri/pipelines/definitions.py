"""What Dagster is shown: the assets and jobs of a mapping. Reading them opens no connection and needs no secret."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from centri.engine.project import mapping_of
from centri.mappings.schema import MappingFile
from centri.pipelines import assets
from centri.pipelines.resources import fresh_watch, project_of
from centri.pipelines.translator import CONNECTION_TAG, Translator, job_name
from centri.settings import Settings, from_environment


def build_definitions(mapping: MappingFile, settings: Settings, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The assets and one job for each connection. ``resources`` take the place of those that open the project for each run."""
    translator = Translator(mapping, settings.database.partition(":")[0].partition("+")[0])
    steps = {connection: list(assets.of_connection(translator, connection)) for connection in mapping.connections}
    return dg.Definitions(
        assets=[*map(translator.source, steps), *(step for made in steps.values() for step in made)],
        jobs=[_job(connection, made) for connection, made in steps.items() if made],
        executor=dg.in_process_executor,
        resources=resources or {"project": project_of(settings), "watch": fresh_watch},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``workspace.yaml`` points at. Raises ConfigError with file and line of every fault in the mapping."""
    settings = from_environment()
    return build_definitions(mapping_of(settings), settings)


def _job(connection: str, steps: list[dg.AssetsDefinition]) -> Any:
    return dg.define_asset_job(
        job_name(connection),
        selection=dg.AssetSelection.assets(*steps),
        description=f"One round of {connection}: pull what changed, settle it with the PRM, push what the CRM must learn.",
        tags={CONNECTION_TAG: connection},
    )
