"""Asset factories: what each CRM object brought, what became of each entity, what each CRM object was told."""

from collections.abc import Iterator

import dagster as dg

from centri.engine.health import allowance, health
from centri.engine.project import Project
from centri.engine.pull import pull
from centri.engine.push import push
from centri.engine.settle import settle
from centri.engine.sync import entities, owner_of, pull_order, push_order
from centri.errors import RetryLater, TooMany
from centri.pipelines import checks, metadata
from centri.pipelines.columns import LINEAGE
from centri.pipelines.resources import Watch
from centri.pipelines.translator import Translator, identifier

Result = dg.MaterializeResult[None]
Events = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def of_connection(translator: Translator, connection: str) -> Iterator[dg.AssetsDefinition]:
    """The assets of a connection in the order of a round, each behind the one before.

    So the run does what a round of the engine does, and a step that fails stops those after it: nothing is settled from
    half a pull, and nothing pushed from half a settling.
    """
    mappings = translator.mapping.settle_order(connection)
    source = before = translator.source(connection).key
    pulled: dict[str, dg.AssetKey] = {}
    settled: dict[str, dg.AssetKey] = {}
    for object in pull_order(mappings):
        spec = _behind(translator.pulled(connection, object), source, before)
        before = pulled[object] = spec.key
        yield pull_asset(spec, connection, object, owner_of(mappings, object))
    for entity in entities(mappings):
        brought = [pulled[m.object] for m in mappings if m.entity == entity]
        spec = _behind(translator.settled(connection, entity), *brought, before)
        before = settled[entity] = spec.key
        yield settle_asset(spec, connection, entity)
    for object in push_order(mappings):
        decided = [settled[m.entity] for m in mappings if m.object == object]
        spec = _behind(translator.pushed(connection, object), *decided, before)
        before = spec.key
        yield push_asset(spec, connection, object, owner_of(mappings, object))


def pull_asset(spec: dg.AssetSpec, connection: str, object: str, owner: str) -> dg.AssetsDefinition:
    @dg.multi_asset(specs=[spec], name=identifier(spec.key.path[-1]), check_specs=checks.of_pulls(spec.key))
    def step(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Events:
        with watch.step(connection, f"pull {object}") as progress:
            report = pull(project, connection, object, progress=progress)
        watch.round(connection).pulled(report, owner)
        left, most_used = allowance(project, connection), project.mapping.alerts.limits(connection).budget
        yield dg.MaterializeResult(metadata=metadata.of_pull(report, left))
        yield from checks.pulled(report.look, left, most_used)

    return step


def settle_asset(spec: dg.AssetSpec, connection: str, entity: str) -> dg.AssetsDefinition:
    @dg.multi_asset(specs=[spec], name=identifier(spec.key.path[-1]), check_specs=checks.of_settlings(spec.key))
    def step(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Events:
        try:
            with watch.step(connection, f"settle {entity}") as progress:
                report = settle(project, connection, entity, progress=progress)
        except dg.Failure:
            if isinstance(failure := watch.failures.get(connection), TooMany):
                yield from checks.refused(failure, health(project, connection, entity))
            raise
        watch.round(connection).settled(report)
        found = health(project, connection, entity)
        yield dg.MaterializeResult(metadata=metadata.of_settle(report, found) | {LINEAGE: spec.metadata[LINEAGE]})
        yield from checks.settled(found, report.suspended)

    return step


def push_asset(spec: dg.AssetSpec, connection: str, object: str, owner: str) -> dg.AssetsDefinition:
    @dg.multi_asset(specs=[spec], name=identifier(spec.key.path[-1]))
    def step(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Result:
        with watch.step(connection, f"push {object}") as progress:
            report = push(project, connection, object, progress=progress)
            watch.round(connection).pushed(report, owner)
            if report.unreachable:
                raise RetryLater(report.unreachable, daily_limit=report.daily_limit)
        return dg.MaterializeResult(metadata=metadata.of_push(report, allowance(project, connection)))

    return step


def _behind(spec: dg.AssetSpec, *keys: dg.AssetKey) -> dg.AssetSpec:
    return spec.replace_attributes(deps=list(dict.fromkeys(keys)))
