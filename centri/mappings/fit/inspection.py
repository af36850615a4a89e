"""A whole mapping file against what its CRMs and the PRM describe."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from centri.descriptions import Description, Field
from centri.mappings.fit.faults import Fault
from centri.mappings.fit.lengths import Feeder, Feeders, feeder
from centri.mappings.fit.objects import Around, faults
from centri.mappings.fit.prm import PrmFields
from centri.mappings.fit.references import Objects
from centri.mappings.schema import MappingFile
from centri.sync.merge import Direction

Descriptions = Mapping[tuple[str, str], Description]
"""By connection and object; one that nobody could look at is absent, and its mappings are left alone."""


def inspect(parsed: MappingFile, described: Descriptions, prm: PrmFields) -> Iterator[Fault]:
    """Every fault of every mapping."""
    feeders = _feeders(parsed, described)
    for mapping in parsed.mappings:
        seen = described.get((mapping.connection, mapping.object))
        if seen is not None:
            around = Around(feeders, _objects(parsed, mapping.connection), _keyed(described, mapping.connection))
            yield from faults(mapping, seen, prm.get(mapping.entity, {}), around)


def _feeders(parsed: MappingFile, described: Descriptions) -> Feeders:
    found: dict[tuple[str, str], list[Feeder]] = defaultdict(list)
    for mapping in parsed.mappings:
        seen = described.get((mapping.connection, mapping.object))
        for rule in mapping.rules if seen is not None else ():
            assert seen is not None
            fact: Field | None = seen.fields.get(rule.crm)
            if fact is not None and rule.flows(Direction.IN, creating=True):
                found[mapping.entity, rule.prm].append(feeder(mapping, rule, fact))
    return {at: tuple(fed) for at, fed in found.items()}


def _objects(parsed: MappingFile, connection: str) -> Objects:
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for mapping in parsed.of(connection):
        found[mapping.entity] |= {mapping.object}
    return found


def _keyed(described: Descriptions, connection: str) -> bool:
    """Whether a connection says of any field that it is unique; one that never does has no way to."""
    return any(f.external_key for (name, _), seen in described.items() if name == connection for f in seen.fields.values())
