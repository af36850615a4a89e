"""The modules of the sandbox's SugarCRM, read from sugarcrm_schema.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from centri.sandbox.schema import Field, Schema

SYSTEM = ("id", "date_entered", "date_modified", "modified_user_id", "created_by", "deleted")
"""Fields that stand beside a row's values and that no client writes (an id may be chosen on create)."""

DERIVED = ("relate", "parent", "fullname")
"""Types whose value comes from other fields or rows."""

KEYED = ("sync_key", "account_id", "contact_id", "opportunity_id", "parent_id", "user_name")
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


def schemas() -> list[Schema]:
    """A fresh schema for each module and each join table."""
    modules = [_module(name, module) for name, module in plan()["modules"].items()]
    return modules + [_join(name, fields) for name, fields in plan()["joins"].items()]


def custom(name: str) -> Field:
    """A custom field that data brings along and the schema does not know."""
    return _field(name, "varchar 255", None)


def _module(name: str, module: dict[str, Any]) -> Schema:
    schema = Schema(name, module["bean"], name, extra={"links": _links(module["links"])})
    defaults = module.get("defaults", {})
    specifications = {**plan()["common"], **module["fields"]}
    schema.add(*(_field(field, text, defaults.get(field)) for field, text in specifications.items()))
    return schema


def _join(name: str, fields: dict[str, str]) -> Schema:
    schema = Schema(name, name, name, extra={"links": {}, "join": True})
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
    if kind == "enum":
        field.choices, field.length, field.extra = tuple(plan()["lists"][words[0]]), 100, {"options": words[0]}
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
