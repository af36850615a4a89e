"""Other leads of the store that may be the same person's, and what they say of their company."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from centri.dedupe import identity
from centri.dedupe.companies.company import Company
from centri.dedupe.companies.matcher import Matcher
from centri.dedupe.companies.witnesses import Pairs, Witness, keys, pairs
from centri.store import lead_matches

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class People:
    """Leads, first those that are asked for, then others that may be of their people; ``pairs`` are of those asked for."""

    rows: Sequence[Row]
    pairs: Pairs

    def witnesses(self, matcher: Matcher, company_of: Callable[[Row], Company]) -> dict[int, list[Witness]]:
        """Who is heard for the leads that are asked for, by their place."""
        others = np.unique(self.pairs.other).tolist()
        if not others:
            return {}
        told = dict(zip(others, matcher.rank([company_of(self.rows[at]) for at in others]).said(), strict=True))
        return {
            at: [Witness(trust, told[other], self.rows[other]["id"]) for other, trust in self.pairs.of(at) if told[other]]
            for at in np.unique(self.pairs.lead).tolist()
        }


def people(conn: Connection, asked: Mapping[str, Row]) -> People:
    """Some leads and those of the store that may be the same people's. ``asked`` may hold leads that are not stored."""
    addresses = {address for row in asked.values() if (address := identity.email(row))}
    rows = [
        *asked.values(),
        *(row for id, row in lead_matches.of_same_people(conn, asked.values(), addresses).items() if id not in asked),
    ]
    found = pairs(map(keys, rows))
    return People(rows, found.about(found.lead < len(asked)))
