"""The CRMs' schemas as they were last seen, and how far each mapping can be followed under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from centri.descriptions import Field, FieldType
from centri.mappings.following import Followed, follow
from centri.mappings.schema import EntityMapping
from centri.store import prm, schemas
from centri.store.database import read


@dataclass(frozen=True, slots=True)
class Trouble:
    """What cannot be followed since when: ``since`` is the stamp (ISO 8601) from which a CRM's changes were read without
    ``field``, empty for the beginning.
    """

    entity: str
    field: str
    since: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """An object as it was last described; ``before`` holds the fields in trouble as they were when all could be followed.

    ``troubles`` are named by the subject of their anomaly; ``renames`` are what fields that are gone seem to be called now.
    ``listed`` is when the CRM was last asked for its lists (ISO 8601).
    """

    fields: Mapping[str, Field]
    before: Mapping[str, Field] = field(default_factory=dict)
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    listed: str = ""

    @property
    def peaceful(self) -> Mapping[str, Field]:
        return {**self.fields, **self.before}

    def follow(self, mapping: EntityMapping) -> Followed:
        return follow(mapping, self.fields, self.peaceful, prm.required(mapping.entity), self.renames)


class Schemas:
    """All schemas that the store remembers, read once for each connection, and those that this process has seen since."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, dict[str, tuple[Any, Schema]]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._followed: dict[tuple[str, str, str], tuple[Schema, EntityMapping, Followed]] = {}

    def of(self, connection: str, object: str, *, fresh: bool = False) -> Schema | None:
        """What is remembered of an object; ``fresh`` asks the store whatever this process knows."""
        if fresh or connection not in self._known:
            with read(self._engine) as conn:
                found = schemas.of(conn, connection)
            known = self._known.get(connection, {})
            # What is as it was stays the same object, and so does what follows from it.
            self._known[connection] = {
                o: known[o] if o in known and known[o][0] == told else (told, _schema(told)) for o, told in found.items()
            }
        return self._known[connection].get(object, (None, None))[1]

    def seen(self, connection: str, object: str) -> bool:
        """Whether this process has looked at an object."""
        return (connection, object) in self._seen

    def note(self, connection: str, object: str) -> None:
        self._seen.add((connection, object))

    def save(self, conn: Connection, connection: str, object: str, schema: Schema, now: datetime) -> None:
        told = _told(schema)
        schemas.save(conn, connection, object, told, now=now)
        self._known.setdefault(connection, {})[object] = (told, schema)

    def follow(self, mapping: EntityMapping) -> Followed:
        """How far a mapping can be followed; all the way as long as its object was never described."""
        schema = self.of(mapping.connection, mapping.object)
        if schema is None:
            return Followed(mapping)
        key = (mapping.connection, mapping.entity, mapping.role)
        known = self._followed.get(key)
        if known is None or known[0] is not schema or known[1] is not mapping:
            known = self._followed[key] = (schema, mapping, schema.follow(mapping))
        return known[2]


def followed(found: Iterable[tuple[EntityMapping, Followed]]) -> list[EntityMapping]:
    """What can be followed. An entity of which one mapping cannot be followed is left alone: it would go another way."""
    pairs = list(found)
    suspended = {m.entity for m, f in pairs if f.mapping is None}
    return [f.mapping for m, f in pairs if f.mapping is not None and m.entity not in suspended]


_DEFAULTS = asdict(Field("", FieldType.OTHER))


def _told(schema: Schema) -> dict[str, Any]:
    return {
        "fields": {name: _plain(fact) for name, fact in schema.fields.items()},
        "before": {name: _plain(fact) for name, fact in schema.before.items()},
        "troubles": {subject: asdict(trouble) for subject, trouble in schema.troubles.items()},
        "renames": dict(schema.renames),
        "listed": schema.listed,
    }


def _plain(fact: Field) -> dict[str, Any]:
    """A field without its name and without what is usual."""
    return {word: value for word, value in asdict(fact).items() if word != "name" and value != _DEFAULTS[word]}


def _schema(told: Mapping[str, Any]) -> Schema:
    return Schema(
        {name: _fact(name, fact) for name, fact in told["fields"].items()},
        {name: _fact(name, fact) for name, fact in told["before"].items()},
        {subject: Trouble(**trouble) for subject, trouble in told["troubles"].items()},
        told["renames"],
        told.get("listed", ""),
    )


_LISTS = {f.name for f in fields(Field) if f.default == ()}


def _fact(name: str, told: Mapping[str, Any]) -> Field:
    """A word that another version of centri knew is passed over."""
    known: dict[str, Any] = {word: tuple(value) if word in _LISTS else value for word, value in told.items() if word in _DEFAULTS}
    return Field(name, FieldType(known.pop("type", FieldType.OTHER)), **known)
