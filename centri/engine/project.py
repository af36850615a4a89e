"""What every verb works with: the mapping, the store, the connectors, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine

from centri.connectors.base import Connector
from centri.connectors.registry import open_connector
from centri.errors import ConfigError
from centri.mappings.loader import load
from centri.mappings.schema import EntityMapping, MappingFile
from centri.settings import Settings
from centri.store import prm
from centri.store.database import open_engine, require_current, write

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Project:
    """A mapping, its store and its CRMs. Connectors are opened when first asked for."""

    settings: Settings
    mapping: MappingFile
    engine: Engine
    clock: Clock = utc_now
    dagster_run_id: str | None = None
    _connectors: dict[str, Connector] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.clock()

    def connector(self, name: str) -> Connector:
        """The connector of a connection. Raises ConfigError where its options are wrong or a secret is not set."""
        if name not in self._connectors:
            config = self.mapping.connections[name]
            self._connectors[name] = open_connector(config.type, name, config.resolve(self.settings.environment))
        return self._connectors[name]

    def use(self, name: str, connector: Connector) -> None:
        """Speak to a CRM through this connector instead of one made from the mapping."""
        self._connectors[name] = connector

    def mappings(self, connection: str, *, entity: str | None = None, object: str | None = None) -> list[EntityMapping]:
        """The mappings of a connection, parents first, of one entity or one object where given. Raises ConfigError."""
        if connection not in self.mapping.connections:
            known = ", ".join(sorted(self.mapping.connections))
            raise ConfigError(f"no connection is called {connection!r}; the mapping has: {known}")
        found = self.mapping.settle_order(connection)
        return [m for m in found if entity in (None, m.entity) and object in (None, m.object)]

    def close(self) -> None:
        for connector in self._connectors.values():
            connector.close()
        self._connectors.clear()
        self.engine.dispose()


PRM_FIELDS = {entity: prm.fields(entity) for entity in prm.ENTITIES}


def open_project(settings: Settings, *, clock: Clock = utc_now) -> Project:
    """Load the mapping and open the store. Raises ConfigError for a faulty mapping or a store at another migration."""
    mapping = load(settings.mappings, PRM_FIELDS)
    engine = open_engine(settings.database)
    try:
        require_current(engine)
        with write(engine) as conn:
            prm.declare_spokes(conn, {(m.connection, m.entity): False for m in mapping.mappings} | _creating(mapping))
    except BaseException:
        engine.dispose()
        raise
    return Project(settings, mapping, engine, clock)


def _creating(mapping: MappingFile) -> dict[tuple[str, str], bool]:
    return {(m.connection, m.entity): True for m in mapping.mappings if m.create.by_itself}
