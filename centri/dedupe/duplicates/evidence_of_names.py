"""How far the names of two people agree: straight or swapped, short forms, initials, double surnames, typing errors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from centri.dedupe.duplicates.compared import Compared, Floats, alike, there
from centri.dedupe.duplicates.people import NOTHING, Texts


def names(pairs: Compared) -> Mapping[str, Floats]:
    """Given and family names, straight or swapped, whichever agrees better."""
    known, family = pairs.both("known"), pairs.both("family")
    straight = _given(known[0], known[1]), _family(pairs, "family", "family")
    given_other = pairs.people.given[pairs.other], pairs.people.given[pairs.one]
    crossed = _given(family[0], given_other[0]), _given(family[1], given_other[1])
    less, more = np.minimum(*crossed), np.maximum(*crossed)
    swapped = (less > np.minimum(*straight)) & (less >= _INITIAL) & (more >= _ALIKE) & (more > np.maximum(*straight) - _SLIGHTLY)
    given, surname = np.where(swapped, less, straight[0]), np.where(swapped, more, straight[1])
    crossed_kind = np.select([less == np.float32(_INITIAL), less == 1.0], [0.0, 3.0], 1.0)
    return {
        "given_name": given.astype(np.float32),
        "given_kind": np.where(swapped, crossed_kind, _given_kind(pairs, *known)).astype(np.float32),
        "surname": surname.astype(np.float32),
        "surname_edits": np.where(swapped, 0, -_edits(*family)).astype(np.float32),
        "surname_whole": np.where(swapped, surname, alike(*family)).astype(np.float32),
        "full_name": alike(*pairs.both("name")),
        "name_words": pairs.alike("full", fuzz.token_set_ratio),
        "names_swapped": swapped.astype(np.float32),
        "second_name": _second(pairs),
    }


_ALIKE = 0.9
_SLIGHTLY = 0.1
_INITIAL = 0.6


def _given(one: Texts, other: Texts) -> Floats:
    """Jaro and Winkler's similarity; an initial is 0.6 like a name that begins so, and unlike any other."""
    found = alike(one, other, JaroWinkler.normalized_similarity, 1.0)
    short = np.fromiter((min(len(a), len(b)) == 1 for a, b in zip(one, other, strict=True)), dtype=bool, count=len(one))
    fits = np.fromiter((a[:1] == b[:1] for a, b in zip(one, other, strict=True)), dtype=bool, count=len(one))
    return np.where(short, np.where(fits, _INITIAL, 0.0), found).astype(np.float32)


def _given_kind(pairs: Compared, one: Texts, other: Texts) -> Floats:
    """3 for the same, 2 for a short form, 1 for the beginning of the other, 0 where one is an initial that fits or not there,
    -1 for a likely typing error, -2 for different names or initials.
    """
    short = np.fromiter((min(len(a), len(b)) <= 1 for a, b in zip(one, other, strict=True)), dtype=bool, count=len(one))
    first = np.fromiter((a.startswith(b) or b.startswith(a) for a, b in zip(one, other, strict=True)), dtype=bool, count=len(one))
    classes = pairs.people.classes
    ours, theirs = classes[pairs.one], classes[pairs.other]
    related = ((ours[:, :, None] == theirs[:, None, :]) & (ours[:, :, None] != NOTHING)).any(axis=(1, 2))
    slip = _edits(one, other) <= np.where(np.fromiter(map(len, one), dtype=int, count=len(one)) > 5, 2, 1)
    levels = [(short & first, 0.0), (short, -2.0), (one == other, 3.0), (related, 2.0), (first, 1.0), (slip, -1.0)]
    return np.select([when for when, _ in levels], [level for _, level in levels], -2.0).astype(np.float32)


def _family(pairs: Compared, one: str, other: str) -> Floats:
    """How alike the surnames are, or a word of one and the other, whichever is more: a double name holds the single one."""
    found = alike(getattr(pairs.people, one)[pairs.one], getattr(pairs.people, other)[pairs.other])
    for mine in ("family_first", "family_last"):
        for theirs in ("family_first", "family_last"):
            word = alike(getattr(pairs.people, mine)[pairs.one], getattr(pairs.people, theirs)[pairs.other])
            found = np.maximum(found, word * _WORD_ONLY)
    return found.astype(np.float32)


_WORD_ONLY = 0.98


def _edits(one: Texts, other: Texts) -> NDArray[np.int32]:
    """Letters changed, left out, added or swapped with their neighbour, at most six."""
    if not len(one):
        return np.zeros(0, dtype=np.int32)
    found: NDArray[np.int32] = process.cpdist(one, other, scorer=OSA.distance, dtype=np.int32, workers=-1)
    return np.minimum(found, 6)


def _second(pairs: Compared) -> Floats:
    one, other = pairs.both("second")
    initial = np.fromiter((a[:1] == b[:1] for a, b in zip(one, other, strict=True)), dtype=bool, count=len(one))
    both = there(one) & there(other)
    return np.where(both, np.where(initial, 1, -1), 0).astype(np.float32)
