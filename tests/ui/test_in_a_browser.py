"""The Dagster UI over the demo's two CRMs, in a real browser: what staff see, and what they can start there.

Each page is kept as a picture, in the folder that CENTRI_PICTURES names, where it names one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from centri.cli.demo_play import play
from centri.cli.demo_report import Report
from centri.cli.demo_stage import Stage, free_port, stage
from centri.engine.project import open_project
from centri.pipelines.definitions import build_definitions
from centri.pipelines.instance import execute, instance_of, new_run
from centri.pipelines.resources import Watch
from centri.pipelines.run import run_sync
from centri.pipelines.webserver import webserver
from centri.settings import from_environment

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


LAST_MONTH = (date.today().replace(day=1) - timedelta(days=1)).replace(day=1)  # noqa: DTZ011 - the UI's partitions go by it too


LAUNCH = """mutation {launchRun(executionParams: {selector: {repositoryLocationName: "centri",
    repositoryName: "__repository__", pipelineName: "sync_salesforce"}}) {__typename}}"""


@dataclass(frozen=True)
class Site:
    """The UI at work, in a browser. ``failed`` is the run whose plan was refused, ``done`` the one before it."""

    url: str
    page: Page
    stage: Stage
    done: str
    failed: str

    def goes_to(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def keeps(self, name: str) -> None:
        """The page as it is now, as a picture."""
        self.page.wait_for_load_state("networkidle")
        if folder := os.environ.get("CENTRI_PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("ui")
    given = from_environment({**os.environ, "CENTRI_HOME": str(home), "CENTRI_DATABASE_URL": ""})
    given = replace(given, automation=False, history_from=LAST_MONTH)
    with stage(given, seed=1) as at:
        assert play(at, Report(quiet=True)).ok
        (done,) = run_sync(at.settings, "salesforce")
        others(at)
        most_accounts_change(at)
        (failed,) = run_sync(at.settings, "salesforce")
        port = free_port(3000)
        with webserver(at.settings, port=port), browser() as page:
            yield Site(f"http://127.0.0.1:{port}", page, at, done.run_id, failed.run_id)


@contextmanager
def browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(30_000)
        expect.set_options(timeout=30_000)
        yield page
        chromium.close()


def others(at: Stage) -> None:
    """The jobs beside the rounds."""
    project = open_project(at.settings)
    try:
        resources = {"project": project, "watch": Watch()}
        definitions = build_definitions(project.mapping, at.settings, resources)
        with instance_of(at.settings) as instance:
            for name in ("reviews", "reports", "reconcile_salesforce"):
                job = definitions.resolve_job_def(name)
                assert execute(instance, job, new_run(instance, job, {}, None)).success
    finally:
        project.close()


def most_accounts_change(at: Stage) -> None:
    """Somebody runs a script over the CRM's accounts: a plan that would follow it is refused."""
    dana = at.crms[0].dana
    for row in dana.rows("Account"):
        dana.update("Account", row["Id"], {"Name": f"{row['Name']} (old)"})


def shows(page: Page, *words: str) -> None:
    for word in words:
        expect(page.get_by_text(word).first).to_be_visible()


def test_the_graph_of_a_connection_tells_its_round(site: Site) -> None:
    page = site.goes_to("/locations/centri/asset-groups/salesforce")
    shows(page, "Asset Group in", "Reload definitions")
    expect(page.locator("[class*=AssetNode], [data-testid*=asset]").first).to_be_visible()
    site.keeps("graph")


def test_an_assets_page_has_columns_owners_and_checks(site: Site) -> None:
    page = site.goes_to("/assets/prm/salesforce_lead")
    shows(page, "Each lead of the PRM, compared with Lead of salesforce", "operations", "centri/entity: lead", "phone_e164")
    site.keeps("asset")


def test_what_was_set_aside_stands_with_the_command_that_tells_its_story(site: Site) -> None:
    page = site.goes_to("/assets/prm/salesforce_lead?view=events")
    shows(page, "records_per_second", "set_aside", "linked")
    expect(page.get_by_text(re.compile(r"centri trace salesforce Lead 00Q")).first).to_be_attached()
    site.keeps("set_aside")


def test_numbers_are_plotted_over_the_runs(site: Site) -> None:
    page = site.goes_to("/assets/prm/salesforce_lead?view=checks")
    shows(page, "few_held", "plan_taken", "references_found", "Plots")
    expect(page.locator("canvas").first).to_be_visible()
    site.keeps("plots")


def test_a_runs_page_shows_its_steps_and_checks(site: Site) -> None:
    page = site.goes_to(f"/runs/{site.done}")
    shows(page, "Success", "19 assets", "39 checks", "RUN_SUCCESS")
    site.keeps("run")


def test_a_refused_plan_is_a_failed_check_that_says_what_to_type(site: Site) -> None:
    page = site.goes_to(f"/runs/{site.failed}")
    shows(page, "Failure", "RUN_FAILURE")
    site.keeps("failed_run")
    page = site.goes_to("/assets/prm/salesforce_account?view=checks")
    page.get_by_text("plan_taken").first.click()
    shows(page, "Failed")
    expect(page.get_by_text(re.compile(r"--allow \d+%")).first).to_be_visible()
    site.keeps("failed_check")


@pytest.mark.parametrize(
    ("asset", "words"),
    [
        ("anomalies", "centri trace"),
        ("conflicts", "centri resolve"),
        ("match_reviews", "matched"),
        ("pace", "lag_seconds"),
    ],
)
def test_what_waits_for_a_person_is_at_hand(site: Site, asset: str, words: str) -> None:
    page = site.goes_to(f"/assets/review/{asset}?view=events")
    shows(page, "Metadata", "Show tags")
    if (hidden := page.get_by_text("[Show Markdown]").first).is_visible():
        hidden.click()
    expect(page.get_by_text(re.compile(words)).first).to_be_visible()
    site.keeps(asset)


def test_a_backfill_is_launched_and_comes_to_its_end(site: Site) -> None:
    page = site.goes_to("/assets/history/salesforce_lead_history?view=partitions")
    shows(page, LAST_MONTH.isoformat())
    page.get_by_role("button", name=re.compile("Materialize")).first.click()
    shows(page, "Showing 2 of 2 partitions")
    page.get_by_role("button", name="All", exact=True).last.click()
    launch = page.get_by_role("button", name=re.compile(r"^Launch backfill"))
    expect(launch).to_be_enabled()
    site.keeps("backfill")
    launch.click()
    ended(site.stage)
    page = site.goes_to("/assets/history/salesforce_lead_history?view=partitions")
    expect(page.get_by_text(re.compile(r"Missing \(0\)"))).to_be_visible()
    site.keeps("backfilled")


@retry(stop=stop_after_delay(120), wait=wait_fixed(0.5), retry=retry_if_exception_type(AssertionError), reraise=True)
def ended(at: Stage) -> None:
    """Both months were read, each by a run of its own."""
    with instance_of(at.settings) as instance:
        runs = [run for run in instance.get_runs() if run.tags.get("dagster/backfill")]
    assert [run.status for run in runs] == [dg.DagsterRunStatus.SUCCESS] * 2


def test_who_may_only_look_can_start_nothing(site: Site) -> None:
    port = free_port(3001)
    with webserver(site.stage.settings, port=port, read_only=True):
        page = site.page
        page.goto(f"http://127.0.0.1:{port}/locations/centri/jobs/sync_salesforce")
        expect(page.get_by_text("sync_salesforce").first).to_be_visible()
        answer = page.request.post(f"http://127.0.0.1:{port}/graphql", data={"query": LAUNCH})
        assert answer.json()["data"]["launchRun"]["__typename"] == "UnauthorizedError"
