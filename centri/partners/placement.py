"""Whom a routed lead is given or offered to: the partner that a rule names, or those that a pool finds, or the pool after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from centri.partners.admission import Admission, Choice, Code, member_of
from centri.partners.facts import LeadFacts, PartnerFacts
from centri.partners.pools import Next, Pool
from centri.partners.resolving import waiting
from centri.partners.routing import Decision, Routing
from centri.partners.tank import after, offers
from centri.partners.targets import Aim, Outcome
from centri.partners.turns import Turn, give

Turns = Mapping[str, Turn]
"""What a pool remembers of its members, by the partner's id."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What becomes of a lead. ``partners`` are the ids of those it is given or offered to, the first choice first.

    One alone is given it (``given``), several are offered it and the first to accept has it. ``tried`` tells, pool by pool, who
    was looked at and why not the others.
    """

    decision: Decision
    outcome: Outcome
    partners: tuple[str, ...] = ()
    given: bool = False
    tried: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The outcome as it is stored with the decision."""
        return {**self.outcome.as_json(), "partners": list(self.partners), "tried": [dict(one) for one in self.tried]}


@dataclass
class Distribution:
    """Leads handed out one after another: each changes whose turn it is and how much the partners have.

    ``turns`` are what each pool remembers of its members, ``loads`` how much partners have where that is no longer what
    ``partners`` say, ``choices`` what was sorted out before for the same partners. ``changed`` are the turns that differ from
    those at the beginning.
    """

    routing: Routing
    partners: Mapping[str, PartnerFacts]
    turns: Mapping[str, Turns]
    loads: dict[str, tuple[int, int]] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    changed: dict[tuple[str, str], Turn] = field(default_factory=dict)

    def place(self, decision: Decision, now: datetime, ended: Mapping[str, str] | None = None) -> Placement:
        """Whom the lead goes to. ``ended`` says of pools that had this lead already how that ended."""
        outcome = decision.outcome
        if outcome.aim is Aim.POOL:
            placed = self._pooled(decision, now, ended or {})
        else:
            given = outcome.aim is Aim.PARTNER
            placed = Placement(decision, outcome, outcome.partners, given)
        self._count(placed)
        return placed

    def _pooled(self, decision: Decision, now: datetime, ended: Mapping[str, str]) -> Placement:
        first = decision.outcome.pool or ""
        left, seen = list(self._way(first, ended)), set[str]()
        tried: list[Mapping[str, Any]] = []
        while left:
            step = left.pop(0)
            if step.kind == "queue":
                reason = decision.outcome.reason or "empty_pool"
                queue = Outcome(Aim.QUEUE, queue=step.name, reason=reason, alert=decision.outcome.alert or ("channel_manager",))
                return Placement(decision, queue, tried=tuple(tried))
            if step.name in seen or step.name not in self.routing.pools:
                continue
            seen.add(step.name)
            pool = self.routing.pools[step.name]
            chosen, told, held = self._of(pool, decision.lead, now)
            tried.append({"pool": pool.code, **told})
            if chosen:
                return self._given(decision, pool, chosen, tried)
            if held:
                return Placement(decision, waiting(f"turn_held: {held}"), tried=tuple(tried))
            left = [*left, *(n for n in pool.fallback if n not in left)]
        return Placement(decision, waiting("empty_pool"), tried=tuple(tried))

    def _way(self, first: str, ended: Mapping[str, str]) -> Iterable[Next]:
        if first in ended:
            return after(self.routing.pools[first], ended[first])
        return (Next("pool", first),)

    def _of(self, pool: Pool, lead: LeadFacts, now: datetime) -> tuple[tuple[str, ...], Mapping[str, Any], str | None]:
        """Those chosen, what is to be told of it, and whom the turn is held for."""
        choice = self.choices.get(pool.code)
        if choice is None:
            choice = self.choices[pool.code] = Choice(pool, tuple(self.partners.values()))
        admission = choice.of(lead, self.loads)
        if pool.is_tank:
            tank = offers(pool, lead, admission.admitted)
            return tuple(r.partner.id for r in tank.offered), {**admission.as_json(), **tank.as_json()}, None
        given = give(pool.strategy, self._members(pool, choice, admission), now, absent=pool.absent, **_passed(admission))
        for turn in given.turns:
            if turn != self._turn(pool, turn.partner):
                self.changed[pool.code, turn.partner] = turn
        told = {**admission.as_json(), "turn": given.as_json()}
        return (given.partner,) if given.partner else (), told, given.waits_for and given.why

    def _members(self, pool: Pool, choice: Choice, admission: Admission) -> Sequence[Turn]:
        found = []
        for partner in choice.belonging(admission):
            member = member_of(pool, partner)
            open_leads = self.loads.get(partner.id, (partner.open_leads, 0))[0]
            known = self._turn(pool, partner.id)
            weight = member.weight if member else 1
            same = (known.weight, known.open_leads) == (weight, open_leads)
            found.append(known if same else replace(known, weight=weight, open_leads=open_leads))
        return found

    def _turn(self, pool: Pool, partner: str) -> Turn:
        known = self.changed.get((pool.code, partner)) or self.turns.get(pool.code, {}).get(partner)
        return known or Turn(partner)

    def _given(self, decision: Decision, pool: Pool, chosen: tuple[str, ...], tried: Sequence[Mapping[str, Any]]) -> Placement:
        kind = "shark_tank" if pool.is_tank else "round_robin"
        outcome = replace(decision.outcome, kind=kind, pool=pool.code, terms=pool.terms)
        return Placement(decision, outcome, chosen, not pool.is_tank, tuple(tried))

    def _count(self, placed: Placement) -> None:
        """One more offer today for each; a lead that is given counts as open from now on."""
        for id in placed.partners:
            if id in self.partners:
                have, today = self.loads.get(id, (self.partners[id].open_leads, self.partners[id].offers_today))
                self.loads[id] = (have + placed.given, today + 1)


def _passed(admission: Admission) -> dict[str, Mapping[str, str]]:
    """Who is away for the time being, and who may not have this very lead, with the reasons."""
    away = {id: r.why for id, r in admission.held_back.items() if r.code is Code.AWAY}
    barred = {id: r.why for id, r in admission.held_back.items() if r.code is not Code.AWAY}
    return {"away": away, "barred": barred}
