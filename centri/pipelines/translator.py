"""The one place that decides what assets are called, how they are grouped, and what is said about them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from centri.mappings.schema import EntityMapping, MappingFile
from centri.pipelines import columns

OWNER = "team:operations"

CONNECTION_TAG = "centri/connection"
ENTITY_TAG = "centri/entity"
OBJECT_TAG = "centri/object"
HISTORY = "history"
"""The group of what can be read again: beside the groups of connections, each of which is one round."""

TRIGGER_TAG = "centri/trigger"
"""What started a run: a person's command, the clock, news, or a resident worker."""


@dataclass(frozen=True)
class Translator:
    """Names and describes the assets of a mapping. ``database`` is the store's kind: sqlite or postgresql."""

    mapping: MappingFile
    database: str

    def source(self, connection: str) -> dg.AssetSpec:
        """The CRM itself, which Dagster does not make."""
        kind = self._kind(connection)
        return dg.AssetSpec(
            key=source_key(connection),
            description=f"The {kind} CRM behind the connection {connection}.",
            kinds={kind},
            **self._common(connection),
        )

    def pulled(self, connection: str, object: str) -> dg.AssetSpec:
        mappings = self._mappings(connection, object=object)
        return dg.AssetSpec(
            key=pulled_key(connection, object),
            description=f"What changed in {object} of {connection}, read since the cursor and staged.\n\n{_feeds(mappings)}",
            kinds={"python", self._kind(connection)},
            metadata={"object": object, columns.SCHEMA: columns.of_object(mappings)},
            code_version=_version(mappings),
            **self._common(connection, **{OBJECT_TAG: object}),
        )

    def settled(self, connection: str, entity: str) -> dg.AssetSpec:
        mappings = self._mappings(connection, entity=entity)
        objects = " and ".join(dict.fromkeys(m.object for m in mappings))
        return dg.AssetSpec(
            key=settled_key(connection, entity),
            description=f"Each {entity} of the PRM, compared with {objects} of {connection} and settled field by field.",
            kinds={"python", self.database},
            metadata={
                "dagster/table_name": entity,
                "mapping": dg.MetadataValue.md(_tables(mappings)),
                columns.SCHEMA: columns.of_entity(entity, mappings),
                columns.LINEAGE: columns.lineage({m.object: pulled_key(connection, m.object) for m in mappings}, mappings),
            },
            code_version=_version(mappings),
            **self._common(connection, **{ENTITY_TAG: entity}),
        )

    def history(self, connection: str, entity: str) -> dg.AssetSpec:
        objects = " and ".join(dict.fromkeys(m.object for m in self._mappings(connection, entity=entity)))
        return dg.AssetSpec(
            key=dg.AssetKey(["history", f"{connection}_{entity}_history"]),
            description=(
                f"Each {entity} of {connection}, read again by the month in which {objects} last changed: for what was mapped "
                "later, or missed. A month that is done may be done again; live work goes before it."
            ),
            kinds={"python", self.database},
            **(self._common(connection, **{ENTITY_TAG: entity}) | {"group_name": HISTORY}),
        )

    def pushed(self, connection: str, object: str) -> dg.AssetSpec:
        mappings = self._mappings(connection, object=object)
        return dg.AssetSpec(
            key=pushed_key(connection, object),
            description=f"What {connection} is told about {object}, written to the CRM and confirmed by what it then holds.",
            kinds={"python", self._kind(connection)},
            metadata={"object": object},
            code_version=_version(mappings),
            **self._common(connection, **{OBJECT_TAG: object}),
        )

    def _mappings(self, connection: str, *, entity: str | None = None, object: str | None = None) -> list[EntityMapping]:
        return [m for m in self.mapping.of(connection) if entity in (None, m.entity) and object in (None, m.object)]

    def _kind(self, connection: str) -> str:
        return self.mapping.connections[connection].type

    def _common(self, connection: str, **tags: str) -> dict[str, Any]:
        return {"group_name": identifier(connection), "owners": [OWNER], "tags": {CONNECTION_TAG: connection, **tags}}


def source_key(connection: str) -> dg.AssetKey:
    return dg.AssetKey(["crm", connection])


def pulled_key(connection: str, object: str) -> dg.AssetKey:
    return dg.AssetKey(["staging", f"{connection}_{object.lower()}_pulled"])


def settled_key(connection: str, entity: str) -> dg.AssetKey:
    return dg.AssetKey(["prm", f"{connection}_{entity}"])


def pushed_key(connection: str, object: str) -> dg.AssetKey:
    return dg.AssetKey(["push", f"{connection}_{object.lower()}_push"])


def job_name(connection: str) -> str:
    return f"sync_{identifier(connection)}"


def identifier(name: str) -> str:
    """A name as Dagster takes it for groups, jobs and steps."""
    return re.sub(r"\W", "_", name)


def _version(mappings: Iterable[EntityMapping]) -> str:
    """Changes with the meaning of the mappings, so that an asset shows when it was made by an older one."""
    return "-".join(m.sha for m in mappings)


def _feeds(mappings: Iterable[EntityMapping]) -> str:
    entities = ", ".join(dict.fromkeys(m.entity for m in mappings))
    return f"It feeds: {entities}."


def _tables(mappings: Iterable[EntityMapping]) -> str:
    return "\n\n".join(_table(m) for m in mappings)


def _table(mapping: EntityMapping) -> str:
    """The mapping's field rules as a Markdown table."""
    head = f"**{mapping.object}**\n\n| PRM field | CRM field | direction | both changed | transform |\n|---|---|---|---|---|\n"
    fields = mapping.model_dump(mode="json", include={"fields"})["fields"]
    return head + "\n".join(_row(name, rule) for name, rule in fields.items())


def _row(name: str, rule: dict[str, Any]) -> str:
    words = [*(word for step in rule["transform"] for word in step), *(f"reference to {entity}" for entity in rule["reference"])]
    return f"| {name} | {rule['crm']} | {rule['direction']} | {rule['policy']} | {', '.join(words)} |"
