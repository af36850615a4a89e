"""Traffic kept without secrets, and played back to the real connectors with nobody at the other end."""

from __future__ import annotations

import socket

import pytest
import yaml

from centri.connectors.base import PullRequest
from centri.connectors.cassettes import GONE, merged, offline, recording, replaying, stand_in
from centri.connectors.http import Patience
from centri.connectors.registry import open_connector
from centri.errors import ConfigError, LoginRefused
from centri.mappings.source import EnvRef
from centri.sandbox.server import Sandbox
from centri.sandbox.state import Credentials


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(1) as served:
        yield served


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("this talks to somebody"))


@pytest.fixture
def nobody_later(monkeypatch):
    return lambda: monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("this talks to somebody"))


def ways_in(sandbox):
    """Every way to log in to either CRM: its type and its options."""
    app, person, sugar = Credentials(), Credentials(), sandbox.sugarcrm.credentials
    client = {"client_id": app.client_id, "client_secret": app.client_secret}
    user = {"username": person.username, "password": person.password}
    at = {"instance_url": sandbox.salesforce_url}
    return {
        "client": ("salesforce", at | {"auth": {"flow": "client_credentials", **client}}),
        "password": ("salesforce", at | {"auth": {"flow": "password", **client, **user}}),
        "soap": ("salesforce", at | {"auth": {"flow": "password", **user}}),
        "sugar": (
            "sugarcrm",
            {"url": sandbox.sugarcrm_url, "username": sugar.username, "password": sugar.password, "platform": "centri"},
        ),
    }


REQUEST = {
    "salesforce": PullRequest("Contact", ("FirstName", "Email"), page_size=3),
    "sugarcrm": PullRequest("Contacts", ("first_name", "email1"), page_size=3),
}


def kept(object, row):
    return dict(row)


def asked(connector):
    described = connector.describe(REQUEST[connector.name].object)
    return described, next(connector.pull(REQUEST[connector.name])).records


@pytest.mark.parametrize("way", ["client", "password", "soap", "sugar"])
def test_a_replay_tells_the_connector_the_same_and_holds_no_secret(sandbox, tmp_path, monkeypatch, way):
    type, options = ways_in(sandbox)[way]
    path = tmp_path / "cassette.yaml"
    connector = open_connector(type, type, options)
    with recording(path, type, kept):
        told = asked(connector)
    connector.close()
    text = path.read_text()
    secrets = {
        Credentials().client_secret,
        Credentials().client_id,
        Credentials().password,
        sandbox.sugarcrm.credentials.password,
    }
    assert not [secret for secret in secrets | {Credentials().username} if secret in text]
    assert "127.0.0.1" not in text
    assert not [name for name in ("uthorization", "OAuth-Token", "ookie", "!AQ") if name in text]
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("this talks to somebody"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with replaying(path, type, type, options) as player:
        assert asked(player) == told
        assert asked(player) == told  # it may be asked again


def test_rows_are_masked_by_their_object_and_structure_stays(sandbox, tmp_path):
    type, options = ways_in(sandbox)["sugar"]
    path = tmp_path / "cassette.yaml"
    seen = []

    def mask(object, row):
        seen.append(object)
        return row | {"first_name": "Nobody", "email1": "nobody@example.com"}

    connector = open_connector(type, type, options)
    with recording(path, type, mask):
        before = asked(connector)[1]
    connector.close()
    with replaying(path, type, type, options) as player:
        after = asked(player)[1]
    assert set(seen) == {"Contacts"}
    assert [r.ref for r in after] == [r.ref for r in before]
    assert {r.values["first_name"] for r in after} == {"Nobody"}
    assert not [r for r in before if r.values["email1"] and r.values["email1"] in path.read_text()]


def test_an_error_is_not_kept(sandbox, tmp_path):
    """Salesforce repeats in it what it was asked."""
    type, options = ways_in(sandbox)["client"]
    path = tmp_path / "cassette.yaml"
    connector = open_connector(type, type, options)
    with recording(path, type, kept), pytest.raises(ConfigError):
        connector.describe("Elephant")
    connector.close()
    assert [one["request"]["uri"] for one in yaml.safe_load(path.read_text())["interactions"]] == [
        "https://salesforce.example/services/oauth2/token"
    ]


def test_a_call_that_had_to_be_repeated_replays_at_once(sandbox, tmp_path, nobody_later):
    type, options = ways_in(sandbox)["client"]
    path = tmp_path / "cassette.yaml"
    connector = open_connector(type, type, options, patience=Patience(first=0, sleep=lambda _: None))
    connector.handshake()
    sandbox.salesforce.sessions.expire()
    sandbox.salesforce.faults.arm(path="/query", times=1, status=503)
    with recording(path, type, kept):
        told = asked(connector)
    connector.close()
    nobody_later()
    with replaying(path, type, type, options) as player:
        assert asked(player) == told


def test_what_is_recorded_of_some_objects_leaves_the_others(sandbox, tmp_path, nobody_later):
    type, options = ways_in(sandbox)["sugar"]
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    for path, module in ((first, "Leads"), (second, "Contacts")):
        connector = open_connector(type, type, options)
        with recording(path, type, kept):
            connector.describe(module)
        connector.close()
    first.write_bytes(merged(first, second))
    nobody_later()
    with replaying(first, type, type, options) as player:
        assert player.describe("Leads").fields
        assert player.describe("Contacts").fields
    once = first.read_bytes()
    assert merged(first, second) == once


def test_a_refused_log_in_leaves_no_password(sandbox, tmp_path):
    type, options = ways_in(sandbox)["sugar"]
    path = tmp_path / "cassette.yaml"
    connector = open_connector(type, type, options | {"password": "hunter2"}, patience=Patience(attempts=1))
    with recording(path, type, kept), pytest.raises(LoginRefused):
        connector.describe("Contacts")
    assert not path.exists()


def test_a_secret_goes_wherever_it_stands(sandbox, tmp_path):
    type, options = ways_in(sandbox)["client"]
    path = tmp_path / "cassette.yaml"
    connector = open_connector(type, type, options)
    with recording(path, type, lambda _, row: row | {"FirstName": "psst: hidden-word"}, ("hidden-word",)):
        asked(connector)
    connector.close()
    assert "hidden-word" not in path.read_text()


def test_what_was_not_asked_is_told(sandbox, tmp_path, nobody):
    type, options = ways_in(sandbox)["client"]
    with pytest.raises(ConfigError, match="centri record salesforce"), replaying(tmp_path / "none.yaml", type, type, options):
        pass
    (tmp_path / "empty.yaml").write_text("interactions: []\nversion: 1\n")
    with (
        pytest.raises(ConfigError, match=r"empty\.yaml does not hold what is asked"),
        replaying(tmp_path / "empty.yaml", type, type, options) as player,
    ):
        player.describe("Lead")


def test_a_replay_needs_nothing_of_the_environment():
    options = {
        "instance_url": EnvRef("URL"),
        "auth": {"flow": "client_credentials", "client_id": EnvRef("ID")},
        "api_version": 62,
    }
    assert offline(options, "our_crm") == {
        "instance_url": "https://our-crm.example",
        "auth": {"flow": "client_credentials", "client_id": GONE},
        "api_version": 62,
    }
    assert stand_in("salesforce") == "https://salesforce.example"
