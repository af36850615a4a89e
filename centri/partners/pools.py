"""Pools: groups of partners that leads are spread over."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from centri.partners.conditions import When
from centri.partners.terms import USUAL, Terms


class Strategy(StrEnum):
    """How a pool spreads its leads."""

    SHARK_TANK = "shark_tank"
    """Several partners are offered the lead at once, and the first who accepts has it."""
    ORDER = "order"
    """One after the other."""
    WEIGHTED = "weighted"
    """One after the other, each as often as its weight says."""
    LEAST_OPEN = "least_open"
    """Whoever has the fewest open leads."""
    LONGEST_IDLE = "longest_idle"
    """Whoever has waited longest for one."""


class Absent(StrEnum):
    """What becomes of the turn of a member that is away."""

    SKIP = "skip"
    """It is lost."""
    ACCRUE = "accrue"
    """It is owed, and repaid when the member is back."""
    HOLD = "hold"
    """Leads wait for the member."""


@dataclass(frozen=True, slots=True)
class Member:
    """A partner that a pool names, by its name or id, with its share of the leads."""

    partner: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Caps:
    """The most leads that a partner may hold, and be offered in a day (UTC), for the pool to give it another."""

    open: int | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """Where a lead goes that a pool cannot place: to another pool, or to a queue of the vendor."""

    kind: str
    """``pool`` or ``queue``."""
    name: str


@dataclass(frozen=True, slots=True)
class Pool:
    """A group of partners and how it spreads leads. ``criteria`` are about partners, and may refer to the lead.

    Without ``members`` every partner that meets the criteria belongs to it, with its own ``routing_weight``. ``caps`` bind
    beside those that a partner sets itself. ``max_offers`` and ``rank`` are for a shark tank, ``absent`` for the others.
    """

    code: str
    strategy: Strategy = Strategy.SHARK_TANK
    criteria: When = field(default_factory=When)
    members: tuple[Member, ...] = ()
    max_offers: int = 4
    rank: tuple[str, ...] = ("expertise", "performance", "reach")
    caps: Caps = Caps()
    absent: Absent = Absent.SKIP
    terms: Terms = USUAL
    fallback: tuple[Next, ...] = ()

    @property
    def is_tank(self) -> bool:
        return self.strategy is Strategy.SHARK_TANK
