"""A CRM that is a dict: the reference that every other connector is measured against."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from centri.connectors.base import Cost, Guard, Handshake, Page, PullRequest, PushRequest, Reading
from centri.connectors.guarded import moved
from centri.connectors.options import unknown
from centri.connectors.paging import chunks, pages
from centri.descriptions import Description, Field, FieldType
from centri.errors import CentriError, ObjectMissing, Rejected, RetryLater
from centri.records import Cursor, Record, Ref
from centri.sync.budget import Allowance
from centri.sync.delivery import Delivery, Moved, Outcome, Receipt

OUR_USER = "integration"

Tidy = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""What a CRM makes of the values of a write to an object: (object, values) to the stored values; may raise Rejected."""


@dataclass(frozen=True, slots=True)
class Row:
    """One stored record: ``stamp`` in whole seconds as real CRMs keep it, ``version`` counts every change."""

    id: str
    stamp: datetime
    version: int
    user: str
    values: Mapping[str, Any] = field(default_factory=dict)
    deleted: bool = False
    merged_into: str | None = None
    converted_to: Mapping[str, str] = field(default_factory=dict)


class MemoryCrm:
    """The CRM behind the connector, with what people do in it. Several connectors may share one.

    ``clock`` gives aware times; ``tidy`` changes or refuses values as a CRM's rules do; ``faults`` holds one entry for
    each coming call: None lets it pass, an error fails it before anything is done, and an error in ``lost_answers``
    fails a push after it was done. ``org`` is its id, the connection's name where it is None; ``loopback`` whether it counts as
    one to play with; ``allowance`` what it tells of its daily calls.
    """

    def __init__(self, tidy: Tidy = lambda _, values: values, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.tidy, self.clock = tidy, clock
        self.objects: dict[str, dict[str, Row]] = {}
        self.fields: dict[str, dict[str, Field]] = {}
        self.org: str | None = None
        self.loopback = True
        self.allowance: Allowance | None = None
        self.faults: deque[CentriError | None] = deque()
        self.lost_answers: deque[RetryLater] = deque()
        self._versions = 0

    def define(self, object: str, fields: Mapping[str, FieldType]) -> None:
        """Adds an object, or fields to one. Fields that are only written count as text."""
        self.objects.setdefault(object, {})
        self.fields.setdefault(object, {}).update({name: Field(name, kind) for name, kind in fields.items()})

    def stock(self, description: Description, records: Iterable[Record] = ()) -> None:
        """Adds an object as another CRM describes it, with records as they were read there."""
        self.fields[description.object] = dict(description.fields)
        rows = self.objects.setdefault(description.object, {})
        for record in records:
            self._versions += 1
            stamp, left = record.changed_at or self._now(), (record.deleted, record.merged_into, record.converted_to)
            rows[record.ref.id] = Row(record.ref.id, stamp, self._versions, "person", record.values, *left)

    def save(self, object: str, values: Mapping[str, Any], id: str | None = None, *, user: str = "person") -> Row:
        """Creates a record, or changes the given fields of one. Raises Rejected."""
        rows = self.objects.setdefault(object, {})
        tidied = self.tidy(object, values)
        self.define(object, {f: FieldType.TEXT for f in tidied if f not in self.fields.get(object, {})})
        row = rows.get(id or "") or Row(id or str(uuid4()), self._now(), 0, user)
        return self._store(object, row, user, values={**row.values, **tidied})

    def delete(self, object: str, id: str, *, merged_into: str | None = None, user: str = "person") -> Row:
        """Deletes a record, as the loser of a merge where ``merged_into`` names the survivor."""
        return self._store(object, self.objects[object][id], user, deleted=True, merged_into=merged_into)

    def restore(self, object: str, id: str, *, user: str = "person") -> Row:
        """Takes a deletion back."""
        return self._store(object, self.objects[object][id], user, deleted=False)

    def convert(self, object: str, id: str, converted_to: Mapping[str, str], *, user: str = "person") -> Row:
        return self._store(object, self.objects[object][id], user, converted_to=converted_to)

    def _store(self, object: str, row: Row, user: str, **changes: Any) -> Row:
        self._versions += 1
        changed = replace(row, stamp=self._now(), version=self._versions, user=user, **changes)
        self.objects[object][row.id] = changed
        return changed

    def _now(self) -> datetime:
        return self.clock().replace(microsecond=0)


class MemoryConnector:
    """Speaks to a :class:`MemoryCrm`. Its guard is atomic: nothing can happen between look and write."""

    guard = Guard.ATOMIC

    def __init__(self, name: str, crm: MemoryCrm | None = None) -> None:
        self.name = name
        self.crm = crm or MemoryCrm()
        self.calls = 0

    @property
    def allowance(self) -> Allowance | None:
        return self.crm.allowance

    @property
    def clock(self) -> Reading | None:
        return Reading(self.crm.clock())

    def handshake(self) -> Handshake:
        return Handshake(self.crm.org or f"memory:{self.name}", loopback=self.crm.loopback)

    def describe(self, object: str, lists: Collection[str] = ()) -> Description:
        """Costs no call: a real CRM is asked once, and this one's fields may change under a test."""
        self._rows(object)
        return Description(object, dict(self.crm.fields[object]))

    def pull(self, request: PullRequest) -> Iterator[Page]:
        self._rows(request.object)
        known = self.crm.fields[request.object]
        for name in (*request.fields, *request.where.fields):
            if name not in known and name != "id":
                raise unknown(f"field of {request.object}", name, known)
        if request.ids is None:
            yield from pages(request.since, lambda cursor: self._after(request, cursor))
            return
        for ids in chunks(request.ids, request.page_size):
            rows = self._read(request, partial(_is_one_of, frozenset(ids)))
            if rows:
                yield Page(rows, None)

    def push(self, request: PushRequest) -> list[Outcome]:
        try:
            self._call()
        except RetryLater as later:
            return [later] * len(request.deliveries)
        outcomes = [self._deliver(delivery) for delivery in request.deliveries]
        return [self.crm.lost_answers.popleft()] * len(outcomes) if self.crm.lost_answers else outcomes

    def cost(self, request: PushRequest) -> Cost:
        return Cost(1)

    def close(self) -> None:
        """Nothing is open."""

    def _call(self) -> None:
        self.calls += 1
        fault = self.crm.faults.popleft() if self.crm.faults else None
        if fault:
            raise fault

    def _rows(self, object: str) -> dict[str, Row]:
        if object not in self.crm.objects:
            raise ObjectMissing(str(unknown(f"object of connection {self.name!r}", object, self.crm.objects)))
        return self.crm.objects[object]

    def _after(self, request: PullRequest, cursor: Cursor | None) -> tuple[Sequence[Record], bool]:
        records = self._read(request, lambda row: (cursor is None or (row.stamp, row.id) > cursor) and _inside(request, row))
        return records[: request.page_size], len(records) > request.page_size

    def _read(self, request: PullRequest, wanted: Callable[[Row], bool]) -> list[Record]:
        self._call()
        rows = [row for row in self._rows(request.object).values() if wanted(row) and (request.deleted or not row.deleted)]
        passing = [row for row in rows if request.where.passes({f: row.values.get(f) for f in request.where.fields})]
        return [self._record(request, row) for row in sorted(passing, key=lambda row: (row.stamp, row.id))]

    def _record(self, request: PullRequest, row: Row) -> Record:
        values = {f: row.id if f == "id" else row.values.get(f) for f in request.fields}
        ref = Ref(self.name, request.object, row.id)
        return Record(ref, values, str(row.version), row.stamp, row.deleted, row.merged_into, row.converted_to)

    def _deliver(self, delivery: Delivery) -> Outcome:
        row = self._rows(delivery.object).get(delivery.crm_id or delivery.id)
        if row is None and delivery.crm_id is not None:
            return Rejected("not_found_remote", f"{delivery.object} {delivery.crm_id} is not there")
        if row is not None and row.deleted:
            return Rejected("deleted_remote", f"{delivery.object} {row.id} is deleted")
        if (
            row is not None
            and delivery.crm_id
            and moved(delivery, str(row.version), {f: row.values.get(f) for f in delivery.seen})
        ):
            return Moved(delivery.id, str(row.version))
        if row is not None and delivery.crm_id is None and row.user != OUR_USER:
            return self._receipt(delivery, row, delivery.values, ours=False)
        try:
            stored = self.crm.save(delivery.object, delivery.values, delivery.crm_id or delivery.id, user=OUR_USER)
        except Rejected as rejected:
            return rejected
        return self._receipt(delivery, stored, stored.values, created=row is None)

    def _receipt(
        self, delivery: Delivery, row: Row, values: Mapping[str, Any], *, created: bool = False, ours: bool = True
    ) -> Receipt:
        held = {field: values.get(field) for field in delivery.values}
        ref = Ref(self.name, delivery.object, row.id)
        return Receipt(delivery.id, ref, str(row.version), row.stamp, held, created, ours)


def _is_one_of(ids: frozenset[str], row: Row) -> bool:
    return row.id in ids


def _inside(request: PullRequest, row: Row) -> bool:
    return request.window is None or request.window[0] <= row.stamp < request.window[1]
