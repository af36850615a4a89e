"""How the API calls that a CRM allows in a day are shared out: what calls are made for, and who may still spend one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What an API call is made for, the most urgent first."""

    PARTNER_PUSH = "partner_push"
    """To tell the CRM what partners did."""
    INCREMENTAL_PULL = "incremental_pull"
    """To read what changed in the CRM."""
    RETRIES = "retries"
    """To tell it again what did not get through."""
    BACKFILL = "backfill"
    """To read again what is there already."""
    RECONCILIATION = "reconciliation"
    """To look for what no feed tells."""

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


SHARES: Mapping[Purpose, float] = {
    Purpose.INCREMENTAL_PULL: 1.0,
    Purpose.RETRIES: 0.9,
    Purpose.BACKFILL: 0.75,
    Purpose.RECONCILIATION: 0.5,
}
"""How much of what is not in reserve each purpose may see used, by whomever, before it stops.

The reserve is for partner push alone. Of the rest, what a purpose may not touch is left to those above it: records that are
refused again and again leave the pulls a tenth; a backfill, which may take days, leaves a quarter; a reconciliation, which
nobody waits for, half.
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """What the mapping allows a connection: ``calls_per_day`` by UTC, None for what the CRM allows; ``reserve`` is a share."""

    calls_per_day: int | None = None
    reserve: float = 0.1


@dataclass(frozen=True, slots=True)
class Allowance:
    """API calls in a day: the limit, and how many are used. ``everybody`` says that the CRM counted, other programs included."""

    limit: int
    used: int
    everybody: bool = False

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def ceiling(purpose: Purpose, limit: int, reserve: float) -> int:
    """The number of used calls at which a purpose stops."""
    return limit if purpose is Purpose.PARTNER_PUSH else round(limit * (1 - reserve) * SHARES[purpose])


def used_up(purpose: Purpose, allowances: Iterable[Allowance], reserve: float) -> Allowance | None:
    """The allowance that keeps a purpose from one more call; None where it may go on, as it may where no limit is known."""
    return next((a for a in allowances if a.used >= ceiling(purpose, a.limit, reserve)), None)


def tightest(allowances: Iterable[Allowance]) -> Allowance | None:
    """The allowance with the fewest calls left."""
    return min(allowances, key=lambda a: a.left, default=None)
