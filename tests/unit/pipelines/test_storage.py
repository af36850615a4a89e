"""Dagster's storage on PostgreSQL: its connections are kept and outlive the server's, and nothing tells where it is."""

import shutil
from pathlib import Path

import dagster as dg
import pytest
import yaml
from databases import a_database
from sqlalchemy import event, text

from centri.errors import ConfigError
from centri.pipelines.home import DAGSTER_YAML
from centri.pipelines.storage import VARIABLE, PooledPostgresStorage

PRODUCTION = Path(__file__).parents[3] / "deploy/dagster.yaml"
_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"


@dg.op
def step():
    pass


@dg.job(executor_def=dg.in_process_executor)
def job():
    step()


@pytest.fixture
def instance(postgresql_server, tmp_path, monkeypatch):
    """The production settings, on a database of their own whose address is a secret in a file."""
    (home := tmp_path / "dagster").mkdir()
    (secrets := tmp_path / "secrets").mkdir()
    shutil.copy(PRODUCTION, home / "dagster.yaml")
    with a_database(postgresql_server) as url:
        (secrets / VARIABLE).write_text(url + "\n")
        monkeypatch.setenv("CENTRI_SECRETS", str(secrets))
        with dg.DagsterInstance.from_config(str(home)) as opened:
            yield opened


def test_a_run_needs_one_connection_and_survives_the_loss_of_it(instance, postgresql_server):
    engine = instance.event_log_storage._engine
    assert instance.run_storage._engine is instance.schedule_storage._engine is engine
    made = []
    event.listen(engine, "connect", lambda *_: made.append(1))
    assert job.execute_in_process(instance=instance).success
    assert job.execute_in_process(instance=instance).success
    assert len(made) == 1
    with postgresql_server.connect() as server:
        server.execute(text(_END_ALL), {"name": engine.url.database})
    assert job.execute_in_process(instance=instance).success
    assert len(instance.get_runs()) == 3


def test_no_reference_to_the_instance_tells_the_address(instance):
    told = str(instance.get_ref().to_dict())
    assert "PooledPostgresStorage" in told
    assert "postgresql:" not in told


def test_the_production_settings_hold(instance):
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_max_resume_run_attempts == 0
    assert instance.run_retries_enabled
    assert not instance.get_settings("run_retries")["retry_on_asset_or_op_failure"]


def test_what_both_settings_say_is_the_same_on_one_machine():
    ours, small = yaml.safe_load(PRODUCTION.read_text()), yaml.safe_load(DAGSTER_YAML)
    for key in ("telemetry", "nux", "retention"):
        assert ours[key] == small[key]
    limits = [settings["concurrency"]["runs"]["tag_concurrency_limits"] for settings in (ours, small)]
    assert limits[0] == limits[1]


@pytest.mark.parametrize("given", ["", "sqlite:///here.db", "nonsense"])
def test_a_missing_or_wrong_address_is_told_by_its_variable(given, monkeypatch):
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ConfigError, match=VARIABLE):
        PooledPostgresStorage.from_config_value(None, {})
