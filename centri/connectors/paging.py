"""Reads an object page by page behind a (stamp, id) cursor, never by offset, so that nothing is skipped or repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from centri.connectors.base import Page
from centri.errors import Stop
from centri.records import Cursor, Record

T = TypeVar("T")

Read = Callable[[Cursor | None], tuple[Sequence[Record], bool]]
"""The records strictly after a cursor, oldest first, as many as fit a page, and whether there may be more."""


def pages(since: Cursor | None, read: Read) -> Iterator[Page]:
    """One page a call until the CRM has no more. Raises Stop when a page would be read for ever."""
    cursor, more = since, True
    while more:
        records, more = read(cursor)
        if not records:
            return
        last = records[-1]
        if last.changed_at is None or Cursor(last.changed_at, last.ref.id) == cursor:
            raise Stop(f"{last.ref.system}: reading {last.ref.object} makes no headway at {last.ref.id}")
        cursor = Cursor(last.changed_at, last.ref.id)
        yield Page(records, cursor)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
