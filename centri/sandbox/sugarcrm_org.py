"""The sandbox's SugarCRM as a person or client meets it: its rules for writing, and how its records read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from centri.sandbox.rows import Row, Table
from centri.sandbox.schema import Field
from centri.sandbox.state import Credentials, Org, Refused
from centri.sandbox.sugarcrm_convert import REMEMBERED, convert, usual
from centri.sandbox.sugarcrm_errors import body_for, invalid, not_found, refused
from centri.sandbox.sugarcrm_schema import DERIVED, SYSTEM, plan, schemas
from centri.sandbox.sugarcrm_values import moment, primary_address, tidy, with_primary, written_out

API_USER = "1"
TOKEN_LIFETIME = 3600
"""Of an access token, in seconds."""

EMPTY = {"bool": False, "int": None, "currency": None, "decimal": None}
"""What a field without a value reads as, by type; empty text otherwise."""


class SugarCRM(Org):
    """A SugarCRM in the opportunities-only model. ``timezone`` is the API user's, in which date-times are written."""

    user_object = "Users"

    def __init__(self, name: str = "sugarcrm", *, seed: int = 0) -> None:
        super().__init__(name, schemas(), seed=seed)
        self.credentials = Credentials("admin", "sandbox-password", "sugar", "")
        self.timezone = ZoneInfo("America/New_York")
        self.server: dict[str, Any] = plan()["server"]
        self.integration_user = API_USER
        self.sessions.lifetime = TOKEN_LIFETIME
        names = {"user_name": self.credentials.username, "first_name": "Centri", "last_name": "Integration"}
        self.load("Users", {**names, "is_admin": True, "status": "Active"}, id=API_USER)

    def new_id(self, table: Table) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def accept(self, table: Table, values: dict[str, Any], row: Row | None, *, user: str) -> dict[str, Any]:
        """Text is trimmed and cut to length in silence; read-only fields are passed over; unknown ones are refused."""
        accepted: dict[str, Any] = {}
        for name, value in values.items():
            field = table.schema.field(name)
            if field is None:
                raise invalid(f"{name} in module {table.schema.name} does not exist")
            if field.type == "email1":
                held = accepted.get("email", row.get("email") if row else None)
                accepted["email"] = with_primary(held, str(value or "").strip())
            elif field.createable:
                accepted[field.name] = tidy(field, value, self.timezone)
        self._complete(table, accepted, row)
        return accepted

    def convert(self, id: str, *, user: str | None = None, **wishes: Any) -> dict[str, Any]:
        """Convert a lead into a contact at the account of its company's name, which is made where there is none.

        ``account_id`` and ``contact_id`` name existing ones to use; ``opportunity`` holds the fields of one to make.
        Returns ``account_id``, ``contact_id`` and ``opportunity_id`` as far as they came to be. Raises Refused.
        """
        named = {"Accounts": wishes.get("account_id"), "Contacts": wishes.get("contact_id")}
        modules: dict[str, Any] = {module: {"id": one} for module, one in named.items() if one}
        if wishes.get("opportunity"):
            modules["Opportunities"] = wishes["opportunity"]
        made = convert(self, id, {**usual(self, self.live("Leads", id)), **modules}, user=user)
        return {REMEMBERED[module]: one for module, one in made.items()}

    def view(self, table: Table, row: Row) -> dict[str, Any]:
        return self.read(table, row)

    def fault_body(self, status: int) -> Any:
        return body_for(status)

    def live(self, module: str, id: str) -> Row:
        """The record, which is neither unknown nor deleted; raises Refused."""
        row = self.get(module, id)
        if row is None or row.deleted:
            raise not_found(module, id)
        return row

    def module(self, name: str) -> Table:
        """The module's table; raises Refused."""
        table = self.tables.get(name)
        if table is None or table.schema.extra.get("join"):
            raise refused("not_found", f"Could not find module: {name}")
        return table

    # -- reading -------------------------------------------------------------------------------------------------------

    def read(self, table: Table, row: Row, names: Iterable[str] | None = None) -> dict[str, Any]:
        """A record as JSON, all fields or some; unknown names are passed over."""
        module, fields = table.schema.name, table.schema.fields
        wanted = fields.values() if names is None else [fields[n] for n in ("id", "date_modified", *names) if n in fields]
        shown = {field.name: self.shown(field, row) for field in wanted}
        if names is None:
            shown |= {"locked_fields": [], "my_favorite": False}
        if row.deleted:
            shown["deleted"] = True
        return {**shown, "_acl": {"fields": {}}, "_module": module}

    def shown(self, field: Field, row: Row) -> Any:
        """One field as JSON: empty text rather than null, money as text, date-times in the user's zone."""
        kind = field.type
        if kind in DERIVED:
            return self.derived(field, row)
        if kind == "email1":
            return primary_address(row.get("email"))
        value = system(field.name, row) if field.name in SYSTEM else row.values.get(field.name)
        if kind == "datetime":
            return moment(value, self.timezone)
        if kind == "email":
            return written_out(value)
        return EMPTY.get(kind, "") if value is None else value

    def derived(self, field: Field, row: Row) -> str:
        """The value of a field that comes from others: a person's name, the name of a related record."""
        if field.type == "fullname":
            return " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
        if field.type == "parent":
            module, other_id = row.get("parent_type"), row.get("parent_id")
        else:
            module, key = field.extra["module"], field.extra["id_name"]
            other_id = system(key, row) if key in SYSTEM else row.get(key)
        if not other_id or module not in self.tables:
            return ""
        other = self.tables[module].get(other_id)
        if other is None or other.deleted:
            return ""
        named: Field = self.tables[module].schema.fields["name"]
        return self.derived(named, other) if named.type in DERIVED else other.get("name") or ""

    # -- writing -------------------------------------------------------------------------------------------------------

    def _complete(self, table: Table, accepted: dict[str, Any], row: Row | None) -> None:
        """Fill in defaults of a new record, then see that nothing required is missing, then roll up money."""
        for field in table.schema.fields.values() if row is None else ():
            if field.default is not None and accepted.get(field.name) is None:
                accepted[field.name] = field.default
        missing = [field.name for field in table.schema.fields.values() if _lacks(field, accepted, row)]
        if missing:
            text = f"Missing parameter: {', '.join(missing)} in module {table.schema.name}"
            raise Refused(422, "missing_parameter", text, missing)
        if table.schema.name == "Opportunities" and accepted.get("amount"):
            accepted["amount_usdollar"] = accepted["amount"]


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


def _lacks(field: Field, accepted: dict[str, Any], row: Row | None) -> bool:
    if not field.required or not field.createable:
        return False
    return accepted.get(field.name) is None and (row is None or field.name in accepted)


def new_org(name: str = "sugarcrm", *, seed: int = 0) -> SugarCRM:
    """An empty SugarCRM."""
    return SugarCRM(name, seed=seed)
