"""An asset for each report: made from the entities that its view reads, with its chart and first rows to look at."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from centri.engine.project import Project
from centri.engine.report_catalog import REPORTS
from centri.engine.report_kinds import Report
from centri.engine.report_page import markdown
from centri.engine.report_values import Unit
from centri.engine.reports import Answer, run
from centri.mappings.schema import MappingFile
from centri.pipelines.resources import Watch
from centri.pipelines.translator import OWNER, settled_key
from centri.store import views

GROUP = "reports"
JOB = "reports"

_ENTITIES = {
    "leads": ("lead",),
    "assignments": ("lead",),
    "offers": ("lead",),
    "opportunities": ("opportunity", "account"),
    "deals": ("opportunity", "account"),
    "stages": ("lead", "opportunity"),
    "deadlines": ("lead", "opportunity"),
    "grants": (),
    "partners": ("partner_account",),
    "people": (),
    "vendors": ("vendor_user",),
}
"""The entities that a CRM brings, behind each source of a view."""

_TYPES = {Unit.COUNT: "int", Unit.SHARE: "float", Unit.HOURS: "float", Unit.DAYS: "float", Unit.MONEY: "decimal"}


def report_key(name: str) -> dg.AssetKey:
    return dg.AssetKey(["report", name])


def report_assets(mapping: MappingFile, database: str) -> list[dg.AssetsDefinition]:
    """The assets of all reports; ``database`` is the store's kind."""
    return [_asset(_spec(report, mapping, database), report) for report in REPORTS.values()]


def report_job(assets: Iterable[dg.AssetsDefinition]) -> Any:
    """One job that makes all reports."""
    return dg.define_asset_job(
        JOB, selection=dg.AssetSelection.assets(*assets), description="All reports, of how the store stands when it runs."
    )


def _spec(report: Report, mapping: MappingFile, database: str) -> dg.AssetSpec:
    view = views.BY_NAME[report.view]
    entities = {entity for source in view.sources for entity in _ENTITIES[source]}
    return dg.AssetSpec(
        key=report_key(report.name),
        description=f"{report.question}\n\nFrom the view {report.view}: {view.about}.",
        group_name=GROUP,
        owners=[OWNER],
        kinds={database, "report"},
        tags={"centri/report": report.name, "centri/chart": str(report.chart.kind)},
        deps=[settled_key(c, m.entity) for c in mapping.connections for m in mapping.of(c) if m.entity in entities],
        metadata={
            "view": report.view,
            "dagster/column_schema": dg.TableSchema(
                columns=[dg.TableColumn(c.name, _TYPES.get(c.unit, "string"), description=str(c.unit)) for c in report.columns]
            ),
        },
        code_version=view.mark(database).split()[1].rstrip(":"),
    )


def _asset(spec: dg.AssetSpec, report: Report) -> dg.AssetsDefinition:
    @dg.multi_asset(specs=[spec], name=f"report_{report.name}")
    def step(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> dg.MaterializeResult[None]:
        with watch.step(GROUP, report.name):
            answer = run(project, report.name)
        return dg.MaterializeResult(metadata=of_report(answer))

    return step


def of_report(answer: Answer) -> dict[str, Any]:
    """The chart with the first rows, how many rows there are, and each count's sum, which Dagster plots over time."""
    counts = [column.name for column in answer.report.columns if column.unit is Unit.COUNT and column.name not in _NO_SUMS]
    return {
        "dagster/row_count": len(answer.rows),
        "as_of": dg.MetadataValue.timestamp(answer.as_of),
        "report": dg.MetadataValue.md(markdown(answer)),
        **{name: sum(row[name] or 0 for row in answer.rows) for name in counts if not answer.report.shape},
    }


_NO_SUMS = frozenset({"place", "revision_no"})
