"""Shark tank: who is offered a lead, best first, and what an answer makes of the offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from centri.errors import Rejected
from centri.partners.facts import LeadFacts, PartnerFacts
from centri.partners.pools import Next, Pool
from centri.partners.ranking import Ranked, ranked

OPEN = ("offered", "viewed")
"""The states of an offer that is still to be answered."""

_FEW = 5


@dataclass(frozen=True, slots=True)
class Tank:
    """Who is offered the lead, and who would have been, were there no limit to the offers."""

    offered: tuple[Ranked, ...]
    cut: tuple[Ranked, ...]

    def as_json(self) -> dict[str, Any]:
        """To be stored: of many that were cut, the best, and how many others there were."""
        told = [
            [{"partner": r.partner.id, "rank": r.rank, "why": r.why} for r in some] for some in (self.offered, self.cut[:_FEW])
        ]
        rest = len(self.cut) - _FEW
        return {"offered": told[0], "cut_by_max_offers": told[1]} | ({"cut_besides": rest} if rest > 0 else {})


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer as it is stored; ``id`` is the offer's."""

    id: str
    partner: str
    state: str = "offered"


@dataclass(frozen=True, slots=True)
class Answered:
    """The new state of each offer that changes, by offer id, and that of the assignment (None: it stays)."""

    offers: Mapping[str, str] = field(default_factory=dict)
    assignment: str | None = None


def offers(pool: Pool, lead: LeadFacts, admitted: Sequence[PartnerFacts]) -> Tank:
    """The best of those admitted, at most as many as the pool offers to. The order of ``admitted`` does not matter."""
    best = ranked(pool.rank, admitted, lead)
    return Tank(best[: pool.max_offers], best[pool.max_offers :])


def accepted(offers: Sequence[Offer], partner: str) -> Answered:
    """The partner takes it, and the others have lost the race. Raises Rejected where its offer is not open any more."""
    mine = _open_offer(offers, partner)
    lost = {o.id: "lost_race" for o in offers if o.state in OPEN and o.id != mine.id}
    return Answered({mine.id: "accepted", **lost}, "accepted")


def declined(offers: Sequence[Offer], partner: str) -> Answered:
    """The partner does not want it; once nobody is left to answer the assignment is over. Raises Rejected."""
    mine = _open_offer(offers, partner)
    left = any(o.state in OPEN and o.id != mine.id for o in offers)
    return Answered({mine.id: "declined"}, None if left else "declined")


def lapsed(offers: Sequence[Offer]) -> Answered:
    """The time to accept is over."""
    return Answered({o.id: "expired" for o in offers if o.state in OPEN}, "expired")


def withdrawn(offers: Sequence[Offer]) -> Answered:
    """The vendor takes the lead back."""
    return Answered({o.id: "withdrawn" for o in offers if o.state in OPEN}, "withdrawn")


def _open_offer(offers: Sequence[Offer], partner: str) -> Offer:
    """The partner's own; says nothing of who else was offered the lead, or has it."""
    mine = next((o for o in offers if o.partner == partner), None)
    if mine is None:
        raise Rejected("permission", "the partner was not offered this lead")
    if mine.state == "lost_race":
        raise Rejected("illegal_transition", "the lead is already taken")
    if mine.state not in OPEN:
        raise Rejected("illegal_transition", f"the offer is over: it was {mine.state}")
    return mine


def after(pool: Pool, ended: str) -> tuple[Next, ...]:
    """Where a lead goes, in order, once its assignment from this pool has ended as ``declined``, ``expired``, ``pulled_back``
    or ``withdrawn``, or nobody in it could be offered the lead (``empty``).

    A lead that was pulled back or withdrawn goes into the same pool again, whose partner is barred by then. A tank that had
    its answer, or none in time, is not asked twice; a pool with turns gives it to the next member.
    """
    again = ended in ("pulled_back", "withdrawn") or (not pool.is_tank and ended != "empty")
    return ((Next("pool", pool.code),) if again else ()) + pool.fallback
