"""One more CRM field in a mapping file: which PRM field it holds, and the file's text with the rule added."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from centri.descriptions import Field
from centri.engine.prm_fields import prm_fields
from centri.engine.project import PRM_FIELDS
from centri.engine.scaffold import with_map
from centri.engine.scaffold_crm import Crm, seen_of
from centri.errors import ConfigError
from centri.mappings import edit
from centri.mappings.loader import interpret
from centri.mappings.scaffold import Seen, rules_of
from centri.mappings.scaffold_fields import PrmField
from centri.mappings.scaffold_match import LEAD, LIKELY, SURE, WORTH_NAMING, Match, fit, nearest
from centri.mappings.scaffold_rules import Rule
from centri.mappings.scaffold_text import line
from centri.mappings.schema import EntityMapping, MappingFile
from centri.mappings.source import parse
from centri.mappings.standard import standards
from centri.mappings.words import near

Open = Callable[[str], Crm]
"""The CRM of a connection."""


@dataclass(frozen=True, slots=True)
class Added:
    """The file's text with the rule, and the rule for each connection that got it."""

    text: str
    rules: Mapping[str, Rule]


def add(
    mapping: MappingFile, before: str, file: str, named: str, crm: Open, *, connection: str | None = None, prm: str | None = None
) -> Added:
    """The file with the CRM field of ``named`` (entity.field) in every mapping of the entity whose object has it.

    ``connection`` and ``prm`` narrow it to one connection and name the PRM field. Raises ConfigError for what is unknown or
    mapped already, where no PRM field is near, and what the CRM raises.
    """
    entity, _, name = named.partition(".")
    blocks = _blocks(mapping, entity, name, connection)
    seen = {block.connection: seen_of(crm(block.connection), crm(block.connection).description(block.object)) for block in blocks}
    having = [block for block in blocks if name in seen[block.connection].fields]
    if not having:
        raise ConfigError(*(_absent(block, name, seen[block.connection]) for block in blocks))
    text, rules = before, {}
    for block in having:
        made = _rule(block, mapping, seen[block.connection], name, prm)
        text = with_map(text, made, file)
        text = edit.add_field(text, ("entities", entity, block.connection, "fields"), line(made), file)
        rules[block.connection] = made
    interpret(parse(text, file), PRM_FIELDS)
    return Added(text, rules)


def _blocks(mapping: MappingFile, entity: str, name: str, connection: str | None) -> list[EntityMapping]:
    if not name:
        raise ConfigError(f"--add takes an entity and a CRM field, such as lead.Rating, not {entity!r}")
    if entity not in PRM_FIELDS:
        raise ConfigError(f"the PRM has no entity {entity!r}{near(entity, PRM_FIELDS)}")
    if connection is not None and connection not in mapping.connections:
        raise ConfigError(f"no connection is called {connection!r}{near(connection, mapping.connections)}")
    wanted = [connection] if connection else list(mapping.connections)
    found = [block for c in wanted if (block := mapping.get(c, entity))]
    if not found:
        raise ConfigError(f"{entity} is not mapped on {' or '.join(wanted)}; add a block for it under 'entities' first")
    return found


def _absent(block: EntityMapping, name: str, seen: Seen) -> str:
    return f"{block.connection}: {block.object} has no field {name!r}{near(name, seen.fields)}"


def _rule(block: EntityMapping, mapping: MappingFile, seen: Seen, name: str, prm: str | None) -> Rule:
    held = [rule.prm for rule in block.rules if rule.crm == name]
    if held and prm is None:
        raise ConfigError(
            f"{block.connection}: {block.object}.{name} is mapped to {', '.join(held)} already;"
            " to map it once more: --as PRM_FIELD"
        )
    fields = prm_fields(block.entity)
    match = _named(block, fields, seen.fields[name], prm) if prm else _nearest(block, fields, seen.fields[name])
    mapped = {m.entity: m.object for m in mapping.of(block.connection) if not m.is_push_lead}
    beside = [Match(rule.prm, rule.crm, 1.0, sure=True) for rule in block.rules if rule.prm == "country_code"]
    made = rules_of(block.entity, block.connection, seen, fields, [match, *(b for b in beside if b.crm in seen.fields)], mapped)[
        0
    ]
    if made.off:
        raise ConfigError(f"{block.connection}: {made.prm} cannot be fed by {block.object}.{name} yet: {made.off}")
    return made


def _named(block: EntityMapping, fields: Mapping[str, PrmField], described: Field, prm: str) -> Match:
    if prm not in fields:
        raise ConfigError(f"no field {prm!r} in the PRM's {block.entity}{near(prm, fields)}")
    if prm in block.fields:
        raise ConfigError(f"{block.connection}: {prm} is mapped to {block.fields[prm].crm} already; change that line instead")
    if not fit(fields[prm], described):
        raise ConfigError(
            f"{prm} is a {fields[prm].kind}, and {block.object}.{described.name} a {described.type}; they do not fit"
        )
    return Match(prm, described.name, 1.0, sure=True)


def _nearest(block: EntityMapping, fields: Mapping[str, PrmField], described: Field) -> Match:
    free = [fields[name] for name in standards()[block.entity].fields if name not in block.fields]
    found = nearest(block.entity, free, described)
    if not found or found[0][1] < LIKELY:
        raise ConfigError(
            f"nothing in the PRM's {block.entity} is like {described.name}{_named_near(found)}; name one: --as PRM_FIELD"
        )
    (prm, score), rivals = found[0], [(n, s) for n, s in found[1:] if s >= WORTH_NAMING]
    sure = score >= SURE and score - max((s for _, s in rivals), default=0.0) >= LEAD
    return Match(prm, described.name, score, sure, tuple(rivals[:2]))


def _named_near(found: Sequence[tuple[str, float]]) -> str:
    told = ", ".join(f"{name} ({score:.2f})" for name, score in found[:3])
    return f" (the nearest are {told})" if told else ""
