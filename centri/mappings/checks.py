"""What must be true of several blocks of ``mappings.yaml`` together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from centri.mappings.schema import EntityMapping, KeyWrite, MappingFile
from centri.mappings.source import EnvRef, Place, Source
from centri.sync.merge import Direction

SECRETS = frozenset(
    {"client_secret", "password", "security_token", "refresh_token", "access_token", "token", "private_key", "api_key", "secret"}
)
AS_LEAD_KEYS = ("object", "key", "fields", "adopt", "on_delete")


def check(parsed: MappingFile, source: Source) -> None:
    """Leave every problem in ``source``."""
    _secrets_elsewhere(source)
    _disjoint_writes(parsed, source)
    _one_master(parsed, source)
    _pushed_as_lead(parsed, source)
    _no_circles(parsed, source)


def literal_secrets(options: Any, place: Place = ()) -> Iterator[Place]:
    """The places of secrets that are written out instead of naming an environment variable."""
    for key, value in options.items() if isinstance(options, Mapping) else ():
        if isinstance(value, Mapping):
            yield from literal_secrets(value, (*place, key))
        elif key in SECRETS and value is not None and not isinstance(value, EnvRef):
            yield (*place, key)


def as_lead_keys(block: Mapping[str, Any], place: Place, source: Source) -> None:
    for key in block:
        if key in EntityMapping.model_fields and key not in AS_LEAD_KEYS:
            source.complain((*place, "as_lead", key), f"{key!r} belongs to the opportunity, not to its 'as_lead' block", key=True)


def _secrets_elsewhere(source: Source) -> None:
    def walk(data: Any, place: Place) -> None:
        if isinstance(data, EnvRef):
            source.complain(place, "!env is for the options of a connection")
        items = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
        for step, value in items:
            walk(value, (*place, step))

    for name, block in source.data.items() if isinstance(source.data, Mapping) else ():
        if name != "connections":
            walk(block, (name,))


def _place(mapping: EntityMapping, *inside: str) -> Place:
    return ("entities", mapping.entity, mapping.connection, *(("as_lead",) if mapping.is_push_lead else ()), *inside)


def _disjoint_writes(parsed: MappingFile, source: Source) -> None:
    """Mappings that may share a CRM record write different fields of it, or they would undo each other for ever."""
    writers: dict[tuple[str, str, str], list[Place]] = defaultdict(list)
    for mapping in parsed.mappings:
        for name, place in _written(mapping):
            writers[mapping.connection, mapping.object, name].append(place)
    for (_, object, name), places in writers.items():
        first = source.line(places[0], key=True)
        for place in places[1:]:
            source.complain(
                place,
                f"{object}.{name} is already written on line {first}; let one of the two only read it (direction: in)",
                key=True,
            )


def _written(mapping: EntityMapping) -> Iterator[tuple[str, Place]]:
    for rule in mapping.rules:
        if rule.flows(Direction.OUT):
            yield from ((name, _place(mapping, "fields", rule.prm)) for name in rule.crm_targets)
    if mapping.key and mapping.key.write is not KeyWrite.ON_CREATE:
        yield mapping.key.crm, _place(mapping, "key")


def _one_master(parsed: MappingFile, source: Source) -> None:
    """One connection owns a field that flows in; several blocks may say so, but must say the same."""
    named: dict[tuple[str, str], dict[str, Place]] = defaultdict(dict)
    for mapping in parsed.mappings:
        for rule in mapping.rules:
            if rule.mastered_by:
                named[mapping.entity, rule.prm].setdefault(rule.mastered_by, _place(mapping, "fields", rule.prm, "master"))
    for (entity, name), masters in named.items():
        for place in list(masters.values())[1:]:
            source.complain(place, f"{entity}.{name} has several masters, {' and '.join(masters)}; name the same one everywhere")


def _pushed_as_lead(parsed: MappingFile, source: Source) -> None:
    for mapping in parsed.mappings:
        block = _place(mapping, "as_lead")
        if mapping.push_as == "lead" and not mapping.is_push_lead and block not in source.lines:
            source.complain(_place(mapping, "push_as"), "'push_as: lead' needs an 'as_lead' block that says how")
        if mapping.as_lead and mapping.entity != "opportunity":
            source.complain(block, "only an opportunity travels as a lead", key=True)


def _no_circles(parsed: MappingFile, source: Source) -> None:
    for connection in parsed.connections:
        if circle := parsed.circle(connection):
            names = " -> ".join(mapping.entity for mapping in circle)
            rule = next(r for r in circle[0].rules if circle[1].entity in r.references)
            place = _place(circle[0], "fields", rule.prm)
            source.complain(place, f"entities refer to each other in a circle, {names}; leave out one of the references")
