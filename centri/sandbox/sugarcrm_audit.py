"""The change log of the sandbox's SugarCRM: which fields are audited, and what each write to them left behind."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from centri.sandbox.rows import Row, Table
from centri.sandbox.schema import Field
from centri.sandbox.sugarcrm_arguments import number
from centri.sandbox.sugarcrm_call import Call

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

TYPES = ("enum", "currency", "date", "name", "phone", "url")
NAMES = ("assigned_user_id", "account_id", "first_name", "last_name")
_NAMESPACE = uuid.UUID("2f9f6a52-0c0e-4d58-9a53-1a5f0b9e6c11")


def audited(field: Field) -> bool:
    """Whether changes of this field are kept; which ones are is up to an administrator, these are the usual ones."""
    return field.createable and (field.type in TYPES or field.name in NAMES)


def record(org: SugarCRM, table: Table, before: Row, after: Row, user: str) -> None:
    """Keep what a write changed."""
    for field in table.schema.fields.values():
        old, new = before.get(field.name), after.get(field.name)
        if old == new or not audited(field):
            continue
        kept = {"parent_id": after.id, "field_name": field.name, "data_type": field.type, "before": old, "after": new}
        key = uuid.uuid5(_NAMESPACE, f"{after.id} {len(org.table('audit'))}")
        org.create("audit", {name: value for name, value in kept.items() if value is not None}, user=user, id=str(key))


def read_audit(call: Call) -> Any:
    """The changes of one record, the last one first."""
    changes = sorted(call.org.table("audit").find("parent_id", call.row.id), key=lambda row: row.created, reverse=True)
    size, offset = (number(call.arguments.get(name) or usual, name) for name, usual in (("max_num", 20), ("offset", 0)))
    shown = [_shown(call, row) for row in changes[offset : offset + size]]
    return {"next_offset": offset + size if len(changes) > offset + size else -1, "records": shown}


def _shown(call: Call, row: Row) -> dict[str, Any]:
    author = call.org.get("Users", row.created_by)
    return {
        "id": row.id,
        "parent_id": row.get("parent_id"),
        "field_name": row.get("field_name"),
        "data_type": row.get("data_type"),
        "before": row.get("before") or "",
        "after": row.get("after") or "",
        "before_value_string": row.get("before") or "",
        "after_value_string": row.get("after") or "",
        "date_created": call.org.written(row.created),
        "created_by": row.created_by,
        "created_by_username": author.get("user_name") if author else "",
    }
