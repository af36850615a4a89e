"""Who of a pool may have a lead, and why the others may not."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from centri.partners.conditions import Test
from centri.partners.facts import LeadFacts, PartnerFacts
from centri.partners.lead_words import look_at
from centri.partners.partner_words import UNSTEADY, look_at_partner
from centri.partners.pools import Member, Pool

_FEW = 20
"""Up to so many partners are named where a decision is stored; of more, how many there are."""

Loads = Mapping[str, tuple[int, int]]
"""How many leads a partner holds and how many it was offered today, by its id."""


class Code(StrEnum):
    """Why a partner may not have a lead from a pool."""

    INACTIVE = "inactive"
    """It is no active partner."""
    CRITERIA = "criteria"
    """It does not meet the pool's criteria."""
    NOT_MEMBER = "not_member"
    """The pool lists its members, and it is none."""
    PROTECTED = "protected"
    """The account is pinned to other partners."""
    EXCLUDED = "excluded"
    """It is barred from this lead."""
    OVER_CAP = "over_cap"
    """It has as many leads, or offers today, as it may."""
    AWAY = "away"
    """It takes no leads for the time being; a turn may be owed to it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a partner may not have a lead, in words."""

    code: Code
    why: str

    def __str__(self) -> str:
        return self.why


def admits(pool: Pool, partner: PartnerFacts, lead: LeadFacts) -> Refusal | None:
    """Why the pool may not give this partner the lead; None where it may."""
    return _outside(pool, partner, lead) or _for_now(pool, partner, lead)


def barred(partner: PartnerFacts, lead: LeadFacts) -> Refusal | None:
    """Why a partner cannot be given the lead directly; None where it can."""
    if partner.status != "active":
        return Refusal(Code.INACTIVE, f"{partner.name} is {partner.status}")
    if reason := lead.excluded.get(partner.id):
        return Refusal(Code.EXCLUDED, f"{partner.name} is excluded from this lead ({reason.replace('_', ' ')})")
    return Refusal(Code.AWAY, f"{partner.name} {partner.away}") if partner.away else None


def _outside(pool: Pool, partner: PartnerFacts, lead: LeadFacts) -> Refusal | None:
    """Why a partner does not belong to the pool as far as leads like this one go."""
    if partner.status != "active":
        return Refusal(Code.INACTIVE, f"{partner.name} is {partner.status}")
    if pool.members and member_of(pool, partner) is None:
        return Refusal(Code.NOT_MEMBER, f"{partner.name} is no member of {pool.code}")
    failed = pool.criteria.failures(look_at_partner(partner, lead), lead.at, look_at(lead))
    return Refusal(Code.CRITERIA, "; ".join(map(str, failed))) if failed else None


def _for_now(pool: Pool, partner: PartnerFacts, lead: LeadFacts) -> Refusal | None:
    """Why a partner of the pool may not have this very lead, or no lead at this time."""
    if lead.standing and partner.id not in lead.protected_for:
        return Refusal(Code.PROTECTED, "the account is protected for others")
    reason = barred(partner, lead)
    if reason and reason.code is Code.EXCLUDED:
        return reason
    return _over_cap(pool, partner) or reason


def _over_cap(pool: Pool, partner: PartnerFacts) -> Refusal | None:
    most = _smaller(pool.caps.open, partner.max_open_leads)
    if most is not None and partner.open_leads >= most:
        return Refusal(Code.OVER_CAP, f"{partner.name} has {partner.open_leads} open leads, and {most} is the most")
    most = _smaller(pool.caps.day, partner.max_offers_per_day)
    if most is not None and partner.offers_today >= most:
        return Refusal(Code.OVER_CAP, f"{partner.name} has {partner.offers_today} offers today, and {most} is the most")
    return None


def _smaller(a: int | None, b: int | None) -> int | None:
    """Of two limits that may not be set."""
    return b if a is None else a if b is None or a < b else b


def member_of(pool: Pool, partner: PartnerFacts) -> Member | None:
    """What the pool says of this member; one that it does not name has the partner's own weight."""
    if not pool.members:
        return Member(partner.name, partner.routing_weight)
    name = partner.name.casefold()
    return next((m for m in pool.members if m.partner == partner.id or m.partner.casefold() == name), None)


@dataclass(frozen=True)
class Outside:
    """The partners that do not belong to a pool as far as some leads go, by id."""

    refused: Mapping[str, Refusal]

    @cached_property
    def as_json(self) -> Mapping[str, Any]:
        return _told(self.refused)


def _told(refused: Mapping[str, Refusal]) -> dict[str, Any]:
    """The reason of each, or of many how often each kind of reason."""
    if len(refused) <= _FEW:
        return {id: refusal.why for id, refusal in refused.items()}
    return {code.value: count for code, count in Counter(r.code for r in refused.values()).items()}


@dataclass(frozen=True, slots=True)
class Admission:
    """Who of a pool may have a lead: those admitted in the pool's order, the others by id with the reason.

    ``held_back`` belong to the pool but may not have this very lead, or none at this time.
    """

    admitted: tuple[PartnerFacts, ...]
    held_back: Mapping[str, Refusal]
    outside: Outside

    @property
    def refused(self) -> Mapping[str, Refusal]:
        return ChainMap(dict(self.held_back), dict(self.outside.refused))

    def as_json(self) -> dict[str, Any]:
        """To be stored: of many partners, only how many there are, with each kind of reason."""
        many = len(self.admitted) > _FEW
        return {
            "admitted": len(self.admitted) if many else [partner.id for partner in self.admitted],
            "held_back": _told(self.held_back),
            "outside": dict(self.outside.as_json),
        }


class Choice:
    """Partners sorted out for one pool, once for many leads: what leads have in common is asked only once.

    Its order is that of the pool's members, else of the partners' names.
    """

    def __init__(self, pool: Pool, partners: Sequence[PartnerFacts]) -> None:
        self.pool = pool
        self._partners = sorted(partners, key=lambda p: (_position(pool, p), p.name.casefold(), p.id))
        about = pool.criteria.conditions
        self._lead_facts = tuple(dict.fromkeys(c.wanted[0] for c in about if c.test is Test.SAME_AS))
        self._steady = not any(c.fact in UNSTEADY or c.test is Test.WITHIN for c in about)
        self._sorted: dict[tuple[Any, ...], tuple[tuple[PartnerFacts, ...], Outside]] = {}
        self._latest: dict[str, tuple[tuple[int, int], PartnerFacts]] = {}

    def of(self, lead: LeadFacts, loads: Loads | None = None) -> Admission:
        """The same as asking :func:`admits` for each partner; ``loads`` are counts that have moved meanwhile."""
        counts = loads or {}
        inside, outside = self._inside(lead, counts)
        admitted, held_back = [], {}
        for partner in inside:
            loaded = self._loaded(partner, counts)
            if refusal := _for_now(self.pool, loaded, lead):
                held_back[partner.id] = refusal
            else:
                admitted.append(loaded)
        return Admission(tuple(admitted), held_back, outside)

    def belonging(self, admission: Admission) -> tuple[PartnerFacts, ...]:
        """Those of the pool, admitted or held back, in the pool's order."""
        if not admission.held_back:
            return admission.admitted
        admitted = {partner.id: partner for partner in admission.admitted}
        known = ((p, admitted.get(p.id)) for p in self._partners)
        return tuple(found or p for p, found in known if found or p.id in admission.held_back)

    @property
    def strangers(self) -> tuple[str, ...]:
        """Members that the pool names and that are no partner's name or id."""
        known = {name for partner in self._partners for name in (partner.id, partner.name.casefold())}
        return tuple(m.partner for m in self.pool.members if m.partner not in known and m.partner.casefold() not in known)

    def _loaded(self, partner: PartnerFacts, loads: Loads) -> PartnerFacts:
        """The partner with its counts as they are by now, made anew only when they have moved."""
        load = loads.get(partner.id)
        if load is None:
            return partner
        known = self._latest.get(partner.id)
        if known is None or known[0] != load:
            known = self._latest[partner.id] = (load, _loaded(partner, loads))
        return known[1]

    def _inside(self, lead: LeadFacts, loads: Loads) -> tuple[tuple[PartnerFacts, ...], Outside]:
        if not self._steady:
            return self._sort(lead, loads)
        look = look_at(lead)
        like = tuple(_hashable(look(name)) for name in self._lead_facts)
        if like not in self._sorted:
            self._sorted[like] = self._sort(lead, {})
        return self._sorted[like]

    def _sort(self, lead: LeadFacts, loads: Loads) -> tuple[tuple[PartnerFacts, ...], Outside]:
        refused = {p.id: refusal for p in self._partners if (refusal := _outside(self.pool, _loaded(p, loads), lead))}
        return tuple(p for p in self._partners if p.id not in refused), Outside(refused)


def _loaded(partner: PartnerFacts, loads: Loads) -> PartnerFacts:
    """The partner with its counts as they are by now."""
    if partner.id not in loads:
        return partner
    open_leads, offers_today = loads[partner.id]
    return replace(partner, open_leads=open_leads, offers_today=offers_today)


def _position(pool: Pool, partner: PartnerFacts) -> int:
    member = member_of(pool, partner) if pool.members else None
    return pool.members.index(member) if member else len(pool.members)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple | frozenset) else value
