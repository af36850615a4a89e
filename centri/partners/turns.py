"""Round robin: whose turn it is, from what each member of a pool has got so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from centri.partners.pools import Absent, Strategy

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a pool remembers of a member, as the table ``pool_member`` keeps it; ``open_leads`` is counted, not kept.

    ``credit`` is what smooth weighted round robin has added up, ``owed`` the turns missed while away, ``given`` how many
    leads it got, ``last_given_at`` when it got the last.
    """

    partner: str
    weight: int = 1
    credit: float = 0.0
    owed: int = 0
    given: int = 0
    last_given_at: datetime | None = None
    open_leads: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """Whose turn it was (None: nobody's; ``why`` says so), what each member is remembered with now, and why not the others.

    ``waits_for`` is the absent member that the turn is held for.
    """

    partner: str | None
    turns: tuple[Turn, ...]
    why: str
    passed: Mapping[str, str]
    waits_for: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"partner": self.partner, "why": self.why, "passed": dict(self.passed)}


def give(
    strategy: Strategy,
    turns: Sequence[Turn],
    now: datetime,
    *,
    absent: Absent = Absent.SKIP,
    away: Mapping[str, str] | None = None,
    barred: Mapping[str, str] | None = None,
) -> Given:
    """Whose turn it is among the members, who stand in the pool's order.

    ``away`` are the members that are absent for the time being, ``barred`` those that may not have this very lead, both with
    the reason. A turn of somebody absent is lost, owed or waited for as ``absent`` says; whoever is barred is passed over, and
    loses nothing that it is owed. Only turns of ORDER and WEIGHTED can be owed: the others make good for themselves.
    """
    gone, never = away or {}, dict(barred or {})
    if strategy is Strategy.ORDER:
        weights = dict.fromkeys((t.partner for t in turns), 1)
    elif strategy is Strategy.WEIGHTED:
        weights = {t.partner: t.weight for t in turns}
        never |= {t.partner: "its weight is 0" for t in turns if t.weight <= 0 and t.partner not in never}
    else:
        return _by_need(strategy, turns, now, absent, gone, never)
    passed = {**never, **{p: reason for p, reason in gone.items() if p not in never}}
    here = [t for t in turns if t.partner not in passed]
    if not here:
        return Given(None, tuple(turns), "no member can take it", passed)
    owing = [t for t in here if t.owed > 0] if absent is Absent.ACCRUE else []
    if owing:
        chosen = max(owing, key=lambda t: t.owed)
        paid = _handed(turns, chosen.partner, now, lambda t: replace(t, owed=t.owed - 1))
        return Given(chosen.partner, paid, f"a turn that it missed is repaid; {chosen.owed - 1} are left", passed)
    return _rotated(turns, now, weights, absent, gone, never, passed)


def _rotated(
    turns: Sequence[Turn],
    now: datetime,
    weights: Mapping[str, int],
    absent: Absent,
    gone: Mapping[str, str],
    never: Collection[str],
    passed: Mapping[str, str],
) -> Given:
    """Smooth weighted round robin: each gains its weight, the richest has the turn and pays what all have gained.

    With ACCRUE the turns of those absent are gone through, and owed, until it is that of somebody who is there.
    """
    rota = [t.partner for t in turns if t.partner not in never and (absent is not Absent.SKIP or t.partner not in gone)]
    whole = sum(weights[p] for p in rota)
    credit, owed = {t.partner: t.credit for t in turns}, {t.partner: t.owed for t in turns}
    while True:
        for p in rota:
            credit[p] += weights[p]
        first = max(rota, key=credit.__getitem__)  # of equals, the one who stands first
        credit[first] -= whole
        if first not in gone:
            why = f"its turn, {weights[first]} of {whole}"
            moved = [
                Turn(t.partner, t.weight, credit[t.partner], owed[t.partner], t.given, t.last_given_at, t.open_leads)
                for t in turns
            ]
            return Given(first, _handed(moved, first, now), why, passed)
        if absent is Absent.HOLD:
            return Given(None, tuple(turns), f"the turn is held for a member that {gone[first]}", passed, first)
        owed[first] += 1


def _by_need(
    strategy: Strategy,
    turns: Sequence[Turn],
    now: datetime,
    absent: Absent,
    gone: Mapping[str, str],
    never: Mapping[str, str],
) -> Given:
    """The one with the fewest open leads, or that has waited longest; of equals, the one who has waited longest, then order."""
    passed = {**never, **{p: reason for p, reason in gone.items() if p not in never}}
    waiting = [t for t in turns if t.partner not in never and (absent is Absent.HOLD or t.partner not in gone)]
    if not any(t.partner not in gone for t in waiting):
        return Given(None, tuple(turns), "no member can take it", passed)
    fewest = strategy is Strategy.LEAST_OPEN
    first = min(waiting, key=lambda t: (t.open_leads if fewest else 0, t.last_given_at or _NEVER))
    if first.partner in gone:
        return Given(None, tuple(turns), f"the turn is held for a member that {gone[first.partner]}", passed, first.partner)
    since = f"no lead since {first.last_given_at:%Y-%m-%d %H:%M}" if first.last_given_at else "no lead yet"
    why = f"the fewest open leads, {first.open_leads}" if fewest else f"has waited longest: {since}"
    return Given(first.partner, _handed(turns, first.partner, now), why, passed)


def _handed(
    turns: Iterable[Turn], partner: str, now: datetime, besides: Callable[[Turn], Turn] = lambda turn: turn
) -> tuple[Turn, ...]:
    """The members' states once this one has got the lead."""

    def counted(t: Turn) -> Turn:
        return replace(besides(t), given=t.given + 1, last_given_at=now, open_leads=t.open_leads + 1)

    return tuple(counted(t) if t.partner == partner else t for t in turns)
