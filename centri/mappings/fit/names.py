"""The CRM fields that a file names, against what is described, where the file as a whole cannot be understood yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from centri.descriptions import Description
from centri.mappings.fit.faults import Fault
from centri.mappings.source import Place, Source
from centri.mappings.words import near

Describe = Callable[[str, str], Description | None]
"""What is described of a connection's object, if anything."""


def names(source: Source, describe: Describe) -> Iterator[Fault]:
    """Every field that is not there, so that whoever mends the language need not come back for these."""
    for at, block in _blocks(source.data):
        described = describe(str(at[2]), block["object"]) if isinstance(block.get("object"), str) else None
        for place, name in _named(at, block) if described and described.fields else ():
            assert described is not None
            if name not in described.fields:
                message = f"{block['object']} has no field {name!r}{near(name, described.fields)}"
                yield Fault("field", place, message, "correct the name, or add the field to the CRM")


def _blocks(data: Any) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    for entity, connections in _items(_get(data, "entities")):
        for connection, block in _items(connections):
            for at in ((), ("as_lead",)):
                inner = _get(block, *at)
                if isinstance(inner, Mapping):
                    yield ("entities", entity, connection, *at), inner


def _named(at: Place, block: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    for prm, rule in _items(block.get("fields")):
        name = rule if isinstance(rule, str) else _get(rule, "crm")
        if isinstance(name, str):
            yield (*at, "fields", prm, "crm"), name
    for name, _ in _items(block.get("where")):
        yield (*at, "where", name), name
    key = block.get("key")
    name = key if isinstance(key, str) else _get(key, "crm")
    if isinstance(name, str):
        yield (*at, "key"), name


def _items(block: Any) -> Iterator[tuple[str, Any]]:
    yield from block.items() if isinstance(block, Mapping) else ()


def _get(block: Any, *steps: str) -> Any:
    for step in steps:
        block = block.get(step) if isinstance(block, Mapping) else None
    return block
