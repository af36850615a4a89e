"""Other leads of the store that may be the same person's, and what they say of their company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from centri.dedupe.companies.company import Company
from centri.dedupe.companies.matcher import Matcher
from centri.dedupe.companies.witnesses import MANY, TRUST, UNSURE, Witness, keys
from centri.store import lead_matches

Row = Mapping[str, Any]

_MOST = 10


def others(conn: Connection, rows: Mapping[str, Row]) -> tuple[dict[str, Row], dict[str, dict[str, float]]]:
    """Rows of leads that may be the same person's as some of ``rows``, and by lead how much each is to be trusted to be."""
    known: dict[str, Row] = {**lead_matches.of_same_people(conn, rows.values()), **rows}
    sharing: dict[tuple[str, str], list[str]] = defaultdict(list)
    for id, row in known.items():
        for key in keys(row):
            sharing[key].append(id)
    trusted: dict[str, dict[str, float]] = {}
    for (kind, _), ids in sharing.items():
        for one in ids if 1 < len(ids) <= MANY else ():
            if one in rows:
                of_one = trusted.setdefault(one, {})
                of_one.update({other: max(TRUST[kind], of_one.get(other, 0.0)) for other in ids if other != one})
    wanted = {other for of_one in trusted.values() for other in of_one}
    return {id: known[id] for id in sorted(wanted)}, trusted


def said(matcher: Matcher, leads: Sequence[Company]) -> dict[str, dict[str, float]]:
    """By lead, how likely it means whom in its own eyes."""
    found: dict[str, dict[str, float]] = {one.id: {} for one in leads}
    for place, company, score in matcher.rank(leads).best(_MOST):
        if score >= UNSURE:
            found[leads[place].id][company] = score
    return found


def witnesses(
    ids: Sequence[str], trusted: Mapping[str, Mapping[str, float]], told: Mapping[str, Mapping[str, float]]
) -> dict[int, list[Witness]]:
    """Who is heard for each of some leads, by its place."""
    found = {
        at: [Witness(trust, told[other]) for other, trust in sorted(trusted[id].items()) if told[other]]
        for at, id in enumerate(ids)
        if id in trusted
    }
    return {at: some for at, some in found.items() if some}
