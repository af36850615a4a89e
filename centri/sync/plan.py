"""The decisions of a run: counted, priced in CRM calls, printed or applied."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision


@dataclass(slots=True)
class Counts:
    """How many records came, and what became of them. A record can count both as to PRM and as to CRM."""

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
    counts = Counts(read=int(decision.crm is not None and not _from_memory(decision)))
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
            counts.waiting = 1
        case Action.NOTHING:
            pass
    if decision.held:
        counts.held = 1
    counts.unchanged = int(not (counts.to_prm or counts.to_crm or counts.held or counts.waiting))
    return counts


def _from_memory(decision: Decision) -> bool:
    """The CRM side is what the link remembers, not something that was read."""
    return decision.crm is not None and decision.link is not None and decision.crm.values is decision.link.crm_seen


def agreed(decision: Decision) -> bool:
    """Whether applying the decision changes what the link remembers, on either side."""
    return any(f.take in (Take.CRM, Take.EITHER) for f in decision.fields)
