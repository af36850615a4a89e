"""What must be true of several blocks of ``mappings.yaml`` together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from centri.mappings.notifying import LOOKED_UP
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping, Entry, KeyWrite, MappingFile
from centri.mappings.source import EnvRef, Place, Source
from centri.records import IMPORT
from centri.sync.filters import OnLeave
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
    _withdrawn(parsed, source)
    _recognised(parsed, source)
    _no_circles(parsed, source)
    if IMPORT in parsed.connections:
        source.complain(("connections", IMPORT), f"no connection may be called {IMPORT!r}: rows of files are", key=True)


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
        if isinstance(data, EnvRef) and not (place[0] in ("notifications", "alerts") and place[-1] in LOOKED_UP):
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
        _parts_together(mapping, source)
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


def _parts_together(mapping: EntityMapping, source: Source) -> None:
    """Fields that a CRM keeps together in one are told together: all of them flow out, in the same form."""
    for rule in mapping.rules:
        others = [mapping.fields.get(name) for name in rule.prm_parts] if rule.flows(Direction.OUT, creating=True) else []
        for name, other in zip(rule.prm_parts, others, strict=False):
            if other is None or not _same_whole(rule, other):
                told = f"{rule.crm} is told as a whole; map {name!r} to it too, with the same transform and direction"
                source.complain(_place(mapping, "fields", rule.prm), f"{told}, or say direction: in", key=True)
                break


def _same_whole(rule: FieldRule, other: FieldRule) -> bool:
    return all(getattr(rule, key) == getattr(other, key) for key in ("crm", "transform", "direction", "on_create"))


def _written(mapping: EntityMapping) -> Iterator[tuple[str, Place]]:
    """Each field that is written, with one of the rules that do: those that tell a field together count as one."""
    together: set[tuple[str, tuple[str, ...]]] = set()
    for rule in mapping.rules:
        whole = (rule.crm, rule.prm_parts)
        if rule.flows(Direction.OUT) and not (rule.prm_parts and whole in together):
            together.add(whole)
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


def _withdrawn(parsed: MappingFile, source: Source) -> None:
    for mapping in parsed.mappings:
        place = _place(mapping, "on_leave")
        if mapping.on_leave is not OnLeave.WITHDRAW:
            continue
        if mapping.entity != "lead":
            source.complain(place, "only a lead can be withdrawn from a partner")
        elif not mapping.where.conditions:
            source.complain(place, "'on_leave: withdraw' needs a 'where' block: without a filter there is none to leave")


def _recognised(parsed: MappingFile, source: Source) -> None:
    """What enters only where it is found must be found by something."""
    for mapping in parsed.mappings:
        if mapping.enter is Entry.MATCHED and not mapping.key and mapping.entity not in parsed.matching:
            named = f"'enter: matched' needs a 'matching' entry that says how a {mapping.entity} is recognised"
            source.complain(_place(mapping, "enter"), named)


def _no_circles(parsed: MappingFile, source: Source) -> None:
    for connection in parsed.connections:
        if circle := parsed.circle(connection):
            names = " -> ".join(mapping.entity for mapping in circle)
            rule = next(r for r in circle[0].rules if circle[1].entity in r.references)
            place = _place(circle[0], "fields", rule.prm)
            source.complain(place, f"entities refer to each other in a circle, {names}; leave out one of the references")
