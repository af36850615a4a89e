"""Rows of one object: by id, by key, and in the order (stamp, id) that a reader since a time wants."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from centri.sandbox.schema import Schema

CHUNK = 2000


@dataclass(slots=True, frozen=True)
class Row:
    """One row; never changed in place: a write puts a new Row in its stead, so a reader's Row stays as it was.

    ``values`` holds the stored values by the schema's spelling of the field, without the ones that are null: text, bool,
    int, float, a date as ``YYYY-MM-DD``, a date-time as int seconds since 1970 UTC, and lists or dicts of these.
    The system's own fields stand beside them: times are int seconds since 1970 UTC, people are user ids.
    ``modified`` moves when a person or client writes; ``stamp`` moves with every change, and orders the table.
    """

    id: str
    values: dict[str, Any]
    created: int
    created_by: str
    modified: int
    modified_by: str
    stamp: int
    deleted: bool = False

    def get(self, name: str) -> Any:
        """The stored value of a field, None where it is null."""
        return self.values.get(name)

    def touched(self, now: int, user: str, *, deleted: bool | None = None, **values: Any) -> Row:
        """This row after a write by ``user`` at ``now``: the given values replaced, nulls dropped."""
        merged = {k: v for k, v in {**self.values, **values}.items() if v is not None}
        gone = self.deleted if deleted is None else deleted
        return replace(self, values=merged, modified=now, modified_by=user, stamp=now, deleted=gone)


def order(row: Row) -> tuple[int, str]:
    """The place of a row in its table."""
    return row.stamp, row.id


class Ordered:
    """Rows in (stamp, id) order: a list of sorted chunks, so that a write among a million rows moves two thousand."""

    def __init__(self) -> None:
        self._chunks: list[list[Row]] = []
        self._ends: list[tuple[int, str]] = []
        self._unsorted: list[Row] = []

    def append(self, row: Row) -> None:
        """Take a row without sorting it in yet; the next other call sorts all of them at once (for loading)."""
        self._unsorted.append(row)

    def add(self, row: Row) -> None:
        self._sort()
        at = min(bisect_left(self._ends, order(row)), len(self._chunks) - 1)
        if at < 0:
            self._chunks.append([])
            self._ends.append(order(row))
            at = 0
        chunk = self._chunks[at]
        insort(chunk, row, key=order)
        self._ends[at] = order(chunk[-1])
        if len(chunk) > 2 * CHUNK:
            self._chunks[at : at + 1] = [chunk[:CHUNK], chunk[CHUNK:]]
            self._ends[at : at + 1] = [order(chunk[CHUNK - 1]), order(chunk[-1])]

    def remove(self, row: Row) -> None:
        """Take out a row that is in here."""
        self._sort()
        at = bisect_left(self._ends, order(row))
        chunk = self._chunks[at]
        del chunk[bisect_left(chunk, order(row), key=order)]
        if chunk:
            self._ends[at] = order(chunk[-1])
        else:
            del self._chunks[at], self._ends[at]

    def since(self, low: tuple[int, str] | None, *, inclusive: bool = True) -> Iterator[Row]:
        """Rows from this place on, ascending; all rows for None. Do not write while iterating."""
        self._sort()
        if low is None:
            low = (-(2**62), "")
        first = bisect_left(self._ends, low)
        for at in range(first, len(self._chunks)):
            chunk = self._chunks[at]
            begin = 0
            if at == first:
                begin = (bisect_left if inclusive else bisect_right)(chunk, low, key=order)
            yield from chunk[begin:] if begin else chunk

    def _sort(self) -> None:
        if not self._unsorted:
            return
        rows = sorted([row for chunk in self._chunks for row in chunk] + self._unsorted, key=order)
        self._unsorted = []
        self._chunks = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]
        self._ends = [order(chunk[-1]) for chunk in self._chunks]


class Table:
    """All rows of one object, deleted ones included. Not locked: its Org is."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.clear()

    def clear(self) -> None:
        """Forget every row, and take up the schema's keys as they are now."""
        self.deleted = 0
        self._rows: dict[str, Row] = {}
        self._order = Ordered()
        self._ids: list[str] | None = []
        self._keys: dict[str, dict[Any, tuple[str, ...]]] = {name: {} for name in self.schema.keyed()}

    def __len__(self) -> int:
        """How many rows, deleted ones included."""
        return len(self._rows)

    def get(self, id: str) -> Row | None:
        """The row of this id, deleted or not."""
        return self._rows.get(id)

    def put(self, row: Row, *, sort_later: bool = False) -> Row | None:
        """Insert a row, or put it in the place of the one with its id, which is returned."""
        old = self.drop(row.id) if row.id in self._rows else None
        if self._ids is not None and old is None:
            if self._ids and row.id <= self._ids[-1]:
                self._ids = None
            else:
                self._ids.append(row.id)
        self._rows[row.id] = row
        self.deleted += row.deleted
        (self._order.append if sort_later else self._order.add)(row)
        for name, ids in self._keys.items():
            if (key := fold(row.values.get(name))) is not None:
                ids[key] = (*ids.get(key, ()), row.id)
        return old

    def drop(self, id: str) -> Row:
        """Take a row out for good."""
        row = self._rows.pop(id)
        self.deleted -= row.deleted
        self._order.remove(row)
        for name, ids in self._keys.items():
            if (key := fold(row.values.get(name))) is not None:
                left = tuple(one for one in ids[key] if one != id)
                ids[key] = left
                if not left:
                    del ids[key]
        return row

    def rename(self, old: str, new: str) -> None:
        """Keep the values of a field under another name from now on; no stamp moves."""
        ids = self._keys.pop(old, None)
        for row in [row for row in self._rows.values() if old in row.values]:
            self.put(replace(row, values={new if name == old else name: value for name, value in row.values.items()}))
        if ids is not None:
            self._keys[new] = ids

    def since(self, low: tuple[int, str] | None = None, *, inclusive: bool = True, deleted: bool = False) -> Iterator[Row]:
        """Rows in (stamp, id) order from ``low`` on; with ``deleted`` the deleted ones too."""
        rows = self._order.since(low, inclusive=inclusive)
        return rows if deleted or not self.deleted else (row for row in rows if not row.deleted)

    def from_id(self, low: str) -> Iterator[Row]:
        """Rows by rising id from this one on, deleted ones included."""
        if self._ids is None:
            self._ids = sorted(self._rows)
        found = (self._rows.get(one) for one in islice(self._ids, bisect_left(self._ids, low), None))
        return (row for row in found if row is not None)

    def find(self, name: str, value: Any, *, deleted: bool = False) -> list[Row]:
        """Rows whose field holds this value (text in any case): by look-up where the field is keyed, else by a scan."""
        key = fold(value)
        ids = self._keys.get(name)
        if ids is not None:
            rows = [self._rows[one] for one in ids.get(key, ())]
        else:
            rows = [row for row in self._rows.values() if fold(row.values.get(name)) == key]
        return [row for row in rows if deleted or not row.deleted]


def fold(value: Any) -> Any:
    """Text without its case, anything else as it is: how both CRMs compare keys."""
    return value.casefold() if isinstance(value, str) else value
