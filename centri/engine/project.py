"""What every verb works with: the mapping, the store, the connectors, the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine

from centri.connectors.base import Connector
from centri.connectors.registry import open_connector
from centri.engine.metering import Meter, MeteredConnector
from centri.engine.opening import open_store
from centri.engine.schemas import Schemas, followed
from centri.errors import ConfigError
from centri.mappings.loader import load
from centri.mappings.schema import EntityMapping, Entry, MappingFile
from centri.records import IMPORT
from centri.settings import Settings
from centri.store import prm
from centri.store.database import write
from centri.sync.budget import Purpose
from centri.sync.merge import Direction

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
    _meters: dict[str, Meter] = field(default_factory=dict)
    schemas: Schemas = field(init=False)

    def __post_init__(self) -> None:
        self.schemas = Schemas(self.engine)

    def now(self) -> datetime:
        return self.clock()

    def connector(self, name: str, purpose: Purpose = Purpose.INCREMENTAL_PULL) -> MeteredConnector:
        """The connector of a connection, whose calls are made for this purpose, counted under it, and refused when it must stop.

        Raises ConfigError where its options are wrong or a secret is not set.
        """
        return MeteredConnector(self.meter(name), purpose)

    def meter(self, name: str) -> Meter:
        """What all connectors of a connection in this process have in common. Raises ConfigError as :meth:`connector` does."""
        if name not in self._meters:
            config = self.mapping.connections[name]
            self.use(name, open_connector(config.type, name, config.resolve(self.settings.environment)))
        return self._meters[name]

    def use(self, name: str, connector: Connector) -> None:
        """Speak to a CRM through this connector instead of one made from the mapping."""
        self._meters[name] = Meter(self.engine, connector, name, self.mapping.connections[name].allowed, self.now)

    def mappings(self, connection: str, *, entity: str | None = None, object: str | None = None) -> list[EntityMapping]:
        """The mappings of a connection, parents first, of one entity or one object where given. Raises ConfigError."""
        if connection == IMPORT and connection not in self.mapping.connections:
            raise ConfigError("rows of files are settled when they are imported: centri import FILE --entity ENTITY")
        if connection not in self.mapping.connections:
            if connection in self.mapping.absent:
                raise ConfigError(f"{connection} has no environment {self.mapping.env!r} in the mapping, so it is not opened")
            known = ", ".join(sorted(self.mapping.connections))
            raise ConfigError(f"no connection is called {connection!r}; the mapping has: {known}")
        found = self.mapping.settle_order(connection)
        return [m for m in found if entity in (None, m.entity) and object in (None, m.object)]

    def followed(self, connection: str, *, entity: str | None = None, object: str | None = None) -> list[EntityMapping]:
        """As :meth:`mappings`, as far as they can be followed under the CRM's schema as it was last seen."""
        found = followed((m, self.schemas.follow(m)) for m in self.mappings(connection))
        return [m for m in found if entity in (None, m.entity) and object in (None, m.object)]

    def suspended(self, connection: str) -> dict[str, str]:
        """The entities that cannot be followed at all on a connection, each with the reason."""
        found = ((m.entity, self.schemas.follow(m).suspended) for m in self.mappings(connection))
        return {entity: why for entity, why in found if why}

    def ids_of(self, connection: str) -> str:
        """The connection whose ids its records hold: its own, but for a file that a CRM exported."""
        config = self.mapping.connections.get(connection)
        return str(config.options.get("exported_by") or connection) if config else connection

    def mastered(self, connection: str, entity: str) -> dict[str, frozenset[str]]:
        """The fields of an entity that each connection owns of the records linked to it; asked for rows of files only."""
        if connection != IMPORT:
            return {}
        mine = [m for m in self.mapping.mappings if m.entity == entity and m.connection != IMPORT and not m.is_push_lead]
        return {m.connection: frozenset(r.prm for r in m.rules if r.direction is Direction.IN) for m in mine}

    def close(self) -> None:
        for meter in self._meters.values():
            meter.connector.close()
        self._meters.clear()
        self.engine.dispose()


PRM_FIELDS = {entity: prm.fields(entity) for entity in prm.ENTITIES}


def open_project(settings: Settings, *, clock: Clock = utc_now) -> Project:
    """Load the mapping and open the store. Raises ConfigError for a faulty mapping or a store at another migration."""
    return project_of(settings, mapping_of(settings), clock=clock)


def mapping_of(settings: Settings) -> MappingFile:
    """What the mapping file says of the environment that is in use. Raises ConfigError with every fault in it."""
    return load(settings.mappings, PRM_FIELDS).within(settings.env)


def project_of(settings: Settings, mapping: MappingFile, *, clock: Clock = utc_now, declare: bool = True) -> Project:
    """Open the store for a mapping that is loaded. Raises ConfigError for a store at another migration.

    Without ``declare`` the store is not told which connections care for changes: it goes on with what it was told last.
    """
    engine = open_store(settings)
    try:
        if declare:
            with write(engine) as conn:
                prm.declare_spokes(conn, {(m.connection, m.entity): False for m in mapping.mappings} | _creating(mapping))
    except BaseException:
        engine.dispose()
        raise
    return Project(settings, mapping, engine, clock)


def _creating(mapping: MappingFile) -> dict[tuple[str, str], bool]:
    """What is new in the PRM concerns the connections where it is born, and those whose strangers it may be."""
    mine = [m for m in mapping.mappings if m.create.by_itself or m.enter is Entry.MATCHED]
    return {(m.connection, m.entity): True for m in mine}
