"""Who wrote what: every value that people gave a field, on every side, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from centri.connectors.memory import MemoryCrm
from centri.records import MISSING, same

PRM = "prm"


class Node(NamedTuple):
    """One field of one record: ``system`` is a connection or ``prm``, ``object`` a CRM object or a PRM entity."""

    system: str
    object: str
    id: str
    field: str


class Edit(NamedTuple):
    """A person's value. ``at`` counts acts."""

    at: int
    node: Node
    value: Any


Rows = Mapping[tuple[str, str, str], Mapping[str, Any]]


@dataclass
class Ledger:
    """All edits by people, and which records they made and deleted. What is not in here, the sync did."""

    now: int = 0
    edits: list[Edit] = field(default_factory=list)
    made: set[tuple[str, str, str]] = field(default_factory=set)
    deleted: set[tuple[str, str, str]] = field(default_factory=set)

    @contextmanager
    def act(self, seen: Any) -> Iterator[None]:
        """An act of a person; ``seen`` answers all rows, by (system, object, id). Whatever differs afterwards, the person did."""
        before = seen()
        try:
            yield
        finally:
            self.now += 1
            self._compare(before, seen())

    def _compare(self, before: Rows, after: Rows) -> None:
        for key, values in after.items():
            if key not in before:
                self.made.add(key)
            for name, value in values.items():
                if not same(value, before.get(key, {}).get(name, MISSING)):
                    self.edits.append(Edit(self.now, Node(*key, name), value))
            if values.get("$deleted"):
                self.deleted.add(key)

    def of(self, nodes: frozenset[Node], *, since: int = 0) -> list[Edit]:
        return [e for e in self.edits if e.at > since and e.node in nodes]


def crm_rows(name: str, crm: MemoryCrm) -> Rows:
    return {
        (name, object, row.id): {**row.values, "$deleted": row.deleted}
        for object, rows in crm.objects.items()
        for row in rows.values()
    }
