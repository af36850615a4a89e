"""The leads of a file as they are ranked: those that may be one person's together, so that each hears what the others say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from centri.dedupe.companies.witnesses import Pairs, keys, pairs
from centri.engine.match_columns import Columns, Values
from centri.engine.match_world import LEADS

Array = NDArray[Any]
Wanted = Callable[[Values], bool]


class Together(NamedTuple):
    """Leads that are ranked at once. The first are those to be answered, ``places`` says where each stands in its file;
    the rest are only heard. ``pairs`` are of the first, by their places among ``rows``.
    """

    rows: list[Values]
    places: list[int]
    pairs: Pairs


def acquainted(leads: Columns) -> Pairs:
    """The leads of a file that may be one person's, by their places. Memory grows by some dozen bytes for each lead."""
    return pairs(keys(row) for part in leads.parts(LEADS) for row in part)


def together(leads: Columns, found: Pairs, wanted: Wanted) -> Iterator[Together]:
    """The wanted leads of a file, some at once: first those that may be another lead's person's, then the rest as they come.

    ``found`` are its :func:`acquainted`. The file is read twice; rows are held until their others have come.
    """
    if len(found.lead):
        yield from _not_alone(leads, found, wanted)
    some = set(np.unique(found.lead).tolist())
    alone = ((place, row) for place, row in _each(leads) if place not in some and wanted(row))
    while part := list(islice(alone, LEADS)):
        yield Together([row for _, row in part], [place for place, _ in part], NOBODY)


NOBODY = pairs([])
"""No pair of leads."""


def _each(leads: Columns) -> Iterator[tuple[int, Values]]:
    return enumerate(row for part in leads.parts(LEADS) for row in part)


def _not_alone(leads: Columns, found: Pairs, wanted: Wanted) -> Iterator[Together]:
    """Those that have others, each when all of these were read: so the leads of a person are mostly answered together."""
    ready = _latest(np.arange(int(found.lead[-1]) + 1), found)
    needed = _latest(ready, found)
    members = np.unique(found.lead)
    order = members[np.argsort(ready[members], kind="stable")]
    due, some = ready[order], set(members.tolist())
    held: dict[int, Values] = {}
    answered = read = 0
    for place, row in _each(leads):
        if place in some:
            held[place] = row
            read = int(np.searchsorted(due, place, side="right"))
        if read - answered >= LEADS or read == len(order):
            yield from _asked(order[answered:read], held, found, wanted)
            held = {one: kept for one, kept in held.items() if needed[one] > place}
            answered = read
        if answered == len(order):
            return


def _latest(places: Array, found: Pairs) -> Array:
    """Of each lead the latest of its own place and of those of its others."""
    latest = places.copy()
    np.maximum.at(latest, found.lead, places[found.other])
    return latest


def _asked(members: Array, held: Mapping[int, Values], found: Pairs, wanted: Wanted) -> Iterator[Together]:
    """Those of some leads that are wanted, and behind them whom else they hear."""
    answered = [place for place in members.tolist() if wanted(held[place])]
    if not answered:
        return
    begin, end = (np.searchsorted(found.lead, answered, side=side) for side in ("left", "right"))
    near = found.about(np.concatenate([np.arange(a, b) for a, b in zip(begin, end, strict=True)]))
    places = [*answered, *np.setdiff1d(near.other, answered).tolist()]
    local = {place: at for at, place in enumerate(places)}
    lead, other = (np.array([local[place] for place in column.tolist()]) for column in (near.lead, near.other))
    yield Together([held[place] for place in places], answered, Pairs(lead, other, near.trust))
