"""A sync is an ordinary Dagster run: under its job, with its numbers, and with what stopped it."""

import signal

import dagster as dg
import pytest

from centri.connectors.memory import MemoryConnector
from centri.engine.project import Project
from centri.errors import ConfigError, RetryLater
from centri.pipelines.instance import instance_of
from centri.pipelines.run import run_sync, sync_project
from centri.store import runs
from centri.store.database import read


@pytest.fixture
def project(crm_project, crm):
    crm.save("Account", {"Name": "Acme", "Website": "acme.example", "City": "Bonn"})
    return crm_project


def of_run(project: Project, run_id: str) -> tuple[dg.DagsterRun, dict[str, dict[str, object]]]:
    """A run and the metadata of what it materialized, by last key part."""
    with instance_of(project.settings) as instance:
        run = instance.get_run_by_id(run_id)
        events = [e.dagster_event for e in instance.all_logs(run_id) if e.dagster_event]
    made = [e.step_materialization_data.materialization for e in events if e.is_step_materialization]
    return run, {m.asset_key.path[-1]: {name: value.value for name, value in m.metadata.items()} for m in made}


def test_the_run_stands_under_its_job_and_location_with_the_numbers_of_the_round(project):
    (done,) = sync_project(project, "north")
    run, made = of_run(project, done.run_id)
    assert (run.job_name, run.status) == ("sync_north", dg.DagsterRunStatus.SUCCESS)
    assert run.remote_job_origin.location_name == "centri"
    assert {"centri/connection": "north", "centri/trigger": "centri sync"}.items() <= run.tags.items()
    assert tuple(made["north_account_pulled"][k] for k in ("pulled", "api_calls", "cursor_before")) == (1, 1, "the beginning")
    assert tuple(made["north_account"][name] for name in ("new", "to_prm", "to_crm", "held")) == (1, 1, 0, 0)
    assert "+ Account" in made["north_account"]["plan"]
    assert {"to_crm", "held", "api_calls", "seconds", "records_per_second"} <= made["north_account_push"].keys()


def test_the_round_is_given_back_as_the_engine_counted_it_and_its_journal_names_the_run(project):
    (done,) = sync_project(project, "north")
    assert set(done.round.as_json()) == {"account", "lead"}
    tally = done.round.tallies["account"]
    assert (tally.read, tally.created, tally.to_prm, done.failure) == (1, 1, 1, None)
    with read(project.engine) as conn:
        assert {row["dagster_run_id"] for row in runs.latest(conn)} == {done.run_id}


def test_a_crm_that_is_away_fails_its_run_and_nothing_behind_it_is_done(project, crm):
    crm.faults.append(RetryLater("north is away"))
    north, south = sync_project(project)
    run, made = of_run(project, north.run_id)
    assert (run.status, made) == (dg.DagsterRunStatus.FAILURE, {})
    assert isinstance(north.failure, RetryLater)
    assert str(north.failure) == "north is away"
    assert (south.failure, south.round.tallies["account"].created) == (None, 1)
    with instance_of(project.settings) as instance:
        (failed,) = instance.all_logs(north.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    shown = failed.dagster_event.step_failure_data.user_failure_data
    assert shown.description == "pull Account: north is away"
    assert {name: value.value for name, value in shown.metadata.items()} == {"cure": "RetryLater", "exit_code": 2}


class Deaf(MemoryConnector):
    """Can be read and not written to."""

    def push(self, request):
        raise RetryLater("north is away")


def test_a_push_that_does_not_reach_the_crm_fails_its_run_and_the_round_before_it_counts(project, crm):
    sync_project(project, "north")
    with project.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE account SET city = 'Aachen'")
    project.use("north", Deaf("north", crm))
    (north,) = sync_project(project, "north")
    assert isinstance(north.failure, RetryLater)
    assert {"account", "lead"} == set(north.round.tallies)
    assert [row.values["City"] for row in crm.objects["Account"].values()] == ["Bonn"]


class Interrupted(MemoryConnector):
    """Somebody presses Ctrl-C while it is written to."""

    def push(self, request):
        signal.raise_signal(signal.SIGINT)
        return super().push(request)


def test_ctrl_c_ends_the_run_and_starts_no_other(project, crm):
    sync_project(project, "north")
    with project.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE account SET city = 'Aachen'")
    project.use("north", Interrupted("north", crm))
    with pytest.raises(KeyboardInterrupt):
        sync_project(project)
    with instance_of(project.settings) as instance:
        assert [(run.job_name, run.is_success) for run in instance.get_runs()] == [("sync_north", False), ("sync_north", True)]


def test_a_fault_of_the_program_is_not_dressed_up(project, crm):
    del crm.objects["Lead"]
    crm.objects["Lead"] = {"broken": None}
    with pytest.raises(AttributeError):
        sync_project(project, "north")


def test_one_entity_takes_its_own_pull_and_settling_and_every_push(project):
    (done,) = sync_project(project, "north", "lead")
    _, made = of_run(project, done.run_id)
    assert {"north_lead_pulled", "north_lead", "north_account_push", "north_lead_push"} == set(made)


@pytest.mark.parametrize(
    ("connection", "entity", "message"),
    [
        ("nowhere", None, "no connection is called 'nowhere'"),
        ("north", "leed", "north maps no entity 'leed'; did you mean 'lead'"),
    ],
)
def test_an_unknown_name_makes_no_run(project, connection, entity, message):
    with pytest.raises(ConfigError, match=message):
        sync_project(project, connection, entity)
    with instance_of(project.settings) as instance:
        assert instance.get_runs() == []


def test_progress_is_told_step_by_step(project):
    told: list[tuple[str, str, int]] = []
    sync_project(project, "north", told=lambda *what: told.append(what))
    assert ("north", "pull Account", 1) in told
    begun = [step for _, step, number in told if number == 0]
    assert begun == ["pull Account", "pull Lead", "settle account", "settle lead", "push Account", "push Lead"]


def test_the_embedded_store_is_made_on_first_use(shop):
    assert [done.failure for done in run_sync(shop.settings, "south")] == [None]
    assert (shop.settings.home / "prm.db").exists()


def test_a_faulty_mapping_leaves_nothing_behind(shop):
    shop.mapping.write_text("connections: {}\nentity: {}\n")
    with pytest.raises(ConfigError):
        run_sync(shop.settings)
    assert not shop.settings.home.exists()


def test_a_store_that_somebody_named_is_not_migrated_behind_their_back(shop, tmp_path):
    from dataclasses import replace

    named = replace(shop.settings, database_url=f"sqlite:///{tmp_path}/named.db")
    with pytest.raises(ConfigError, match="centri migrate"):
        run_sync(named)
    assert not (tmp_path / "named.db").exists()


def test_dagster_says_nothing_on_our_streams(open_shop, capfd):
    run_sync(open_shop.settings, "south")
    assert capfd.readouterr() == ("", "")
