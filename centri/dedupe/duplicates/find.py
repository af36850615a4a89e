"""Duplicates among records: groups that are one and the same, how likely, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from centri.dedupe.calibration import probability
from centri.dedupe.duplicates.blocking import Cut
from centri.dedupe.duplicates.clusters import clusters
from centri.dedupe.duplicates.judging import Judge, Judged
from centri.dedupe.duplicates.people import Codes
from centri.dedupe.duplicates.people_model import default
from centri.dedupe.duplicates.ruled import by
from centri.dedupe.duplicates.rules import Rules
from centri.dedupe.scoring import Part
from centri.records import Record, Ref

Link = tuple[Ref, Ref]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two members of a group: ``parts`` add up to the evidence in log odds, and ``score`` is the probability it stands for."""

    one: Ref
    other: Ref
    score: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are one. ``scores`` holds each member's probability of belonging: that of its best pair in the group."""

    members: tuple[Ref, ...]
    scores: Mapping[Ref, float]
    evidence: tuple[Evidence, ...]

    @property
    def probability(self) -> float:
        """That of the least certain member; 1 for a group that only people's word holds together."""
        return min(self.scores.values(), default=1.0)


@dataclass(frozen=True)
class Groups:
    """What was found, in the order of the first members.

    ``siblings`` are pairs of one organisation and one surname that are *not* one. ``refused`` are must-links that a cannot-link
    forbids. ``cut`` are blocks so large that not every pair of them was compared.
    """

    groups: tuple[Group, ...]
    siblings: tuple[Link, ...] = ()
    refused: tuple[Link, ...] = ()
    cut: tuple[Cut, ...] = ()
    compared: int = 0

    def of(self, ref: Ref) -> Group | None:
        """The group that a record is in; None for one that has no duplicate."""
        return self._holding.get(ref)

    @cached_property
    def _holding(self) -> Mapping[Ref, Group]:
        return {ref: group for group in self.groups for ref in group.members}


def find(
    records: Iterable[Record], judge: Judge | Rules | None = None, must: Iterable[Link] = (), cannot: Iterable[Link] = ()
) -> Groups:
    """The groups of records that are one, of leads, contacts or both; deleted records are left out.

    ``judge`` says what is one: the default model of people, rules, or the one of companies. ``must`` and ``cannot`` are pairs
    that people said are one, and are not: they hold whatever the evidence. The order of records and pairs does not matter.
    """
    ordered = [kept for _, kept in sorted({record.ref: record for record in records if not record.deleted}.items())]
    row = {record.ref: number for number, record in enumerate(ordered)}
    musts, cannots = _rows(must, row), _rows(cannot, row)
    linked = {number for pair in (*musts, *cannots) for number in pair}
    judge = by(judge) if isinstance(judge, Rules) else judge or default()
    judged = judge([record.values for record in ordered], linked)
    return _grouped([record.ref for record in ordered], judged, musts, cannots)


def _rows(links: Iterable[Link], row: Mapping[Ref, int]) -> list[tuple[int, int]]:
    return sorted({(row[one], row[other]) for one, other in links if one in row and other in row and one != other})


def _grouped(refs: Sequence[Ref], judged: Judged, must: Sequence[tuple[int, int]], cannot: Sequence[tuple[int, int]]) -> Groups:
    into = _taken_as_one(judged)
    made = clusters(len(refs), _edges(judged, into), must, cannot)
    number = np.array([made.of[into[row]] for row in range(len(refs))], dtype=np.int64)
    return Groups(
        _groups(refs, judged, number),
        tuple(_siblings(refs, judged, number)),
        tuple((refs[one], refs[other]) for one, other in made.refused),
        judged.cut,
        len(judged.one),
    )


def _edges(judged: Judged, into: Sequence[int]) -> dict[tuple[int, int], float]:
    """The log odds of pairs of rows that stand for themselves; of what rows that one stands for say, the most."""
    found: dict[tuple[int, int], float] = {}
    for one, other, weight in zip(judged.one.tolist(), judged.other.tolist(), judged.log_odds.tolist(), strict=True):
        a, b = sorted((into[one], into[other]))
        if a != b:
            found[a, b] = max(weight, found.get((a, b), weight))
    return found


def _taken_as_one(judged: Judged) -> list[int]:
    """For each row the one that stands for it: the first that says the same, where that much is enough to be one."""
    into = list(range(len(judged.same_as)))
    again = (judged.same_as[judged.other] == judged.one) & (judged.log_odds > 0) & (judged.same_as[judged.other] != judged.other)
    for one, other in zip(judged.one[again].tolist(), judged.other[again].tolist(), strict=True):
        into[other] = one
    return into


def _groups(refs: Sequence[Ref], judged: Judged, number: Codes) -> tuple[Group, ...]:
    members = defaultdict(list)
    for row, group in enumerate(number.tolist()):
        members[group].append(row)
    inside = np.flatnonzero(number[judged.one] == number[judged.other])
    told = _told(refs, judged, inside)
    held: dict[int, list[Evidence]] = defaultdict(list)
    for at, evidence in zip(inside.tolist(), told, strict=True):
        held[int(number[judged.one[at]])].append(evidence)
    return tuple(_group([refs[row] for row in rows], held[group]) for group, rows in sorted(members.items()) if len(rows) > 1)


def _told(refs: Sequence[Ref], judged: Judged, at: Iterable[int]) -> list[Evidence]:
    rows = [int(number) for number in at]
    scores = probability(judged.log_odds[rows]).tolist() if rows else []
    ends = [(refs[int(judged.one[row])], refs[int(judged.other[row])]) for row in rows]
    parts = judged.parts(rows) if rows else []
    return [Evidence(*pair, score, part) for pair, score, part in zip(ends, scores, parts, strict=True)]


def _group(members: Sequence[Ref], evidence: Collection[Evidence]) -> Group:
    best: dict[Ref, float] = {}
    for pair in evidence:
        for ref in (pair.one, pair.other):
            best[ref] = max(best.get(ref, 0.0), pair.score)
    ordered = sorted(evidence, key=lambda pair: (-pair.score, pair.one, pair.other))
    return Group(tuple(members), {ref: best[ref] for ref in members if ref in best}, tuple(ordered))


def _siblings(refs: Sequence[Ref], judged: Judged, number: Codes) -> Iterable[Link]:
    apart = judged.siblings & (number[judged.one] != number[judged.other])
    return sorted(
        (refs[one], refs[other]) for one, other in zip(judged.one[apart].tolist(), judged.other[apart].tolist(), strict=True)
    )
