"""Runs whose process is gone: found by the process they name, and ended, so that nothing waits for them.

Of a process of this machine it is known whether it is there. One of another machine counts as gone once neither Dagster nor a
lease has heard of it for so long that a machine at work would have been heard of many times.
"""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import psutil

from centri.engine.project import Project
from centri.store import leases
from centri.store.database import read

PROCESS_TAG = "centri/process"
"""Which process executes a run: the machine's name, the process's number, and when that process began."""

AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
_UNDERWAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, *AT_WORK]
SILENT = timedelta(minutes=15)
"""After so long without an event or a prolonged lease a process of another machine counts as gone."""

_SAID = "the process of this run ended without a word; what it had done is kept, and the next run goes on from there"


def this_process() -> str:
    return f"{socket.gethostname()} {os.getpid()} {_began(os.getpid())}"


def is_gone(process: str) -> bool:
    """Whether it was a process of this machine that is no more; of other machines nothing is known."""
    host, pid, began = process.rsplit(" ", 2)
    return host == socket.gethostname() and _began(int(pid)) != began


def underway(instance: dg.DagsterInstance, tag: str, value: str) -> list[dg.DagsterRun]:
    """The runs with that tag that wait or are at work."""
    return list(instance.get_runs(filters=dg.RunsFilter(tags={tag: value}, statuses=_UNDERWAY)))


def end_dead(instance: dg.DagsterInstance, project: Project) -> list[str]:
    """Fail every run whose process is gone, and answer which they were. Dagster itself finds only those that it launched."""
    dead = list(_dead(instance, project))
    for run in dead:
        instance.report_run_failed(run, _SAID)
    return [run.run_id for run in dead]


def _dead(instance: dg.DagsterInstance, project: Project) -> Iterator[dg.DagsterRun]:
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=AT_WORK)):
        process = run.tags.get(PROCESS_TAG)
        if process and (is_gone(process) or _is_silent(instance, project, run, process)):
            yield run


def _is_silent(instance: dg.DagsterInstance, project: Project, run: dg.DagsterRun, process: str) -> bool:
    """Whether a process of another machine has let nobody hear of it."""
    host, pid, _ = process.rsplit(" ", 2)
    if host == socket.gethostname():
        return False
    told = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
    last = max((record.event_log_entry.timestamp for record in told), default=0.0)
    if project.now().timestamp() - last < SILENT.total_seconds():
        return False
    with read(project.engine) as conn:
        return not leases.holds_any(conn, host, int(pid), now=project.now())


def _began(pid: int) -> str:
    """When a process began; a number that was given anew began at another time. Empty where there is none."""
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return ""
