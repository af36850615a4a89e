"""Fields that the mapping gained after records were linked: nothing fills them before a backfill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select

from centri.mappings.schema import EntityMapping
from centri.store.journal_tables import sync_link


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A field that is not remembered by so many of an object's links."""

    entity: str
    object: str
    field: str
    crm_field: str
    records: int


def unfilled(conn: Connection, mappings: Iterable[EntityMapping]) -> list[Unfilled]:
    """One entry for each such field, in the mapping's order. One query for each mapping, of SQLite's dialect."""
    return [found for mapping in mappings if not mapping.append_only for found in _of(conn, mapping)]


def _of(conn: Connection, mapping: EntityMapping) -> list[Unfilled]:
    t, rules = sync_link.c, list(mapping.rules)
    unknown = [_lacks(t.crm_seen, rule.crm) & _lacks(t.prm_seen, rule.prm) for rule in rules]
    heard = (t.crm_seen != literal({}, t.crm_seen.type)) | (t.prm_seen != literal({}, t.prm_seen.type))
    mine = (t.connection == mapping.connection, t.object == mapping.object, t.entity == mapping.entity, t.state == "active")
    counts = conn.execute(select(*(func.count().filter(lacks) for lacks in unknown)).where(*mine, heard)).one() if rules else ()
    found = zip(rules, counts, strict=True)
    return [Unfilled(mapping.entity, mapping.object, rule.prm, rule.crm, int(number)) for rule, number in found if number]


def _lacks(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a JSON object has no such member; one that is null is there."""
    return func.json_type(column, f'$."{name}"').is_(None)
