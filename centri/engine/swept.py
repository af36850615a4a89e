"""What a sweep tells: findings, one for each record on which the two sides do not agree, and counts by entity."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from centri.errors import CentriError
from centri.records import Record


class Kind(StrEnum):
    """What a sweep can find."""

    MISSED = "missed"
    """In the CRM and fit to enter, but unknown here."""
    DIFFERS = "differs"
    """Linked, and the two sides do not say the same under the mapping."""
    HELD = "held"
    """As ``differs``, but all of it is an open anomaly by now."""
    BACK = "back"
    """Counted as deleted in the CRM, and there."""
    DELETED = "deleted"
    """Linked, and deleted in the CRM without our having heard."""
    MERGED = "merged"
    """Linked, and lost a merge in the CRM without our having heard."""
    GONE = "gone"
    """Linked, and the CRM does not know the id any more."""
    STALE = "stale"
    """In the CRM and linked, but the PRM row is deleted or not there."""
    UNBORN = "unborn"
    """In the PRM, and not in the CRM where the mapping wants it."""


class Moved(StrEnum):
    """The side that no longer holds what was last agreed."""

    CRM = "CRM"
    PRM = "PRM"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, with each side's own value and what the engine would do about it. ``held``: an anomaly is open on it."""

    field: str
    crm_field: str
    crm: Any
    prm: Any
    moved: Moved
    because: str
    held: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One record on which the two sides do not agree.

    ``record`` is what the CRM said, and ``revision`` the PRM row's, for those who put it right.
    """

    kind: Kind
    connection: str
    object: str
    entity: str
    crm_id: str = ""
    prm_id: str = ""
    note: str = ""
    fields: tuple[Difference, ...] = ()
    record: Record | None = field(default=None, repr=False, compare=False)
    revision: int | None = None

    @property
    def of_the_prm(self) -> bool:
        """Whether the CRM still holds what the link remembers, so that only the PRM row needs to be looked at."""
        moved = {f.moved for f in self.fields if not f.held}
        return self.kind is Kind.UNBORN or (self.kind is Kind.DIFFERS and moved == {Moved.PRM})


@dataclass(slots=True)
class Tally:
    """One entity's share of a sweep, as ``centri reconcile --json`` prints it.

    ``in_crm`` counts the CRM's live records that are linked or fit to enter, ``linked`` the links, ``in_prm`` the living PRM
    rows behind them, ``waiting`` what is staged and not settled. ``underway`` are the pairs that differ and that the next
    sync deals with anyway. ``found`` counts findings by kind, ``handed_over`` those that a repair put into the sync's way.
    """

    in_crm: int = 0
    linked: int = 0
    in_prm: int = 0
    waiting: int = 0
    anomalies: int = 0
    underway: int = 0
    handed_over: int = 0
    found: Counter[Kind] = field(default_factory=Counter)

    @property
    def differences(self) -> int:
        """What is news: an open anomaly is none."""
        return sum(number for kind, number in self.found.items() if kind is not Kind.HELD)

    @property
    def held(self) -> int:
        return self.found[Kind.HELD]

    def as_json(self) -> dict[str, int]:
        counts = {name: getattr(self, name) for name in self.__slots__ if name != "found"}
        return counts | {kind.value: self.found[kind] for kind in Kind}


@dataclass(slots=True)
class Swept:
    """What a sweep of one object found, by entity. With a ``failure`` it was broken off: silence then says nothing."""

    connection: str
    object: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    records: int = 0
    api_calls: int = 0
    seconds: float = 0.0
    failure: CentriError | None = None

    @property
    def differences(self) -> int:
        return sum(tally.differences for tally in self.tallies.values())
