"""How a field of a record of the sandbox's SugarCRM reads as JSON, and the values that come from other fields and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row
from centri.sandbox.schema import Field
from centri.sandbox.sugarcrm_schema import DERIVED, SYSTEM
from centri.sandbox.sugarcrm_values import primary_address, tags_written_out, written_out

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

EVERYBODY = "1"
"""The id of the team that all are in, to which a record belongs that says nothing else."""

NO_TEAM = [{"id": EVERYBODY, "primary": True}]
WRITTEN_OUT = frozenset(("datetime", "email1", "email", "tag", "team_list"))
"""Types whose values do not read as they are stored."""

EMPTY: dict[str, Any] = {"bool": False, "multienum": [], "int": None, "currency": None, "decimal": None}
"""What a field without a value reads as, by type; empty text otherwise."""


def shown(org: SugarCRM, field: Field, row: Row) -> Any:
    """One field as JSON: empty text rather than null, money as text, date-times in the user's zone."""
    kind = field.type
    if kind in DERIVED:
        return derived(org, field, row)
    value = system(field.name, row) if field.name in SYSTEM else row.values.get(field.name)
    if kind not in WRITTEN_OUT:
        return EMPTY.get(kind, "") if value is None else value
    match kind:
        case "datetime":
            return org.written(value)
        case "email1":
            return primary_address(row.get("email"))
        case "email":
            return written_out(value)
        case "tag":
            return tags_written_out(value)
        case _:
            return [_team(org, one) for one in value or NO_TEAM]


def derived(org: SugarCRM, field: Field, row: Row) -> str:
    """The value of a field that comes from others: a person's name, the name of a related record, a team set's id."""
    match field.type:
        case "fullname":
            return " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
        case "team_part":
            held = row.get("team_name") or NO_TEAM
            return str(len(held)) if field.name == "team_count" else next(str(one["id"]) for one in held if one["primary"])
        case "parent":
            return _name(org, row.get("parent_type"), row.get("parent_id"))
        case _:
            key = field.extra["id_name"]
            return _name(org, field.extra["module"], system(key, row) if key in SYSTEM else row.get(key))


def system(name: str, row: Row) -> Any:
    """A field that stands beside a row's values."""
    match name:
        case "id":
            return row.id
        case "date_entered":
            return row.created
        case "date_modified":
            return row.stamp
        case "created_by":
            return row.created_by
        case "modified_user_id":
            return row.modified_by
        case _:
            return row.deleted


def _name(org: SugarCRM, module: str | None, id: str | None) -> str:
    """The name of a record; empty where there is none."""
    other = org.tables[module].get(id) if id and module in org.tables else None
    if other is None or other.deleted or not module:
        return ""
    named: Field = org.tables[module].schema.fields["name"]
    return derived(org, named, other) if named.type in DERIVED else other.get("name") or ""


def _team(org: SugarCRM, held: dict[str, Any]) -> dict[str, Any]:
    row = org.tables["Teams"].get(held["id"])
    return {"id": held["id"], "name": row.get("name") if row else "", "name_2": "", "primary": held["primary"]}
