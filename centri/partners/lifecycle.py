"""The state machines of leads, assignments, approvals and registered deals, as tables: what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from centri.errors import Rejected

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Machine:
    """What may follow each state. ``begins`` are the states of a new record; ``reopened`` is what an administrator may add."""

    name: str
    begins: frozenset[str]
    follows: Mapping[str, frozenset[str]]
    reopened: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def terminal(self) -> frozenset[str]:
        """The states that nothing follows."""
        return frozenset(state for state, following in self.follows.items() if not following)

    def following(self, state: str | None, *, admin: bool = False) -> frozenset[str]:
        """The states that may come after a state; None stands before the first."""
        if state is None:
            return self.begins
        return self.follows.get(state, _NOTHING) | (self.reopened.get(state, _NOTHING) if admin else _NOTHING)


def _table(**follows: str) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({state: frozenset(following.split()) for state, following in follows.items()})


def _machine(name: str, begins: str, follows: Mapping[str, frozenset[str]], reopened: Mapping[str, frozenset[str]]) -> Machine:
    return Machine(name, frozenset(begins.split()) or frozenset(follows), follows, reopened)


LEAD = _machine(
    "lead",
    "",  # a lead may arrive from a CRM in any state
    _table(
        new="ready on_hold merged disqualified",
        on_hold="ready disqualified merged",
        ready="assigned disqualified expired merged",
        assigned="working recycled disqualified merged",
        working="qualified converted recycled disqualified",
        qualified="converted recycled disqualified",
        recycled="ready disqualified expired merged",
        converted="",
        merged="",
        disqualified="",
        expired="",
    ),
    _table(converted="ready", merged="ready", disqualified="ready", expired="ready"),
)
"""A lead's sales status."""

ASSIGNMENT = _machine(
    "assignment",
    "offered accepted",  # accepted at once: our own people, and partners that accept automatically
    _table(
        offered="accepted declined expired withdrawn",
        accepted="retained pulled_back withdrawn completed",
        retained="withdrawn completed",
        declined="",
        expired="",
        pulled_back="",
        withdrawn="",
        completed="",
    ),
    _table(),
)
"""A lead's distribution status: what became of giving it to a partner."""

LIVE = ("offered", "accepted", "retained")
"""The states of an assignment by which somebody holds the lead or is asked; a lead has one at most."""

APPROVAL = _machine(
    "approval",
    "",  # an opportunity may arrive from a CRM in any state
    _table(
        not_submitted="submitted",
        submitted="in_review approved returned rejected",
        in_review="approved returned rejected",
        returned="submitted",
        approved="",
        rejected="",
        revoked="",
    ),
    _table(approved="revoked"),
)
"""The vendor's approval of a partner's opportunity."""

DEAL = _machine(
    "deal registration",
    "draft submitted approved",  # submitted: what was rejected comes anew; approved: the vendor registers a deal itself
    _table(
        draft="submitted withdrawn",
        submitted="under_review approved returned rejected withdrawn",
        under_review="approved returned rejected",
        returned="submitted withdrawn",
        approved="expired won lost cancelled",
        rejected="",
        withdrawn="",
        expired="",
        won="",
        lost="",
        cancelled="",
    ),
    _table(),
)
"""A partner's registration of a deal. One that was rejected or has expired stays so: it comes again as a new one."""


def check(machine: Machine, old: str | None, new: str, *, admin: bool = False) -> None:
    """Nothing where ``new`` may follow ``old`` or equals it; ``old`` is None for a new record.

    Raises Rejected (``illegal_transition``), saying what may follow.
    """
    if new not in machine.follows:
        raise Rejected("illegal_transition", f"no {machine.name} state is called {new!r}; there are {', '.join(machine.follows)}")
    if new == old or new in machine.following(old, admin=admin):
        return
    raise Rejected("illegal_transition", _refusal(machine, old, new, admin=admin))


def _refusal(machine: Machine, old: str | None, new: str, *, admin: bool) -> str:
    if old is None:
        return f"no {machine.name} begins as {new!r}; it begins as {_either(machine.begins)}"
    if following := machine.following(old, admin=admin):
        return f"{_a(machine.name)} that is {old!r} cannot become {new!r}; it can become {_either(following)}"
    return f"{_a(machine.name)} that is {old!r} stays so; it cannot become {new!r}"


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _either(states: frozenset[str]) -> str:
    return " or ".join(sorted(states))


def reachable(machine: Machine, old: str, new: str) -> bool:
    """Whether ``new`` can come after ``old`` in any number of steps: a CRM tells where a record ended, not how it got there."""
    seen, coming = {old}, [old]
    while coming:
        following = machine.following(coming.pop()) - seen
        seen |= following
        coming.extend(following)
    return new in seen
