"""A CRM recorded: everything mapped is there and hangs together, and nobody is recognised in any byte of it."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
import yaml

from centri.connectors.cassettes import path_in, replaying
from centri.connectors.recorded import Fixtures
from centri.engine.project import PRM_FIELDS
from centri.engine.record import record
from centri.engine.sample import take
from centri.errors import ConfigError
from centri.mappings.drift import Change, Drift
from centri.mappings.loader import interpret, load
from centri.mappings.masks import Mask
from centri.mappings.source import read
from centri.sandbox.people import SalesforceUser
from centri.sandbox.server import Sandbox

MAPPING = load(Path(__file__).parents[3] / "mappings.yaml", PRM_FIELDS)
MASK = Mask(b"key")
ROLES = {"admin", "automation", "integration"}
"""Log-ins that are nobody's, and words of the CRMs. A country and its area, all that some put for a number, are nobody's too."""
PERSONAL = {
    "email": r"(?i)^email1?$|username$|^user_name$",
    "phone": r"(?i)phone|fax|mobile",
    "street": r"(?i)street$",
    "text": r"^(Body|Description|description)$",
}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(1) as served:
        yield served


@pytest.fixture(scope="module")
def recorded(sandbox, tmp_path_factory):
    fixtures = Fixtures(tmp_path_factory.mktemp("fixtures"))
    done = {name: record(MAPPING, name, sandbox.environment, fixtures, MASK) for name in MAPPING.connections}
    return fixtures, done


def seeded(sandbox):
    """Everything personal that the CRMs hold, word for word: whole names, addresses, numbers, streets, notes."""
    found = set()
    for org in (sandbox.salesforce, sandbox.sugarcrm):
        for table in org.tables.values():
            for row in org.rows(table.schema.name, deleted=True):
                found |= set(told(table.schema.name, row.values))
    return {text for text in found if len(text) > 4 and not re.fullmatch(r"\+\d\d \d\d", text)} - ROLES


def told(object, values):
    first, last = (values.get(a) or values.get(b) or "" for a, b in (("FirstName", "first_name"), ("LastName", "last_name")))
    if first and last:
        yield from (f"{first} {last}", f"{first}.{last}".lower(), f"{last}, {first}")
    notes = ("Title", "name") if object in ("Note", "Notes") else ()
    for name, value in values.items():
        if isinstance(value, str) and (name in notes or any(re.search(pattern, name) for pattern in PERSONAL.values())):
            yield value.strip()
            yield from value.strip().splitlines()
        if name == "email" and isinstance(value, list):
            yield from (one["email_address"] for one in value)


def readings(folder):
    """Every file's bytes as text, and what YAML's escapes and line breaks and an address's quoting hide in them."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        text = path.read_text()
        yield path.name, text
        if path.suffix == ".yaml":
            for said in yaml.load(text, yaml.CSafeLoader)["interactions"]:
                request, response = said["request"], said["response"]
                yield path.name, f"{unquote_plus(request['uri'])} {request['body']} {request['headers']} {response['headers']}"
                yield path.name, response["body"]["string"]


def test_nobody_and_no_secret_is_left_in_any_byte(sandbox, recorded):
    fixtures, _ = recorded
    people = seeded(sandbox)
    credentials = (sandbox.salesforce.credentials, sandbox.sugarcrm.credentials)
    secrets = {s for c in credentials for s in (c.client_id, c.client_secret, c.password) if len(s) > 5}
    tokens = {one.token for org in (sandbox.salesforce, sandbox.sugarcrm) for one in org.sessions.all()}
    everything = list(readings(fixtures.folder))
    assert len(people) > 5000
    assert len(everything) > 50
    found = {(name, one) for name, text in everything for one in people | secrets | tokens if one in text}
    assert found == set()
    assert not [
        name for name, text in everything if "127.0.0.1" in text or re.search(r"(?i)authorization|cookie|oauth-token", text)
    ]


def test_everything_mapped_is_recorded(recorded):
    fixtures, done = recorded
    for name, report in done.items():
        assert fixtures.described(name) == sorted(MAPPING.objects(name))
        assert all(one.new and one.records for one in report.objects)
        assert report.calls > 0
        assert {path.suffix for path in report.written} == {".json", ".yaml"}
        for mapping in MAPPING.of(name):
            some = [r for r in fixtures.records(name, mapping.object) if mapping.where.passes(r.values)]
            assert mapping.is_push_lead or some, mapping.entity


def test_what_records_refer_to_is_recorded_too(recorded):
    fixtures, _ = recorded
    for name in MAPPING.connections:
        ids = {r.ref.id for o in fixtures.described(name) for r in fixtures.records(name, o)}
        referred = {
            r.values[rule.crm]
            for m in MAPPING.of(name)
            for rule in m.rules
            if rule.references
            for r in fixtures.records(name, m.object)
            if r.values.get(rule.crm)
        }
        assert referred
        assert referred <= ids


def test_the_same_person_is_the_same_everywhere(recorded):
    """In a contact's name and address alike, and in the traffic as in the records."""
    fixtures, _ = recorded
    people = [r.values for r in fixtures.records("salesforce", "Contact") if r.values["Email"]]
    agreeing = [p for p in people if p["Email"].startswith(f"{p['FirstName']}.{p['LastName']}@".lower())]
    assert len(agreeing) > len(people) / 2


def test_a_replay_gives_the_same_records_and_reaches_nobody(recorded, monkeypatch):
    fixtures, _ = recorded
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("this talks to somebody"))
    for name, config in MAPPING.connections.items():
        with replaying(path_in(fixtures.folder, name), config.type, name, config.options) as player:
            sample = take(player, MAPPING.of(name), 20)
        for object, taken in sample.items():
            assert taken.description == fixtures.description(name, object)
            assert sorted(taken.records, key=lambda r: r.ref.id) == fixtures.records(name, object)


def test_recording_again_touches_nothing(sandbox, recorded):
    fixtures, _ = recorded
    before = {path: path.stat().st_mtime_ns for path in fixtures.folder.rglob("*") if path.is_file()}
    for name in MAPPING.connections:
        again = record(MAPPING, name, sandbox.environment, fixtures, MASK)
        assert again.written == ()
        assert not [one for one in again.objects if one.any]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_changed_is_told(sandbox, recorded, tmp_path):
    fixtures = Fixtures(tmp_path)
    record(MAPPING, "salesforce", sandbox.environment, fixtures, MASK, objects=["Contact"])
    described, records = fixtures.description("salesforce", "Contact"), fixtures.records("salesforce", "Contact")
    fields = {name: field for name, field in described.fields.items() if name != "Department"}
    fixtures.keep_description("salesforce", replace(described, fields=fields))
    gone = replace(records[0], ref=records[0].ref._replace(id="gone"))
    fixtures.keep_records("salesforce", "Contact", [gone, replace(records[1], version="old"), *records[2:]])
    report = record(MAPPING, "salesforce", sandbox.environment, fixtures, MASK, objects=["Contact"])
    (contact,) = report.objects
    assert contact.drift == (Drift(Change.ADDED, "Department"),)
    assert (contact.added, contact.removed, contact.changed, contact.new) == (1, 1, 1, False)
    assert sorted(path.parent.parent.name for path in report.written) == ["metadata", "records"]


def test_deleted_persons_are_not_recorded(sandbox, tmp_path):
    dana = SalesforceUser(sandbox.salesforce_url, "dana@vantage.example")
    fixtures = Fixtures(tmp_path)
    record(MAPPING, "salesforce", sandbox.environment, fixtures, MASK, objects=["Note"], number=1)
    (note,) = fixtures.records("salesforce", "Note")
    dana.delete("Note", note.ref.id)
    record(MAPPING, "salesforce", sandbox.environment, fixtures, MASK, objects=["Note"], number=1)
    assert [r.ref.id for r in fixtures.records("salesforce", "Note")] != [note.ref.id]


def test_how_many_is_how_many(sandbox, tmp_path):
    fixtures = Fixtures(tmp_path)
    record(MAPPING, "sugarcrm", sandbox.environment, fixtures, MASK, objects=["Leads"], number=7)
    assert len(fixtures.records("sugarcrm", "Leads")) == 7
    record(MAPPING, "sugarcrm", sandbox.environment, fixtures, MASK, objects=["Leads"], number=0)
    assert fixtures.records("sugarcrm", "Leads") == []


@pytest.mark.parametrize(
    ("connection", "objects", "said"), [("salesfroce", (), "did you mean 'salesforce'"), ("salesforce", ("Laed",), "'Lead'")]
)
def test_an_unknown_word_is_told_before_anybody_is_asked(tmp_path, connection, objects, said):
    with pytest.raises(ConfigError, match=said):
        record(MAPPING, connection, {}, Fixtures(tmp_path), MASK, objects=objects)


def test_nothing_is_kept_unless_everything_was_read(sandbox, tmp_path):
    wrong = sandbox.environment | {"SALESFORCE_CLIENT_SECRET": "wrong"}
    with pytest.raises(ConfigError):
        record(MAPPING, "salesforce", wrong, Fixtures(tmp_path), MASK)
    assert list(tmp_path.rglob("*")) == []


def test_a_crm_without_traffic_is_recorded_masked(tmp_path):
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "people.csv").write_text(
        "id,modified_at,deleted,first,mail\n1,2026-01-01T00:00:00Z,,Anna,anna@acme.example\n"
    )
    file = tmp_path / "mappings.yaml"
    fields = "first_name: first\n        email: mail"
    file.write_text(
        f"connections: {{files: {{type: csvfile, folder: {tmp_path / 'crm'}}}}}\n"
        f"entities:\n  contact:\n    files:\n      object: people\n      fields:\n        {fields}\n"
    )
    mapping = interpret(read(file), PRM_FIELDS)
    fixtures = Fixtures(tmp_path / "fixtures")
    done = record(mapping, "files", {}, fixtures, MASK)
    assert done.cassette is None
    (anna,) = fixtures.records("files", "people")
    assert anna.values["first"] == MASK.name("Anna")
    assert anna.values["mail"] == MASK.email("anna@acme.example")
