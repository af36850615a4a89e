"""SugarCRM's filter expressions: conditions and the keyset of a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from centri.connectors.sugarcrm_fields import filtered
from centri.descriptions import Field
from centri.records import Cursor
from centri.sync.filters import Condition, Filter

STAMP = "date_modified"

Expression = dict[str, Any]


def after(cursor: Cursor | None) -> list[Expression]:
    """Strictly after the cursor in (stamp, id) order. The first expression repeats the second so that the index is used."""
    if cursor is None:
        return []
    at = _moment(cursor.stamp)
    same_second = {"$and": [{STAMP: {"$equals": at}}, {"id": {"$gt": cursor.id}}]}
    return [{STAMP: {"$gte": at}}, {"$or": [{STAMP: {"$gt": at}}, same_second]}]


def within(window: tuple[datetime, datetime] | None) -> list[Expression]:
    return [{STAMP: {"$gte": _moment(window[0])}}, {STAMP: {"$lt": _moment(window[1])}}] if window else []


def conditions(where: Filter, fields: Mapping[str, Field]) -> list[Expression]:
    """Raises ValueError for a value that its field's type cannot hold."""
    return [_condition(c, fields[c.field]) for c in where.conditions if c.values]


def _condition(condition: Condition, field: Field) -> Expression:
    """Blank is spelled out, as null and as the empty text, so that it is treated as :class:`Condition` treats None."""
    name, null = condition.field, None in condition.values
    given = [filtered(field, v) for v in condition.values if v is not None]
    if not condition.negated:
        parts = [{name: {"$in": given}}] if given else []
        return _joined("$or", [*parts, *_blank(name)] if null else parts)
    parts = [{name: {"$not_in": given}}] if given else []
    if null:
        return _joined("$and", [*parts, {name: {"$not_null": ""}}, {name: {"$not_equals": ""}}])
    return _joined("$or", [*parts, *_blank(name)])


def _blank(name: str) -> list[Expression]:
    return [{name: {"$is_null": ""}}, {name: {"$equals": ""}}]


def _joined(word: str, parts: list[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else {word: parts}


def _moment(at: datetime) -> str:
    """Sugar keeps whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat()
