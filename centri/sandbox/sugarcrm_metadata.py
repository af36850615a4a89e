"""What the sandbox's SugarCRM says about itself: modules, fields, value lists, server."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from centri.sandbox.schema import Field, Schema
from centri.sandbox.sugarcrm_arguments import names
from centri.sandbox.sugarcrm_audit import audited
from centri.sandbox.sugarcrm_errors import refused
from centri.sandbox.sugarcrm_schema import DERIVED, Link
from centri.sandbox.sugarcrm_shown import derived

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

SHOWN_TYPES = {"email1": "varchar", "team_part": "relate", "blob": "file"}
DATABASE_TYPES = dict.fromkeys(("enum", "name", "phone", "url"), "varchar") | {"multienum": "text", "currency": "decimal"}
NOT_STORED = (*DERIVED, "email", "email1", "tag")
MONEY = ("currency", "decimal")


def metadata(org: SugarCRM, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that ``type_filter`` asks for (all by default), of the modules in ``module_filter``."""
    only = names(arguments.get("module_filter"))
    schemas = {
        name: t.schema for name, t in org.tables.items() if not t.schema.extra.get("hidden") and (not only or name in only)
    }
    parts: dict[str, Any] = {
        "full_module_list": hashed({name: name for name, t in org.tables.items() if not t.schema.extra.get("hidden")}),
        "modules": {name: module(org, schema) for name, schema in schemas.items()},
        "relationships": hashed({}),
        "server_info": hashed({key: org.server[key] for key in ("version", "build", "flavor")}),
    }
    wanted = names(arguments.get("type_filter"))
    return hashed({name: part for name, part in parts.items() if not wanted or name in wanted})


def module(org: SugarCRM, schema: Schema) -> dict[str, Any]:
    fields = {name: definition(field) for name, field in schema.fields.items()}
    links = {link.name: _link(link) for link in schema.extra["links"].values() if link.name not in fields}
    config = {"opps_view_by": org.server["opps_view_by"]} if schema.name == "Opportunities" else {}
    return hashed({"fields": hashed(fields | links), "config": config, "nameFormat": {}})


def definition(field: Field) -> dict[str, Any]:
    """One field as the metadata tells it; keys that do not apply are left out."""
    shown: dict[str, Any] = {
        "name": field.name,
        "vname": f"LBL_{field.name.upper()}",
        "type": SHOWN_TYPES.get(field.type, field.type),
        "dbType": DATABASE_TYPES.get(field.type),
        "len": f"{field.length},6" if field.type in MONEY else field.length or None,
        "required": field.required or None,
        "readonly": True if not field.updateable and field.name != "id" else None,
        "source": "non-db" if field.type in NOT_STORED else "custom_fields" if field.custom else None,
        "default": field.default,
        "audited": True if audited(field) else None,
        **field.extra,
    }
    return {key: value for key, value in shown.items() if value is not None}


def choices(org: SugarCRM, module: str, name: str) -> dict[str, str]:
    """Values and labels of an enum field. Raises Refused."""
    field = org.module(module).schema.fields.get(name)
    if field is None or field.type not in ("enum", "multienum"):
        raise refused("not_found", f"Could not find an enum field {name} in module: {module}")
    return {value: value for value in field.choices}


def user(org: SugarCRM, id: str) -> dict[str, Any]:
    """A user, in the words of ``/me``."""
    row = org.live("Users", id)
    preferences = {"timezone": org.timezone.key, "datepref": "Y-m-d", "timepref": "H:i", "language": "en_us"}
    return {
        "id": row.id,
        "user_name": row.get("user_name"),
        "full_name": derived(org, org.table("Users").schema.fields["full_name"], row),
        "type": "admin" if row.get("is_admin") else "user",
        "preferences": preferences,
        "module_list": [name for name, table in org.tables.items() if not table.schema.extra.get("hidden")],
        "acl": {},
    }


def check_hash(org: SugarCRM, held: str | None) -> None:
    """Raises Refused for a hash of metadata that are no longer so; no hash is no claim."""
    if held and held != metadata(org, {})["_hash"]:
        raise refused("metadata_out_of_date", "Your metadata is out of date.")


def hashed(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "_hash": hashlib.md5(orjson.dumps(part), usedforsecurity=False).hexdigest()}


def _link(link: Link) -> dict[str, Any]:
    return {"name": link.name, "type": "link", "module": link.module, "source": "non-db"}
