"""How far the companies, domains and places of two people agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from centri.dedupe.duplicates.compared import Compared, Floats, agreement, alike, there
from centri.dedupe.duplicates.people import NOTHING, Codes, People, Texts, codes
from centri.dedupe.duplicates.person import Person


def company(pairs: Compared) -> Mapping[str, Floats]:
    """Company names, domains, and whether one's domain is made of the other's name."""
    people = pairs.people
    sort, partial = pairs.alike("company", fuzz.token_sort_ratio), pairs.alike("spelled", fuzz.partial_ratio)
    squashed = pairs.alike("spelled")
    inside, overlap = _overlap(pairs)
    label = _label_of_name(pairs)
    domain = _domains(pairs)
    return {
        "company": np.maximum(sort, squashed),
        "company_part": partial,
        "company_words": inside,
        "company_overlap": overlap,
        "company_start": pairs.alike("spelled", JaroWinkler.normalized_similarity, 1.0),
        "company_initials": _acronym(pairs),
        "companies_known": _known(people.spelled, pairs),
        "domain": domain,
        "domain_of_company": label,
        "workplace": np.maximum.reduce([np.maximum(sort, squashed), inside, label, np.where(domain > 0, domain / 2 + 0.25, 0)]),
        "country": pairs.same("country"),
        "city": _city(pairs),
    }


def _known(texts: Texts, pairs: Compared) -> Floats:
    filled = there(texts).astype(np.float32)
    return filled[pairs.one] + filled[pairs.other]


def _domains(pairs: Compared) -> Floats:
    """1.5 for the same domain of their own, 1 where only its ending differs, 0 unknown, -1 different ones."""
    people = pairs.people
    best = np.full(len(pairs.one), -2.0, dtype=np.float32)
    for mine in ("domain", "site"):
        for theirs in ("domain", "site"):
            whole = _across(people, mine, theirs)
            label = _across(people, _LABELS[mine], _LABELS[theirs])
            said = agreement(whole[0][pairs.one], whole[1][pairs.other])
            alike_label = agreement(label[0][pairs.one], label[1][pairs.other]) > 0
            level = np.select([said > 0, (said < 0) & alike_label, said < 0], [1.5, 1.0, -1.0], -2.0)
            best = np.maximum(best, level.astype(np.float32))
    return np.where(best == -2.0, 0.0, best).astype(np.float32)


_LABELS = {"domain": "label", "site": "site_label"}


def _across(people: People, one: str, other: str) -> tuple[Codes, Codes]:
    """Two columns in one set of codes."""
    if one == other:
        return people.code(one), people.code(one)
    found = codes([*people.column(one), *people.column(other)])
    return found[: len(people)], found[len(people) :]


def _label_of_name(pairs: Compared) -> Floats:
    """How alike one's domain, without its ending, and the other's company are; of both directions the better."""
    people = pairs.people
    found = np.zeros(len(pairs.one), dtype=np.float32)
    for column in ("label", "site_label"):
        label: Texts = getattr(people, column)
        for one, other in ((pairs.one, pairs.other), (pairs.other, pairs.one)):
            text, name = label[one], people.spelled[other]
            both = there(text) & there(name)
            found = np.maximum(found, np.where(both, alike(text, name, JaroWinkler.normalized_similarity, 1.0), 0.0))
    return found.astype(np.float32)


def _acronym(pairs: Compared) -> Floats:
    """1 where one's company or domain is the initials of the other's company."""
    people = pairs.people
    made = codes([*(_initials(p) for p in people.of), *people.spelled, *people.label])
    short, name, label = made[: len(people)], made[len(people) : 2 * len(people)], made[2 * len(people) :]
    hit = np.zeros(len(pairs.one), dtype=bool)
    for one, other in ((pairs.one, pairs.other), (pairs.other, pairs.one)):
        hit |= (short[one] != NOTHING) & ((short[one] == name[other]) | (short[one] == label[other]))
    return hit.astype(np.float32)


def _initials(p: Person) -> str:
    return "".join(word[0] for word in p.company) if len(p.company) > 1 else ""


def _city(pairs: Compared) -> Floats:
    """How alike the cities are, from -1 to 1; 0 where one is not known."""
    one, other = pairs.both("city")
    return np.where(there(one) & there(other), 2.0 * alike(one, other) - 1.0, 0.0).astype(np.float32)


def _overlap(pairs: Compared) -> tuple[Floats, Floats]:
    """What the words that both company names have say, of what the shorter says and of what both say together."""
    held = pairs.people.company_words
    found: Floats = _shared(held.start, held.word, held.weight, pairs.one, pairs.other)
    return found[:, 0], found[:, 1]


@njit(cache=True, nogil=True)
def _shared(start: Any, word: Any, weight: Any, one: Any, other: Any) -> Any:  # pragma: no cover - compiled
    found = np.zeros((len(one), 2), dtype=np.float32)
    for pair in range(len(one)):
        i, end_i = start[one[pair]], start[one[pair] + 1]
        j, end_j = start[other[pair]], start[other[pair] + 1]
        if i == end_i or j == end_j:
            found[pair] = 0.5
            continue
        mine, theirs, common = weight[i:end_i].sum(), weight[j:end_j].sum(), 0.0
        while i < end_i and j < end_j:
            if word[i] == word[j]:
                common += weight[i]
                i += 1
                j += 1
            elif word[i] < word[j]:
                i += 1
            else:
                j += 1
        found[pair, 0] = common / max(min(mine, theirs), 1e-6)
        found[pair, 1] = common / max(mine + theirs - common, 1e-6)
    return found
