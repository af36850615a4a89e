"""What is done by night: every record of each CRM is compared with the store, and what is done with is let go."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from centri.engine.project import Project
from centri.engine.reconcile import reconcile
from centri.engine.retention import prune
from centri.engine.swept import Swept
from centri.pipelines.automation import schedules_are
from centri.pipelines.resources import Watch
from centri.pipelines.runs_kept import let_go
from centri.pipelines.stuck import end_dead
from centri.pipelines.translator import CONNECTION_TAG, OWNER, identifier
from centri.settings import Settings

RETENTION, RECONCILIATION = "retention", "reconciliation"
HOUR, RETENTION_HOUR = 1, 4
"""Of the night, in UTC."""

_KEPT = dg.AssetSpec(
    "retention",
    group_name="operations",
    owners=[OWNER],
    kinds={"python"},
    description="What was let go: journals that are done with and old enough, and old runs of Dagster with their events.",
)


def reconciled(connection: str) -> dg.AssetsDefinition:
    """A connection's sweep as an asset, with a check that warns of differences."""
    key = dg.AssetKey(["reconciled", f"{identifier(connection)}_reconciled"])
    agrees = dg.AssetCheckSpec("no_differences", asset=key, description="CRM and store agree on every record, or a person knows.")
    spec = dg.AssetSpec(
        key,
        group_name=RECONCILIATION,
        owners=[OWNER],
        kinds={"python"},
        tags={CONNECTION_TAG: connection},
        description=f"Every record of {connection}, compared with the store: what no sync would have noticed.",
    )

    @dg.multi_asset(specs=[spec], name=key.path[-1], check_specs=[agrees])
    def step(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> dg.MaterializeResult:  # type: ignore[type-arg]  # of a step with checks Dagster takes the bare name alone
        with watch.step(connection, "reconcile"):
            swept = reconcile(project, connection)
            if failure := next((s.failure for s in swept if s.failure), None):
                raise failure
        counts = counted(swept)
        differing = counts["differences"]
        said = f"to see them: `centri reconcile {connection}`; to put them right: `centri reconcile {connection} --repair`"
        told = dg.AssetCheckResult(
            check_name="no_differences",
            passed=not differing,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"differences": differing, "what_to_do": dg.MetadataValue.md(said if differing else "nothing")},
        )
        return dg.MaterializeResult(metadata=counts, check_results=[told])

    return step


def counted(swept: list[Swept]) -> dict[str, int]:
    tallies = [tally for one in swept for tally in one.tallies.values()]
    return {
        "records": sum(s.records for s in swept),
        "linked": sum(t.linked for t in tallies),
        "differences": sum(t.differences for t in tallies),
        "held": sum(t.held for t in tallies),
        "api_calls": sum(s.api_calls for s in swept),
    }


@dg.multi_asset(specs=[_KEPT], name="let_go")
def retention_asset(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]
) -> dg.MaterializeResult[None]:
    with watch.step("operations", RETENTION):
        dead = end_dead(context.instance, project)
        gone = prune(project)
        runs = let_go(context.instance, before=project.now() - project.settings.keep_runs)
    return dg.MaterializeResult(metadata={**gone, "dagster_runs": runs, "dead_runs": len(dead)})


def reconcile_job(connection: str, asset: dg.AssetsDefinition) -> Any:
    return dg.define_asset_job(
        f"reconcile_{identifier(connection)}",
        selection=dg.AssetSelection.assets(asset),
        description=f"Read every record of {connection}, and tell where it and the store do not agree. Nothing is changed.",
    )


def retention_job() -> Any:
    return dg.define_asset_job(
        RETENTION, selection=dg.AssetSelection.assets(retention_asset), description="Let go what is done with and old enough."
    )


def nightly_schedules(sweeps: dict[str, Any], retention: Any, settings: Settings) -> Iterator[Any]:
    """The sweeps one after the other, a quarter of an hour apart, and the retention behind them."""
    on = schedules_are(settings)
    for n, job in enumerate(sweeps.values()):
        when = f"{n * 15 % 60} {HOUR + n * 15 // 60 % 3} * * *"
        yield dg.ScheduleDefinition(job=job, cron_schedule=when, execution_timezone="UTC", default_status=on)
    yield dg.ScheduleDefinition(
        job=retention, cron_schedule=f"0 {RETENTION_HOUR} * * *", execution_timezone="UTC", default_status=on
    )
