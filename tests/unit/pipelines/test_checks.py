"""What each step asserts in passing, seen as Dagster keeps it after real runs."""

from datetime import UTC, datetime, timedelta
from functools import partial

import dagster as dg
import pytest

from centri.engine.health import Health
from centri.engine.project import Project, open_project
from centri.errors import TooMany
from centri.pipelines import alerting, checks
from centri.pipelines.alerting import alert_sensor
from centri.pipelines.columns import LINEAGE, SCHEMA
from centri.pipelines.definitions import build_definitions
from centri.pipelines.instance import instance_of
from centri.pipelines.run import sync_project
from centri.pipelines.translator import pulled_key, settled_key
from centri.sync.budget import Allowance

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
Said = dict[tuple[str, str], dg.AssetCheckEvaluation]


@pytest.fixture
def project(crm_project, crm):
    for n in range(60):
        crm.save("Account", {"Name": f"Acme {n}", "Website": f"acme{n}.example", "City": "Bonn"})
    return crm_project


def said(project: Project, run_id: str) -> Said:
    """What the checks of a run said, by the asset's last key part and the check."""
    with instance_of(project.settings) as instance:
        events = [e.dagster_event for e in instance.all_logs(run_id) if e.dagster_event]
    told = [e.event_specific_data for e in events if e.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION]
    return {(each.asset_key.path[-1], each.check_name): each for each in told}


def synced(project: Project) -> Said:
    (done,) = sync_project(project, "north")
    return said(project, done.run_id)


def test_a_round_in_which_all_is_well_passes_every_check_of_every_step(project):
    found = synced(project)
    of_pulls = {(f"north_{o}_pulled", c) for o in ("account", "lead") for c in (checks.FRESH, checks.SCHEMA, checks.CALLS)}
    of_settlings = {(f"north_{e}", c) for e in ("account", "lead") for c in (checks.TAKEN, checks.FEW_HELD, checks.REFERENCES)}
    assert found.keys() == of_pulls | of_settlings
    assert [key for key, each in found.items() if not each.passed] == []


def test_a_refused_plan_fails_its_check_and_says_what_to_type(project, crm):
    ids = [crm.save("Account", {"Name": f"More {n}", "Website": f"more{n}.example", "City": "Bonn"}).id for n in range(60)]
    synced(project)
    for id in ids:
        crm.save("Account", {"City": "Ulm"}, id=id)
    told = synced(project)["north_account", checks.TAKEN]
    assert (told.passed, told.severity) == (False, ERROR)
    assert "--allow" in told.metadata["why"].value


def test_records_set_aside_are_told_by_share_and_one_by_one_with_their_story(project, crm):
    for n in range(3):
        crm.save("Lead", {"FirstName": "Kim", "LastName": f"Lee{n}", "Company": "Acme", "Email": "kim(at)acme"})
    crm.save("Lead", {"FirstName": "Ada", "LastName": "Stone", "Company": "Acme", "Email": "ada@acme.example"})
    (done,) = sync_project(project, "north")
    told = said(project, done.run_id)["north_lead", checks.FEW_HELD]
    assert (told.passed, told.severity, told.metadata["held"].value) == (False, WARN, 3)
    with instance_of(project.settings) as instance:
        made = instance.get_latest_materialization_event(settled_key("north", "lead")).asset_materialization.metadata
    assert made["open"].value == 3
    assert made["set_aside"].value.count("`centri trace north Lead ") == 3
    assert "kim" not in made["set_aside"].value


def it_is(later: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sensor looks so much later."""
    late = partial(open_project, clock=lambda: datetime.now(UTC) + later)
    monkeypatch.setattr(alerting, "open_project", late)


def test_an_object_that_is_not_read_for_too_long_fails_until_it_is_read_again(project, monkeypatch):
    synced(project)
    key, lead = (dg.AssetCheckKey(pulled_key("north", name), checks.FRESH) for name in ("Account", "Lead"))
    with instance_of(project.settings) as instance:
        storage = instance.event_log_storage

        def look(after: timedelta, cursor: str = "") -> str:
            it_is(after, monkeypatch)
            with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
                list(alert_sensor(project.settings)(context))
                return context.cursor

        def shown() -> list[str]:
            found = storage.get_latest_asset_check_execution_by_key([key, lead])
            return [found[one].status.value for one in (key, lead)]

        cursor = look(timedelta(0))
        assert (cursor, shown()) == ("", ["SUCCEEDED", "SUCCEEDED"])
        cursor = look(timedelta(hours=1))
        assert (len(cursor.splitlines()), shown()) == (2, ["FAILED", "FAILED"])
        synced(project)
        assert shown() == ["SUCCEEDED", "SUCCEEDED"]
        assert (look(timedelta(0), cursor), shown()) == ("", ["SUCCEEDED", "SUCCEEDED"])


def test_what_is_stale_already_is_not_said_again(project, monkeypatch):
    synced(project)
    with instance_of(project.settings) as instance:
        said = []
        it_is(timedelta(hours=1), monkeypatch)
        monkeypatch.setattr(type(instance), "report_runless_asset_event", lambda _, event: said.append(event.asset_key))
        cursor = None
        for _ in range(2):
            with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
                list(alert_sensor(project.settings)(context))
                cursor = context.cursor
        assert len(said) == 2


@pytest.mark.parametrize(
    ("allowance", "passed", "severity"),
    [
        (None, True, ERROR),
        (Allowance(100, 89), True, WARN),
        (Allowance(100, 90), False, WARN),
        (Allowance(100, 100), False, ERROR),
    ],
)
def test_calls_are_short_before_they_are_gone(allowance, passed, severity):
    *_, told = checks.pulled(None, allowance, 0.9)
    assert told.passed is passed
    assert passed or told.severity is severity


@pytest.mark.parametrize(
    ("linked", "held", "suspended", "passed", "severity"),
    [(96, 4, "", True, WARN), (95, 5, "", False, WARN), (5, 5, "", False, ERROR), (100, 0, "no Email any more", False, ERROR)],
)
def test_how_many_may_be_set_aside(linked, held, suspended, passed, severity):
    _, told, _ = checks.settled(Health(linked, held, {}, []), suspended)
    assert (told.passed, told.severity) == (passed, severity)


def test_a_missing_parent_is_a_warning():
    *_, told = checks.settled(Health(10, 1, {"reference_missing": 1}, []), "")
    assert (told.passed, told.severity, told.metadata["reference_missing"].value) == (False, WARN, 1)


def test_refusals_are_told_by_the_error_itself():
    taken, *standing = checks.refused(TooMany("too many"), Health(100, 0, {}, []))
    assert (taken.passed, taken.metadata["why"].value) == (False, "too many")
    assert all(each.passed for each in standing)


def test_columns_and_where_they_come_from_are_those_of_the_mapping(project):
    specs = {s.key: s for s in build_definitions(project.mapping, project.settings).resolve_all_asset_specs()}
    pulled, settled = specs[pulled_key("north", "Lead")], specs[settled_key("north", "lead")]
    assert {c.name for c in pulled.metadata[SCHEMA].columns} >= {"FirstName", "LastName", "Company", "Email"}
    columns = {c.name: c for c in settled.metadata[SCHEMA].columns}
    assert (columns["email"].type, columns.keys()) == ("text", {"first_name", "last_name", "company", "email"})
    assert columns["email"].description == "both ways with Lead.Email"
    assert settled.metadata[LINEAGE].deps_by_column["email"] == [dg.TableColumnDep(pulled.key, "Email")]
