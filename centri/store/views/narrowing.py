"""A view asked about less: only what one partner's person may see, only what happened within a time.

The view stays the same; what it asks is replaced by narrower sources, so that no figure can come from a row that is not to count.
"""

# ruff: noqa: S608 - every name that is put into a statement here is one of ours

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from centri.store.views.view import SOURCES


class Sight(NamedTuple):
    """The partner that looks, and which of its people; ``oversees`` says that what the partner was granted is theirs to see.

    Without a ``user_id`` nobody's own grants count.
    """

    partner_id: str
    user_id: str | None = None
    oversees: bool = True


class Reach(Enum):
    """What a partner is told by a report."""

    GRANTED = "granted"
    """What it may see record by record."""
    OWN = "own"
    """What is its own, whoever of it may see the records: for its administrators and viewers."""
    NOTHING = "nothing"
    """It is the vendor's."""


_KEY: Mapping[str, str] = {"leads": "lead_id", "opportunities": "opportunity_id", "deals": "deal_id"}
"""The id by which a row of a source is granted."""

_KIND: Mapping[str, str] = {"leads": "lead", "opportunities": "opportunity", "deals": "deal"}

_PARTNER: Mapping[str, str] = {"partners": "s.id = :partner", "people": "s.partner_account_id = :partner", "vendors": "1 = 0"}
"""Whom a partner's report may name."""


def sources(sight: Sight | None, reach: Reach, dated: Mapping[str, str], *, since: bool, until: bool) -> dict[str, str]:
    """What to ask in place of each source; ``dated`` names the moment of a source's row that has to lie within the time.

    Takes the parameters ``partner``, ``person`` where somebody looks, ``since`` (included) and ``until`` (excluded) where asked.
    """
    found = {}
    for name, asked in SOURCES.items():
        conditions = _seen(name, sight, reach) if sight else []
        if column := dated.get(name):
            conditions += [f"s.{column} >= :since"] * since + [f"s.{column} < :until"] * until
        rows = _granted_to(sight) if sight and name == "grants" else f"SELECT s.* FROM {asked} s"
        if conditions:
            rows += f" WHERE {' AND '.join(conditions)}"
        found[name] = f"({rows})" if conditions or (sight and name == "grants") else asked
    return found


def _seen(name: str, sight: Sight, reach: Reach) -> list[str]:
    if name == "grants":
        return []
    if name in _PARTNER:
        return [_PARTNER[name]]
    if reach is Reach.GRANTED and name in _KIND:
        return [f"s.{_KEY[name]} IN ({_granted_ids(_KIND[name], sight)})"]
    if reach is Reach.GRANTED and name == "stages":
        kinds = (f"(s.subject = '{kind}' AND s.subject_id IN ({_granted_ids(kind, sight)}))" for kind in _KIND.values())
        return [f"({' OR '.join(kinds)})"]
    return ["s.partner_account_id = :partner"]


def _granted_ids(kind: str, sight: Sight) -> str:
    return f"SELECT g.subject_id FROM v_grants g WHERE g.subject_type = '{kind}' AND {_mine(sight)}"


def _granted_to(sight: Sight) -> str:
    """The grants that count for who looks, those to the partner and to the person as one."""
    return (
        "SELECT g.subject_type, g.subject_id, g.principal_partner_id, NULL AS principal_user_id,"
        " CASE max(CASE g.level WHEN 'write' THEN 3 WHEN 'read' THEN 2 ELSE 1 END)"
        " WHEN 3 THEN 'write' WHEN 2 THEN 'read' ELSE 'offer' END AS level"
        f" FROM v_grants g WHERE {_mine(sight)} GROUP BY g.subject_type, g.subject_id, g.principal_partner_id"
    )


def _mine(sight: Sight) -> str:
    person = "g.principal_user_id = :person"
    whose = f"(g.principal_user_id IS NULL OR {person})" if sight.oversees else person
    return f"g.principal_partner_id = :partner AND {whose}"
