"""Months of a CRM as partitions: each run reads its own again, behind everything else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import dagster as dg
import pytest
from csv_business import Business, in_memory

from centri.connectors.memory import MemoryConnector
from centri.engine.project import Project, open_project
from centri.pipelines import home
from centri.pipelines.definitions import build_definitions
from centri.pipelines.home import DAGSTER_YAML, prepare
from centri.pipelines.resources import Watch


class Calendar:
    """A CRM whose clock is turned by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, tzinfo=UTC)
        self.crm = in_memory(clock=lambda: self.now)
        for month in (1, 1, 2, 3):
            self.now = datetime(2026, month, 5 + len(self.crm.objects["Account"]), tzinfo=UTC)
            self.crm.save("Account", {"Name": f"Acme {self.now:%m %d}", "Website": "", "City": ""})
        self.now = datetime(2026, 3, 20, tzinfo=UTC)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def project(open_shop: Business, calendar: Calendar) -> Iterator[Project]:
    settings = replace(open_shop.settings, history_from=date(2026, 1, 1))
    opened = open_project(settings, clock=lambda: calendar.now)
    opened.use("north", MemoryConnector("north", calendar.crm))
    yield opened
    opened.close()


def made(project: Project, month: str) -> dict[str, object]:
    resources = {"project": replace(project), "watch": Watch()}
    resources["project"].use("north", project.meter("north").connector)
    job = build_definitions(project.mapping, project.settings, resources).resolve_job_def("backfill_north")
    chosen = job.get_subset(asset_selection={dg.AssetKey(["history", "north_account_history"])})
    result = chosen.execute_in_process(partition_key=month, instance=dg.DagsterInstance.ephemeral())
    (event,) = result.get_asset_materialization_events()
    assert event.partition == month
    return {name: value.value for name, value in event.step_materialization_data.materialization.metadata.items()}


@pytest.mark.parametrize(("month", "read"), [("2026-01-01", 2), ("2026-02-01", 1), ("2026-03-01", 1)])
def test_each_month_reads_what_last_changed_in_it(project, month, read):
    told = made(project, month)
    assert (told["read"], told["staged"]) == (read, read)
    assert f"| Account | {read} |" in told["objects"]


def test_the_job_stands_behind_all_others_and_leaves_the_connections_turn_to_live_runs(project):
    job = build_definitions(project.mapping, project.settings).resolve_job_def("backfill_north")
    assert int(job.tags["dagster/priority"]) < 0
    assert "centri/connection" not in job.tags
    assert {node.definition.pool for node in job.nodes} == {"history_north_account", "history_north_lead"}


def test_the_current_month_is_a_partition_and_none_after_it(project):
    specs = {s.key.path[-1]: s for s in build_definitions(project.mapping, project.settings).resolve_all_asset_specs()}
    months = specs["north_account_history"].partitions_def.get_partition_keys(current_time=datetime(2026, 3, 20, tzinfo=UTC))
    assert months == ["2026-01-01", "2026-02-01", "2026-03-01"]


def test_dagsters_settings_follow_the_release_unless_they_are_somebodys_own(shop):
    path = prepare(shop.settings) / "dagster.yaml"
    assert path.read_text() == DAGSTER_YAML
    path.write_text("telemetry: {enabled: false}\n")
    prepare(shop.settings)
    assert path.read_text() == "telemetry: {enabled: false}\n"


def test_what_an_earlier_release_wrote_is_renewed(shop, monkeypatch):
    path = prepare(shop.settings) / "dagster.yaml"
    path.write_text("telemetry: {enabled: true}\n")
    monkeypatch.setattr(home, "_EARLIER", {sha256(path.read_bytes()).hexdigest()})
    prepare(shop.settings)
    assert path.read_text() == DAGSTER_YAML
