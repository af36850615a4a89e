"""What people are told of, and when: the kinds of notification, and how somebody's preference makes one due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Literal

Channel = Literal["email", "webhook", "log"]
Mode = Literal["individual", "daily", "weekly", "off"]
Audience = Literal["partner", "vendor", "both"]

EVERY = "*"
"""The kind of a preference that holds for all kinds without one of their own."""

DIGEST = "digest"
"""The kind of the one message that several make."""

DELIVERED_AT = time(7)
"""When digests leave, by the recipient's clock: daily ones each day, weekly ones on Mondays."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that people are told. ``tells`` says when, for the documentation; ``to`` who may be told at all.

    ``subject`` and ``text`` are Jinja templates. A value that neither of them names is not even stored with the notification.
    """

    tells: str
    to: Audience
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Preference:
    """How somebody wants to be told of a kind; channel None is the mapping's."""

    channel: Channel | None = None
    mode: Mode = "individual"


USUAL = Preference()


def preferred(kind: str, held: Mapping[str, Preference]) -> Preference:
    """What holds for a kind, among somebody's preferences by kind."""
    return held.get(kind) or held.get(EVERY) or USUAL


MOST_ATTEMPTS = 8
"""How often something is sent before it counts as undeliverable: with the pauses between, two and a half days."""

_PAUSES = (1, 5, 15, 60, 4 * 60, 12 * 60, 36 * 60)
"""Minutes after each attempt that failed."""


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again what was tried so often; None: not any more."""
    return now + timedelta(minutes=_PAUSES[attempts - 1]) if attempts < MOST_ATTEMPTS else None


def due(mode: Mode, now: datetime, zone: tzinfo) -> datetime:
    """When what happens now is to be told: at once, or at the next digest by the recipient's own clock."""
    if mode not in ("daily", "weekly"):
        return now
    here = now.astimezone(zone)
    at = datetime.combine(here.date(), DELIVERED_AT, zone)
    while at <= here or (mode == "weekly" and at.weekday() != 0):
        at = datetime.combine(at.date() + timedelta(days=1), DELIVERED_AT, zone)
    return at
