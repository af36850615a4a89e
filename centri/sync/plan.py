"""The decisions of a run: counted, priced in CRM calls, printed or applied."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from centri.sync.reconcile import Action, Decision


@dataclass(slots=True)
class Counts:
    """How many pairs were looked at, and what became of them. A pair can count both as to PRM and as to CRM."""

    read: int = 0
    unchanged: int = 0
    to_prm: int = 0
    to_crm: int = 0
    created: int = 0
    held: int = 0
    waiting: int = 0

    def add(self, other: Counts) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions on some pairs of one entity and one connection. Nothing is applied that is not in one."""

    connection: str
    entity: str
    object: str
    decisions: Sequence[Decision] = field(default_factory=tuple)

    def __iter__(self) -> Iterator[Decision]:
        return iter(self.decisions)

    @property
    def counts(self) -> Counts:
        total = Counts()
        for decision in self.decisions:
            total.add(count(decision))
        return total

    def calls(self, batch: int = 200) -> int:
        """CRM calls that delivering would cost: one read before, one write, one read after for each full or begun batch."""
        return 3 * math.ceil(self.counts.to_crm / batch)


def count(decision: Decision) -> Counts:
    """One decision's share of the counts."""
    counts = Counts(read=1)
    match decision.action:
        case Action.CREATE_IN_PRM:
            counts.created = counts.to_prm = 1
        case Action.CREATE_IN_CRM:
            counts.created = counts.to_crm = 1
        case Action.ADOPT | Action.UPDATE:
            counts.to_prm, counts.to_crm = int(bool(decision.to_prm)), int(bool(decision.to_crm))
        case Action.UNLINK | Action.DELETE_IN_PRM:
            counts.to_prm = 1
        case Action.HOLD | Action.REVIEW:
            counts.held = 1
        case Action.WAIT:
            counts.held, counts.waiting = int(bool(decision.kind)), int(not decision.kind)
        case Action.NOTHING:
            pass
    if any(f.kind for f in decision.held):
        counts.held = 1
    counts.unchanged = int(not (counts.to_prm or counts.to_crm or counts.held or counts.waiting))
    return counts
