"""Rank the companies that a lead may mean: candidates from the index, their evidence, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies import search
from centri.dedupe.companies.company import Company
from centri.dedupe.companies.evidence import evidence
from centri.dedupe.companies.index import Asked, Candidates, Index
from centri.dedupe.companies.learning import Examples
from centri.dedupe.companies.levels import levels
from centri.dedupe.companies.model import Judged, Model, default_model, parts
from centri.dedupe.companies.segment import Segment
from centri.dedupe.companies.witnesses import UNSURE, Pairs, Witness, gained
from centri.dedupe.scoring import Part

Array = NDArray[Any]
Told = TypeVar("Told")
Witnesses = Mapping[int, Sequence[Witness]]
"""Other leads of the same person, by the place of the lead that they are heard for."""

FOUND_BY: Mapping[int, str] = {
    search.DOMAIN: "domain",
    search.LABEL: "domain_name",
    search.CORE: "name",
    search.SLIP: "slip",
    search.ACRONYM: "acronym",
    search.WORD: "rare_word",
    search.PIECE: "letters",
    search.LABEL_PIECE: "domain_letters",
}
"""The blocking keys by which candidates are found, as people read them."""

_FOUND_BY = [tuple(word for bit, word in FOUND_BY.items() if found_by & bit) for found_by in range(2 * max(FOUND_BY))]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A company that may be meant. ``score`` is the probability that it is; ``alone`` its evidence in log odds, rivals aside.

    ``levels`` say how far name, domain, country and city agree; ``found_by`` which keys led to it; ``name`` is the one of its
    names that was nearest, in its plain form, ``alias`` says that it is not its own.
    """

    id: str
    score: float
    alone: float
    name: str
    alias: bool
    levels: Mapping[str, str]
    found_by: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ranking:
    """The candidates of some leads, those of one lead together, the best first; arrays side by side."""

    leads: Sequence[Company]
    index: Index
    model: Model
    found: Candidates
    evidence: Array
    nearest: Array
    judged: Judged
    witnesses: Witnesses = field(default_factory=dict)

    def of(self, lead: int, most: int = 10) -> list[Candidate]:
        """The best candidates of a lead."""
        begin, end = self.places[lead], self.places[lead + 1]
        return self.at(np.arange(begin, min(end, begin + most)))

    def at(self, places: Array) -> list[Candidate]:
        """The candidates at some places of the arrays."""
        found, judged = self.found, self.judged
        names = iter(self._of_segments(places[self.nearest[places] >= 0], self._names_in))
        columns = (judged.probability, judged.alone, self.nearest, self.evidence, found.query, found.found_by)
        told = zip(self._ids(places), self._aliases(places), *(column[places].tolist() for column in columns), strict=True)
        return [
            Candidate(
                id,
                score,
                alone,
                next(names) if nearest >= 0 else "",
                alias,
                levels(row, shared=self.leads[query].shared, one_word=self._one_word[query]),
                _FOUND_BY[found_by],
            )
            for id, alias, score, alone, nearest, row, query, found_by in told
        ]

    def _ids(self, places: Array) -> list[str]:
        return self._of_segments(places, lambda segment, there: segment.ids.at(self.found.company[there]))

    def _aliases(self, places: Array) -> list[bool]:
        return self._of_segments(
            places, lambda s, there: (self.nearest[there] > s.first_name[self.found.company[there]]).tolist()
        )

    def _names_in(self, segment: Segment, places: Array) -> list[str]:
        return segment.names.core.at(self.nearest[places])

    def _of_segments(self, places: Array, told: Callable[[Segment, Array], list[Told]]) -> list[Told]:
        """What each segment tells of those places that are in it, in the order of the places."""
        where = self.found.segment[places]
        here = [np.flatnonzero(where == at) for at in range(len(self.index.segments))]
        answers = [answer for at, s in zip(here, self.index.segments, strict=True) for answer in told(s, places[at])]
        order = np.argsort(np.concatenate(here), kind="stable")
        return [answers[at] for at in order.tolist()]

    @cached_property
    def places(self) -> list[int]:
        """Where the candidates of each lead begin and end."""
        counts = np.bincount(self.found.query, minlength=len(self.leads))
        return [0, *np.cumsum(counts).tolist()]

    def best(self, most: int) -> Iterator[tuple[int, str, float]]:
        """The lead's place, company and score of the best ``most`` of each lead."""
        yield from self._told(np.flatnonzero(self._rank < most))

    @cached_property
    def _rank(self) -> Array:
        """How many candidates of its lead each one has before it."""
        ranks: Array = np.arange(len(self.found.query)) - np.asarray(self.places)[self.found.query]
        return ranks

    def _told(self, places: Array) -> Iterator[tuple[int, str, float]]:
        scores = self.judged.probability[places].tolist()
        yield from zip(self.found.query[places].tolist(), self._ids(places), scores, strict=True)

    def said(self, leads: Array) -> dict[int, dict[str, float]]:
        """What some leads have to say as witnesses: how likely each means whom, of those that it does not find unlikely."""
        told = np.zeros(len(self.leads), dtype=np.bool_)
        told[leads] = True
        spoken_of = (self._rank < _SPOKEN_OF) & told[self.found.query] & (self.judged.probability >= UNSURE)
        found: dict[int, dict[str, float]] = {}
        for lead, id, score in self._told(np.flatnonzero(spoken_of)):
            found.setdefault(lead, {})[id] = score
        return found

    def witnesses_of(self, pairs: Pairs) -> dict[int, list[Witness]]:
        """Who says something for the leads of some pairs. A row that repeats a lead's id is no other lead."""
        said = self.said(np.unique(pairs.other))
        found: dict[int, list[Witness]] = {}
        for lead, other, trust in zip(*(column.tolist() for column in pairs), strict=True):
            id = self.leads[other].id
            if other in said and id != self.leads[lead].id:
                found.setdefault(lead, []).append(Witness(trust, said[other], id))
        return found

    def parts(self, lead: int, place: int) -> list[Part]:
        """What each piece of evidence gave the candidate at a place (0: the best),
        in log odds; they add up before calibration.
        """
        at = self.places[lead] + place
        one = self.judged.at(at)
        told = parts(self.model, self.evidence[at], one)
        row = dict(zip(self.model.alone.features, self.evidence[at].tolist(), strict=True))
        kept = [
            Part(name, f"{row[name]:.2f}" if name in row else "", weight) for name, weight in told[:-1] if abs(weight) > _NOTHING
        ]
        rest = float(one.among) - sum(part.weight for part in kept)
        return [*kept, Part(told[-1][0], "", rest)]

    def heard(self, witnesses: Witnesses) -> Ranking:
        """The ranking when it is heard what other leads of the same person say, by place of the lead."""
        asked = sorted(lead for lead, some in witnesses.items() if some)
        places = np.array([at for lead in asked for at in range(self.places[lead], self.places[lead + 1])], dtype=np.int64)
        own = self.model.calibration.meaning(self.judged.among[places]).tolist()
        told = zip(places.tolist(), self.found.query[places].tolist(), self._ids(places), own, strict=True)
        gains = {at: gain for at, lead, id, sure in told if (gain := gained(sure, id, witnesses[lead]))}
        if not gains:
            return self
        more = np.zeros(len(self.found.query))
        more[list(gains)] = list(gains.values())
        judged = self.model.heard(self.judged, more)
        return replace(self._in_order(np.lexsort((-judged.probability, self.found.query)), judged), witnesses=witnesses)

    def _in_order(self, order: Array, judged: Judged) -> Ranking:
        return replace(
            self, found=self.found.at(order), evidence=self.evidence[order], nearest=self.nearest[order], judged=judged.at(order)
        )

    def cut(self, lead: int) -> int:
        """How many companies of crowded keys were not looked at for a lead."""
        return int(self.found.cut[lead])

    def examples(self, right: Mapping[str, frozenset[str]]) -> Examples:
        """The candidates as examples to learn from. ``right`` holds the right companies of each lead; one without is left out."""
        known = np.array([lead.id in right for lead in self.leads], dtype=bool)[self.found.query]
        kept = np.flatnonzero(known)
        asked = self.found.query[kept].tolist()
        hit = [id in right[self.leads[query].id] for query, id in zip(asked, self._ids(kept), strict=True)]
        return Examples(self.evidence[kept], self.found.query[kept], self.names[kept], np.array(hit, dtype=bool))

    @cached_property
    def names(self) -> Array:
        return _names(self.index, self.found, self.nearest)

    @cached_property
    def _one_word(self) -> list[bool]:
        return [bool(lead.names) and len(lead.names[0].words) == 1 for lead in self.leads]


_SPOKEN_OF = 10
"""Companies that a lead speaks of at most."""

_NOTHING = 5e-3
"""Log odds under which a part is not worth a line; they are kept in ``all together``."""


class Matcher:
    """Finds and ranks. Searching leaves the index as it was; one matcher must not be used by two threads at once."""

    def __init__(self, index: Index, model: Model | None = None) -> None:
        self.index, self.model = index, model or default_model()

    def rank(self, leads: Sequence[Company], pairs: Pairs | None = None) -> Ranking:
        """The candidates of each lead, the best first. What is asked together or apart comes out the same.

        ``pairs`` are of leads, by their places among these, that may be the same person's: the first is told what the other says.
        """
        asked = Asked.of(leads)
        found = self.index.find(asked)
        told, nearest = evidence(self.index, asked, found)
        judged = self.model.judge(told, found.query, _names(self.index, found, nearest))
        order = self._order(found, judged)
        ranking = Ranking(leads, self.index, self.model, found.at(order), told[order], nearest[order], judged.at(order))
        return ranking.heard(ranking.witnesses_of(pairs)) if pairs is not None else ranking

    def _order(self, found: Candidates, judged: Judged) -> Array:
        """By lead, then the likeliest first; equals by their ids' numbers, so that the order of the index does not matter."""
        ties = np.zeros(len(found.query), dtype=np.uint64)
        for at, segment in enumerate(self.index.segments):
            here = found.segment == at
            ties[here] = segment.order[found.company[here]]
        return np.lexsort((ties, -judged.probability, found.query))


def _names(index: Index, found: Candidates, nearest: Array) -> Array:
    """A number for what each candidate is called; 0 where it has no name."""
    names = np.zeros(len(found.query), dtype=np.uint64)
    for at, segment in enumerate(index.segments):
        here = np.flatnonzero((found.segment == at) & (nearest >= 0))
        names[here] = segment.core[nearest[here]]
    return names
