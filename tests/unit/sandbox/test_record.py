"""Cassettes of what a client and a sandbox say to each other: replayed without a sandbox, and without secrets."""

from __future__ import annotations

import re
import socket

import pytest
import requests
import vcr
from typer.testing import CliRunner

from centri.cli.sandbox import app
from centri.sandbox.record import GONE, HOSTS, SCENARIOS, record, scrubbed
from centri.sandbox.state import Credentials
from centri.sandbox.sugarcrm_org import SugarCRM

SECRETS = {Credentials().client_secret, Credentials().password, SugarCRM().credentials.password}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_cassette_replays_its_scenario_without_a_sandbox(tmp_path, monkeypatch, scenario):
    file = tmp_path / "cassette.yaml"
    record(scenario, file)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("this talks to somebody"))
    crm = scenario.partition("-")[0]
    with vcr.use_cassette(str(file), record_mode="none") as cassette, requests.Session() as session:
        session.trust_env = False
        SCENARIOS[scenario](session, HOSTS[crm], Credentials())
        assert cassette.all_played
        assert len(cassette) > 3


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_cassette_holds_no_secrets_and_no_ports(tmp_path, scenario):
    file = tmp_path / "cassette.yaml"
    record(scenario, file)
    text = file.read_text()
    assert GONE in text
    assert "127.0.0.1:" not in text
    assert not [secret for secret in SECRETS if secret in text]
    assert not re.search(r"(?i)^ *(authorization|oauth-token):", text, re.MULTILINE)
    assert "!AQ" not in text  # how Salesforce's tokens begin


def test_a_cassette_is_written_anew(tmp_path):
    file = tmp_path / "cassette.yaml"
    record("salesforce-login", file)
    first = file.read_text().count("- request:")
    record("salesforce-login", file)
    assert file.read_text().count("- request:") == first


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"access_token": "a!b", "id": 1}', f'{{"access_token": "{GONE}", "id": 1}}'),
        ("grant_type=password&password=a%20b&x=1", f"grant_type=password&password={GONE}&x=1"),
        ("<password>a</password><n:sessionId>b</n:sessionId>", f"<password>{GONE}</password><n:sessionId>{GONE}</n:sessionId>"),
        ("passwordExpired=false", "passwordExpired=false"),
    ],
)
def test_secrets_are_known_in_every_form(text, left):
    assert scrubbed(text) == left


def test_the_command_writes_a_cassette(tmp_path):
    file = tmp_path / "out.yaml"
    done = CliRunner().invoke(app, ["record", str(file), "--scenario", "salesforce-login"])
    assert (done.exit_code, file.exists()) == (0, True), done.output
    assert CliRunner().invoke(app, ["record", str(file), "--scenario", "xyzzy"]).exit_code != 0
