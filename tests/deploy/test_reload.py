"""A mapping edit goes live without a restart, a broken one does not, and who may only look cannot do either. Real processes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from csv_business import Business
from production import PATIENT, asked, code_and_web
from typer.testing import CliRunner

from centri.cli.app import app
from centri.pipelines.home import prepare

JOBS = "{repositoriesOrError {... on RepositoryConnection {nodes {jobs {name}}} ... on PythonError {message}}}"
LAUNCH = """mutation {launchRun(executionParams: {selector: {repositoryLocationName: "centri", repositoryName: "__repository__",
    pipelineName: "sync_north"}}) {__typename}}"""
RELOAD = 'mutation {reloadRepositoryLocation(repositoryLocationName: "centri") {__typename}}'


@dataclass(frozen=True)
class Site:
    business: Business
    full: str
    reading: str

    def jobs(self, url: str) -> set[str]:
        nodes = asked(url, JOBS)["repositoriesOrError"]["nodes"]
        return {job["name"] for node in nodes for job in node["jobs"]}

    def reload(self, url: str):
        return CliRunner().invoke(app, ["reload", "--url", url], env=self.business.environment)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from csv_business import business

    folder: Path = tmp_path_factory.mktemp("site")
    made = business(folder)
    environment = {**made.environment, "DAGSTER_HOME": str(prepare(made.settings))}
    with code_and_web(environment, folder) as (full, reading):
        yield Site(made, full, reading)


@pytest.mark.prove
def test_a_mapping_edit_shows_after_a_reload_and_a_broken_one_is_refused(site: Site):
    mapping = site.business.mapping
    sound = mapping.read_text()
    assert "sync_west" not in PATIENT(site.jobs, site.full)
    mapping.write_text(
        sound.replace("  south: {type", f"  west: {{type: csvfile, folder: {site.business.folder}/west}}\n  south: {{type")
        .replace("    south: {object", "    west: {object: Account, fields: {name: Name}}\n    south: {object")
    )  # fmt: skip
    assert "sync_west" not in site.jobs(site.full)
    reloaded = site.reload(site.full)
    assert reloaded.exit_code == 0, reloaded.output
    assert "sync_west" in reloaded.output
    assert "sync_west" in site.jobs(site.full)
    PATIENT(_shown, site)

    mapping.write_text(mapping.read_text().replace("entities:\n  account:", "entities:\n  acount:"))
    refused = site.reload(site.full)
    assert refused.exit_code == 1
    assert f"{mapping}:6: " in refused.output
    assert "sync_west" in site.jobs(site.full)
    mapping.write_text(sound)


def _shown(site: Site) -> None:
    """The web server that was not asked notices by itself that the code server has something new."""
    assert "sync_west" in site.jobs(site.reading)


@pytest.mark.prove
def test_who_may_only_look_starts_and_reloads_nothing(site: Site):
    assert "sync_north" in PATIENT(site.jobs, site.reading)
    assert asked(site.reading, LAUNCH)["launchRun"]["__typename"] == "UnauthorizedError"
    assert asked(site.reading, RELOAD)["reloadRepositoryLocation"]["__typename"] == "UnauthorizedError"
    refused = site.reload(site.reading)
    assert refused.exit_code == 4, refused.output
    assert asked(site.reading, "{runsOrError {... on Runs {results {runId}}}}")["runsOrError"]["results"] == []
