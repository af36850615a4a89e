"""What other leads of the same person say: where one of them is sure of its company, this one becomes surer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from centri.dedupe import identity
from centri.dedupe.calibration import log_odds_of
from centri.dedupe.dictionaries import plain_words

EMAIL, NAME, INITIAL = "email", "name", "initial"

TRUST: Mapping[str, float] = {EMAIL: 0.97, NAME: 0.5, INITIAL: 0.5}
"""How likely leads that share a key are the same person's: the address, both names, or one name and the initials
of the other and of the company."""

MANY = 6
"""Leads that share a key above which it says nothing about who somebody is."""

UNSURE = 0.02
"""The probability from which on a lead speaks for a company, and of a company that it does not speak for."""

_BEYOND = 1.0
"""Log odds by which two leads together may be surer than the surer one alone."""

Key = tuple[str, str]
"""What it is, one of :data:`TRUST`, and the plain text that leads of one person share."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Another lead: how much it is to be trusted that its person is the same, and how likely, in its own eyes, it means whom.

    ``said`` has the probability by company id, of those from :data:`UNSURE` on.
    """

    trust: float
    said: Mapping[str, float]


def keys(values: Mapping[str, Any]) -> tuple[Key, ...]:
    """By what the other leads of a lead's person are known. Names are compared in either order."""
    address = identity.email(values)
    first, last, company = (_plain(identity.text(values, name) or "") for name in _NAMES)
    found = [(EMAIL, address)] if address else []
    if len(first) > 1 and len(last) > 1:
        found.append((NAME, " ".join(sorted((first, last)))))
    if first and last and company:
        found += [(INITIAL, f"{first[0]} {last} {company[0]}"), (INITIAL, f"{last[0]} {first} {company[0]}")]
    return tuple(dict.fromkeys(found))


_NAMES = ("first_name", "last_name", "company")


def _plain(text: str) -> str:
    if text.isascii() and text.isalnum():  # most names; the longer way takes most of the time of matching a file's people
        return text.lower()
    return "".join(plain_words(text))


def gained(own: float, company: str, witnesses: Sequence[Witness]) -> float:
    """Log odds that a company gains by the strongest witness for it; ``own`` are those it has. Nobody takes any away."""
    told = ((witness.trust, witness.said[company]) for witness in witnesses if company in witness.said)
    return max((_gain(own, trust, said) for trust, said in told), default=0.0)


def _gain(own: float, trust: float, said: float) -> float:
    """By Bayes' rule: with ``trust`` it is the same person, to whom the company is so much likelier than to anybody."""
    return max(0.0, min(log(1.0 - trust + trust * said / UNSURE), log_odds_of(said) + _BEYOND - own))
