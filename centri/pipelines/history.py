"""What a CRM holds already, month by month: assets whose partitions are backfills, launched and watched in the UI."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from centri.engine.backfill import Backfilled, Wish, backfill
from centri.engine.page import markdown_table
from centri.engine.project import Project
from centri.engine.sync import entities
from centri.pipelines.resources import Watch
from centri.pipelines.translator import Translator, identifier, source_key
from centri.settings import Settings

_LAST = {"dagster/priority": "-10"}
"""Whatever else waits in the queue goes first."""

Made = dg.MaterializeResult[None]


def history_assets(translator: Translator, connection: str, settings: Settings) -> Iterator[dg.AssetsDefinition]:
    """An asset for each entity that a connection brings. Its months go by when records were last changed in the CRM."""
    months = dg.MonthlyPartitionsDefinition(start_date=settings.history_from.isoformat(), end_offset=1)
    for entity in entities(translator.mapping.settle_order(connection)):
        spec = translator.history(connection, entity).replace_attributes(
            partitions_def=months, deps=[source_key(connection)], skippable=False
        )
        yield _asset(spec, connection, entity)


def history_job(connection: str, assets: list[dg.AssetsDefinition]) -> Any:
    return dg.define_asset_job(
        f"backfill_{identifier(connection)}",
        selection=dg.AssetSelection.assets(*assets),
        description=f"Read months of {connection} again, behind everything else; the feed's cursor stays where it is.",
        tags=_LAST,
    )


def _asset(spec: dg.AssetSpec, connection: str, entity: str) -> dg.AssetsDefinition:
    @dg.multi_asset(specs=[spec], name=identifier(spec.key.path[-1]), pool=f"history_{identifier(connection)}_{entity}")
    def step(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Made:
        window = context.partition_time_window
        first = window.start.date() == project.settings.history_from
        since = None if first else window.start
        until = None if window.end > project.now() else window.end
        with watch.step(connection, f"backfill {entity}") as progress:
            done = backfill(project, Wish(connection, entity, since, until), progress=progress)
        return Made(metadata=of_backfill(done))

    return step


def of_backfill(done: list[Backfilled]) -> dict[str, Any]:
    """The sums, which Dagster plots over the months, and each object's own."""
    heads = ("object", "read", "concern us", "changed here", "API calls", "went on where it had stopped")
    rows = [(d.object, d.read, d.staged, d.changed, d.api_calls, "yes" if d.resumed else "") for d in done]
    sums = {name: sum(getattr(d, name) for d in done) for name in ("read", "staged", "changed", "api_calls")}
    return {
        **sums,
        "seconds": round(sum(d.seconds for d in done), 3),
        "objects": dg.MetadataValue.md(markdown_table(heads, rows)),
    }
