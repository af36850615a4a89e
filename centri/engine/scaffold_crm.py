"""Where a starting mapping looks a CRM up: in the CRM itself, or in what is recorded of it. Nothing is written to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from centri.connectors.base import Connector, PullRequest
from centri.connectors.recorded import Fixtures
from centri.connectors.registry import open_connector
from centri.connectors.sugarcrm import SugarConnector
from centri.descriptions import Description, FieldType
from centri.errors import ConfigError
from centri.mappings.scaffold import Seen
from centri.mappings.schema import ConnectionConfig
from centri.mappings.words import near
from centri.records import Record

_LISTED = (FieldType.CHOICE, FieldType.CHOICES)

_LOOK = 200
"""How many records are looked at for the values of a list that the CRM does not tell."""


class Crm(Protocol):
    """Where descriptions come from: a CRM, or what is recorded of it."""

    def description(self, object: str) -> Description: ...

    def some(self, description: Description, fields: Sequence[str]) -> Iterable[Record]:
        """Some records, for the values of these fields."""
        ...

    def model(self) -> str:
        """What is to be known of how its opportunities are made; empty where there is nothing."""
        ...


@dataclass(frozen=True, slots=True)
class LiveCrm:
    """The CRM itself; nothing is written to it."""

    connector: Connector

    def description(self, object: str) -> Description:
        return self.connector.describe(object, self.connector.describe(object).fields)

    def some(self, description: Description, fields: Sequence[str]) -> Iterable[Record]:
        page = next(iter(self.connector.pull(PullRequest(description.object, tuple(fields), page_size=_LOOK))), None)
        return page.records if page else ()

    def model(self) -> str:
        if not isinstance(self.connector, SugarConnector):
            return ""
        made = "made of revenue line items: amount, date and stage are written on its only item"
        return f"An opportunity is {made if self.connector.line_items else 'a record of its own, without revenue line items'}."


@dataclass(frozen=True, slots=True)
class RecordedCrm:
    """What is recorded of a CRM."""

    connection: str
    fixtures: Fixtures

    def description(self, object: str) -> Description:
        known = self.fixtures.described(self.connection)
        if object not in known:
            told = near(object, known) or f"; record it first: centri record {self.connection}"
            raise ConfigError(f"{self.connection} {object} is not recorded{told}")
        return self.fixtures.description(self.connection, object)

    def some(self, description: Description, fields: Sequence[str]) -> Iterable[Record]:
        return self.fixtures.records(self.connection, description.object)

    def model(self) -> str:
        return ""


def seen_of(crm: Crm, description: Description) -> Seen:
    """A description, with the values of choices that it does not list read from some records."""
    silent = [f.name for f in description.fields.values() if f.type in _LISTED and not f.choices and f.readable]
    records = list(crm.some(description, silent)) if silent else []
    return Seen(description.object, description.fields, {name: _values(records, name) for name in silent})


@contextmanager
def live(connection: str, config: ConnectionConfig, environment: Mapping[str, str]) -> Iterator[LiveCrm]:
    """The CRM of a connection. Raises ConfigError where its options are wrong or a variable is not set."""
    connector = open_connector(config.type, connection, config.resolve(environment))
    try:
        yield LiveCrm(connector)
    finally:
        connector.close()


def _values(records: Iterable[Record], name: str) -> tuple[str, ...]:
    found = (record.values.get(name) for record in records)
    each = (one for value in found for one in (value if isinstance(value, list) else [value]))
    return tuple(sorted({value for value in each if isinstance(value, str) and value}))
