"""Lists of records in the sandbox's SugarCRM: which rows are looked at, in what order, and which page of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from centri.sandbox.circumstances import page_size
from centri.sandbox.rows import Row, Table
from centri.sandbox.schema import Field
from centri.sandbox.sugarcrm_arguments import number, truth
from centri.sandbox.sugarcrm_errors import invalid
from centri.sandbox.sugarcrm_filters import EMPTY, RANGES, Getter, comparable, condition, ends, getter, listed
from centri.sandbox.sugarcrm_values import seconds

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

DEFAULT_PAGE = 20
LAST_ID = "\U0010ffff"
STAMP = "date_modified"
SEARCHED = ("name", "email", "description")
"""Fields that the full-text search looks into."""


class Span(NamedTuple):
    """Part of a table in (stamp, id) order: after ``low``, and up to the second ``high``; None for no end."""

    low: tuple[int, str] | None = None
    high: int | None = None


def matching(
    org: SugarCRM,
    table: Table,
    arguments: Mapping[str, Any],
    among: Sequence[Row] | None = None,
    *,
    user: str | None = None,
) -> Iterator[Row]:
    """Rows that a call of this user asks for, in its order. Raises Refused."""
    expressions = listed(arguments.get("filter"))
    deleted = truth(arguments.get("deleted")) or any("deleted" in one for one in expressions)
    expressions = [*expressions, *_beside(table, arguments)]
    rows = _ordered(org, table, str(arguments.get("order_by") or f"{STAMP}:DESC"), candidates(org, table, expressions, among))
    test = condition(org, table, expressions, user)
    return (row for row in rows if (deleted or not row.deleted) and test(row))


def _beside(table: Table, arguments: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What else than a filter says which rows are wanted, as filters."""
    macros = {"favorites": "$favorite", "my_items": "$owner"}
    wanted: list[Mapping[str, Any]] = [{macros[name]: ""} for name in macros if truth(arguments.get(name, ""))]
    if arguments.get("q"):
        fields = [name for name in SEARCHED if name in table.schema.fields]
        wanted.append({"$or": [{name: {"$contains": str(arguments["q"])}} for name in fields]})
    return wanted


def page(
    org: SugarCRM,
    table: Table,
    arguments: Mapping[str, Any],
    among: Sequence[Row] | None = None,
    *,
    user: str | None = None,
) -> tuple[int, list[Row]]:
    """One page of the matching rows, and the offset of the next page (-1 when there is none)."""
    size = min(number(arguments.get("max_num") or DEFAULT_PAGE, "max_num"), org.largest_page)
    size = page_size(DEFAULT_PAGE if size < 0 else size)
    offset = max(0, number(arguments.get("offset") or 0, "offset"))
    rows = list(islice(matching(org, table, arguments, among, user=user), offset, offset + size + 1))
    return (offset + size if len(rows) > size else -1), rows[:size]


# -- which rows --------------------------------------------------------------------------------------------------------


def candidates(org: SugarCRM, table: Table, filter: list[Mapping[str, Any]], among: Sequence[Row] | None = None) -> Iterator[Row]:
    """Few rows where the filter names ids or keys, a span where it speaks of time; in (stamp, id) order."""
    found = among if among is not None else _looked_up(table, filter)
    if found is not None:
        return iter(sorted(found, key=lambda row: (row.stamp, row.id)))
    span = _all(org, filter)
    rows = table.since(span.low, inclusive=False, deleted=True)
    return rows if span.high is None else _until(rows, span.high)


def _until(rows: Iterator[Row], high: int) -> Iterator[Row]:
    for row in rows:
        if row.stamp > high:
            return
        yield row


def _looked_up(table: Table, filter: list[Mapping[str, Any]]) -> list[Row] | None:
    for expression in filter:
        for name, wanted in expression.items():
            field = table.schema.fields.get(name)
            values = _equal_to(wanted)
            if field is None or values is None:
                continue
            if name == "id":
                return [row for row in map(table.get, dict.fromkeys(values)) if row is not None]
            if field.keyed:
                return list({row.id: row for value in values for row in table.find(name, value, deleted=True)}.values())
    return None


def _equal_to(wanted: Any) -> list[str] | None:
    """The texts that a condition allows, if it is one of equality with something."""
    if isinstance(wanted, Mapping):
        wanted = next((wanted[one] for one in ("$equals", "$in") if one in wanted), None)
    values = wanted if isinstance(wanted, list) else [wanted]
    return values if values and all(isinstance(one, str) and one for one in values) else None


def _all(org: SugarCRM, expressions: Iterable[Mapping[str, Any]]) -> Span:
    """The span that all expressions leave."""
    pairs = [pair for expression in expressions for pair in expression.items()]
    low, high = None, None
    for name, wanted in pairs:
        span = _span(org, name, wanted)
        low = max(filter(None, (low, span.low)), default=None)
        high = min((one for one in (high, span.high) if one is not None), default=None)
    return Span(_after(pairs, low, high), high)


def _after(pairs: list[tuple[str, Any]], low: tuple[int, str] | None, high: int | None) -> tuple[int, str] | None:
    """Within a single second, an id that the wanted ones come after moves the beginning on."""
    if low is None or low != (high, ""):
        return low
    ids = [wanted["$gt"] for name, wanted in pairs if name == "id" and isinstance(wanted, Mapping) and "$gt" in wanted]
    return (low[0], max(str(one) for one in ids)) if ids else low


def _any(org: SugarCRM, expressions: Iterable[Mapping[str, Any]]) -> Span:
    spans = [_all(org, [expression]) for expression in expressions]
    lows, highs = [span.low for span in spans], [span.high for span in spans]
    return Span(
        None if None in lows or not lows else min(low for low in lows if low is not None),
        None if None in highs or not highs else max(high for high in highs if high is not None),
    )


def _span(org: SugarCRM, name: str, wanted: Any) -> Span:
    if name == "$and":
        return _all(org, listed(wanted))
    if name == "$or":
        return _any(org, listed(wanted))
    if name != STAMP:
        return Span()
    return _stamps(org, wanted if isinstance(wanted, Mapping) else {"$equals": wanted})


def _stamps(org: SugarCRM, operators: Mapping[str, Any]) -> Span:
    """``low`` is exclusive: (second, "") lets the whole second in, (second, LAST_ID) none of it."""
    lows: list[tuple[int, str]] = []
    highs: list[int] = []
    for operator, value in operators.items():
        if operator in ("$equals", "$gte", "$gt"):
            lows.append((_second(org, value), LAST_ID if operator == "$gt" else ""))
        if operator in ("$equals", "$lte", "$lt"):
            highs.append(_second(org, value))
        if operator in RANGES:
            low, high = ends(org, operator, value)
            lows.append((_second(org, low), ""))
            highs.append(_second(org, high))
    return Span(max(lows, default=None), min(highs, default=None))


def _second(org: SugarCRM, value: Any) -> int:
    try:
        return seconds(value, org.timezone)
    except ValueError:
        raise invalid(f"{value!r} is no datetime for {STAMP}") from None


# -- in what order -----------------------------------------------------------------------------------------------------


def _ordered(org: SugarCRM, table: Table, order_by: str, rows: Iterator[Row]) -> Iterable[Row]:
    """``rows`` come in (stamp, id) order, so that order costs nothing and its reverse little."""
    wanted = [_direction(part) for part in order_by.split(",") if part.strip()]
    if wanted in ([(STAMP, False)], [(STAMP, False), ("id", False)]):
        return rows
    if wanted in ([(STAMP, True)], [(STAMP, True), ("id", True)]):
        return reversed(list(rows))
    ordered = list(rows)
    for name, descending in reversed(wanted):
        field, get = getter(org, table, name)
        ordered.sort(key=partial(_order, field, get), reverse=descending)
    return ordered


def _direction(part: str) -> tuple[str, bool]:
    name, _, direction = part.strip().partition(":")
    return name, direction.strip().upper() == "DESC"


def _order(field: Field, get: Getter, row: Row) -> tuple[bool, Any]:
    return _sortable(comparable(field, get(row)))


def _sortable(value: Any) -> tuple[bool, Any]:
    return value not in EMPTY, "" if value in EMPTY else str(value) if isinstance(value, list) else value
