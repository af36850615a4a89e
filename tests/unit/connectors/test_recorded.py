"""What a CRM described and some of its records, kept in files and read back as they were."""

import json
from datetime import UTC, datetime

import pytest

from centri.connectors.recorded import Fixtures
from centri.descriptions import Description, Field, FieldType
from centri.errors import ConfigError
from centri.records import Record, Ref

AT = datetime(2026, 1, 1, 12, 0, 1, 5000, tzinfo=UTC)

FIELDS = [
    Field("Id", FieldType.ID, updateable=False),
    Field("Status", FieldType.CHOICE, "State", required=True, choices=("a", "b"), restricted=True),
    Field("Owner", FieldType.REFERENCE, references=("User", "Group"), readable=False),
    Field("Key", FieldType.TEXT, length=36, external_key=True, createable=False),
]
RECORDS = [
    Record(Ref("crm", "Lead", "2"), {"Status": "a", "Owner": None, "Emails": [{"primary": True}]}, "v1", AT),
    Record(Ref("crm", "Lead", "1"), {}, "v2", None, True, "2"),
    Record(Ref("crm", "Lead", "3"), {"Amount": "12.50"}, "v3", AT, False, None, {"contact": "7"}),
]


@pytest.fixture
def fixtures(tmp_path):
    return Fixtures(tmp_path)


def test_a_description_comes_back_as_it_was(fixtures):
    told = Description("Lead", {field.name: field for field in FIELDS})
    fixtures.keep_description("crm", told)
    assert fixtures.description("crm", "Lead") == told
    assert fixtures.described("crm") == ["Lead"]
    assert fixtures.described("other") == []


def test_records_come_back_as_they_were_in_order_of_their_ids(fixtures):
    fixtures.keep_records("crm", "Lead", RECORDS)
    assert fixtures.records("crm", "Lead") == sorted(RECORDS, key=lambda record: record.ref.id)
    assert fixtures.records("crm", "Account") == []


def test_what_is_usual_is_not_written(fixtures):
    path = fixtures.keep_description("crm", Description("Lead", {"Name": Field("Name", FieldType.TEXT)}))
    assert json.loads(path.read_text()) == {"object": "Lead", "fields": [{"name": "Name", "type": "text"}]}


def test_a_file_that_says_the_same_already_is_not_touched(fixtures):
    path = fixtures.keep_records("crm", "Lead", RECORDS)
    stamp = path.stat().st_mtime_ns
    assert fixtures.keep_records("crm", "Lead", reversed(RECORDS)) is None
    assert path.stat().st_mtime_ns == stamp
    assert fixtures.keep_records("crm", "Lead", RECORDS[:1]) == path
    assert [one.name for one in path.parent.iterdir()] == ["Lead.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"object": "Lead", "fields": [{"name": "A", "type": "colour"}]}'])
def test_a_file_that_is_no_description_is_named(fixtures, content):
    path = fixtures.keep_description("crm", Description("Lead", {}))
    path.write_text(content)
    with pytest.raises(ConfigError, match=str(path)):
        fixtures.description("crm", "Lead")


@pytest.mark.parametrize(
    "content", ["{", "[1]", '[{"id": "1"}]', '[{"id": "1", "values": {}, "version": "1", "changed_at": "x"}]']
)
def test_a_file_that_holds_no_records_is_named(fixtures, content):
    path = fixtures.keep_records("crm", "Lead", [])
    path.write_text(content)
    with pytest.raises(ConfigError, match=str(path)):
        fixtures.records("crm", "Lead")


def test_what_is_not_recorded_says_how_to_record_it(fixtures):
    with pytest.raises(ConfigError, match="centri record crm"):
        fixtures.description("crm", "Lead")
