"""A connection's options: every fault named at once, secrets never shown, nothing opened."""

from __future__ import annotations

from typing import Any

import pytest

from centri.connectors.registry import OPENERS, open_connector
from centri.errors import ConfigError

SUGAR = {"url": "https://acme.sugarondemand.com", "username": "u", "password": "s3cret", "platform": "centri"}
AUTH = {"flow": "client_credentials", "client_id": "id", "client_secret": "s3cret"}
SALESFORCE = {"instance_url": "https://acme.my.salesforce.com", "auth": AUTH}


def _fault(type: str, options: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        open_connector(type, "main", options)
    return str(caught.value)


@pytest.mark.parametrize(("type", "options"), [("salesforce", SALESFORCE), ("sugarcrm", SUGAR), ("memory", {})])
def test_opening_connects_to_nothing(type: str, options: dict[str, Any]) -> None:
    connector = open_connector(type, "main", options)
    assert (connector.name, connector.calls) == ("main", 0)
    connector.close()


def test_every_fault_is_named_at_once_with_near_misses() -> None:
    told = _fault("sugarcrm", {"url": SUGAR["url"], "user_name": "u", "password": ""})
    assert [part in told for part in ("'username' is missing", "'password' is missing", "'platform' is missing")] == [True] * 3
    assert "unknown option 'user_name'; did you mean 'username'?" in told
    assert told.count("connection 'main'") == 4


def test_a_flow_needs_its_own_options() -> None:
    assert "auth.flow must be one of client_credentials, password" in _fault(
        "salesforce", {**SALESFORCE, "auth": {"flow": "jwt"}}
    )
    told = _fault("salesforce", {**SALESFORCE, "auth": {"flow": "password", "username": "u", "client_secrets": "x"}})
    assert "'password' is missing" in told
    assert "did you mean 'client_secret'?" in told


def test_half_a_connected_app_is_a_fault() -> None:
    auth = {"flow": "password", "username": "u", "password": "p", "client_id": "id"}
    assert "belong together" in _fault("salesforce", {**SALESFORCE, "auth": auth})


@pytest.mark.parametrize("url", ["http://acme.sugarondemand.com", "http://127.0.0.1.example.com"])
def test_secrets_do_not_travel_in_the_clear(url: str) -> None:
    assert "use https" in _fault("sugarcrm", {**SUGAR, "url": url})


@pytest.mark.parametrize("url", ["acme.sugarondemand.com", "ftp://acme", "https://"])
def test_an_address_is_a_whole_one(url: str) -> None:
    assert "full address" in _fault("sugarcrm", {**SUGAR, "url": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8412", "http://localhost:8412/", "http://[::1]:8412"])
def test_this_machine_may_be_spoken_to_in_the_clear(url: str) -> None:
    open_connector("sugarcrm", "main", {**SUGAR, "url": url})


def test_a_type_is_one_of_ours() -> None:
    assert "did you mean 'salesforce'?" in _fault("salesfroce", {})
    assert set(OPENERS) == {"salesforce", "sugarcrm", "csvfile", "memory"}


@pytest.mark.parametrize(("type", "options"), [("salesforce", SALESFORCE), ("sugarcrm", SUGAR)])
def test_secrets_show_nowhere(type: str, options: dict[str, Any]) -> None:
    connector = open_connector(type, "main", options)
    client = connector._client  # type: ignore[attr-defined]  # the options live there
    assert "s3cret" not in f"{connector!r} {client!r} {client.options!r}"
