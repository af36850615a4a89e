"""What no dictionary knows: counted anew from the rows themselves, so that a run that is repeated counts nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, literal, not_, or_, select, union_all

from centri import values
from centri.dedupe.standards import STANDARDS
from centri.store import prm_tables
from centri.store.standard_tables import standardisation_miss
from centri.store.tables import UtcDateTime

KEPT = 200
"""Letters of a raw value that are kept, and that tell it from others."""

_PAGE = 1000
_SHORTEST_PHONE, _LONGEST_PHONE = 8, 16

Known = Callable[[str, str], bool]
"""Whether something is known of a raw value of a kind, or nothing was said in it."""


def recount(conn: Connection, known: Known) -> int:
    """Put the misses that the living rows hold by now in place of those that were counted before; answers how many there are."""
    conn.execute(delete(standardisation_miss))
    total = 0
    for kind, query in _queries().items():
        found = _misses(conn, kind, query, known)
        while page := list(islice(found, _PAGE)):
            conn.execute(insert(standardisation_miss), page)
            total += len(page)
    return total


def listed(conn: Connection, *, kind: str | None = None, most: int | None = None) -> list[dict[str, Any]]:
    """The misses as they were last counted, the most frequent first."""
    t = standardisation_miss.c
    query = select(standardisation_miss).order_by(t.count.desc(), t.kind, t.raw).limit(most)
    return [dict(row) for row in conn.execute(query.where(t.kind == kind) if kind else query).mappings()]


def _misses(conn: Connection, kind: str, query: Select[Any], known: Known) -> Iterator[dict[str, Any]]:
    rows = conn.execute(query, execution_options={"yield_per": _PAGE})
    for row in rows.mappings():
        if not known(kind, row["whole"]):
            entity, _, id = row["example"].partition("/")
            yield {
                "kind": kind, "raw": row["raw"], "count": row["count"], "example_entity": entity, "example_id": id,
                "first_seen": row["first_seen"], "last_seen": row["last_seen"],
            }  # fmt: skip


def _queries() -> Mapping[str, Select[Any]]:
    """For each kind the raw values of which no code came, whatever the dictionaries say of them."""
    sources: dict[str, list[Select[Any]]] = {}
    for entity, standards in STANDARDS.items():
        t: Table = getattr(prm_tables, entity)
        for s in standards:
            sources.setdefault(s.kind, []).append(_source(t, t.c[s.raw], t.c[s.column].is_(None)))
        for column, (kind, doubtful) in _FORMS.items():
            if column in t.c:
                sources.setdefault(kind, []).append(_source(t, t.c[column], doubtful(t.c[column])))
    return {kind: _grouped(selects) for kind, selects in sources.items()}


def _source(table: Table, raw: ColumnElement[Any], missing: ColumnElement[bool]) -> Select[Any]:
    example = literal(f"{table.name}/").concat(table.c.id).label("example")
    columns = (raw.label("whole"), example, table.c.created_at.label("created_at"))
    return select(*columns).where(raw.is_not(None), missing, table.c.deleted_at.is_(None))


def _grouped(selects: Sequence[Select[Any]]) -> Select[Any]:
    rows = union_all(*selects).subquery()
    raw = func.substr(rows.c.whole, 1, KEPT)
    first, last = (f(rows.c.created_at, type_=UtcDateTime()) for f in (func.min, func.max))
    return select(
        raw.label("raw"), func.max(rows.c.whole).label("whole"), func.count().label("count"),
        func.min(rows.c.example).label("example"), first.label("first_seen"), last.label("last_seen"),
    ).group_by(raw).order_by(raw)  # fmt: skip


def _no_country(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column.not_in(sorted(values.country_codes()))


def _no_phone(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Something else than a plus and digits."""
    rest: ColumnElement[Any] = column
    for digit in "0123456789":
        rest = func.replace(rest, digit, "")
    return or_(rest != "+", column.not_like("+%"), not_(func.length(column).between(_SHORTEST_PHONE, _LONGEST_PHONE)))


_FORMS: Mapping[str, tuple[str, Callable[[ColumnElement[Any]], ColumnElement[bool]]]] = {
    "country_code": ("country", _no_country),
    "phone_e164": ("phone", _no_phone),
}
"""Columns that hold one form for all: the kind, and which values are not in it."""
