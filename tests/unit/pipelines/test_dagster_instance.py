"""The instance's folder, and that runs of this process belong to the code location of workspace.yaml."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import yaml
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from centri.pipelines import instance
from centri.pipelines.home import prepare
from centri.pipelines.webserver import environment
from centri.settings import Settings, from_environment

ROOT = Path(__file__).parents[3]


def test_our_runs_name_the_very_location_that_the_workspace_does():
    (entry,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    named = entry["python_module"]
    assert (named["module_name"], named["attribute"], named["location_name"]) == (
        instance.MODULE, instance.ATTRIBUTE, instance.LOCATION,
    )  # fmt: skip


def test_the_folder_is_made_with_its_settings_and_these_are_then_left_alone(tmp_path):
    settings = Settings(home=tmp_path / "home")
    file = prepare(settings) / "dagster.yaml"
    file.write_text(file.read_text() + "# mine\n")
    prepare(settings)
    assert file.read_text().endswith("# mine\n")


def test_the_instance_takes_its_settings_sends_nothing_home_and_leaves_our_output_alone(tmp_path):
    with instance.instance_of(Settings(home=tmp_path)) as opened:
        assert not opened.telemetry_enabled
        assert not opened.nux_enabled
        assert isinstance(opened.compute_log_manager, NoOpComputeLogManager)
        limits = opened.get_concurrency_config().run_queue_config
        assert [limit["key"] for limit in limits.tag_concurrency_limits] == ["centri/connection"]
        assert str(opened.root_directory) == str(tmp_path / "dagster")


def test_a_run_that_fails_in_dagsters_own_hands_still_says_why(tmp_path):
    @dg.op
    def step():
        raise ValueError("no")

    @dg.job(executor_def=dg.in_process_executor)
    def broken():
        step()

    with instance.instance_of(Settings(home=tmp_path)) as opened:
        ended = instance.execute(opened, broken, instance.new_run(opened, broken, {}, None))
    assert (ended.success, ended.interrupted) == (False, False)
    assert "step" in ended.error


def test_an_interrupted_run_says_so(tmp_path):
    @dg.op
    def step():
        raise dg.DagsterExecutionInterruptedError

    @dg.job(executor_def=dg.in_process_executor)
    def stopped():
        step()

    with instance.instance_of(Settings(home=tmp_path)) as opened:
        ended = instance.execute(opened, stopped, instance.new_run(opened, stopped, {}, None))
    assert (ended.success, ended.interrupted) == (False, True)


def test_another_process_finds_the_same_settings_in_its_environment(tmp_path):
    mine = from_environment({"CENTRI_HOME": str(tmp_path), "CENTRI_OVERLAP_SECONDS": "5", "CENTRI_PAGE_SIZE": "7", "SECRET": "x"})
    theirs = from_environment(environment(mine))
    fixed = replace(mine, mappings=mine.mappings.resolve(), environment={})
    assert replace(theirs, environment={}) == fixed
    assert theirs.environment["SECRET"] == "x"
