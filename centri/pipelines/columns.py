"""Columns of assets, and which of them comes from which: what Dagster shows as a schema and follows from asset to asset."""

from collections.abc import Iterable, Sequence

import dagster as dg

from centri.engine.prm_fields import prm_fields
from centri.mappings.rules import FieldRule
from centri.mappings.scaffold_fields import PrmField
from centri.mappings.schema import EntityMapping, crm_fields
from centri.sync.merge import Direction

SCHEMA, LINEAGE = "dagster/column_schema", "dagster/column_lineage"


def of_object(mappings: Sequence[EntityMapping]) -> dg.TableSchema:
    """The CRM's fields that are read, each with what it feeds."""
    return dg.TableSchema(columns=[dg.TableColumn(f, "crm", description=_feeds(mappings, f)) for f in crm_fields(mappings)])


def of_entity(entity: str, mappings: Iterable[EntityMapping]) -> dg.TableSchema:
    """The PRM's fields that mappings name, with their kinds and the CRM's fields that they come from and go to."""
    named: dict[str, list[str]] = {}
    for mapping in mappings:
        for rule in mapping.rules:
            ways = {way: _flows(rule, way) for way in (Direction.IN, Direction.OUT)}
            word = "both ways with" if all(ways.values()) else "from" if ways[Direction.IN] else "to"
            named.setdefault(rule.prm, []).append(f"{word} {mapping.object}.{rule.crm}" if rule.crm else "")
    fields = [field for name, field in prm_fields(entity).items() if name in named]
    return dg.TableSchema(columns=[_column(field, named[field.name]) for field in fields])


def lineage(pulled: dict[str, dg.AssetKey], mappings: Iterable[EntityMapping]) -> dg.TableColumnLineage:
    """Which fields each PRM field may take its value from; ``pulled`` are the assets of the CRM's objects."""
    sources: dict[str, list[dg.TableColumnDep]] = {}
    for mapping in mappings:
        for rule in mapping.rules:
            if _flows(rule, Direction.IN):
                sources.setdefault(rule.prm, []).append(dg.TableColumnDep(pulled[mapping.object], rule.crm))
    return dg.TableColumnLineage(sources)


def _feeds(mappings: Iterable[EntityMapping], field: str) -> str | None:
    fed = dict.fromkeys(f"{m.entity}.{rule.prm}" for m in mappings for rule in m.rules if rule.crm == field)
    return f"feeds {', '.join(fed)}" if fed else None


def _flows(rule: FieldRule, way: Direction) -> bool:
    return any(rule.flows(way, creating=creating) for creating in (True, False))


def _column(field: PrmField, synced: Iterable[str]) -> dg.TableColumn:
    """Open-source Dagster keeps the lineage of columns and shows none, so it is told in words too."""
    told = ", ".join(filter(None, (*dict.fromkeys(synced), f"refers to {field.to}" if field.to else "")))
    return dg.TableColumn(field.name, field.kind, told or None, dg.TableColumnConstraints(nullable=not field.required))
