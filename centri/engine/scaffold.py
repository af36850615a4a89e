"""A starting mapping made with a CRM's help: its objects are described, drafted, and put into the mapping file's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from centri.connectors.recorded import Fixtures
from centri.engine.prm_fields import prm_fields
from centri.engine.project import PRM_FIELDS
from centri.engine.scaffold_crm import Crm, seen_of
from centri.errors import ConfigError, LoginRefused
from centri.mappings import edit
from centri.mappings.connection_blocks import connection_block, usual_objects
from centri.mappings.loader import interpret
from centri.mappings.scaffold import Draft, Seen, draft
from centri.mappings.scaffold_rules import Rule
from centri.mappings.scaffold_text import block, matching, value_map
from centri.mappings.schema import ConnectionConfig, MappingFile
from centri.mappings.source import parse
from centri.mappings.standard import entities_of, standards

_FIRST_LINES = "# Which fields of the CRMs and of the partner store mean the same, which way they flow, and who wins.\n"


@dataclass(frozen=True, slots=True)
class Scaffolded:
    """A mapping file's text with a connection added. ``skipped`` are objects that could not be described, with the reason."""

    text: str
    mapping: MappingFile
    drafts: Sequence[Draft]
    variables: Sequence[str]
    skipped: Mapping[str, str] = field(default_factory=dict)


def start(
    connection: str, kind: str, crm: Crm, objects: Sequence[str], environment: Mapping[str, str], before: str, file: str
) -> Scaffolded:
    """The file's text with this connection and a block for each entity that the objects keep. ``before`` is empty for a new file.

    Raises ConfigError for objects that are not known, and what the CRM raises; without ``objects`` one that cannot be described
    is left out.
    """
    asked = [_named(object) for object in objects or usual_objects(kind)]
    seen, skipped = _described(crm, asked, strict=bool(objects))
    mapped = {entity: names.object for names in seen for entity in _entities(names, asked)}
    drafts, unclear = _drafts(connection, seen, asked, mapped)
    made = connection_block(connection, kind, environment)
    text = edit.add_connection(before or _FIRST_LINES, connection, made.text, file)
    text = _blocks(text, drafts, crm.model(), file)
    return Scaffolded(text, interpret(parse(text, file), PRM_FIELDS), drafts, made.variables, {**skipped, **unclear})


def with_map(text: str, rule: Rule, file: str) -> str:
    """The file with a rule's value map added, if it has one."""
    return edit.add(text, ("choices",), rule.map_name, value_map(rule), file) if rule.map else text


def config_of(connection: str, kind: str, environment: Mapping[str, str]) -> ConnectionConfig:
    """The connection as its new block will say it."""
    data = parse(connection_block(connection, kind, environment).text).data
    return ConnectionConfig.model_validate({**data, "$name": connection})


def fixtures_beside(mappings: Path) -> Fixtures:
    return Fixtures(mappings.parent / "fixtures")


def _named(object: str) -> tuple[str, tuple[str, ...]]:
    """An object and the entities that it keeps."""
    return object.partition("=")[0], entities_of(object)


def _described(crm: Crm, asked: Sequence[tuple[str, tuple[str, ...]]], *, strict: bool) -> tuple[list[Seen], dict[str, str]]:
    seen: dict[str, Seen] = {}
    skipped: dict[str, str] = {}
    for object, _ in asked:
        try:
            seen.setdefault(object, seen_of(crm, crm.description(object)))
        except ConfigError as error:
            if strict or isinstance(error, LoginRefused):
                raise
            skipped[object] = str(error)
    if not seen:
        raise ConfigError(*dict.fromkeys(skipped.values()))
    return list(seen.values()), skipped


def _entities(seen: Seen, asked: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    for object, entities in asked:
        if object == seen.object:
            yield from entities


def _drafts(
    connection: str, seen: Sequence[Seen], asked: Sequence[tuple[str, tuple[str, ...]]], mapped: dict[str, str]
) -> tuple[list[Draft], dict[str, str]]:
    """A draft for each entity, in the order of a mapping file, without those whose records cannot be told, and why."""
    by_object = {names.object: names for names in seen}
    unclear: dict[str, str] = {}
    for entity, object in list(mapped.items()):
        if draft(entity, connection, by_object[object], prm_fields(entity), mapped) is None:
            only = standards()[entity].only
            unclear[f"{object} as {entity}"] = f"it has no field {' or '.join(only.field if only else ())} that tells them"
            del mapped[entity]
    order = [entity for entity in standards() if entity in mapped]
    made = [draft(e, connection, by_object[mapped[e]], prm_fields(e), mapped) for e in order]
    return _told_once([one for one in made if one]), unclear


def _told_once(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts without custom fields that another one of the same object found something for, or names already."""
    found = {(one.object, rule.crm) for one in drafts for rule in one.rules}
    told: list[Draft] = []
    for one in drafts:
        left = [(f, near) for f, near in one.left if (one.object, f.name) not in found]
        found |= {(one.object, f.name) for f, _ in left}
        told.append(replace(one, left=left))
    return told


def _blocks(text: str, drafts: Sequence[Draft], model: str, file: str) -> str:
    for one in drafts:
        for rule in one.rules:
            text = with_map(text, rule, file)
    for one in drafts:
        about = standards()[one.entity].about + (f" {model}" if model and one.entity == "opportunity" else "")
        text = edit.add_entity(text, one.entity, one.connection, block(one), file, remark=about)
    known = parse(text, file).data.get("matching") or {}
    for one in drafts:
        keys = standards()[one.entity].matching
        if keys and one.entity not in known:
            text = edit.add(text, ("matching",), "", matching(one.entity, keys), file)
    return text
