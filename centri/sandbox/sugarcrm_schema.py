"""The modules of the sandbox's SugarCRM, read from sugarcrm_schema.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from centri.sandbox.schema import Field, Schema

SYSTEM = frozenset(("id", "date_entered", "date_modified", "modified_user_id", "created_by", "deleted"))
"""Fields that stand beside a row's values and that no client writes (an id may be chosen on create)."""

DERIVED = frozenset(("relate", "parent", "fullname", "team_part"))
"""Types whose value comes from other fields or rows."""

SECRET = "password"  # noqa: S105 - the name of a type
"""A type that is written and never read."""

KEYED = ("sync_key", "account_id", "contact_id", "opportunity_id", "parent_id", "user_name", "note_parent_id")
UNTOUCHABLE = ("readonly", "required")


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a module to related records.

    ``of``: this side holds ``key``; ``has``: the other side does; ``child``: this side holds parent_type and parent_id;
    ``parent``: the other side does; ``many``: rows of ``table`` join ``key`` (ours) with ``theirs``.
    """

    name: str
    kind: str
    module: str
    key: str = ""
    table: str = ""
    theirs: str = ""


@cache
def plan() -> dict[str, Any]:
    """The whole file, as it stands."""
    text = files("centri.sandbox").joinpath("sugarcrm_schema.yaml").read_text("utf-8")
    return dict(YAML(typ="safe").load(text))


def schemas(*, line_items: bool = False) -> list[Schema]:
    """A fresh schema for each module and each table beside them, for either way to keep opportunities."""
    modules = [_module(name, module) for name, module in plan()["modules"].items()]
    if line_items:
        modules += [_module(name, module) for name, module in plan()["line_items"]["modules"].items()]
        for schema in modules:
            schema.extra["links"] |= _links(plan()["line_items"]["links"].get(schema.name, {}))
            if schema.name == "Opportunities":
                _close(schema, plan()["line_items"]["rolled_up"])
    return modules + [_beside(name, fields) for name, fields in plan()["tables"].items()]


def _close(schema: Schema, names: list[str]) -> None:
    """Leave these fields to be worked out from other records."""
    for field in (schema.fields[name] for name in names):
        field.required = field.createable = field.updateable = False
        field.default, field.extra = None, {**field.extra, "calculated": True, "enforced": True}


def custom(name: str) -> Field:
    """A custom field that data brings along and the schema does not know."""
    return _field(name, "varchar 255", None)


def _module(name: str, module: dict[str, Any]) -> Schema:
    schema = Schema(name, module["bean"], name, extra={"links": _links(module["links"])})
    defaults = module.get("defaults", {})
    specifications = {**plan()["common"], **module["fields"]}
    schema.add(*(_field(field, text, defaults.get(field)) for field, text in specifications.items()))
    return schema


def _beside(name: str, fields: dict[str, str]) -> Schema:
    schema = Schema(name, name, name, extra={"links": {}, "hidden": True})
    schema.add(*(_field(field, text, None) for field, text in fields.items()))
    for field in schema.fields.values():
        field.keyed = field.type == "id"
    return schema


def _field(name: str, text: str, default: Any) -> Field:
    kind, *rest = text.split()
    flags = {word for word in rest if word in UNTOUCHABLE}
    words = [word for word in rest if word not in flags]
    field = Field(name, kind, name.replace("_", " ").title(), default=default, custom=name.endswith("_c"))
    field.required = "required" in flags
    field.createable = field.updateable = not (flags & {"readonly"} or kind in DERIVED or name in SYSTEM)
    field.keyed = name in KEYED
    if kind in ("enum", "multienum"):
        field.choices, field.extra = tuple(plan()["lists"][words[0]]), {"options": words[0]}
        field.length = 100 if kind == "enum" else 0
    elif kind == "relate":
        field.extra = {"module": words[0], "id_name": words[1]}
    else:
        field.length = int(words[0]) if words else 36 if kind == "id" else 0
    return field


def _links(specifications: dict[str, str]) -> dict[str, Link]:
    links = {}
    for name, text in specifications.items():
        kind, module, *rest = text.split()
        table, key, theirs = rest if kind == "many" else ("", *rest, "") if rest else ("", "", "")
        links[name] = Link(name, kind, module, key, table, theirs)
    return links
