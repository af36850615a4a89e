"""The evidence for each pair of a lead's company and a candidate, as the columns that the model was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from centri.dedupe.companies import wording
from centri.dedupe.companies.index import Asked, Candidates, Index
from centri.dedupe.companies.segment import Segment, Texts

Array = NDArray[Any]

_UP, _DOWN = 1, -1

WORDED: Mapping[str, tuple[int, int]] = {
    "lead_words": (wording.LEAD_COVER, _UP),
    "account_words": (wording.ACCOUNT_COVER, _UP),
    "rarest_word": (wording.RAREST, _UP),
    "lead_word_missing": (wording.LEAD_UNMATCHED, _DOWN),
    "account_word_missing": (wording.ACCOUNT_UNMATCHED, _DOWN),
    "first_word": (wording.FIRST_WORD, _UP),
    "exact_words": (wording.EXACT_WORDS, _UP),
    "domain": (wording.DOMAIN, _UP),
    "lead_domain_name": (wording.LABEL_IN_NAME, _UP),
    "account_domain_name": (wording.NAME_IN_LABEL, _UP),
    "domain_sharers": (wording.DOMAIN_SHARERS, _DOWN),
    "country": (wording.COUNTRY, _UP),
    "domain_country": (wording.TLD, _UP),
    "city": (wording.CITY, _UP),
    "namesakes": (wording.NAMESAKES, _DOWN),
    "acronym": (wording.ACRONYM, _UP),
    "beside_name": (wording.EXTRAS, _UP),
    "slips": (wording.SLIPS, _DOWN),
    "slip_share": (wording.SLIP_SHARE, _DOWN),
    "name_pieces": (wording.COSINE, _UP),
    "legal_form": (wording.FORM, _UP),
    "lead_place_missing": (wording.LEAD_BESIDE, _DOWN),
    "lead_domain_cover": (wording.LABEL_COVER, _UP),
    "account_domain_cover": (wording.LABEL_COVERED, _UP),
    "lead_domain_own": (wording.LEAD_SELF, 0),
    "account_domain_own": (wording.ACCOUNT_SELF, 0),
    "name_weight": (wording.NAME_WEIGHT, 0),
    "named": (wording.NAMED, 0),
}
"""Columns that come from words and domains, and whether more of them never means less likely (1) or more likely (-1)."""

Scorer = Callable[..., float]

SPELLED: Mapping[str, Scorer] = {
    "name_ratio": fuzz.ratio,
    "name_start": JaroWinkler.similarity,
    "name_sorted": fuzz.token_sort_ratio,
    "name_partial": fuzz.partial_ratio,
}
"""Columns that compare the two names letter by letter, 0 to 1."""

JOINED = ("squashed_ratio", "lead_domain_ratio", "account_domain_ratio", "letters")

FEATURES: tuple[str, ...] = (*WORDED, *SPELLED, *JOINED)
RISING: Mapping[str, int] = {
    **{name: way for name, (_, way) in WORDED.items()},
    **dict.fromkeys((*SPELLED, *JOINED[:3]), _UP),
}


def evidence(index: Index, asked: Asked, found: Candidates) -> tuple[Array, Array]:
    """What speaks for and against each candidate (candidates x FEATURES), and the row of its name that was nearest, or -1."""
    told = np.zeros((len(found.query), len(FEATURES)), dtype=np.float32)
    nearest = np.full(len(found.query), -1, dtype=np.int32)
    weights = index.weights(index.word_counts(asked.names.number), asked.names.number)
    places = index.places(asked.names.number)
    for at, segment in enumerate(index.segments):
        here = np.flatnonzero(found.segment == at)
        if len(here):
            told[here], nearest[here] = _evidence(
                index, at, segment, asked, weights, places, found.query[here], found.company[here]
            )
    return told, nearest


def _evidence(
    index: Index, at: int, segment: Segment, asked: Asked, weights: Array, places: Array, query: Array, company: Array
) -> tuple[Array, Array]:
    q, s = asked, segment
    namesakes, sharers = index.crowds[at]
    worded, nearest = wording.compare(
        query, company,
        q.names.core.letters, q.names.places, q.names.start, q.names.end, q.names.number, weights, places,
        q.names.piece_places, q.names.pieces, q.names.form,
        q.names.extra.letters, q.names.extra.offsets, q.core, q.acronym, q.names.squashed.letters, q.names.squashed.offsets,
        q.domain_places, q.domain, q.host, q.labels.letters, q.labels.offsets, q.tld,
        q.countries, q.cities.letters, q.cities.offsets,
        s.names.core.letters, s.names.places, s.names.start, s.names.end, s.names.number, s.word_ranks, index.word_weights[at],
        index.piece_weights, s.names.piece_places, s.names.pieces, s.names.form,
        s.names.extra.letters, s.names.extra.offsets, s.core, s.acronym, namesakes,
        s.names.squashed.letters, s.names.squashed.offsets, s.first_name, s.domain_places, s.domain_number, s.host, sharers,
        s.labels.letters, s.labels.offsets, s.tld,
        s.countries, s.cities.letters, s.cities.offsets,
    )  # fmt: skip
    told = np.zeros((len(query), len(FEATURES)), dtype=np.float32)
    told[:, : len(WORDED)] = worded[:, _WORDED_COLUMNS]
    told[:, _AT["letters"]] = np.diff(q.names.squashed.offsets)[query]
    named = np.flatnonzero((nearest >= 0) & (worded[:, wording.NAMED] > 0))
    asked_for, squashed = (_taken(texts.each(), query) for texts in (q.names.core, q.names.squashed))
    called = s.names.squashed.at(nearest[named])
    _spell(told, named, _taken(asked_for, named), s.names.core.at(nearest[named]))
    told[named, _AT["squashed_ratio"]] = _ratio(_taken(squashed, named), called)
    written = dict(zip(named.tolist(), called, strict=True))
    _labels(told, "lead_domain_ratio", q.labels, q.domain_places, query, [written.get(at, "") for at in range(len(query))])
    _labels(told, "account_domain_ratio", s.labels, s.domain_places, company, squashed)
    return told, nearest


_AT = {name: at for at, name in enumerate(FEATURES)}
_WORDED_COLUMNS = [column for column, _ in WORDED.values()]


def _taken(texts: Sequence[str], places: Array) -> list[str]:
    return [texts[at] for at in places.tolist()]


def _spell(told: Array, named: Array, one: Sequence[str], other: Sequence[str]) -> None:
    for name, scorer in SPELLED.items():
        share = 100.0 if scorer is not JaroWinkler.similarity else 1.0
        told[named, _AT[name]] = process.cpdist(one, other, scorer=scorer, dtype=np.float32, workers=1) / np.float32(share)


def _ratio(one: Sequence[str], other: Sequence[str]) -> Array:
    return process.cpdist(one, other, scorer=fuzz.ratio, dtype=np.float32, workers=1) / np.float32(100.0)


def _labels(told: Array, column: str, labels: Texts, places: Array, owner: Array, names: Sequence[str]) -> None:
    """The best likeness of one side's domain labels (its first two) with the other side's name."""
    for nth in range(2):
        has = np.flatnonzero(places[owner] + nth < places[owner + 1])
        if len(has):
            found = _ratio(labels.at(places[owner[has]] + nth), _taken(names, has))
            told[has, _AT[column]] = np.maximum(told[has, _AT[column]], found)
