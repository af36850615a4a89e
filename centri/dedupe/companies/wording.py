"""How far a lead's company and a candidate agree, word for word and domain for domain; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from centri.dedupe.companies.search import cosine
from centri.dedupe.companies.text import alike, room, slips

# The columns of what :func:`compare` answers.
LEAD_COVER, ACCOUNT_COVER, RAREST, LEAD_UNMATCHED, ACCOUNT_UNMATCHED, FIRST_WORD, EXACT_WORDS = 0, 1, 2, 3, 4, 5, 6
DOMAIN, LABEL_IN_NAME, NAME_IN_LABEL, DOMAIN_SHARERS, COUNTRY, TLD, CITY, NAMESAKES, ACRONYM, NAME_WEIGHT, NAMED = (
    7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)  # fmt: skip
EXTRAS, SLIPS, SLIP_SHARE, COSINE, FORM, LEAD_BESIDE, LABEL_COVER, LABEL_COVERED = 18, 19, 20, 21, 22, 23, 24, 25
LEAD_SELF, ACCOUNT_SELF = 26, 27
COLUMNS = 28

UNKNOWN, SAME_LABEL, OTHER_HOST, SAME_DOMAIN, SAME_HOST = 0.6, 1.5, 1.8, 2.0, 2.4
_FEW_LETTERS = 4
_WORDS = 16
"""Words of a name that are compared."""


@njit(cache=True, nogil=True)
def compare(
    query: Any, company: Any,
    q_letters: Any, q_places: Any, q_start: Any, q_end: Any, q_number: Any, q_weight: Any, q_place: Any, q_piece_places: Any,
    q_pieces: Any, q_form: Any,
    q_extra: Any, q_extra_offsets: Any, q_core: Any, q_acronym: Any, q_tight: Any, q_tight_offsets: Any,
    q_domain_places: Any, q_domain: Any, q_host: Any, q_label_letters: Any, q_label_offsets: Any, q_domain_tld: Any,
    q_country: Any, q_city: Any, q_city_offsets: Any,
    letters: Any, places: Any, start: Any, end: Any, number: Any, rank: Any, weight: Any, piece_weight: Any, piece_places: Any,
    pieces: Any, form: Any,
    extra: Any, extra_offsets: Any, core: Any, acronym: Any, namesakes: Any,
    tight: Any, tight_offsets: Any, first_name: Any, domain_places: Any, domain: Any, host: Any, sharers: Any,
    label_letters: Any, label_offsets: Any, tld: Any,
    country: Any, city: Any, city_offsets: Any,
) -> Any:  # fmt: skip
    """The agreement of each pair (pairs x COLUMNS), and the name of the company that was nearest (-1: it has none)."""
    told = np.zeros((len(query), COLUMNS), dtype=np.float32)
    nearest = np.full(len(query), -1, dtype=np.int32)
    trial = np.zeros(COLUMNS, dtype=np.float32)
    work, met = room(), np.zeros((2, _WORDS), dtype=np.float32)
    for pair in range(len(query)):
        q, c = query[pair], company[pair]
        row = told[pair]
        best = -1.0
        for name in range(first_name[c], min(first_name[c + 1], first_name[c] + 12)):
            trial[:] = 0.0
            _words(trial, q, name, q_letters, q_places, q_start, q_end, q_number, q_weight, q_place, q_extra, q_extra_offsets,
                   letters, places, start, end, number, rank, weight, extra, extra_offsets, work, met)  # fmt: skip
            trial[NAMESAKES] = np.log1p(namesakes[name])
            if q_core[q] != 0 and (q_core[q] == acronym[name] or (q_acronym[q] != 0 and q_acronym[q] == core[name])):
                trial[ACRONYM] = 1.0
            if q_core[q] != 0 and q_core[q] == core[name]:
                trial[LEAD_COVER], trial[ACCOUNT_COVER], trial[LEAD_UNMATCHED], trial[ACCOUNT_UNMATCHED] = 1.0, 1.0, 0.0, 0.0
                trial[EXACT_WORDS] = 1.0
            height = trial[LEAD_COVER] + trial[ACCOUNT_COVER] + trial[ACRONYM] + 0.01 * trial[EXACT_WORDS]
            if height > best:
                best, nearest[pair] = height, name
                row[:] = trial
        if nearest[pair] >= 0 and row[NAMED] > 0.0:
            name = nearest[pair]
            row[SLIPS] = slips(
                q_tight, q_tight_offsets[q], q_tight_offsets[q + 1], tight, tight_offsets[name], tight_offsets[name + 1], work
            )
            row[SLIP_SHARE] = row[SLIPS] / max(
                1, min(q_tight_offsets[q + 1] - q_tight_offsets[q], tight_offsets[name + 1] - tight_offsets[name])
            )
            row[COSINE] = cosine(
                piece_weight,
                q_pieces,
                q_piece_places[q],
                q_piece_places[q + 1],
                pieces,
                piece_places[name],
                piece_places[name + 1],
            )
            row[FORM] = 0.0 if q_form[q] == 0 or form[name] == 0 else 1.0 if q_form[q] == form[name] else -1.0
            row[EXTRAS] = _both(
                q_extra, q_extra_offsets[q], q_extra_offsets[q + 1], extra, extra_offsets[name], extra_offsets[name + 1], work
            )
        else:
            row[SLIPS], row[SLIP_SHARE] = 9.0, 1.0
        _domains(row, q, c, nearest[pair], q_host, host, q_letters, q_places, q_start, q_end, q_domain_places, q_domain,
        q_label_letters,
                 q_label_offsets, q_weight, rank, weight, letters, places, start, end, domain_places, domain, sharers,
                 label_letters, label_offsets, work)  # fmt: skip
        row[COUNTRY] = _agree(q_country[q], country[c])
        row[TLD] = _tld(
            q_domain_tld,
            q_domain_places[q],
            q_domain_places[q + 1],
            country[c],
            tld,
            domain_places[c],
            domain_places[c + 1],
            q_country[q],
        )
        row[CITY] = _city(q_city, q_city_offsets[q], q_city_offsets[q + 1], city, city_offsets[c], city_offsets[c + 1], work)
    return told, nearest


@njit(cache=True, nogil=True)
def _agree(one: int, other: int) -> float:
    return 0.0 if one == 0 or other == 0 else 1.0 if one == other else -1.0


@njit(cache=True, nogil=True)
def _tld(q_tld: Any, q_from: int, q_to: int, country: int, tld: Any, c_from: int, c_to: int, q_country: int) -> float:
    """The country that an address ends on, against the other side's country."""
    found = 0.0
    for at in range(q_from, q_to):
        if q_tld[at] != 0 and country != 0:
            found = max(found, 1.0) if q_tld[at] == country else (-1.0 if found == 0.0 else found)
    for at in range(c_from, c_to):
        if tld[at] != 0 and q_country != 0:
            found = max(found, 1.0) if tld[at] == q_country else (-1.0 if found == 0.0 else found)
    return found


@njit(cache=True, nogil=True)
def _both(one: Any, a: int, a_end: int, other: Any, b: int, b_end: int, work: Any) -> float:
    """What stands beside both names: 1 the same to a word, -1 something else, 0 where one has nothing beside it."""
    if a == a_end or b == b_end:
        return 0.0
    return 1.0 if alike(one, a, a_end, other, b, b_end, work) >= 0.8 else -1.0


@njit(cache=True, nogil=True)
def _city(one: Any, a: int, a_end: int, other: Any, b: int, b_end: int, work: Any) -> float:
    if a == a_end or b == b_end:
        return 0.0
    return 1.0 if alike(one, a, a_end, other, b, b_end, work) >= 0.8 else -1.0


@njit(cache=True, nogil=True)
def _words(
    out: Any, q: int, n: int, q_letters: Any, q_places: Any, q_start: Any, q_end: Any, q_number: Any, q_weight: Any,
    q_place: Any, q_extra: Any, q_extra_offsets: Any, letters: Any, places: Any, start: Any, end: Any, number: Any, rank: Any,
    weight: Any,
    extra: Any, extra_offsets: Any, work: Any, both: Any,
) -> None:  # fmt: skip
    """Each word finds its counterpart: the same one, else the most alike; weights say how rare words are."""
    qa, qn = q_places[q], min(q_places[q + 1] - q_places[q], _WORDS)
    ca, cn = places[n], min(places[n + 1] - places[n], _WORDS)
    if qn == 0 or cn == 0:
        return
    q_met, c_met = both[0], both[1]
    both[:] = 0.0
    for i in range(qn):
        for j in range(cn):
            if c_met[j] == 0.0 and q_number[qa + i] == number[ca + j]:
                q_met[i], c_met[j] = 1.0, 1.0
                break
    exact = 0.0
    for i in range(qn):
        exact += q_weight[qa + i] * q_met[i]
    _joined(q_met, c_met, qa, qn, ca, cn, q_letters, q_start, q_end, letters, start, end)
    _joined(c_met, q_met, ca, cn, qa, qn, letters, start, end, q_letters, q_start, q_end)
    for i in range(qn):
        if q_met[i] == 0.0:
            best, at = 0.0, -1
            for j in range(cn):
                if c_met[j] == 0.0:
                    s = alike(q_letters, q_start[qa + i], q_end[qa + i], letters, start[ca + j], end[ca + j], work)
                    if s > best:
                        best, at = s, j
            if at >= 0:
                q_met[i], c_met[at] = best, best
    _extras(q_met, qa, qn, q_letters, q_start, q_end, extra, extra_offsets[n], extra_offsets[n + 1])
    _extras(c_met, ca, cn, letters, start, end, q_extra, q_extra_offsets[q], q_extra_offsets[q + 1])
    total, met, heaviest, rarest, beside = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(qn):
        w = q_weight[qa + i]
        total += w
        met += w * q_met[i]
        if q_place[qa + i]:
            beside = max(beside, w * (1.0 - q_met[i]))
        else:
            heaviest = max(heaviest, w * (1.0 - q_met[i]))
        rarest = max(rarest, w * q_met[i])
    out[LEAD_COVER], out[LEAD_UNMATCHED], out[RAREST] = met / total, heaviest, rarest
    out[EXACT_WORDS], out[NAME_WEIGHT], out[LEAD_BESIDE] = exact / total, total, beside
    total, met, heaviest = 0.0, 0.0, 0.0
    for j in range(cn):
        w = weight[rank[ca + j]]
        total += w
        met += w * c_met[j]
        heaviest = max(heaviest, w * (1.0 - c_met[j]))
    out[ACCOUNT_COVER], out[ACCOUNT_UNMATCHED] = met / total, heaviest
    out[FIRST_WORD] = q_met[0] if q_met[0] == c_met[0] else min(q_met[0], c_met[0]) * 0.5
    out[NAMED] = 1.0


@njit(cache=True, nogil=True)
def _joined(
    q_met: Any, c_met: Any, qa: int, qn: int, ca: int, cn: int, q_letters: Any, q_start: Any, q_end: Any, letters: Any,
    start: Any, end: Any,
) -> None:  # fmt: skip
    """A word that two neighbours of the other side make together."""
    for i in range(qn):
        if q_met[i] > 0.0:
            continue
        a, length = q_start[qa + i], q_end[qa + i] - q_start[qa + i]
        for j in range(cn - 1):
            if c_met[j] > 0.0 or c_met[j + 1] > 0.0:
                continue
            one = end[ca + j] - start[ca + j]
            two = end[ca + j + 1] - start[ca + j + 1]
            if one + two != length:
                continue
            same = True
            for k in range(length):
                other = letters[start[ca + j] + k] if k < one else letters[start[ca + j + 1] + k - one]
                if q_letters[a + k] != other:
                    same = False
                    break
            if same:
                q_met[i], c_met[j], c_met[j + 1] = 0.99, 0.99, 0.99
                break


@njit(cache=True, nogil=True)
def _extras(met: Any, at: int, count: int, letters: Any, start: Any, end: Any, extra: Any, begin: int, stop: int) -> None:
    """Words that the other side has beside its name, such as its place."""
    if begin == stop:
        return
    for i in range(count):
        if met[i] > 0.0:
            continue
        a, length = start[at + i], end[at + i] - start[at + i]
        for place in range(begin, stop - length + 1):
            if (place > begin and extra[place - 1] != 32) or (place + length < stop and extra[place + length] != 32):
                continue
            same = True
            for k in range(length):
                if letters[a + k] != extra[place + k]:
                    same = False
                    break
            if same:
                met[i] = 0.9
                break


@njit(cache=True, nogil=True)
def _domains(
    row: Any, q: int, c: int, name: int, q_host: Any, host: Any, q_letters: Any, q_places: Any, q_start: Any, q_end: Any,
    q_domain_places: Any,
    q_domain: Any, q_label_letters: Any, q_label_offsets: Any, q_weight: Any, rank: Any, weight: Any, letters: Any,
    places: Any, start: Any, end: Any,
    domain_places: Any, domain: Any, sharers: Any, label_letters: Any, label_offsets: Any, work: Any,
) -> None:  # fmt: skip
    row[DOMAIN] = UNKNOWN
    qa, qb = q_places[q], q_places[q + 1]
    for i in range(q_domain_places[q], q_domain_places[q + 1]):
        a, a_end = q_label_offsets[i], q_label_offsets[i + 1]
        row[LEAD_SELF] = max(row[LEAD_SELF], _made_of(q_label_letters, a, a_end, q_letters, q_start, q_end, qa, qb))
        if name >= 0:
            made = _made_of(q_label_letters, a, a_end, letters, start, end, places[name], places[name + 1])
            row[LABEL_IN_NAME] = max(row[LABEL_IN_NAME], made)
            if made > 0.7:
                row[LABEL_COVER] = max(
                    row[LABEL_COVER],
                    made * _covered(q_label_letters, a, a_end, letters, start, end, places[name], places[name + 1], rank, weight),
                )
    for j in range(domain_places[c], domain_places[c + 1]):
        b, b_end = label_offsets[j], label_offsets[j + 1]
        made = _made_of(label_letters, b, b_end, q_letters, q_start, q_end, qa, qb)
        row[NAME_IN_LABEL] = max(row[NAME_IN_LABEL], made)
        if made > 0.7:
            row[LABEL_COVERED] = max(
                row[LABEL_COVERED], made * _covered(label_letters, b, b_end, q_letters, q_start, q_end, qa, qb, _SELF, q_weight)
            )
        if name >= 0:
            row[ACCOUNT_SELF] = max(
                row[ACCOUNT_SELF], _made_of(label_letters, b, b_end, letters, start, end, places[name], places[name + 1])
            )
    if q_domain_places[q] == q_domain_places[q + 1] or domain_places[c] == domain_places[c + 1]:
        return
    best = 0.0
    for i in range(q_domain_places[q], q_domain_places[q + 1]):
        a, a_end = q_label_offsets[i], q_label_offsets[i + 1]
        for j in range(domain_places[c], domain_places[c + 1]):
            if q_domain[i] == domain[j]:
                bare = q_host[i] == domain[j] or host[j] == domain[j]
                best = max(best, SAME_HOST if q_host[i] == host[j] else SAME_DOMAIN if bare else OTHER_HOST)
                row[DOMAIN_SHARERS] = np.log1p(max(0, sharers[j] - 1))
                continue
            near = alike(q_label_letters, a, a_end, label_letters, label_offsets[j], label_offsets[j + 1], work)
            if near == 1.0 and a_end - a >= _FEW_LETTERS:
                best = max(best, SAME_LABEL)
            else:
                best = max(best, near if near > 0.7 else 0.7 * near)
    row[DOMAIN] = best


_SELF = np.zeros(0, dtype=np.int32)
"""In place of ranks: weights are in the order of the words themselves."""


@njit(cache=True, nogil=True)
def _covered(
    label: Any, a: int, a_end: int, letters: Any, start: Any, end: Any, first: int, last: int, rank: Any, weight: Any
) -> float:  # fmt: skip
    """The share of a name, by the weight of its words, that a domain's label spells out."""
    at, met, total = a, 0.0, 0.0
    for word in range(first, last):
        begin, length = start[word], end[word] - start[word]
        same = 0
        while same < length and at + same < a_end and letters[begin + same] == label[at + same]:
            same += 1
        at += same
        w = weight[rank[word]] if len(rank) else weight[word]
        met += w * same / length
        total += w
    return met / total if total > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _made_of(label: Any, a: int, a_end: int, letters: Any, start: Any, end: Any, first: int, last: int) -> float:
    """How much of a domain's label is made of beginnings of a name's words, in their order; 0 to 1."""
    at, words, first_taken = a, 0, False
    for word in range(first, last):
        if at == a_end:
            break
        begin, length = start[word], end[word] - start[word]
        same = 0
        while same < length and at + same < a_end and letters[begin + same] == label[at + same]:
            same += 1
        if same:
            at += same
            words += 1
            if word == first:
                first_taken = True
    if a_end - a < 2 or not first_taken:
        return 0.0
    return (at - a) / (a_end - a)
