"""What other leads of the same person say: where one of them is sure of its company, this one becomes surer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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

Array = NDArray[Any]
Key = tuple[str, str]
"""What it is, one of :data:`TRUST`, and the plain text that leads of one person share."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Another lead: how much it is to be trusted that its person is the same, and how likely, in its own eyes, it means whom.

    ``said`` has the probability by company id, of those from :data:`UNSURE` on. ``id`` is the lead's.
    """

    trust: float
    said: Mapping[str, float]
    id: str = ""


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


class Pairs(NamedTuple):
    """Pairs of leads that may be the same person's, each both ways, by their places in a row of leads; sorted by the first."""

    lead: Array
    other: Array
    trust: Array

    def about(self, wanted: Array) -> Pairs:
        """The pairs at some places, or where a mask says so."""
        return Pairs(self.lead[wanted], self.other[wanted], self.trust[wanted])


def pairs(leads: Iterable[Iterable[Key]]) -> Pairs:
    """The pairs of leads whose keys are given. Two that share several keys are trusted as the best of them says."""
    numbers: dict[str, list[int]] = {kind: [] for kind in TRUST}
    places: dict[str, list[int]] = {kind: [] for kind in TRUST}
    for place, told in enumerate(leads):
        for kind, text in told:
            numbers[kind].append(hash(text))
            places[kind].append(place)
    shared = [_sharing(np.array(numbers[kind], dtype=np.int64), np.array(places[kind], dtype=np.int64)) for kind in TRUST]
    one, other = (np.concatenate([pair[side] for pair in shared]) for side in (0, 1))
    trust = np.repeat(list(TRUST.values()), [len(pair[0]) for pair in shared])
    found = Pairs(one, other, trust).about(np.lexsort((-trust, other, one)))
    again = (found.lead[1:] == found.lead[:-1]) & (found.other[1:] == found.other[:-1])
    return found.about(np.flatnonzero(np.r_[True, ~again][: len(one)]))


def _sharing(numbers: Array, places: Array) -> tuple[Array, Array]:
    """All pairs of places with the same number, both ways, but of numbers that more than :data:`MANY` have."""
    order = np.argsort(numbers, kind="stable")
    numbers, places = numbers[order], places[order]
    _, run, size = np.unique(numbers, return_inverse=True, return_counts=True)
    few = size[run] <= MANY
    numbers, places = numbers[few], places[few]
    ones, others = [places[:0]], [places[:0]]
    for apart in range(1, MANY):
        same = np.flatnonzero(numbers[apart:] == numbers[:-apart])
        ones += [places[same], places[same + apart]]
        others += [places[same + apart], places[same]]
    return np.concatenate(ones), np.concatenate(others)
