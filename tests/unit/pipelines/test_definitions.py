"""What Dagster is shown of a mapping, and that showing it touches nothing."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from csv_business import Business

from centri.engine.project import PRM_FIELDS
from centri.errors import ConfigError
from centri.mappings.loader import load
from centri.pipelines.definitions import build_definitions, defs
from centri.pipelines.home import prepare

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "mappings.yaml"


def built(shop: Business) -> dg.Definitions:
    return build_definitions(load(shop.mapping, PRM_FIELDS), shop.settings)


def steps(definitions: dg.Definitions, job: str) -> list[str]:
    """The steps of a job in the order in which a process that takes them one by one runs them."""
    graph = definitions.resolve_job_def(job).graph
    return [node.name for node in graph.nodes_in_topological_order]


def test_reading_the_definitions_touches_no_store_and_no_crm(shop):
    before = sorted(shop.folder.rglob("*"))
    dg.Definitions.validate_loadable(built(shop))
    assert before == sorted(shop.folder.rglob("*"))


def test_the_shipped_mapping_loads_without_any_environment(tmp_path):
    code = "from centri.pipelines.definitions import defs; print(len(list(defs().resolve_all_asset_specs())))"
    bare = {"CENTRI_MAPPINGS": str(SHIPPED), "CENTRI_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
    ran = subprocess.run([sys.executable, "-c", code], env=bare, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(ran.stdout) > 20
    assert list(tmp_path.iterdir()) == []


def test_a_round_is_pulled_settled_and_pushed_each_step_behind_the_one_before(shop):
    expected = [
        "north_account_pulled", "north_lead_pulled", "north_account", "north_lead", "north_account_push", "north_lead_push",
    ]  # fmt: skip
    assert expected == steps(built(shop), "sync_north")
    specs = {s.key.path[-1]: s for s in built(shop).resolve_all_asset_specs()}
    behind = list(pairwise(expected))
    assert behind == [(a, b) for a, b in behind if a in {d.asset_key.path[-1] for d in specs[b].deps}]


def test_leads_are_pulled_last_and_parents_settled_first(monkeypatch):
    monkeypatch.setenv("CENTRI_MAPPINGS", str(SHIPPED))
    order = steps(defs(), "sync_salesforce")
    pulls = [name for name in order if name.endswith("_pulled")]
    assert pulls[-1] == "salesforce_lead_pulled"
    assert order[: len(pulls)] == pulls
    assert order.index("salesforce_account") < order.index("salesforce_contact") < order.index("salesforce_opportunity")


def test_each_last_key_part_is_there_once_and_belongs_to_the_group_of_its_connection(shop):
    specs = [spec for spec in built(shop).resolve_all_asset_specs() if spec.group_name != "reports"]
    assert {1} == set(Counter(spec.key.path[-1] for spec in specs).values())
    groups = {(s.group_name, s.tags.get("centri/connection")) for s in specs}
    of_all = ("matching", "partners", "operations", "reviews")
    of_each = ((group, connection) for group in ("history", "reconciliation") for connection in ("north", "south"))
    assert groups == {("north", "north"), ("south", "south"), *of_each, *((group, None) for group in of_all)}


def test_every_step_runs_in_the_process_of_its_run(shop):
    assert dg.in_process_executor is built(shop).executor


def test_no_secret_and_no_setting_is_resource_configuration(shop):
    resources = built(shop).get_repository_def().get_top_level_resources()
    assert {"project", "watch"} == set(resources)
    assert all(resource.config_schema.default_provided is False for resource in resources.values())


def test_an_asset_shows_its_mapping_and_when_it_was_made_by_an_older_one(shop):
    def lead():
        return next(s for s in built(shop).resolve_all_asset_specs() if s.key.path == ["prm", "north_lead"])

    before = lead()
    assert "| email | Email | both | newest | email |" in before.metadata["mapping"].value
    shop.mapping.write_text(shop.mapping.read_text().replace("policy: newest", "policy: crm_wins"))
    assert before.code_version != lead().code_version


def test_a_faulty_mapping_names_file_and_line(shop, monkeypatch):
    shop.mapping.write_text(shop.mapping.read_text().replace("policy: newest", "policy: newst"))
    monkeypatch.setenv("CENTRI_MAPPINGS", str(shop.mapping))
    with pytest.raises(ConfigError, match=r"mappings\.yaml:15: .*newst.*did you mean 'newest'"):
        defs()


def test_a_run_leaves_the_terminal_to_warnings_and_keeps_its_events(open_shop, capfd):
    prepare(open_shop.settings)
    with dg.DagsterInstance.from_config(str(open_shop.settings.dagster_home)) as instance:
        ran = built(open_shop).resolve_job_def("alerts").execute_in_process(instance=instance)
        assert ran.success
        assert len(instance.all_logs(ran.run_id)) > 5
    assert "DEBUG" not in capfd.readouterr().err
