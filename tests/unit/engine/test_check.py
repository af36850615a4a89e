"""A mapping against CRMs as they are: over real HTTP, one call an object, and what cannot be looked at is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from centri.connectors.http import Patience
from centri.connectors.recorded import Fixtures
from centri.connectors.registry import open_connector
from centri.engine.check import Against, check
from centri.engine.check_drift import check_drift
from centri.mappings.drift import Change
from centri.mappings.loader import load
from centri.sandbox.server import Sandbox
from centri.settings import Settings

ONCE = Patience(attempts=1)
SHIPPED = Path(__file__).parents[3] / "mappings.yaml"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def settings(sandbox, tmp_path):
    """The shipped mapping, in a folder of its own."""
    path = tmp_path / "mappings.yaml"
    path.write_bytes(SHIPPED.read_bytes())
    return Settings(mappings=path, environment=sandbox.environment)


def edited(settings, *pairs):
    text = settings.mappings.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    settings.mappings.write_text(text)
    return settings


def line(settings, text):
    return next(n for n, row in enumerate(settings.mappings.read_text().splitlines(), 1) if text in row)


def test_the_shipped_mapping_fits_both_crms(settings):
    report = check(settings, strict=True)
    assert (report.found, report.unseen, report.exit_code) == ((), (), 0)


def test_it_fits_what_is_recorded_of_them():
    report = check(Settings(mappings=SHIPPED), Against.RECORDED, strict=True)
    assert (report.found, report.exit_code) == ((), 0)


def test_faults_of_all_connections_are_told_at_once(settings):
    edited(settings, ("crm: BillingCity", "crm: BillingTown"), ("crm: billing_address_city", "crm: billing_town"))
    report = check(settings)
    assert [(f.rule, f.line) for f in report.found if "town" in f.message.lower()] == [
        ("field", line(settings, "BillingTown")), ("field", line(settings, "billing_town")),
    ]  # fmt: skip
    assert report.exit_code == 1


def test_an_object_that_is_not_there_is_a_fault_at_its_line(settings):
    edited(settings, ("object: Note\n", "object: Notiz\n"))
    (found,) = check(settings).found
    assert (found.rule, found.line) == ("object", line(settings, "Notiz"))
    assert "Notiz" in found.message


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("SUGARCRM_URL", "http://127.0.0.1:9", 2), ("SUGARCRM_PASSWORD", "", 1), ("SUGARCRM_PASSWORD", "wrong", 1)],
)
def test_a_connection_that_cannot_be_looked_at_is_said_and_the_other_is_checked(settings, name, value, code):
    edited(settings, ("crm: BillingState", "crm: BillingStaat"))
    away = {**settings.environment, name: value}
    report = check(replace(settings, environment=away), patience=ONCE)
    assert [u.connection for u in report.unseen] == ["sugarcrm"]
    assert report.unseen[0].exit_code == code
    assert {f.rule for f in report.found} == {"field"}
    assert report.exit_code == 1
    edited(settings, ("crm: BillingStaat", "crm: BillingState"))
    assert check(replace(settings, environment=away), patience=ONCE).exit_code == code


LISTS = 10
"""Mapped lists of the shipped mapping that SugarCRM tells by a call each."""


def test_each_object_is_described_once(settings, sandbox, monkeypatch):
    from centri.connectors import registry

    opened = []

    def opening(*args, **options):
        opened.append(open_connector(*args, **options))
        return opened[-1]

    monkeypatch.setattr(registry, "open_connector", opening)
    check(settings)
    assert [connector.calls for connector in opened] == [6, 6 + LISTS]


def test_a_value_of_either_crms_list_that_has_no_meaning_is_told(settings):
    edited(settings, ("Recycled: recycled, ", ""), ("Closed - Not Converted: disqualified", "Closed: disqualified"))
    told = [f.message for f in check(settings).found if f.rule == "picklist"]
    assert len(told) == 2, told
    assert "'Closed - Not Converted'" in told[0] + told[1]
    assert "'Recycled'" in told[0] + told[1]


def test_an_unrecorded_object_names_the_command(settings):
    report = check(settings, Against.RECORDED)
    assert len(report.found) == 12
    assert {f.remedy for f in report.found} == {"record it: centri record salesforce", "record it: centri record sugarcrm"}
    assert report.exit_code == 1


def test_a_warning_is_allowed_on_its_line_an_error_is_not(settings):
    edited(settings, ("  # conversion is no status; allow: round-trip", ""))
    fixtures = Fixtures(SHIPPED.parent / "fixtures")
    report = check(settings, Against.RECORDED, fixtures)
    assert [f.rule for f in report.found] == ["round-trip"]
    assert (report.exit_code, check(settings, Against.RECORDED, fixtures, strict=True).exit_code) == (0, 1)
    edited(settings, ("crm: BillingCity,", "crm: BillingTown,"))
    edited(settings, ("crm: BillingTown, direction: in}", "crm: BillingTown, direction: in}  # allow: field"))
    assert "field" in [f.rule for f in check(settings, Against.RECORDED, fixtures).found]


def recorded(settings, sandbox, connection, object, change):
    """Fixtures of both CRMs as they are, but for the fields of one object."""
    mapping, fixtures = load(settings.mappings), Fixtures(settings.mappings.parent / "fixtures")
    for name, config in mapping.connections.items():
        connector = open_connector(config.type, name, config.resolve(settings.environment))
        for one in mapping.objects(name):
            described = connector.describe(one, connector.describe(one).fields)
            if (name, one) == (connection, object):
                described = replace(described, fields=change(dict(described.fields)))
            fixtures.keep_description(name, described)
        connector.close()
    return fixtures


def but(field, **was):
    return lambda fields: {**fields, field: replace(fields[field], **was)}


def without(field):
    return lambda fields: {name: known for name, known in fields.items() if name != field}


def renamed(old, new):
    return lambda fields: {(old if n == new else n): (replace(f, name=old) if n == new else f) for n, f in fields.items()}


@pytest.mark.parametrize(
    ("change", "at", "kind", "severity"),
    [
        (but("Title", length=200), "title: {crm: Title", "takes shorter texts (128 characters, was 200)", "error"),
        (renamed("CENTRI_Product_Intrest__c", "CENTRI_Product_Interest__c"), None, "", ""),
        (but("Status", choices=("Open - Not Contacted",)), "state: {crm: Status", "has more choices", "warning"),
        (
            but("Industry", type="text", choices=()),
            "industry_raw: {crm: Industry",
            "has another type (choice, was text)",
            "warning",
        ),
    ],
)
def test_drift_tells_what_it_means_for_each_mapped_field(settings, sandbox, change, at, kind, severity):
    recorded(settings, sandbox, "salesforce", "Lead", change)
    report = check_drift(settings)
    if at is None:
        assert [e.drift.change for e in report.elsewhere] == [Change.RENAMED]
        assert report.exit_code == 0
        return
    assert report.exit_code == 3
    lines = settings.mappings.read_text().splitlines()
    assert any(at in lines[f.line - 1] and kind in f.message and f.severity == severity for f in report.found)


def test_a_field_that_is_gone_from_the_crm_stops_what_reads_it(settings, sandbox):
    def had(fields):
        return {**fields, "CENTRI_Gone__c": replace(fields["Title"], name="CENTRI_Gone__c", label="Gone")}

    recorded(settings, sandbox, "salesforce", "Lead", had)
    assert check_drift(settings).exit_code == 0
    prm_status = "        prm_status: {crm: CENTRI_Status__c"
    edited(settings, (prm_status, f"        timeframe: {{crm: CENTRI_Gone__c, direction: in}}\n{prm_status}"))
    (found,) = check_drift(settings).found
    assert (found.rule, found.severity, found.line) == ("drift", "error", line(settings, "CENTRI_Gone__c"))
    assert "is gone: Lead has no field 'CENTRI_Gone__c'" in found.message


def test_a_new_field_that_is_required_concerns_what_is_born_there(settings, sandbox):
    recorded(settings, sandbox, "salesforce", "Lead", without("Company"))
    messages = [f.message for f in check_drift(settings).found]
    assert any("Lead.Company was added" in message for message in messages)


def test_no_drift_is_0_and_a_crm_that_does_not_answer_is_2(settings, sandbox):
    recorded(settings, sandbox, "salesforce", "Lead", lambda fields: fields)
    report = check_drift(settings)
    assert (report.found, report.elsewhere, report.exit_code) == ((), (), 0)
    away = {**settings.environment, "SUGARCRM_URL": "http://127.0.0.1:9"}
    assert check_drift(replace(settings, environment=away), patience=ONCE).exit_code == 2
