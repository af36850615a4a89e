"""Merging records in the sandbox's SugarCRM, as its screens do it: move what hangs on the losers, then delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_links import relate, related
from centri.sandbox.sugarcrm_schema import Link

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

CARRIED = ("has", "parent", "many")
"""Kinds of link whose other end follows the record that stays."""


def merge(org: SugarCRM, table: Table, winner: Row, loser: Row, user: str) -> None:
    """The winner takes over related records, and values where it has none of its own."""
    links: dict[str, Link] = table.schema.extra["links"]
    for link in (one for one in links.values() if one.kind in CARRIED):
        for remote in related(org, table, loser, link):
            if remote.id != winner.id:
                relate(org, table, winner, link, remote, user=user)
    fields = [one for one in table.schema.fields.values() if one.createable and one.name not in ("sync_key", "email1")]
    wanting = {one.name: loser.get(one.name) for one in fields if winner.get(one.name) is None}
    kept = {name: value for name, value in wanting.items() if value is not None}
    if kept:
        org.touch(table.schema.name, winner.id, user=user, **kept)
    org.delete(table.schema.name, loser.id, user=user)
