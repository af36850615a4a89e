"""The mapping that a file's columns amount to: an ordinary one, of a connection that only offers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from centri.errors import ConfigError
from centri.mappings.choices import ValueMap
from centri.mappings.columns import Column
from centri.mappings.names import Names
from centri.mappings.rules import FieldRule, Nulls, bind
from centri.mappings.scaffold_fields import PrmField
from centri.mappings.schema import ConnectionConfig, EntityMapping, Entry, MappingFile
from centri.mappings.standard import StandardField, standards
from centri.records import IMPORT
from centri.sync.filters import Filter
from centri.sync.link import Role
from centri.sync.merge import Direction
from centri.sync.policies import fill_blanks

_USUAL = {"direction": "in", "policy": "fill_blanks", "nulls": "ignore"}
"""A file adds what is not known yet: an empty cell wipes nothing, and what is here stays."""


def mapping_of(
    entity: str, source: str, columns: Sequence[Column], prm: Mapping[str, PrmField], *, region: str | None = None
) -> EntityMapping:
    """The mapping of columns matched to PRM fields. Raises ConfigError."""
    held = {c.field: c.name for c in columns if c.field}
    choices = {field: _choices(entity, prm[field]) for field in held if _chosen(entity, prm[field])}
    blocks = {field: {"crm": name, **_transform(entity, prm[field], held, region), **_USUAL} for field, name in held.items()}
    names = Names(entity, choices, set(prm), list(held))
    content = json.dumps([entity, source, blocks], sort_keys=True, default=str)
    known = {"$entity": entity, "$connection": IMPORT, "$role": Role.SECONDARY, "$sha": _sha(content)}
    return EntityMapping.model_validate({"object": source, "fields": blocks, **known}, context=names)


def mapping_as(exported: EntityMapping, source: str, columns: Sequence[Column]) -> EntityMapping:
    """The mapping of a file that a CRM exported: that of its connection, as far as the columns go, and only offering.

    Raises ConfigError where no column says anything to the PRM.
    """
    held = {c.field for c in columns if c.field}
    rules = {n: _offering(r) for n, r in exported.fields.items() if {r.crm, *r.crm_parts} <= held and _flows_in(r)}
    if not rules:
        raise ConfigError(f"no column of the file is a field of {exported.object} that {exported.connection} tells the PRM")
    bind(rules)
    key = exported.key if exported.key and exported.key.crm in held else None
    made = exported.model_copy(
        update={
            "connection": IMPORT, "object": source, "role": Role.SECONDARY, "where": Filter(), "enter": Entry.ALWAYS,
            "adopt": fill_blanks, "key": key, "as_lead": None, "append_only": False,
        }
    ).reduced(rules)  # fmt: skip
    made._left_out = ()  # noqa: SLF001 - what the file does not have is not remembered of it
    return made


def with_import(file: MappingFile, mapping: EntityMapping, exported_by: str | None) -> MappingFile:
    """The mapping file with the import as one more connection. Raises ConfigError where a connection has its name."""
    if IMPORT in file.connections:
        raise ConfigError(f"a connection of the mapping is called {IMPORT!r}, as rows of files are; give it another name")
    config = {"$name": IMPORT, "type": "spreadsheet", **({"exported_by": exported_by} if exported_by else {})}
    connections = {**file.connections, IMPORT: ConnectionConfig.model_validate(config)}
    return replace(file, connections=connections, mappings=(*file.mappings, mapping))


def _flows_in(rule: FieldRule) -> bool:
    return rule.flows(Direction.IN, creating=True)


def _offering(rule: FieldRule) -> FieldRule:
    update = {"policy": fill_blanks, "nulls": Nulls.IGNORE, "mastered_by": None, "on_create": Direction.IN}
    direction = Direction.IN if rule.flows(Direction.IN) else Direction.NONE
    return rule.model_copy(update={**update, "direction": direction})


def _transform(entity: str, field: PrmField, held: Mapping[str, str], region: str | None) -> dict[str, Any]:
    """What brings a cell's text into the field's form."""
    if _chosen(entity, field):
        return {"transform": {"choice": field.name}}
    standard = standards()[entity].fields.get(field.name, StandardField()).rule.get("transform")
    if standard == "phone":
        options = {"region": region, "region_from": "country_code" if "country_code" in held else None}
        return {"transform": {"phone": {name: value for name, value in options.items() if value}}}
    if standard:
        return {"transform": standard}
    return {} if field.kind == "text" else {"transform": field.kind}


def _chosen(entity: str, field: PrmField) -> tuple[str, ...]:
    return field.choices or standards()[entity].fields.get(field.name, StandardField()).one_of


def _choices(entity: str, field: PrmField) -> ValueMap:
    """The PRM's own words, however they are written, and what CRMs usually call them."""
    usual = standards()[entity].fields.get(field.name, StandardField()).values
    words = {word: choice for choice, called in usual.items() for word in called if choice and "=" not in word}
    own = {form: c for c in _chosen(entity, field) for w in (c, c.replace("_", " ")) for form in (w, w.capitalize(), w.upper())}
    return ValueMap(inward={**words, **own})


def _sha(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]
