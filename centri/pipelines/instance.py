"""Dagster's instance, and runs in this process that its UI shows like any other. The only user of Dagster's private modules."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.instance.ref import InstanceRef
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from sqlalchemy import delete, func, select

from centri.pipelines.home import prepare
from centri.settings import Settings

LOCATION = "centri"
"""The code location's name, as in workspace.yaml: runs of this process belong to it."""

MODULE, ATTRIBUTE = "centri.pipelines.definitions", "defs"

_NO_CAPTURE = {"compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}}
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``error`` is Dagster's own word on the first thing that failed; ``interrupted`` by a signal."""

    run_id: str
    success: bool
    error: str = ""
    interrupted: bool = False


@contextmanager
def instance_of(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance under CENTRI_HOME, which leaves this process's output to this process."""
    reference = InstanceRef.from_dir(str(prepare(settings)), overrides=_NO_CAPTURE)
    with dg.DagsterInstance.from_ref(reference) as instance:
        yield instance


def new_run(
    instance: dg.DagsterInstance, job: dg.JobDefinition, tags: Mapping[str, str], selection: set[dg.AssetKey] | None
) -> dg.DagsterRun:
    """A run under the job's name and code location, so that the UI can also execute it again."""
    chosen = job.get_subset(asset_selection=selection) if selection else job
    return instance.create_run_for_job(
        chosen,
        run_config=_QUIET,
        tags={**job.run_tags, **tags},
        asset_selection=selection,
        remote_job_origin=_origin(job.name),
    )


def execute(instance: dg.DagsterInstance, job: dg.JobDefinition, run: dg.DagsterRun) -> Ended:
    """Executes a new run here and now."""
    chosen = job.get_subset(asset_selection=set(run.asset_selection)) if run.asset_selection else job
    result = execute_run(InMemoryJob(chosen), run, instance, raise_on_error=False)
    failed = [event for event in result.all_events if event.is_failure]
    error = failed[0].message or "" if failed else ""
    return Ended(run.run_id, result.success, error, any(_interrupted(event) for event in failed))


def forget(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run with all that Dagster would keep of it for ever: output, its own file of events, what its checks said.

    What each check said last stays known, as how each asset was last made does.
    """
    instance.delete_run(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    storage = instance.event_log_storage
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as conn:
            t = AssetCheckExecutionsTable.c
            last = select(func.max(t.id)).where(t.evaluation_event.is_not(None)).group_by(t.asset_key, t.check_name)
            mine = delete(AssetCheckExecutionsTable).where(t.run_id == run_id, t.id.not_in(last))
            conn.execute(mine)
    if isinstance(storage, SqliteEventLogStorage):
        shard = Path(storage.path_for_shard(run_id))
        for path in (shard, *(shard.with_name(f"{shard.name}{more}") for more in ("-shm", "-wal"))):
            path.unlink(missing_ok=True)


def _interrupted(event: dg.DagsterEvent) -> bool:
    error = event.step_failure_data.error if event.is_step_failure else None
    return error is not None and error.cls_name == dg.DagsterExecutionInterruptedError.__name__


def _origin(job: str) -> RemoteJobOrigin:
    target = LoadableTargetOrigin(
        executable_path=sys.executable, module_name=MODULE, working_directory=str(Path.cwd()), attribute=ATTRIBUTE
    )
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, LOCATION)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), job)
