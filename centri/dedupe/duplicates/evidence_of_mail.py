"""How far addresses and telephone numbers of two people agree, and whether one's address is made of the other's name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from centri.dedupe.duplicates.compared import UNKNOWN, Compared, Floats
from centri.dedupe.duplicates.people import NOTHING, Codes, codes
from centri.dedupe.duplicates.person import Person


def mail(pairs: Compared) -> Mapping[str, Floats]:
    """Addresses, their parts, and whether one's address is made of the other's name."""
    people = pairs.people
    shared, free = pairs.either(people.shared), pairs.either(people.free)
    same = pairs.same("email")
    known = people.code("email") != NOTHING
    one_fits, other_fits = _fit(pairs)
    return {
        "email": np.where(shared & (same > 0), 0.0, np.maximum(same, 0.0)).astype(np.float32),
        "email_alike": pairs.alike("email"),
        "local_part": np.where(shared, UNKNOWN, pairs.alike("local")).astype(np.float32),
        "local_same": np.where(shared, 0.0, np.maximum(pairs.same("local"), 0.0)).astype(np.float32),
        "mailbox_shared": shared.astype(np.float32),
        "mailbox_free": free.astype(np.float32),
        "mails_known": (known[pairs.one].astype(np.float32) + known[pairs.other]).astype(np.float32),
        "mail_of_name": np.maximum(one_fits, other_fits),
        "mail_of_both": np.minimum(one_fits, other_fits),
        "phone": pairs.same("phone"),
    }


def _fit(pairs: Compared) -> tuple[Floats, Floats]:
    """How well each one's address is made of the other's name: 3 whole names, 2 with an initial, 1 part of it, 0 not."""
    people = pairs.people
    made = [_made(p) for p in people.of]
    width = len(_LEVELS)
    whole = codes([*(text for row in made for text in row), *people.local])
    patterns, local = whole[: len(made) * width].reshape(len(made), width), whole[len(made) * width :]
    return _levels(patterns[pairs.other], local[pairs.one]), _levels(patterns[pairs.one], local[pairs.other])


_LEVELS = np.array([3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1], dtype=np.float32)


def _made(p: Person) -> tuple[str, ...]:
    """Local parts that addresses are made of a name by, as many as :data:`_LEVELS`; "" for what it does not give."""
    family, given, known = "".join(p.family), "".join(p.given), p.known
    word = p.family[-1] if p.family else ""
    if not family or not known:
        return (family if len(family) > 2 else "", *("" for _ in _LEVELS[1:]))
    full = len(known) > 1
    return (
        given + family if full else "",
        family + given if full else "",
        known + family if full else "",
        family + known if full else "",
        known[0] + family,
        family + known[0],
        known + family[0] if full else "",
        known[0] + word,
        known if full else "",
        given if full else "",
        family,
        known[0] + family[0],
        family[0] + known[0],
    )


def _levels(patterns: Codes, local: Codes) -> Floats:
    hit = (patterns == local[:, None]) & (local[:, None] != NOTHING)
    found: Floats = np.max(np.where(hit, _LEVELS, 0.0), axis=1, initial=0.0).astype(np.float32)
    return found
