"""Related records in the sandbox's SugarCRM: find, relate, part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_errors import refused
from centri.sandbox.sugarcrm_schema import Link

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM


def link_of(table: Table, name: str) -> Link:
    """The link of this name; raises Refused."""
    links: dict[str, Link] = table.schema.extra["links"]
    if name not in links:
        raise refused("not_found", f"Could not find a relationship named: {name}")
    return links[name]


def related(org: SugarCRM, table: Table, row: Row, link: Link) -> list[Row]:
    """Live records at the other end."""
    other = org.table(link.module)
    match link.kind:
        case "has":
            return other.find(link.key, row.id)
        case "parent":
            return [one for one in other.find("parent_id", row.id) if one.get("parent_type") == table.schema.name]
        case "many":
            found = [other.get(one.get(link.theirs)) for one in org.table(link.table).find(link.key, row.id)]
        case "child" if row.get("parent_type") != link.module:
            return []
        case _:
            found = [other.get(row.get(link.key or "parent_id") or "")]
    return [one for one in found if one is not None and not one.deleted]


def relate(org: SugarCRM, table: Table, row: Row, link: Link, remote: Row, *, role: str = "", user: str | None = None) -> None:
    """Join two records; joining them again changes nothing but the stamp."""
    module = table.schema.name
    match link.kind:
        case "of":
            org.update(module, row.id, {link.key: remote.id}, user=user)
        case "child":
            org.update(module, row.id, {"parent_type": link.module, "parent_id": remote.id}, user=user)
        case "has":
            org.update(link.module, remote.id, {link.key: row.id}, user=user)
        case "parent":
            org.update(link.module, remote.id, {"parent_type": module, "parent_id": row.id}, user=user)
        case _:
            if not _joins(org, row, link, remote):
                org.create(link.table, {link.key: row.id, link.theirs: remote.id, "contact_role": role}, user=user)


def unrelate(org: SugarCRM, table: Table, row: Row, link: Link, remote: Row, *, user: str | None = None) -> None:
    """Part two records."""
    match link.kind:
        case "of":
            org.update(table.schema.name, row.id, {link.key: None}, user=user)
        case "child":
            org.update(table.schema.name, row.id, {"parent_type": None, "parent_id": None}, user=user)
        case "has":
            org.update(link.module, remote.id, {link.key: None}, user=user)
        case "parent":
            org.update(link.module, remote.id, {"parent_type": None, "parent_id": None}, user=user)
        case _:
            for join in _joins(org, row, link, remote):
                org.delete(link.table, join.id, user=user)


def _joins(org: SugarCRM, row: Row, link: Link, remote: Row) -> list[Row]:
    return [one for one in org.table(link.table).find(link.key, row.id) if one.get(link.theirs) == remote.id]
