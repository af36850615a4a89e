"""One round of each connection as ordinary Dagster runs in this process."""

from dataclasses import dataclass

import dagster as dg

from centri.engine.project import Project, open_project
from centri.engine.sync import Round, pull_order, push_order
from centri.errors import CentriError, ConfigError, RetryLater
from centri.mappings.words import near
from centri.pipelines.definitions import build_definitions
from centri.pipelines.instance import Ended, execute, instance_of, new_run
from centri.pipelines.resources import Told, Watch, silent
from centri.pipelines.stuck import PROCESS_TAG, this_process
from centri.pipelines.translator import TRIGGER_TAG, job_name, pulled_key, pushed_key, settled_key
from centri.settings import Settings


@dataclass(frozen=True, slots=True)
class Synced:
    """One connection's round, under which run Dagster shows it, and what stopped it, if something did."""

    connection: str
    run_id: str
    round: Round
    failure: CentriError | None = None


def run_sync(
    settings: Settings, connection: str | None = None, entity: str | None = None, *, told: Told = silent
) -> list[Synced]:
    """Sync all connections one after the other, or one, or one entity of it.

    A connection that fails does not keep the others from their turn: its failure stands in its result. Raises ConfigError
    before anything is run for a faulty mapping, an unknown name, or a store at another migration. Interrupted, it keeps what
    is done and raises KeyboardInterrupt; the next run goes on from there.
    """
    project = open_project(settings)
    try:
        return sync_project(project, connection, entity, told=told)
    finally:
        project.close()


def sync_project(
    project: Project,
    connection: str | None = None,
    entity: str | None = None,
    *,
    told: Told = silent,
    trigger: str = "centri sync",
) -> list[Synced]:
    """As :func:`run_sync`, on a project that is open and stays so. ``trigger`` is what the runs say that started them."""
    chosen = [connection] if connection else list(project.mapping.connections)
    selections = {name: _selection(project, name, entity) for name in chosen}
    watch = Watch(told)
    definitions = build_definitions(project.mapping, project.settings, {"project": project, "watch": watch})
    jobs = {name: definitions.resolve_job_def(job_name(name)) for name in chosen}
    with instance_of(project.settings) as instance:
        return [_synced(project, instance, name, jobs[name], selections[name], watch, trigger) for name in chosen]


def _synced(
    project: Project, instance: dg.DagsterInstance, connection: str, job: dg.JobDefinition, selection: set[dg.AssetKey] | None,
    watch: Watch, trigger: str,
) -> Synced:  # fmt: skip
    run = new_run(instance, job, {TRIGGER_TAG: trigger, PROCESS_TAG: this_process()}, selection)
    project.dagster_run_id = run.run_id
    ended = execute(instance, job, run)
    done = watch.round(connection)
    failure = _failure(watch.failures.get(connection), ended) or (
        RetryLater(done.postponed, daily_limit=True) if done.postponed else None
    )
    return Synced(connection, run.run_id, done, failure)


def _failure(failure: Exception | None, ended: Ended) -> CentriError | None:
    """What a person can act on. Raises KeyboardInterrupt, and anything else, which is a fault of the program, as it came."""
    if ended.interrupted:
        raise KeyboardInterrupt
    if failure is not None and not isinstance(failure, CentriError):
        raise failure
    if failure is not None or ended.success:
        return failure
    return CentriError(f"the run {ended.run_id} failed: {ended.error}")


def _selection(project: Project, connection: str, entity: str | None) -> set[dg.AssetKey] | None:
    """The steps of one entity: its objects' pulls, its settling, and every push, since parents may have to go first."""
    mappings = project.mappings(connection)
    if entity is None:
        return None
    own = [m for m in mappings if m.entity == entity]
    if not own:
        raise ConfigError(f"{connection} maps no entity {entity!r}{near(entity, {m.entity for m in mappings})}")
    pulls = {pulled_key(connection, o) for o in pull_order(own)}
    return pulls | {settled_key(connection, entity)} | {pushed_key(connection, o) for o in push_order(mappings)}
