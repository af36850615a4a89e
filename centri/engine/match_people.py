"""Other leads of the store that may be the same person's as those that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from centri.dedupe import identity
from centri.dedupe.companies.witnesses import Pairs, keys, pairs
from centri.store import lead_matches

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class People:
    """Leads, first those that are asked for, then others that may be of their people; ``pairs`` are of those asked for."""

    rows: Sequence[Row]
    pairs: Pairs


def people(conn: Connection, asked: Mapping[str, Row]) -> People:
    """Some leads and those of the store that may be the same people's. ``asked`` may hold leads that are not stored."""
    addresses = {address for row in asked.values() if (address := identity.email(row))}
    rows = [
        *asked.values(),
        *(row for id, row in lead_matches.of_same_people(conn, asked.values(), addresses).items() if id not in asked),
    ]
    found = pairs(map(keys, rows))
    return People(rows, found.about(found.lead < len(asked)))
