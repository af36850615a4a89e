"""What the leads of a file say for each other: which of them are the same person's, and whom each of those means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies.witnesses import Pairs, Witness, keys, pairs
from centri.engine.match_columns import Columns, Values
from centri.engine.match_pool import Pool
from centri.engine.match_world import LEADS, World, lead

Array = NDArray[Any]


class Said(NamedTuple):
    """What a lead has to say: its id, and by account how likely it means that one."""

    id: str
    accounts: Mapping[str, float]


@dataclass(frozen=True)
class Hearing:
    """Who is heard for whom; ``said`` is of the leads that have others of their person, by place in the file."""

    pairs: Pairs
    said: Mapping[int, Said]

    def of(self, place: int) -> list[Witness]:
        """The witnesses of the lead at a place. A row that repeats its id is none."""
        told = ((trust, self.said[other]) for other, trust in self.pairs.of(place))
        return [
            Witness(trust, said.accounts, said.id) for trust, said in told if said.accounts and said.id != self.said[place].id
        ]

    def of_id(self, id: str) -> list[Witness]:
        """The witnesses of the first lead with an id."""
        place = min((at for at, said in self.said.items() if said.id == id), default=None)
        return [] if place is None else self.of(place)


class Heard(NamedTuple):
    """Some leads of a file, and by their place among these what others say of them."""

    rows: list[Values]
    witnesses: dict[int, list[Witness]]


def heard(leads: Columns, hearing: Hearing) -> Iterator[Heard]:
    """All leads of a file, some at once, each with its witnesses."""
    before = 0
    for rows in leads.parts(LEADS):
        yield Heard(rows, {at: some for at in range(len(rows)) if (some := hearing.of(before + at))})
        before += len(rows)


def hear(world: World, workers: Pool, leads: Columns, only: str | None = None) -> Hearing:
    """Hear what the leads of a file say that are not alone; with ``only``, all that concerns the lead of that id.

    Memory grows by some dozen bytes for each lead, and by what is said.
    """
    found = pairs(keys(row) for row in _each(leads))
    if only is not None:
        found = found.about(np.isin(found.lead, [at for at, row in enumerate(_each(leads)) if row["lead_id"] == only]))
    asked = np.unique(np.concatenate((found.lead, found.other)))
    told = workers.each(partial(_said, world), _rows(leads, asked))
    return Hearing(found, dict(zip(asked.tolist(), (said for part in told for said in part), strict=True)))


def _each(leads: Columns) -> Iterator[Values]:
    for part in leads.parts(LEADS):
        yield from part


def _rows(leads: Columns, asked: Array) -> Iterator[list[Values]]:
    """The rows at some places, some at once."""
    wanted = set(asked.tolist())
    found = (row for place, row in enumerate(_each(leads)) if place in wanted)
    while part := list(islice(found, LEADS)):
        yield part


def _said(world: World, rows: Sequence[Values]) -> list[Said]:
    told = world.matcher.rank([lead(row) for row in rows]).said()
    return [Said(row["lead_id"], accounts) for row, accounts in zip(rows, told, strict=True)]
