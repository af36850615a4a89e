"""Runs spread over several Celery workers, started as deploy/celery says: real broker, databases, processes; one is killed."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from csv_business import STAMP, Business, business
from databases import a_database
from production import PATIENT, ROOT, asked, code_and_web, running
from sqlalchemy import Engine, func, select

from centri.store.database import migrate, open_engine, read
from centri.store.prm_tables import account

REDIS = os.environ.get("CENTRI_TEST_REDIS", "redis://127.0.0.1:6379")
MACHINES = ("one", "two", "three")
MONTHS = [f"2026-{month:02}-01" for month in range(1, 7)]
MANY = 6000

pytestmark = pytest.mark.prove

LAUNCH = """mutation Launch($job: String!, $tags: [ExecutionTag!]) {launchRun(executionParams: {
    selector: {repositoryLocationName: "centri", repositoryName: "__repository__", pipelineName: $job},
    executionMetadata: {tags: $tags}}) {__typename ... on LaunchRunSuccess {run {runId}} ... on PythonError {message}}}"""
RUNS = "{runsOrError {... on Runs {results {runId status jobName rootRunId tags {key value}}}}}"


@dataclass(frozen=True)
class Site:
    business: Business
    url: str
    store: Engine

    def launch(self, job: str, **tags: str) -> str:
        told = asked(self.url, LAUNCH, job=job, tags=[{"key": k.replace("__", "/"), "value": v} for k, v in tags.items()])
        return str(told["launchRun"]["run"]["runId"])

    def runs(self) -> dict[str, dict[str, Any]]:
        found = asked(self.url, RUNS)["runsOrError"]["results"]
        return {run["runId"]: run | {"tags": {t["key"]: t["value"] for t in run["tags"]}} for run in found}

    def ended(self, *ids: str) -> dict[str, dict[str, Any]]:
        runs = self.runs()
        assert {runs[id]["status"] for id in ids} == {"SUCCESS"}, {id: runs[id]["status"] for id in ids}
        return {id: runs[id] for id in ids}

    def accounts(self, origin: str) -> int:
        with read(self.store) as conn:
            return conn.execute(select(func.count()).where(account.c.origin == origin)).scalar_one()


def _reachable() -> bool:
    try:
        return bool(redis.Redis.from_url(REDIS).ping())
    except redis.RedisError:
        return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, postgresql_server: Engine) -> Iterator[Site]:
    if not _reachable():
        pytest.skip(f"no Redis at {REDIS}: start one, or set CENTRI_TEST_REDIS")
    folder: Path = tmp_path_factory.mktemp("machines")
    made = business(folder)
    rows = [f"A{n},2026-{1 + n % 6:02}-15T09:00:00Z,,Acme {n},acme{n}.example,Bonn" for n in range(60)]
    made.write("north", "Account", "\n".join(["id,modified_at,deleted,Name,Website,City", *rows, ""]))
    rows = [f"B{n},{STAMP.format(1)},,Borealis {n}" for n in range(MANY)]
    made.write("south", "Account", "\n".join(["id,modified_at,deleted,Name", *rows, ""]))
    broker, results = f"{REDIS}/11", f"{REDIS}/12"
    for url in (broker, results):
        redis.Redis.from_url(url).flushdb()
    home = made.settings.dagster_home
    home.mkdir(parents=True)
    launcher = (ROOT / "deploy/celery/run_launcher.yaml").read_text()
    (home / "dagster.yaml").write_text(f"{(ROOT / 'deploy/dagster.yaml').read_text()}\n{launcher}")
    with ExitStack() as stack:
        store, dagster = (stack.enter_context(a_database(postgresql_server)) for _ in range(2))
        migrate(store)
        environment = {
            **made.environment, "CENTRI_DATABASE_URL": store, "CENTRI_DAGSTER_DATABASE_URL": dagster, "CENTRI_AUTOMATION": "off",
            "CENTRI_HISTORY_FROM": "2026-01", "CENTRI_BROKER_URL": broker, "CENTRI_RESULTS_URL": results,
            "CENTRI_PAGE_SIZE": "200", "DAGSTER_HOME": str(home), "PYTHONPATH": f"{ROOT}:{ROOT / 'deploy/celery'}",
        }  # fmt: skip
        full, _ = stack.enter_context(code_and_web(environment, folder))
        workspace = folder / "workspace.yaml"
        environment |= {"CENTRI_CODE_SERVER": "127.0.0.1"}
        stack.enter_context(running(environment, folder / "daemon.log", "dagster._daemon", "run", "-w", str(workspace)))
        for name in MACHINES:
            worker = ("celery", "-A", "dagster_celery.app", "worker", "--queues", "dagster", "-c", "1", "--hostname", name)
            stack.enter_context(running(environment, folder / f"{name}.log", *worker))
        engine = stack.enter_context(_opened(store))
        yield Site(made, full, engine)


class _opened:  # noqa: N801 - reads as what it is: a store that is open for a while
    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)

    def __enter__(self) -> Engine:
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


def month(site: Site, name: str) -> str:
    return site.launch("backfill_north", dagster__partition=name)


def test_months_and_rounds_are_done_by_whoever_is_free(site: Site) -> None:
    ids = [site.launch("sync_north"), *(month(site, name) for name in MONTHS)]
    runs = PATIENT.copy(stop=PATIENT.stop.__class__(240))(site.ended, *ids)
    processes = {run["tags"]["centri/process"] for run in runs.values()}
    assert len(processes) >= len(MACHINES) - 1, "several processes had a share in it"
    assert site.accounts("north") == 60


def test_a_worker_that_is_killed_in_the_middle_of_a_run_loses_nothing(site: Site) -> None:
    id = site.launch("sync_south")

    def under_way() -> str:
        assert 0 < site.accounts("south") < MANY
        return str(site.runs()[id]["tags"]["centri/process"])

    _, pid, _ = PATIENT(under_way).rsplit(" ", 2)
    os.kill(int(pid), signal.SIGKILL)

    def made_good() -> None:
        tried_again = [run for run in site.runs().values() if run["rootRunId"] == id and run["runId"] != id]
        assert [run["status"] for run in tried_again][:1] == ["SUCCESS"]

    PATIENT.copy(stop=PATIENT.stop.__class__(180))(made_good)
    assert site.runs()[id]["status"] == "FAILURE"
    assert site.accounts("south") == MANY
