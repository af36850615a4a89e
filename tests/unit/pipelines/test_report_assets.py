"""Every report is made by Dagster for real, with its picture and its numbers beside it."""

import base64
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import dagster as dg
import pytest
from csv_business import Business
from report_story import NOW, tell

from centri.engine.project import Project, open_project
from centri.engine.report_catalog import REPORTS
from centri.engine.report_kinds import Kind
from centri.pipelines.definitions import build_definitions
from centri.pipelines.report_assets import JOB, report_key
from centri.pipelines.resources import Watch
from centri.store.database import write


@pytest.fixture
def project(open_shop: Business) -> Iterator[Project]:
    made = open_project(open_shop.settings, clock=lambda: NOW)
    tell(made.engine)
    yield made
    made.close()


def made(project: Project, **options) -> dg.ExecuteInProcessResult:
    resources = {"project": project, "watch": Watch()}
    job = build_definitions(project.mapping, project.settings, resources).resolve_job_def(JOB)
    return job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), **options)


def test_all_reports_are_made_each_with_its_picture_and_rows(project):
    told = {e.asset_key: e.step_materialization_data.materialization for e in made(project).get_asset_materialization_events()}
    assert set(told) == {report_key(name) for name in REPORTS}
    for name, report in REPORTS.items():
        metadata = told[report_key(name)].metadata
        assert metadata["dagster/row_count"].value > 0, name
        assert metadata["as_of"].value == NOW.timestamp()
        text = metadata["report"].value
        assert f"| {' | '.join(c.name for c in report.columns)} |" in text
        pictures = re.findall(r"data:image/svg\+xml;base64,([^)]+)\)", text)
        assert len(pictures) == (report.chart.kind is not Kind.NONE)
        for picture in pictures:
            assert ET.fromstring(base64.b64decode(picture)).attrib["aria-label"] == report.title


def test_numbers_are_told_to_be_plotted_over_time(project):
    selection = [report_key("leads_by_source")]
    (event,) = made(project, asset_selection=selection).get_asset_materialization_events()
    metadata = event.step_materialization_data.materialization.metadata
    assert {n: metadata[n].value for n in ("leads", "open", "converted", "dropped")} == {
        "leads": 7, "open": 4, "converted": 2, "dropped": 1,
    }  # fmt: skip
    assert "| Web | 3 | 2 | 1 | 0 |" in metadata["report"].value


def test_a_store_without_views_fails_the_step_with_what_to_do(project):
    with write(project.engine) as conn:
        conn.exec_driver_sql("DROP VIEW v_top_deals")
    result = made(project, asset_selection=[report_key("lead_ageing")], raise_on_error=False)
    assert "run `centri migrate`" in result.failure_data_for_node("report_lead_ageing").user_failure_data.description


def test_a_report_stands_behind_the_entities_that_it_counts(open_shop):
    project = open_project(open_shop.settings)
    specs = {s.key: s for s in build_definitions(project.mapping, project.settings).resolve_all_asset_specs()}
    project.close()
    behind = {d.asset_key.to_user_string() for d in specs[report_key("sales_by_partner")].deps}
    assert behind == {"prm/north_account", "prm/south_account"}
    lead = specs[report_key("lead_by_status")]
    assert {d.asset_key.to_user_string() for d in lead.deps} == {"prm/north_lead"}
    assert (lead.group_name, lead.kinds, lead.tags["centri/chart"]) == ("reports", {"sqlite", "report"}, "bar")
