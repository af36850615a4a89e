"""What loading and seeding must know of each CRM: its names for the system's own fields, and how it stores a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from centri.sandbox import salesforce_columns, salesforce_schema, sugarcrm_schema
from centri.sandbox.rows import Table
from centri.sandbox.salesforce_values import stored
from centri.sandbox.schema import Field, Schema
from centri.sandbox.state import Org
from centri.sandbox.sugarcrm_org import SugarCRM
from centri.sandbox.sugarcrm_values import addresses, tidy


@dataclass(frozen=True, slots=True)
class Dialect:
    """``roles`` says which fields stand beside a row's values, by their part in it; ``read`` gives a value's stored form and
    raises ValueError or Refused; ``home`` names the field that a value is stored in, None for one that is worked out.
    """

    id_field: str
    roles: Mapping[str, str]
    custom_suffix: str
    owner: str
    text_field: Callable[[str], Field]
    read: Callable[[Org, Field, Any], Any]
    home: Callable[[Schema, Field], str | None]

    def defaults(self, org: Org, table: Table) -> dict[str, Any]:
        """What a row holds where its file says nothing."""
        fields = table.schema.fields.values()
        held = {field.name: field.default for field in fields if field.default is not None and field.default is not False}
        if self.owner in table.schema.fields:
            held[self.owner] = org.integration_user
        return held


def dialect_of(org: Org) -> Dialect:
    return SUGARCRM if isinstance(org, SugarCRM) else SALESFORCE


def _salesforce(org: Org, field: Field, cell: Any) -> Any:
    if isinstance(cell, int | float) and not isinstance(cell, bool) and field.type in ("string", "phone", "picklist", "textarea"):
        cell = str(cell)
    return stored(field, cell)


def _sugarcrm(org: Org, field: Field, cell: Any) -> Any:
    if field.type == "email" and isinstance(cell, str) and cell.lstrip().startswith("["):
        cell = orjson.loads(cell)
    assert isinstance(org, SugarCRM)
    if field.type == "email1":
        return addresses(cell)
    return tidy(field, cell, org.timezone)


def _home_in_salesforce(schema: Schema, field: Field) -> str | None:
    worked_out = field.type == "address" or (schema.name, field.name) in salesforce_columns.DERIVED
    return None if worked_out and not field.createable else field.name


def _home_in_sugarcrm(schema: Schema, field: Field) -> str | None:
    if field.type == "email1":
        return "email"
    return None if field.type in sugarcrm_schema.DERIVED else field.name


SALESFORCE = Dialect(
    id_field="Id",
    roles={
        "Id": "@id",
        "IsDeleted": "@deleted",
        "CreatedDate": "@created",
        "CreatedById": "@created_by",
        "LastModifiedDate": "@modified",
        "LastModifiedById": "@modified_by",
        "SystemModstamp": "@stamp",
    },
    custom_suffix="__c",
    owner="OwnerId",
    text_field=salesforce_schema.text_field,
    read=_salesforce,
    home=_home_in_salesforce,
)

SUGARCRM = Dialect(
    id_field="id",
    roles={
        "id": "@id",
        "deleted": "@deleted",
        "date_entered": "@created",
        "created_by": "@created_by",
        "date_modified": "@modified",
        "modified_user_id": "@modified_by",
    },
    custom_suffix="_c",
    owner="",
    text_field=sugarcrm_schema.custom,
    read=_sugarcrm,
    home=_home_in_sugarcrm,
)
