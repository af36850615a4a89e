"""The recycle bin: deleted rows stay for a time, and are gone for good afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from centri.sandbox.rows import Row, Table

KEPT = 15 * 86400
"""Seconds that a deleted row can be brought back (Salesforce help, recycle bin: 15 days)."""


class RecycleBin:
    """Which rows were deleted when; the rows themselves stay in their tables. Not locked: its Org is."""

    def __init__(self) -> None:
        self._fallen: list[tuple[int, str]] = []

    def add(self, row: Row) -> None:
        """Take notice of a row that has just been deleted."""
        heappush(self._fallen, (row.stamp, row.id))

    def refill(self, tables: Iterable[Table]) -> None:
        """Start again from the deleted rows of these tables."""
        full = [table for table in tables if table.deleted]
        self._fallen = [(row.stamp, row.id) for table in full for row in table.since(deleted=True) if row.deleted]
        heapify(self._fallen)

    def due(self, now: int) -> list[tuple[int, str]]:
        """Take out what has been here for its time: when it was deleted, and its id. It may have been brought back since."""
        found = []
        while self._fallen and self._fallen[0][0] + KEPT <= now:
            found.append(heappop(self._fallen))
        return found
