"""What the leads of a file say for each other: which of them are the same person's, and whom each of those means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies.witnesses import MANY, TRUST, UNSURE, Witness, keys
from centri.engine.match_columns import Columns, Values
from centri.engine.match_pool import Pool
from centri.engine.match_world import World, lead

Array = NDArray[Any]

_AT_ONCE = 400
_MOST = 10


class Pairs(NamedTuple):
    """Pairs of leads that may be the same person's, each both ways, by their places in the file; sorted by the first."""

    lead: Array
    other: Array
    trust: Array


class Said(NamedTuple):
    """What a lead has to say: its id, and by account how likely it means that one."""

    id: str
    accounts: Mapping[str, float]


@dataclass(frozen=True)
class Hearing:
    """Who is heard for whom; ``said`` is of the leads that have others of their person, by place."""

    pairs: Pairs
    said: Mapping[int, Said]

    def of(self, place: int) -> list[Witness]:
        """The witnesses of the lead at a place. A row that repeats its id is none."""
        begin, end = np.searchsorted(self.pairs.lead, (place, place + 1))
        others = zip(self.pairs.other[begin:end].tolist(), self.pairs.trust[begin:end].tolist(), strict=True)
        told = ((trust, self.said[other]) for other, trust in others)
        return [Witness(trust, said.accounts) for trust, said in told if said.accounts and said.id != self.said[place].id]

    def of_id(self, id: str) -> list[Witness]:
        """The witnesses of the first lead with an id."""
        place = min((at for at, said in self.said.items() if said.id == id), default=None)
        return [] if place is None else self.of(place)


class Heard(NamedTuple):
    """Some leads of a file, and by their place among these what others say of them."""

    rows: list[Values]
    witnesses: dict[int, list[Witness]]


def heard(leads: Columns, hearing: Hearing, at_once: int) -> Iterator[Heard]:
    """All leads of a file, some at once, each with its witnesses."""
    before = 0
    for rows in leads.parts(at_once):
        yield Heard(rows, {at: some for at in range(len(rows)) if (some := hearing.of(before + at))})
        before += len(rows)


def hear(world: World, workers: Pool, leads: Columns, only: str | None = None) -> Hearing:
    """Hear what the leads of a file say that are not alone; with ``only``, all that concerns the lead of that id.

    Memory grows by some dozen bytes for each lead, and by what is said.
    """
    pairs = _pairs(leads)
    if only is not None:
        pairs = _about(pairs, leads, only)
    asked = np.unique(np.concatenate((pairs.lead, pairs.other)))
    told = workers.each(partial(_said, world), _rows(leads, asked))
    return Hearing(pairs, dict(zip(asked.tolist(), (said for part in told for said in part), strict=True)))


def _pairs(leads: Columns) -> Pairs:
    numbers: dict[str, list[int]] = {kind: [] for kind in TRUST}
    places: dict[str, list[int]] = {kind: [] for kind in TRUST}
    for place, row in enumerate(_each(leads)):
        for kind, text in keys(row):
            numbers[kind].append(hash(text))
            places[kind].append(place)
    told = [_sharing(np.array(numbers[kind], dtype=np.int64), np.array(places[kind], dtype=np.int64)) for kind in TRUST]
    one, other = (np.concatenate([pair[side] for pair in told]) for side in (0, 1))
    trust = np.repeat(list(TRUST.values()), [len(pair[0]) for pair in told])
    order = np.lexsort((-trust, other, one))
    one, other, trust = one[order], other[order], trust[order]
    most = np.r_[True, (one[1:] != one[:-1]) | (other[1:] != other[:-1])][: len(one)]
    return Pairs(one[most], other[most], trust[most])


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


def _about(pairs: Pairs, leads: Columns, id: str) -> Pairs:
    mine = [place for place, row in enumerate(_each(leads)) if row["lead_id"] == id]
    concerned = np.isin(pairs.lead, mine)
    return Pairs(*(column[concerned] for column in pairs))


def _each(leads: Columns) -> Iterator[Values]:
    for part in leads.parts(_AT_ONCE):
        yield from part


def _rows(leads: Columns, asked: Array) -> Iterator[list[Values]]:
    """The rows at some places, some at once."""
    wanted, part = iter(asked.tolist()), list[Values]()
    following = next(wanted, None)
    if following is None:
        return
    for place, row in enumerate(_each(leads)):
        if place == following:
            part.append(row)
            following = next(wanted, None)
        if len(part) == _AT_ONCE or following is None:
            yield part
            part = []
        if following is None:
            return


def _said(world: World, rows: Sequence[Values]) -> list[Said]:
    ranking = world.matcher.rank([lead(row) for row in rows])
    found: list[dict[str, float]] = [{} for _ in rows]
    for place, account, score in ranking.best(_MOST):
        if score >= UNSURE:
            found[place][account] = score
    return [Said(row["lead_id"], accounts) for row, accounts in zip(rows, found, strict=True)]
