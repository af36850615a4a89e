"""A folder of CSV files spoken to as a CRM: ``<Object>.csv`` with the columns id, modified_at, deleted and the fields."""

from __future__ import annotations

import csv
import heapq
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from shutil import copymode
from tempfile import NamedTemporaryFile
from typing import Any

from centri.connectors.base import Cost, Guard, Handshake, Page, PullRequest, PushRequest, Reading
from centri.connectors.codec import instant, instant_text
from centri.connectors.guarded import Answer, Stored, Write, push
from centri.connectors.options import unknown
from centri.connectors.paging import chunks, pages
from centri.descriptions import Description, Field, FieldType
from centri.errors import ConfigError, ObjectMissing
from centri.records import Cursor, Record, Ref
from centri.sync.budget import Allowance
from centri.sync.delivery import Outcome

ID, STAMP, DELETED = "id", "modified_at", "deleted"
OWN_COLUMNS = (ID, STAMP, DELETED)

csv.field_size_limit(2**24)  # characters; a CRM's long texts are larger than Python's default allows


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """``folder`` holds one file for each object."""

    folder: str


class CsvConnector:
    """Reads a file anew for each page, so memory stays flat; writes a whole new file and puts it in the old one's place.

    Every field is text and a blank is None. A version is a digest of the row, so an edit counts even where the editor
    left modified_at alone; it is only pulled, though, when modified_at moved on. Two programs writing at once are not
    kept apart.
    """

    guard = Guard.PREREAD
    chunk = 10_000
    allowance: Allowance | None = None
    clock: Reading | None = None

    def __init__(self, name: str, options: CsvOptions, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name = name
        self.calls = 0
        self._folder, self._clock = Path(options.folder), clock

    def handshake(self) -> Handshake:
        """The folder stands for the instance."""
        return Handshake(str(self._folder.resolve()), loopback=True)

    def describe(self, object: str, lists: Collection[str] = ()) -> Description:
        fields = {
            c: Field(c, FieldType.ID if c == ID else FieldType.TEXT) for c in self._columns(object) if c not in OWN_COLUMNS[1:]
        }
        return Description(object, fields)

    def pull(self, request: PullRequest) -> Iterator[Page]:
        self._check(request.object, (*request.fields, *request.where.fields))
        if request.ids is None:
            yield from pages(request.since, lambda cursor: self._page(request, cursor))
            return
        for ids in chunks(request.ids, request.page_size):
            records = self._first(request, len(ids), partial(_is_one_of, frozenset(ids)))
            if records:
                yield Page(records, None)

    def push(self, request: PushRequest) -> list[Outcome]:
        self._check(request.object, [field for delivery in request.deliveries for field in delivery.values])
        return push(self, self.name, request)

    def cost(self, request: PushRequest) -> Cost:
        """A file is written without a call."""
        return Cost(0)

    def close(self) -> None:
        """Nothing stays open."""

    def find(self, request: PushRequest) -> Mapping[str, Stored]:
        """A create takes the delivery's id as the row's, so an earlier try is found under it."""
        wanted = {delivery.crm_id or delivery.id: delivery.id for delivery in request.deliveries}
        return {wanted[row[ID]]: _stored(row) for row in self._rows(request.object) if row[ID] in wanted}

    def write(self, object: str, writes: Sequence[Write]) -> list[Answer]:
        changes = {write.id or write.delivery.id: write for write in writes}
        stamp = instant_text(self._clock().replace(microsecond=0))
        written: dict[str, Stored] = {}
        self._replace(object, self._changed(object, changes, stamp, written))
        return [written[key] for key in changes]

    def _changed(
        self, object: str, changes: Mapping[str, Write], stamp: str, written: dict[str, Stored]
    ) -> Iterator[dict[str, str]]:
        for row in self._rows(object):
            write = changes.get(row[ID])
            if write:
                row.update(_cells(write) | {STAMP: stamp})
                written[row[ID]] = _stored(row)
            yield row
        for new, write in changes.items():
            if new not in written:
                row = dict.fromkeys(self._columns(object), "") | _cells(write) | {ID: new, STAMP: stamp}
                written[new] = _stored(row, created=True)
                yield row

    def _page(self, request: PullRequest, cursor: Cursor | None) -> tuple[Sequence[Record], bool]:
        def wanted(row: Mapping[str, str], stamp: datetime) -> bool:
            inside = request.window is None or request.window[0] <= stamp < request.window[1]
            return inside and (cursor is None or (stamp, row[ID]) > cursor)

        records = self._first(request, request.page_size + 1, wanted)
        return records[: request.page_size], len(records) > request.page_size

    def _first(self, request: PullRequest, count: int, wanted: Callable[[Mapping[str, str], datetime], bool]) -> list[Record]:
        """The first rows in (modified_at, id) order out of a file in any order, holding no more than these."""
        rows = ((instant(row[STAMP]), row[ID], row) for row in self._rows(request.object))
        fitting = (
            (s, i, r)
            for s, i, r in rows
            if wanted(r, s) and (request.deleted or not _deleted(r)) and request.where.passes(_values(r))
        )
        return [
            self._record(request, row, stamp) for stamp, _, row in heapq.nsmallest(count, fitting, key=lambda found: found[:2])
        ]

    def _record(self, request: PullRequest, row: Mapping[str, str], stamp: datetime) -> Record:
        values = {field: row[field] or None for field in request.fields}
        return Record(Ref(self.name, request.object, row[ID]), values, _version(row), stamp, _deleted(row))

    def _check(self, object: str, fields: Sequence[str]) -> None:
        columns = self._columns(object)
        for field in fields:
            if field not in columns:
                raise unknown(f"column of {self._path(object)}", field, columns)

    def _columns(self, object: str) -> list[str]:
        with self._path(object).open(newline="", encoding="utf-8-sig") as file:
            columns = next(csv.reader(file), [])
        missing = [column for column in OWN_COLUMNS if column not in columns]
        if missing:
            raise ConfigError(f"{self._path(object)} lacks the column {', '.join(missing)}")
        return columns

    def _rows(self, object: str) -> Iterator[dict[str, str]]:
        with self._path(object).open(newline="", encoding="utf-8-sig") as file:
            yield from csv.DictReader(file, restval="")

    def _path(self, object: str) -> Path:
        path = self._folder / f"{object}.csv"
        if not path.is_file():
            raise ObjectMissing(f"connection {self.name!r}: there is no file {path}")
        return path

    def _replace(self, object: str, rows: Iterator[dict[str, str]]) -> None:
        """The new file takes the old one's place in one step, or not at all."""
        path = self._path(object)
        with NamedTemporaryFile("w", newline="", encoding="utf-8", dir=path.parent, suffix=".tmp", delete=False) as file:
            try:
                writer = csv.DictWriter(file, self._columns(object), extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
                file.flush()
                os.fsync(file.fileno())
                copymode(path, file.name)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise


def _is_one_of(ids: frozenset[str], row: Mapping[str, str], stamp: datetime) -> bool:
    return row[ID] in ids


def _cells(write: Write) -> dict[str, str]:
    return {field: "" if value is None else str(value) for field, value in write.values.items()}


def _values(row: Mapping[str, str]) -> dict[str, Any]:
    return {field: value or None for field, value in row.items()}


def _stored(row: Mapping[str, str], *, created: bool = False) -> Stored:
    return Stored(row[ID], _version(row), instant(row[STAMP]), _values(row), deleted=_deleted(row), created=created)


def _deleted(row: Mapping[str, str]) -> bool:
    return row[DELETED].lower() in ("1", "true", "yes")


def _version(row: Mapping[str, str]) -> str:
    return blake2b("\x1f".join(f"{k}\x1e{row[k]}" for k in sorted(row)).encode(), digest_size=8).hexdigest()
