"""What a rule may do with a lead, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from centri.partners.terms import USUAL, Terms


class Aim(StrEnum):
    """What a rule does with a lead."""

    PARTNER = "partner"
    """It goes to one partner."""
    PARTNERS = "partners"
    """It is offered to all partners that the account is pinned to, and to no other."""
    POOL = "pool"
    """A pool finds the partner."""
    QUEUE = "queue"
    """It waits for the vendor's own people."""
    USER = "user"
    """One of the vendor's people gets it."""
    STOP = "stop"
    """It goes to nobody."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule does with a lead that it matches.

    ``name`` is: of a partner ``named_account``, ``owner``, ``requested``, ``source``, or with ``by_name`` its name; of a pool or
    a queue its name; of a user ``opportunity``, ``account`` (whoever owns it), or with ``by_name`` an e-mail address.
    ``alert`` are roles of the vendor's people that are told.
    """

    aim: Aim
    name: str
    by_name: bool = False
    reason: str = ""
    alert: tuple[str, ...] = ()
    terms: Terms = USUAL


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a lead goes. ``kind`` is that of the assignment it makes.

    A queue and a stop make none: the lead waits, or is over. ``partners`` are ids (one for PARTNER, all that are offered it
    for PARTNERS), ``user`` the id or ``email`` the address of one of the vendor's people, ``partner_user`` the partner's person
    whom the account is pinned to.
    """

    aim: Aim
    kind: str | None = None
    partners: tuple[str, ...] = ()
    partner_user: str | None = None
    pool: str | None = None
    queue: str | None = None
    user: str | None = None
    email: str | None = None
    reason: str = ""
    alert: tuple[str, ...] = ()
    terms: Terms = USUAL

    @property
    def to_partners(self) -> bool:
        return self.aim in (Aim.PARTNER, Aim.PARTNERS, Aim.POOL)

    def as_json(self) -> dict[str, Any]:
        """What there is of it, to be stored."""
        told = {
            "aim": self.aim.value,
            "kind": self.kind,
            "partners": list(self.partners),
            "partner_user": self.partner_user,
            "pool": self.pool,
            "queue": self.queue,
            "user": self.user,
            "email": self.email,
            "reason": self.reason,
            "alert": list(self.alert),
            "terms": self.terms.as_json() if self.to_partners else None,
        }
        return {name: value for name, value in told.items() if value}
