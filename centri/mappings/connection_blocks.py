"""The block of a new connection: every address and secret is the name of an environment variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from centri.errors import ConfigError
from centri.mappings.words import near

_URL = "instance_url: !env {}_URL\n"

_BLOCKS: Mapping[str, tuple[str, ...]] = {
    "salesforce": (
        _URL + "auth: {{flow: client_credentials, client_id: !env {}_CLIENT_ID, client_secret: !env {}_CLIENT_SECRET}}\n",
        _URL + "auth: {{flow: password, username: !env {}_USERNAME, password: !env {}_PASSWORD}}\n",
    ),
    "sugarcrm": ("url: !env {}_URL\nusername: !env {}_USERNAME\npassword: !env {}_PASSWORD\nplatform: !env {}_PLATFORM\n",),
    "csvfile": ("folder: !env {}_FOLDER\n",),
}
"""For each kind of CRM its ways to connect, the usual one first."""

_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "salesforce": ("User", "Account", "Contact", "Lead", "Opportunity", "Note"),
    "sugarcrm": ("Users", "Accounts", "Contacts", "Leads", "Opportunities", "Notes"),
    "csvfile": ("User", "Account", "Contact", "Lead", "Opportunity", "Note"),
}


@dataclass(frozen=True, slots=True)
class ConnectionBlock:
    """The lines of a connection's keys, and the environment variables that they name."""

    text: str
    variables: tuple[str, ...]


def connection_block(name: str, kind: str, environment: Mapping[str, str]) -> ConnectionBlock:
    """The first way to connect whose variables are all set, else the usual one. Raises ConfigError for an unknown kind."""
    if kind not in _BLOCKS:
        raise ConfigError(f"no type of connection is called {kind!r}{near(kind, _BLOCKS)}")
    prefix = re.sub(r"\W+", "_", name).upper()
    ways = [_block(kind, template.format(*[prefix] * template.count("{}"))) for template in _BLOCKS[kind]]
    return next((way for way in ways if all(environment.get(v) for v in way.variables)), ways[0])


def usual_objects(kind: str) -> tuple[str, ...]:
    """The objects of a kind of CRM that a partner store has to do with."""
    return _OBJECTS[kind]


def kind_of(connection: str, given: str | None) -> str:
    """The type of a new connection: as given, else the one that its name tells. Raises ConfigError where neither says."""
    if given is not None and given not in _BLOCKS:
        raise ConfigError(f"no type of connection is called {given!r}{near(given, _BLOCKS)}")
    told = given or next((kind for kind in _BLOCKS if kind in connection.casefold()), "")
    if not told:
        raise ConfigError(f"what kind of CRM is {connection!r}? Say one of --type {', --type '.join(_BLOCKS)}")
    return told


def _block(kind: str, options: str) -> ConnectionBlock:
    return ConnectionBlock(f"type: {kind}\n{options}", tuple(re.findall(r"!env (\w+)", options)))
