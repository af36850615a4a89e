"""Candidates: the few names that may be meant, found by rare pieces, rare words and exact keys, at a bounded cost; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from centri.dedupe.companies.text import PIECES


@njit(cache=True, nogil=True)
def rare_first(count: Any, pieces: Any, budget: int) -> Any:
    """The places of those pieces that are looked up: the rarest, as many as the budget of rows allows, three in any case."""
    order = np.argsort(count[pieces] * np.int64(PIECES) + pieces)
    kept, spent = 0, 0
    for at in order:
        spent += count[pieces[at]]
        if kept >= 3 and spent > budget:
            break
        if spent > 20 * budget and kept > 0:
            break
        kept += 1
    return order[:kept]


@njit(cache=True, nogil=True)
def by_pieces(pieces: Any, weight: Any, looked_up: Any, starts: Any, rows: Any, sums: Any, touched: Any) -> int:
    """Add up the weights of shared pieces in ``sums``; the rows touched are written to ``touched``. Answers how many.

    ``touched`` has room for one more than there are rows: it is written without asking, which no processor can guess wrongly.
    """
    count = 0
    for at in looked_up:
        piece = pieces[at]
        given = weight[piece]
        for place in range(starts[piece], starts[piece + 1]):
            row = rows[place]
            touched[count] = row
            before = sums[row]
            count += before == 0.0
            sums[row] = before + given
    return count


@njit(cache=True, nogil=True)
def best(score: Any, row: Any, owner: Any, order: Any, dead: Any, count: int, most: int) -> Any:
    """The places of the best ``most`` of some rows' scores, equals by their company's order,
    the dead left out; the best first.
    """
    kept = np.empty(most, dtype=np.int64)
    have = 0
    for at in range(count):
        if have == most and score[at] < score[kept[have - 1]]:
            continue
        company = owner[row[at]]
        if dead[company] or (
            have == most and score[at] == score[kept[have - 1]] and order[company] >= order[owner[row[kept[have - 1]]]]
        ):
            continue
        to = have if have < most else most - 1
        while to > 0 and (
            score[at] > score[kept[to - 1]]
            or (score[at] == score[kept[to - 1]] and order[company] < order[owner[row[kept[to - 1]]]])
        ):
            kept[to] = kept[to - 1]
            to -= 1
        kept[to] = at
        have = min(have + 1, most)
    return kept[:have]


@njit(cache=True, nogil=True)
def cosine(weight: Any, a: Any, a_from: int, a_to: int, b: Any, b_from: int, b_to: int) -> float:
    """The cosine of two sets of pieces, each weighed by its weight."""
    shared, one, other = 0.0, 0.0, 0.0
    i, j = a_from, b_from
    while i < a_to and j < b_to:
        x, y = a[i], b[j]
        if x == y:
            w = weight[x] * weight[x]
            shared, one, other = shared + w, one + w, other + w
            i, j = i + 1, j + 1
        elif x < y:
            one += weight[x] * weight[x]
            i += 1
        else:
            other += weight[y] * weight[y]
            j += 1
    while i < a_to:
        one += weight[a[i]] * weight[a[i]]
        i += 1
    while j < b_to:
        other += weight[b[j]] * weight[b[j]]
        j += 1
    return 0.0 if shared == 0.0 else shared / np.sqrt(one * other)


@njit(cache=True, nogil=True)
def key_range(keys: Any, starts: Any, number: Any) -> Any:
    """Where the rows of a key begin and end in :class:`Keys`."""
    if number == 0 or len(keys) == 0:
        return 0, 0
    at = np.searchsorted(keys, number)
    if at == len(keys) or keys[at] != number:
        return 0, 0
    return starts[at], starts[at + 1]


_LEAST = 1e-4
"""What a word that all names have weighs: above 0, by which rows are known that were met."""

PIECE, WORD, LABEL_PIECE, DOMAIN, LABEL, CORE, ACRONYM, SLIP = 1, 2, 4, 8, 16, 32, 64, 128
"""What a candidate was found by; several are added up."""

BY_PIECES, BY_WORDS, BY_LABEL, BY_ACRONYM, BY_SLIP = 10, 6, 4, 4, 6
"""How many candidates each way of finding gives at most; a key of its own gives a block."""

MORE = 4
"""How many times as many are looked at closely as are kept."""

STEP = 256
"""The steps of a query are numbered by this: each is a multiple of it, plus what it finds by."""


@njit(cache=True, nogil=True)
def find(
    q_places: Any, q_pieces: Any, q_word_places: Any, q_words: Any, q_word_count: Any,
    q_label_places: Any, q_label_pieces: Any, q_core: Any, q_acronym: Any, q_slip_places: Any, q_slips: Any,
    q_domain_places: Any, q_domains: Any, q_labels: Any,
    piece_count: Any, weight: Any, names_total: int, budget: int, block: int,
    starts: Any, rows: Any, lengths: Any, places: Any, pieces: Any, owner: Any, order: Any, dead: Any, word_places: Any,
    word_number: Any, word_starts: Any, word_row: Any, core_number: Any, core_starts: Any, core_row: Any,
    slip_number: Any, slip_starts: Any, slip_row: Any,
    acronym_number: Any, acronym_starts: Any, acronym_row: Any, domain_number: Any, domain_starts: Any, domain_row: Any,
    label_number: Any, label_starts: Any, label_row: Any,
    sums: Any, touched: Any,
) -> Any:  # fmt: skip
    """What one segment has to offer each query, step by step, for :func:`settle` to choose from.

    Of each offer: query, step, company, and two scores. By likeness they are the rough and the close one; by a key the first
    is how many living companies of the segment have the key. More is offered than can be chosen, whatever other segments offer.
    """
    room = 96 * (len(q_places) - 1) + 64
    out = (np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32))
    scores = np.empty((room, 2), np.float32)
    found = 0
    mean = np.log(1.0 + names_total)
    for query in range(len(q_places) - 1):
        begin, step = found, 0
        keys = 3 * (q_domain_places[query + 1] - q_domain_places[query]) + 3 + q_slip_places[query + 1] - q_slip_places[query]
        if found + 128 + keys * (block + 256) > room:
            room = 2 * room + 128 + keys * (block + 256)
            out = (_grown(out[0], room), _grown(out[1], room), _grown(out[2], room))
            scores = _grown_pairs(scores, room)
        # names alike by their rare pieces
        a, b = q_places[query], q_places[query + 1]
        if b > a:
            asked = q_pieces[a:b]
            looked_up = rare_first(piece_count, asked, budget)
            count = by_pieces(asked, weight, looked_up, starts, rows, sums, touched)
            found = _closest(query, asked, weight, count, mean, touched, sums, lengths, places, pieces, owner, order, dead,
                             BY_PIECES, PIECE, out, scores, found)  # fmt: skip
        # exact keys; of a crowded one those that are candidates already, then by their order
        for key in range(q_domain_places[query], q_domain_places[query + 1]):
            low, high = key_range(domain_number, domain_starts, q_domains[key])
            found = _keyed(query, domain_row[low:high], block, order, dead, step + STEP + DOMAIN, out, scores, found, begin)
            low, high = key_range(label_number, label_starts, q_labels[key])
            found = _keyed(query, label_row[low:high], block, order, dead, step + 2 * STEP + LABEL, out, scores, found, begin)
            low, high = key_range(core_number, core_starts, q_labels[key])
            named = owner[core_row[low:high]]
            found = _keyed(query, named, block, order, dead, step + 3 * STEP + LABEL, out, scores, found, begin)
            step += 3 * STEP
        low, high = key_range(core_number, core_starts, q_core[query])
        named = owner[core_row[low:high]]
        found = _keyed(query, named, block, order, dead, step + STEP + CORE, out, scores, found, begin)
        low, high = key_range(core_number, core_starts, q_acronym[query])
        named = owner[core_row[low:high]]
        found = _keyed(query, named, BY_ACRONYM, order, dead, step + 2 * STEP + ACRONYM, out, scores, found, begin)
        low, high = key_range(acronym_number, acronym_starts, q_core[query])
        named = owner[acronym_row[low:high]]
        found = _keyed(query, named, BY_ACRONYM, order, dead, step + 3 * STEP + ACRONYM, out, scores, found, begin)
        # one letter more, fewer or other in a short name
        for at in range(q_slip_places[query], q_slip_places[query + 1]):
            step += STEP
            low, high = key_range(slip_number, slip_starts, q_slips[at])
            named = owner[slip_row[low:high]]
            found = _keyed(query, named, BY_SLIP, order, dead, step + 3 * STEP + SLIP, out, scores, found, begin)
        # rare words in common
        count = 0
        for at in range(q_word_places[query], q_word_places[query + 1]):
            if 0 < q_word_count[at] <= budget // 4:
                low, high = key_range(word_number, word_starts, q_words[at])
                given = np.float32(max(np.log((1.0 + names_total) / (1.0 + q_word_count[at])) ** 2, _LEAST))
                for place in range(low, high):
                    row = word_row[place]
                    if sums[row] == 0.0:
                        touched[count] = row
                        count += 1
                    sums[row] += given
        found = _shortest(query, count, mean, touched, sums, word_places, owner, order, dead,
                          step + 4 * STEP + WORD, out, scores, found)  # fmt: skip
        # the label of a domain, as if it were a name
        a, b = q_label_places[query], q_label_places[query + 1]
        if b > a:
            asked = q_label_pieces[a:b]
            looked_up = rare_first(piece_count, asked, budget // 2)
            count = by_pieces(asked, weight, looked_up, starts, rows, sums, touched)
            found = _closest(query, asked, weight, count, mean, touched, sums, lengths, places, pieces, owner, order, dead,
                             BY_LABEL, step + 5 * STEP + LABEL_PIECE, out, scores, found)  # fmt: skip
    return out[0][:found], out[1][:found], out[2][:found], scores[:found]


@njit(cache=True, nogil=True)
def _grown(old: Any, room: int) -> Any:
    new = np.empty(room, dtype=old.dtype)
    new[: len(old)] = old
    return new


@njit(cache=True, nogil=True)
def _grown_pairs(old: Any, room: int) -> Any:
    new = np.empty((room, 2), dtype=old.dtype)
    new[: len(old)] = old
    return new


@njit(cache=True, nogil=True)
def _offer(query: int, step: int, company: int, first: Any, second: Any, out: Any, scores: Any, found: int) -> int:
    if found >= len(scores):
        return found
    out[0][found], out[1][found], out[2][found] = query, step, company
    scores[found, 0], scores[found, 1] = first, second
    return found + 1


@njit(cache=True, nogil=True)
def _closest(
    query: int, asked: Any, weight: Any, count: int, mean: float, touched: Any, sums: Any, lengths: Any, places: Any,
    pieces: Any, owner: Any, order: Any, dead: Any, most: int, step: int, out: Any, scores: Any, found: int,
) -> Any:  # fmt: skip
    """Of the touched rows the best by what they share for their length, each with its cosine; ``sums`` is all zeros again."""
    full = np.float32(0.0)
    for at in range(len(asked)):
        full += weight[asked[at]]
    typical = np.float32(0.6 * mean)
    score, hopeful = np.empty(count, dtype=np.float32), np.empty(count, dtype=np.int32)
    many, bar = 0, np.float32(0.0)
    tops = np.zeros(MORE * most, dtype=np.float32)
    for at in range(count):
        row = touched[at]
        shared, sums[row] = sums[row], 0.0
        if shared < bar * full:
            continue
        told = shared / (full + typical * lengths[row])
        if told >= bar and not dead[owner[row]]:
            score[many], hopeful[many] = told, row
            many += 1
            bar = _raised(tops, told)
    for at in best(score, hopeful, owner, order, dead, many, MORE * most):
        row = hopeful[at]
        exact = np.float32(cosine(weight, asked, 0, len(asked), pieces, places[row], places[row + 1]))
        found = _offer(query, step, owner[row], score[at], exact, out, scores, found)
    return found


@njit(cache=True, nogil=True)
def _raised(tops: Any, told: Any) -> Any:
    """The least of the best scores, after another one took its place among them; the best stand first."""
    to = len(tops) - 1
    while to > 0 and told > tops[to - 1]:
        tops[to] = tops[to - 1]
        to -= 1
    tops[to] = told
    return tops[-1]


@njit(cache=True, nogil=True)
def _shortest(
    query: int, count: int, mean: float, touched: Any, sums: Any, word_places: Any, owner: Any, order: Any, dead: Any,
    step: int, out: Any, scores: Any, found: int,
) -> Any:  # fmt: skip
    """Of the touched rows the best by their rare words, the fewer words the better; ``sums`` is all zeros again."""
    score = np.empty(count, dtype=np.float32)
    for at in range(count):
        row = touched[at]
        shared, sums[row] = sums[row], 0.0
        score[at] = shared / (np.float32(mean) + np.float32(word_places[row + 1] - word_places[row]))
    for at in best(score, touched, owner, order, dead, count, BY_WORDS):
        found = _offer(query, step, owner[touched[at]], score[at], score[at], out, scores, found)
    return found


@njit(cache=True, nogil=True)
def _keyed(
    query: int, companies: Any, block: int, order: Any, dead: Any, step: int, out: Any, scores: Any, found: int, begin: int
) -> int:
    """The companies of a key; of one that more than ``block`` have those that were offered already,
    and the first by their order.
    """
    living = 0
    for company in companies:
        living += not dead[company]
    offered = found
    score = np.zeros(len(companies) if living > block else 0, dtype=np.float32)
    for at in range(len(companies)):
        if living > block and not _is_offered(companies[at], out[2], begin, offered):
            score[at] = 1.0
        elif not dead[companies[at]]:
            found = _offer(query, step, companies[at], living, 0.0, out, scores, found)
    if living > block:
        everyone = np.arange(len(companies))
        for at in best(score, everyone, companies, order, dead, len(companies), block):
            if score[at] > 0:
                found = _offer(query, step, companies[at], living, 0.0, out, scores, found)
    return found


@njit(cache=True, nogil=True)
def _is_offered(company: int, companies: Any, begin: int, end: int) -> bool:
    for at in range(begin, end):  # noqa: SIM110 - compiled code has no any()
        if companies[at] == company:
            return True
    return False
