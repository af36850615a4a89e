"""What a partner agrees to with a lead: its times, what lets it keep the lead, and what bars it from getting it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

RETAINING = (
    "converted", "contact_established", "requalified", "tactic_executed", "call", "email", "meeting", "task", "follow_up",
    "status_change",
)  # fmt: skip
"""What may let a partner keep a lead: the conversion, or an activity of a kind."""

EXCLUDING = ("retain_timeout", "accept_timeout", "declined")
"""What may bar a partner from a lead until somebody clears it."""

_UNITS = (("w", timedelta(weeks=1)), ("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))


@dataclass(frozen=True, slots=True)
class Terms:
    """``reminders`` are how long before a deadline somebody is reminded of it.

    ``qualify_within`` runs from the acceptance; None: an accepted lead is never pulled back.
    """

    accept_within: timedelta = timedelta(hours=48)
    qualify_within: timedelta | None = timedelta(days=5)
    retain_if: frozenset[str] = frozenset({"contact_established", "requalified", "tactic_executed", "converted"})
    reminders: tuple[timedelta, ...] = (timedelta(hours=24), timedelta(hours=4))
    exclude_on: frozenset[str] = frozenset(EXCLUDING)

    def as_json(self) -> dict[str, Any]:
        return {
            "accept_within": in_words(self.accept_within),
            "qualify_within": in_words(self.qualify_within) if self.qualify_within else None,
            "retain_if": sorted(self.retain_if),
            "reminders": [in_words(before) for before in self.reminders],
            "exclude_on": sorted(self.exclude_on),
        }

    @classmethod
    def of_json(cls, given: dict[str, Any]) -> Terms:
        """The terms that :meth:`as_json` told: those that a lead was given under, whatever the mapping says by now."""
        qualify = given["qualify_within"]
        return cls(
            duration(given["accept_within"]),
            duration(qualify) if qualify else None,
            frozenset(given["retain_if"]),
            tuple(map(duration, given["reminders"])),
            frozenset(given["exclude_on"]),
        )


USUAL = Terms()
"""The terms of a lead that is given to a partner directly."""


def duration(text: str) -> timedelta:
    """A time span in minutes, hours, days or weeks. Raises ValueError.

    >>> duration("48h"), duration("1w")
    (datetime.timedelta(days=2), datetime.timedelta(days=7))
    """
    units = dict(_UNITS)
    number, unit = text[:-1], text[-1:]
    if unit not in units or not (number.isascii() and number.isdigit()):
        raise ValueError(f"{text!r} is not a time span; write it like 30m, 48h, 5d or 2w")
    return int(number) * units[unit]


def in_words(span: timedelta) -> str:
    """A time span as :func:`duration` reads it, in days only where there are more than three.

    >>> in_words(timedelta(hours=48)), in_words(timedelta(days=5)), in_words(timedelta(minutes=90))
    ('48h', '5d', '90m')
    """
    if span % _UNITS[1][1] or span <= timedelta(days=3):
        return f"{span // _UNITS[2][1]}h" if not span % _UNITS[2][1] else f"{span // _UNITS[3][1]}m"
    return f"{span.days}d"
