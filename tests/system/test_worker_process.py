"""``centri worker`` as a process: a change arrives either way, a killed one loses nothing, and a run can be executed again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
from csv_business import Business
from sqlalchemy import select, update
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from centri.engine.project import open_project
from centri.pipelines.instance import instance_of
from centri.pipelines.stuck import end_dead
from centri.store import hints
from centri.store.database import read, write
from centri.store.prm_tables import account

pytestmark = pytest.mark.prove


@contextmanager
def worker(shop: Business, *, ends: int = signal.SIGTERM) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "ignore", "-m", "centri", "worker", "north", "--every", "3600"]
    environment = {**os.environ, **shop.environment}
    # As a shell starts what runs in the background: Ctrl-C is nothing to it.
    command = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *command]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.send_signal(ends)
            process.communicate(timeout=60)


def until(asked: Callable[[], bool]) -> None:
    Retrying(retry=retry_if_result(lambda held: not held), stop=stop_after_delay(60), wait=wait_fixed(0.1))(asked)


def cities(shop: Business) -> dict[str, str | None]:
    project = open_project(shop.settings)
    try:
        with read(project.engine) as conn:
            return {row.name: row.city for row in conn.execute(select(account.c.name, account.c.city))}
    finally:
        project.close()


def in_prm(shop: Business, city: str) -> None:
    project = open_project(shop.settings)
    with write(project.engine) as conn:
        conn.execute(update(account).where(account.c.name == "Acme").values(city=city))
    project.close()


def in_crm(shop: Business, city: str, second: int) -> None:
    """Somebody edits, and the CRM says that something has changed."""
    shop.write(
        "north",
        "Account",
        f"id,modified_at,deleted,Name,Website,City\nA1,2027-03-02T09:00:{second:02}Z,,Acme,acme.example,{city}\n",
    )
    project = open_project(shop.settings)
    with write(project.engine) as conn:
        hints.give(conn, "north", "Account", project.now())
    project.close()


def test_changes_arrive_either_way_as_runs_and_who_is_killed_loses_nothing(open_shop: Business) -> None:
    told = open_shop.folder / "north" / "Account.csv"
    with worker(open_shop) as process:
        until(lambda: cities(open_shop) == {"Acme": "Bonn"})
        in_prm(open_shop, "Ulm")
        until(lambda: "Ulm" in told.read_text())
        in_crm(open_shop, "Kiel", 1)
        until(lambda: cities(open_shop) == {"Acme": "Kiel"})
    assert process.returncode == 0
    with worker(open_shop, ends=signal.SIGKILL):
        in_prm(open_shop, "Jena")
    with worker(open_shop):
        until(lambda: "Jena" in told.read_text())
    with instance_of(open_shop.settings) as instance:
        project = open_project(open_shop.settings)
        end_dead(instance, project)
        project.close()
        runs = instance.get_runs()
        assert {run.status for run in runs} <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
        assert all(run.remote_job_origin and run.tags["centri/trigger"].startswith("worker: ") for run in runs)
