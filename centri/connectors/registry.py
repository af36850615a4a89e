"""From the word after ``type:`` in a connection to the connector that speaks to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from centri.connectors.base import Connector
from centri.connectors.csvfile import CsvConnector, CsvOptions
from centri.connectors.http import Patience, checked_url
from centri.connectors.memory import MemoryConnector
from centri.connectors.options import check, unknown
from centri.connectors.salesforce import SalesforceConnector
from centri.connectors.salesforce_client import SalesforceAuth, SalesforceOptions
from centri.connectors.sugarcrm import SugarConnector
from centri.connectors.sugarcrm_client import SugarOptions
from centri.errors import ConfigError

Opener = Callable[[str, Mapping[str, Any], Patience], Connector]

FLOWS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "client_credentials": (("client_id", "client_secret"), ()),
    "password": (("username", "password"), ("security_token", "client_id", "client_secret")),
}
"""Salesforce's ways to log in: the options that each needs, and those it may have."""


def open_connector(type: str, name: str, options: Mapping[str, Any], *, patience: Patience | None = None) -> Connector:
    """A connector that has not connected yet. Raises ConfigError naming every missing or unknown option."""
    if type not in OPENERS:
        raise unknown(f"type of connection {name!r}:", type, OPENERS)
    return OPENERS[type](name, options, patience or Patience())


def _salesforce(name: str, options: Mapping[str, Any], patience: Patience) -> Connector:
    check(f"connection {name!r}", options, ("instance_url", "auth"), ("api_version", "partner_role"))
    auth = options["auth"]
    if not isinstance(auth, Mapping) or auth.get("flow") not in FLOWS:
        raise ConfigError(f"connection {name!r}: auth.flow must be one of {', '.join(FLOWS)}")
    required, optional = FLOWS[auth["flow"]]
    check(f"connection {name!r}, auth", auth, ("flow", *required), optional)
    if bool(auth.get("client_id")) != bool(auth.get("client_secret")):
        raise ConfigError(f"connection {name!r}, auth: client_id and client_secret belong together")
    url = checked_url(name, "instance_url", str(options["instance_url"]))
    version, role = str(options.get("api_version") or "62.0").removeprefix("v"), str(options.get("partner_role") or "")
    given = SalesforceOptions(url, SalesforceAuth(**_texts(auth)), version, role)
    return SalesforceConnector(name, given, patience)


def _sugarcrm(name: str, options: Mapping[str, Any], patience: Patience) -> Connector:
    required, optional = ("url", "username", "password", "platform"), ("client_id", "client_secret", "api_version")
    check(f"connection {name!r}", options, required, optional)
    url = checked_url(name, "url", str(options["url"]))
    return SugarConnector(name, SugarOptions(**_texts(options) | {"url": url}), patience)


def _csvfile(name: str, options: Mapping[str, Any], patience: Patience) -> Connector:
    check(f"connection {name!r}", options, ("folder",))
    return CsvConnector(name, CsvOptions(str(options["folder"])))


def _memory(name: str, options: Mapping[str, Any], patience: Patience) -> Connector:
    check(f"connection {name!r}", options)
    return MemoryConnector(name)


def _texts(options: Mapping[str, Any]) -> dict[str, str]:
    """YAML reads a password of digits as a number; an empty optional value means the default."""
    return {key: str(value) for key, value in options.items() if value not in (None, "")}


OPENERS: Mapping[str, Opener] = {"salesforce": _salesforce, "sugarcrm": _sugarcrm, "csvfile": _csvfile, "memory": _memory}
